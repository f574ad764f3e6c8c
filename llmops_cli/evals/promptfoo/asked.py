"""The value of an `assert` entry, as its type wants it."""

import re
from dataclasses import dataclass

from llmops_cli.evals.promptfoo.nunjucks import number_text
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.note import LeftOutError

Entry = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Asked:
    """An entry with its value rendered; `base` is its type without `not-`."""

    base: str
    value: Json
    threshold: float | None

    def text(self) -> str:
        """A value that must be a text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            raise refused(f"{self.base} needs a text that is not empty, not {self.value!r}")
        return self.value

    def text_or_number(self) -> str:
        """A value that may be a number, as JavaScript writes it."""
        if isinstance(self.value, int | float) and not isinstance(self.value, bool):
            return number_text(self.value)
        return self.text()

    def texts(self) -> list[Json]:
        """A text, or a list of texts."""
        if isinstance(self.value, list) and self.value and all(isinstance(item, str) and item for item in self.value):
            return list(self.value)
        return [self.text()]


def refused(message: str) -> LeftOutError:
    """Why there is no check for what promptfoo does not take either."""
    return LeftOutError(f"{message}; promptfoo ends such a test with an error", "refused-by-both")


def comma_separated(text: str) -> list[Json]:
    """The fields of a list written as one text: quoted ones may hold commas, `""` and `\\"` are a quote.

    Raises LeftOutError for an open quote, and for anything but a comma behind a quoted field.
    """
    fields: list[Json] = []
    at = 0
    while True:
        at = _skipped(text, at, separators=True)
        if at >= len(text):
            return fields
        if text[at] != '"':
            end = text.find(",", at)
            end = len(text) if end < 0 else end
            fields.append(text[at:end].strip())
            at = end
            continue
        match = re.compile(r'"((?:\\["\\]|""|[^"])*)"', re.DOTALL).match(text, at)
        if not match:
            raise refused("the list has a quote that is never closed")
        fields.append(re.sub(r'\\(["\\])|"(")', lambda found: found[1] or found[2], match[1]))
        at = _skipped(text, match.end(), separators=False)
        if at < len(text) and text[at] != ",":
            raise refused("a quoted part of the list is followed by something other than a comma")


def _skipped(text: str, at: int, *, separators: bool) -> int:
    while at < len(text) and (text[at].isspace() or text[at] == "\ufeff" or (separators and text[at] == ",")):
        at += 1
    return at


def listed(value: Json) -> list[Json]:
    """The value where it is a list, nothing for null, else a list of it alone."""
    return [] if value is None else list(value) if isinstance(value, list) else [value]
