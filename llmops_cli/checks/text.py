"""Checks of plain text: contains, icontains, starts-with, equals, max-words, min-words."""

from typing import Literal

from pydantic import Field, model_validator

from llmops_cli.checks.check import CheckContext, CheckShape, Failed, FilledText, Score, Scored
from llmops_cli.checks.expected import ReferenceShape
from llmops_cli.checks.quoting import quoted
from llmops_cli.files.json_value import Json, parse_json


class _ValueShape(ReferenceShape):
    """A text to look for: `value`, or what the case expects."""

    value: FilledText = ""

    @model_validator(mode="after")
    def _one_source(self) -> "_ValueShape":
        if self.value and self.expected:
            raise ValueError("compares with `value` or with `expected`, not with both")
        return self

    def needle(self, context: CheckContext) -> str | Failed:
        return self.value or self.wanted_text(context)


class Contains(_ValueShape):
    """Scores 1 when the output contains `value`, letter by letter, else 0.

    Without `value` the case's `expected` is looked for (a text, number or boolean; `expected: answer.total` names a
    place inside an object). Case, accents and white space count. A case without `expected` cannot be measured.
    """

    type: Literal["contains"]

    def score(self, context: CheckContext) -> Score:
        needle = self.needle(context)
        if isinstance(needle, Failed):
            return needle
        return _found(needle in context.output, needle, context.output)


class IContains(_ValueShape):
    """Scores 1 when the output contains `value` in upper or lower case, else 0 (Unicode case folding: ß is ss).

    Without `value` the case's `expected` is looked for, as in `contains`.
    """

    type: Literal["icontains"]

    def score(self, context: CheckContext) -> Score:
        needle = self.needle(context)
        if isinstance(needle, Failed):
            return needle
        return _found(needle.casefold() in context.output.casefold(), needle, context.output)


class StartsWith(_ValueShape):
    """Scores 1 when the output begins with `value`, letter by letter, else 0; white space before it counts.

    Without `value` the case's `expected` is taken, as in `contains`.
    """

    type: Literal["starts-with"]

    def score(self, context: CheckContext) -> Score:
        needle = self.needle(context)
        if isinstance(needle, Failed):
            return needle
        if context.output.startswith(needle):
            return Scored(1, f"begins with {quoted(needle)}")
        return Scored(0, f"begins with {quoted(context.output[: len(needle)])}, not {quoted(needle)}")


class Equals(ReferenceShape):
    """Scores 1 when the output equals `value`, or without `value` the case's `expected`, else 0.

    Text is compared letter by letter, white space included; `strip: true` drops it at both ends of both sides, and
    `ignore_case: true` folds case. A number, boolean, list or object is compared as JSON: the whole output must parse
    and be the same value (1 and 1.0 are the same, 1 and true are not). A case without `expected` cannot be measured.
    """

    type: Literal["equals"]
    value: Json = None
    ignore_case: bool = False
    strip: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> "Equals":
        if "value" in self.model_fields_set and self.value is None:
            raise ValueError("`value` is empty; leave it out to compare with the case's `expected`")
        if "value" in self.model_fields_set and self.expected:
            raise ValueError("compares with `value` or with `expected`, not with both")
        return self

    def score(self, context: CheckContext) -> Score:
        wanted = self.value if self.value is not None else self.wanted(context)
        if isinstance(wanted, Failed):
            return wanted
        if isinstance(wanted, str):
            if self._folded(context.output) == self._folded(wanted):
                return Scored(1, f"is {quoted(wanted)}")
            return Scored(0, f"is {quoted(context.output)}, not {quoted(wanted)}")
        try:
            found = parse_json(context.output)
        except ValueError as error:
            return Scored(0, f"is not JSON ({error}): {quoted(context.output)}")
        if _same(found, wanted):
            return Scored(1, f"is {quoted(context.output)}")
        return Scored(0, f"is {quoted(context.output)}, not {quoted(str(wanted))}")

    def _folded(self, text: str) -> str:
        text = text.strip() if self.strip else text
        return text.casefold() if self.ignore_case else text


class MaxWords(CheckShape):
    """Scores 1 when the output has at most `value` words, else 0. Words are separated by white space."""

    type: Literal["max-words"]
    value: int = Field(ge=1)

    def score(self, context: CheckContext) -> Score:
        count = len(context.output.split())
        return Scored(float(count <= self.value), f"{count} words, at most {self.value} allowed")


class MinWords(CheckShape):
    """Scores 1 when the output has at least `value` words, else 0. Words are separated by white space."""

    type: Literal["min-words"]
    value: int = Field(ge=1)

    def score(self, context: CheckContext) -> Score:
        count = len(context.output.split())
        return Scored(float(count >= self.value), f"{count} words, at least {self.value} wanted")


def _found(found: bool, needle: str, output: str) -> Scored:
    if found:
        return Scored(1, f"contains {quoted(needle)}")
    return Scored(0, f"{quoted(needle)} is not in {quoted(output)}")


def _same(left: Json, right: Json) -> bool:
    """Equality of JSON values, where Python alone would take 1 for true."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(_same(a, b) for a, b in zip(left, right, strict=True))
    return isinstance(left, bool) == isinstance(right, bool) and left == right
