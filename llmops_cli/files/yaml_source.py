"""Strict YAML with places: one meaning (YAML 1.2 core), no objects, no bombs, no duplicate keys, a line for every key.

PyYAML is used for its events and nodes only: its own resolver speaks YAML 1.1 (`no` is a boolean, `12:30:45` a number).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from llmops_cli.errors import FileError, Problem
from llmops_cli.files.json_value import Json

MAX_BYTES = 5_000_000
MAX_DEPTH = 50
MAX_ALIASES = 100
MAX_NODES = 1_000_000

Key = tuple[str | int, ...]

# libyaml's parser is seven times faster and reports the same marks; it streams events, so the guard sees depth first
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCT = re.compile(r"0o[0-7]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")


@dataclass(frozen=True, slots=True)
class Span:
    """Where a scalar stands in the text, in characters: [start, end).

    `line` is the line of `start`; `literal` tells a `|` block, whose own first line is the next one in the file.
    """

    start: int
    end: int
    line: int
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed YAML file: plain data, and for every key path its line (from 1) and, for scalars, its span."""

    path: str
    data: Json
    lines: Mapping[Key, int]
    spans: Mapping[Key, Span]

    def line(self, key: Key) -> int:
        """The line of a key path, or of its nearest parent that has one; 0 when nothing is known."""
        for end in range(len(key), -1, -1):
            if key[:end] in self.lines:
                return self.lines[key[:end]]
        return 0

    def text_line(self, key: Key, line: int) -> int:
        """The line in the file of line `line` (from 1) of the text at a key.

        Exact within `|` blocks; for folded and quoted text, whose lines are not those of the file, where it begins.
        """
        span = self.spans.get(key)
        if span is None:
            return self.line(key)
        return span.line + max(line, 1) if span.literal else span.line


def parse_yaml(text: str, *, path: str) -> Document:
    """Parse one YAML document. `path` is only shown in messages.

    Raises FileError for bad syntax, too much size, depth or aliasing, tags, duplicate keys, keys that are not strings.
    """
    mark = len(text) - len(text.removeprefix("\ufeff"))  # libyaml does not count a byte order mark
    text = text[mark:]
    _guard(text, path)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise _syntax(error, text, path) from None
    builder = _Builder(path, mark)
    data = builder.build(node, ()) if node is not None else None
    if builder.problems:
        raise FileError(builder.problems)
    return Document(path, data, builder.lines, builder.spans)


def _guard(text: str, path: str) -> None:
    """Refuse what would hurt before anything is constructed."""
    if len(text) > MAX_BYTES:
        raise FileError([Problem(path, 0, "", f"larger than {MAX_BYTES:,} characters")])
    depth = aliases = documents = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.events.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.events.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.events.AliasEvent):
                aliases += 1
            elif isinstance(event, yaml.events.DocumentStartEvent):
                documents += 1
            tag = getattr(event, "tag", None)
            if tag is not None:
                raise FileError([Problem(path, line, "", f"tags are not allowed ({tag})", "write the plain value")])
            if depth > MAX_DEPTH:
                raise FileError([Problem(path, line, "", f"nested deeper than {MAX_DEPTH} levels")])
            if aliases > MAX_ALIASES:
                raise FileError([Problem(path, line, "", f"more than {MAX_ALIASES} aliases")])
            if documents > 1:
                raise FileError([Problem(path, line, "", "one document a file is expected", "remove the second ---")])
    except yaml.YAMLError as error:
        raise _syntax(error, text, path) from None


def _syntax(error: yaml.YAMLError, text: str, path: str) -> FileError:
    if isinstance(error, yaml.reader.ReaderError):
        bad = next((i for i, character in enumerate(text) if ord(character) == error.character), -1)
        line = text.count("\n", 0, bad) + 1 if bad >= 0 else 0
        what = f"the control character U+{ord(text[bad]):04X} is not allowed" if bad >= 0 else error.reason
        return FileError([Problem(path, line, "", f"not valid YAML: {what}", "write it as an escape in double quotes")])
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error).split("\n")[0]
    line = mark.line + 1 if mark else 0
    tabbed = any(source.lstrip(" ").startswith("\t") for source in text.split("\n")[line - 1 : line])
    return FileError([Problem(path, line, "", f"not valid YAML: {what}", "indent with spaces" if tabbed else "")])


class _Builder:
    """Nodes to plain data, with the places of all keys."""

    def __init__(self, path: str, offset: int) -> None:
        self.path = path
        self.offset = offset
        self.lines: dict[Key, int] = {}
        self.spans: dict[Key, Span] = {}
        self.problems: list[Problem] = []
        self.count = 0

    def build(self, node: yaml.Node, key: Key) -> Json:
        self.count += 1
        if self.count > MAX_NODES:
            raise FileError([Problem(self.path, 0, "", f"more than {MAX_NODES:,} values once aliases are expanded")])
        if len(key) > MAX_DEPTH:  # an alias inside its own anchor
            raise FileError(
                [Problem(self.path, node.start_mark.line + 1, "", f"nested deeper than {MAX_DEPTH} levels")]
            )
        self.lines.setdefault(key, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, key)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*key, index)) for index, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        start, end = (mark.index + self.offset for mark in (node.start_mark, node.end_mark))
        self.spans[key] = Span(start, end, node.start_mark.line + 1, node.style == "|")
        return self._scalar(node, key)

    def _mapping(self, node: yaml.MappingNode, key: Key) -> Json:
        result: dict[str, Json] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            name = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(name, str) or (not key_node.style and not isinstance(_resolve(name), str)):
                self._problem(line, key, "a key must be a string", "quote it")
                continue
            if name in result:
                self._problem(line, (*key, name), "duplicate key", "remove one of the two")
                continue
            self.lines[(*key, name)] = line
            result[name] = self.build(value_node, (*key, name))
        return result

    def _scalar(self, node: yaml.ScalarNode, key: Key) -> Json:
        if node.style:  # the C parser says "" for a plain scalar, the Python one None
            return str(node.value)
        if _NOT_FINITE.match(node.value):
            self._problem(node.start_mark.line + 1, key, f"{node.value} is not a number", "write a finite number")
            return None
        value = _resolve(node.value)
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            self._problem(node.start_mark.line + 1, key, f"{node.value} is too large a number")
            return None
        return value

    def _problem(self, line: int, key: Key, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self.path, line, dotted(key), message, hint))


def dotted(key: Key) -> str:
    """A key path as people write it: `gate.grounded.floor`, `checks[1].type`."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _resolve(text: str) -> Json:
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if _INT.match(text):
        return int(text) if len(text) < 400 else text
    if _OCT.match(text):
        return int(text[2:], 8)
    if _HEX.match(text):
        return int(text[2:], 16)
    if _FLOAT.match(text):
        return float(text)
    return text
