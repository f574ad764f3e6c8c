"""YAML between two lines of dashes, and the text below: the shape that dotprompt and Prompty files have."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from llmops_cli.errors import FileError, Problem
from llmops_cli.files.json_value import Json
from llmops_cli.files.yaml_source import Document, parse_yaml
from llmops_cli.files.yaml_text import yaml_text

_BEGIN: Final = re.compile(r"\ufeff?(?:(?:#[^\n]*+|[ \t]*+\r?)\n)*+---[ \t]*\r?\n")
_END: Final = re.compile(r"(?m)^---[ \t]*(?:\r?\n|\Z)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file in two halves; `line` is the one (from 1) that the body begins at. `front` is None without dashes.

    `comments` says whether the YAML has any. `beside` gives the text of a file in the same folder by its name, None
    where there is none.
    """

    front: Mapping[str, Json] | None
    body: str
    line: int = 1
    comments: bool = False
    beside: Callable[[str], str | None] = lambda _: None


def read_sheet(text: str, *, path: str) -> Sheet:
    """Split a file. Raises FileError where the YAML is not valid, or no mapping, each problem at its line."""
    begin = _BEGIN.match(text)
    end = _END.search(text, begin.end()) if begin else None
    if begin is None:
        return Sheet(None, text)
    if end is None:
        line = text.count("\n", 0, begin.end())
        raise FileError(
            [Problem(path, line, "", "what begins at --- never ends", "write a line --- above the messages")]
        )
    above = text.count("\n", 0, begin.end())
    front = "\n" * above + text[begin.end() : end.start()]
    document = parse_yaml(front, path=path)
    data = document.data
    if data is not None and not isinstance(data, dict):
        raise FileError([Problem(path, above + 1, "", "a mapping of keys to values is expected between the dashes")])
    comments = "#" in begin[0] or has_comments(front, document)
    return Sheet(data or {}, text[end.end() :], text.count("\n", 0, end.end()) + 1, comments)


def has_comments(text: str, document: Document) -> bool:
    """Whether YAML has comments: a `#` at the begin of a word, outside of every value."""
    outside, position = "", 0
    for span in sorted(document.spans.values(), key=lambda span: span.start):
        outside += text[position : max(position, span.start)]
        position = max(position, span.end)
    return bool(re.search(r"(?:\A|\s)#", outside + text[position:]))


def sheet_text(front: Mapping[str, Json], body: str) -> str:
    """The file of both halves. Readers want at least a line between the dashes."""
    return f"---\n{yaml_text(front) if front else '{}' + chr(10)}---\n{body}"
