"""Pieces as Handlebars, with the helpers of dotprompt."""

import re
from collections.abc import Iterable
from typing import Final

from llmops_cli.prompts.formats.handlebars import PARTIAL_ENDING, PARTIALS, tags_in
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.formats.pieces import (
    NAME,
    Condition,
    Each,
    If,
    Include,
    Piece,
    Pieces,
    Place,
    Print,
    Step,
    Text,
    merged,
)

# words that stand for something else when they begin a tag
_TAKEN: Final = frozenset({
    "each", "else", "false", "history", "if", "ifEquals", "json", "log", "lookup", "media", "null", "role", "section",
    "this", "true", "undefined", "unless", "unlessEquals", "with",
})  # fmt: skip


def handlebars_text(pieces: Iterable[Piece]) -> str:
    """Pieces as Handlebars. Raises LeftOutError where Handlebars has no way to say it."""
    return _lines_kept(_written(merged(pieces), ()))


def _written(pieces: Pieces, items: tuple[str, ...]) -> str:
    """The pieces within loops over these items."""
    made = ""
    for piece in pieces:
        if isinstance(piece, Text):
            if re.search(r"\\\{\{", piece.text):
                raise LeftOutError("the text \\{{ cannot be said in Handlebars")
            made += piece.text.replace("{{", "\\{{")
            continue
        made = _joined(made, _tag_of(piece, items))
    return made


def _joined(text: str, tag: str) -> str:
    """A tag behind a text, of which the last backslash stays one. Raises LeftOutError behind a brace."""
    if tag and text.endswith("{"):
        raise LeftOutError(f"a brace right before {tag[:40]} cannot be said in Handlebars")
    return text + ("\\" if tag and text.endswith("\\") else "") + tag


def _tag_of(piece: Piece, items: tuple[str, ...]) -> str:
    match piece:
        case Print():
            indent = f" indent={piece.indent}" if piece.indent is not None else ""
            return f"{{{{{'json ' if piece.json else ''}{_path(piece.place, items)}{indent}}}}}"
        case If():
            head = _test(piece.test, items)
            inner = _joined(_written(piece.then, items), _otherwise(piece.otherwise, items))
            return f"{{{{#{head}}}}}" + _joined(inner, f"{{{{/{head.split()[0]}}}}}")
        case Each():
            inner = _joined(_written(piece.body, (*items, piece.item)), _otherwise(piece.otherwise, items))
            return f"{{{{#each {_path(piece.items, items)} as |{piece.item}|}}}}" + _joined(inner, "{{/each}}")
        case Include():
            return f"{{{{>{piece.path.removeprefix(PARTIALS).removesuffix(PARTIAL_ENDING)}}}}}"
    raise AssertionError(piece)


def _otherwise(pieces: Pieces, items: tuple[str, ...]) -> str:
    match pieces:
        case ():
            return ""
        case (If() as other,):
            inner = _joined(_written(other.then, items), _otherwise(other.otherwise, items))
            return f"{{{{else {_test(other.test, items)}}}}}{inner}"
    return "{{else}}" + _written(pieces, items)


def _test(test: Condition, items: tuple[str, ...]) -> str:
    place = _path(test.place, items)
    if test.equals is None:
        return f"{'unless' if test.negated else 'if'} {place}"
    return f"{'unlessEquals' if test.negated else 'ifEquals'} {place} {_constant(test.equals, items)}"


def _path(place: Place, items: tuple[str, ...]) -> str:
    """A place as it is named there. In a loop `../` would count on no two items being the same."""
    outside = "@root." if items and place.name not in items else ""
    if place.name in _TAKEN and place.name in items:
        raise LeftOutError(f"an item called {place.name!r} cannot be said in Handlebars")
    if place.name in _TAKEN and not outside:
        outside = "this."
    return outside + ".".join(map(_key, (place.name, *place.steps)))


def _key(step: Step) -> str:
    key = str(step)
    if not key or re.search(r"[\[\]{}\"'~|\r\n]", key):
        raise LeftOutError(f"the key {key!r} cannot be said in Handlebars")
    return key if NAME.match(key) and key != "this" else f"[{key}]"


def _constant(value: "Place | str | int | float | bool", items: tuple[str, ...]) -> str:
    if isinstance(value, Place):
        return _path(value, items)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if '"' in value and "'" in value:
            raise LeftOutError(f"the text {value!r} cannot stand in a tag")
        return f"'{value}'" if '"' in value else f'"{value}"'
    return repr(value)


def _lines_kept(text: str) -> str:
    """The template with another line end behind every tag that stands alone on its line, since it loses one."""
    for match in reversed([match for match in tags_in(text) if _may_stand_alone(match)]):
        before, after = text[: match.start()], text[match.end() :]
        begins = re.search(r"(?:\A|\n)([ \t]*)\Z", before)
        ends = re.match(r"([ \t]*)(\r?\n|\Z)", after)
        if not begins or not ends:
            continue
        if begins[1] or ends[1]:
            line = text.count("\n", 0, match.start()) + 1
            raise LeftOutError(f"line {line}: Handlebars would drop the blanks beside {match[0]}")
        text = text[: match.end()] + ends[2] + after
    return text


def _may_stand_alone(match: re.Match[str]) -> bool:
    return len(match["slashes"]) != 1 and (match["kind"] in ("#", "^", "/", ">") or match["body"] == "else")
