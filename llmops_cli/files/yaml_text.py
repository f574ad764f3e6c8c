"""Plain data as YAML that people read and git compares: a long text is a line of the file for each of its lines."""

import io
import json
import re
from collections.abc import Mapping

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from llmops_cli.files.json_value import Json

# characters that a `|` block loses or that YAML readers take for the end of a line; `\r\n` becomes `\n` in it
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\u2028\u2029\ud800-\udfff]")
_NOT_PLAIN = re.compile("[\x00-\x1f\x7f-\xa0\ufeff\ufffe\uffff\u2028\u2029\ud800-\udfff]")


def yaml_text(data: Mapping[str, Json]) -> str:
    """A mapping as YAML. Texts of several lines are blocks, and quoted line by line where a block would lose some."""
    quoted: dict[str, str] = {}
    stream = io.StringIO()
    yaml = YAML()
    yaml.width = 2**31
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(_shown(dict(data), quoted, _mark(data)), stream)
    text = stream.getvalue()
    for mark, value in quoted.items():
        text = text.replace(mark, value, 1)
    return text


def text_scalar(value: str, *, indent: int = 2) -> str:
    """A text as the value of a key of a YAML mapping: what stands behind `key: `, with its last line end.

    A `|` block where that keeps every character, else in double quotes, line by line. `indent` is that of its lines.
    """
    if not fits_block(value):
        return _quoted(value, indent) + "\n"
    chomping = "" if value.endswith("\n") and not value.endswith("\n\n") else "+" if value.endswith("\n") else "-"
    lines = value.removesuffix("\n").split("\n") if value.endswith("\n") else value.split("\n")
    return f"|{chomping}\n" + "".join(f"{' ' * indent if line else ''}{line}\n" for line in lines)


def fits_block(value: str) -> bool:
    """Whether a text is one of several lines that a `|` block keeps as they are."""
    first = value.lstrip("\n")[:1]
    return "\n" in value and first not in ("", " ", "\t") and not _UNFIT.search(value)


def _mark(data: Mapping[str, Json]) -> str:
    """A word that stands nowhere in the data."""
    held = json.dumps(data, ensure_ascii=False)
    return next(word for number in range(len(held) + 1) if (word := f"quoted-text-{number}-") not in held)


def _shown(value: Json, quoted: dict[str, str], mark: str, depth: int = 0) -> object:
    if isinstance(value, dict):
        shown = ((key, _shown(item, quoted, mark, depth + 1)) for key, item in value.items())
        return CommentedMap(shown)
    if isinstance(value, list):
        return [_shown(item, quoted, mark, depth + 2) for item in value]
    if not isinstance(value, str):
        return value
    if fits_block(value):
        return LiteralScalarString(value)
    if "\n" in value:
        word = f"{mark}{len(quoted)}-"
        quoted[word] = _quoted(value, 2 * max(depth, 1))
        return word
    return DoubleQuotedScalarString(value) if _NOT_PLAIN.search(value) else value


def _quoted(value: str, indent: int) -> str:
    """In double quotes; a backslash at the end of a line says that the text goes on without a break."""
    lines = [_escaped(line) for line in re.findall(r"[^\n]*\n|[^\n]+", value)]
    begin = f"\\\n{' ' * indent}"
    return (
        '"' + begin.join(f"\\{line}" if index and line[:1] == " " else line for index, line in enumerate(lines)) + '"'
    )


def _escaped(line: str) -> str:
    shown = json.dumps(line, ensure_ascii=False)[1:-1]
    return _NOT_PLAIN.sub(lambda found: f"\\u{ord(found[0]):04x}", shown)
