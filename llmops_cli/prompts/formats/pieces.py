"""What templates of all tools have in common: text, places that are printed, conditions, loops.

A foreign template becomes pieces, and pieces become a template of ours; a template of ours becomes pieces, and they
become a foreign one. What cannot be said in pieces is refused with its line.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from llmops_cli.prompts.formats.note import LeftOutError

Step = str | int
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

_RESERVED: Final = {
    "none", "None", "true", "True", "false", "False", "and", "or", "not", "in", "is", "if", "else", "elif", "for",
    "loop", "self", "super", "caller", "varargs", "kwargs", "context", "environment", "recursive", "endif", "endfor",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """Text as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """A variable, or a place in one: name, then keys of objects and indexes of lists."""

    name: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Print:
    """A place as text, or as JSON: `indent` in spaces, None for one line."""

    place: Place
    json: bool = False
    indent: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Whether a place holds something (neither false, empty, nor 0), or equals a place or a constant."""

    place: Place
    negated: bool = False
    equals: "Place | str | int | float | bool | None" = None


@dataclass(frozen=True, slots=True)
class If:
    """`then` where the test holds, else `otherwise`."""

    test: Condition
    then: "Pieces"
    otherwise: "Pieces" = ()


@dataclass(frozen=True, slots=True)
class Each:
    """`body` for each item of a list, which `item` names in it; `otherwise` where the list is empty."""

    item: str
    items: Place
    body: "Pieces"
    otherwise: "Pieces" = ()


@dataclass(frozen=True, slots=True)
class Include:
    """The text of another file, `path` as the template names it."""

    path: str


@dataclass(frozen=True, slots=True)
class Marker:
    """Where a message of a role begins, or where the conversation goes (`history`); it stands between messages only."""

    name: str


Piece = Text | Print | If | Each | Include | Marker
Pieces = tuple[Piece, ...]


def jinja_text(pieces: Iterable[Piece]) -> str:
    """The pieces as a template of the `jinja` format."""
    made = ""
    for piece in pieces:
        match piece:
            case Text():
                made = _joined(made, piece.text)
            case Print():
                json = f" | tojson(indent={piece.indent})" if piece.indent is not None else " | tojson"
                made = _joined(made, "") + f"{{{{ {jinja_place(piece.place)}{json if piece.json else ''} }}}}"
            case If():
                made = _joined(made, "") + _jinja_if(piece)
            case Each():
                body = f"{{% for {piece.item} in {jinja_place(piece.items)} %}}{_body(piece.body)}"
                other = f"{{% else %}}{_body(piece.otherwise)}" if piece.otherwise else ""
                made = _joined(made, "") + f"{body}{other}{{% endfor %}}"
            case Include():
                made = _joined(made, "") + f'{{% include "{piece.path}" %}}'
            case Marker():
                raise LeftOutError(f"{piece.name}: what stands between messages cannot stand in one")
    return made


def jinja_place(place: Place) -> str:
    """`docs[0]['title']`. Raises LeftOutError for a name that means something else in jinja."""
    if place.name in _RESERVED:
        raise LeftOutError(f"a variable cannot be called {place.name!r} here")
    return place.name + "".join(f"[{_constant(step)}]" for step in place.steps)


def walk(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Every piece, also those within others."""
    for piece in pieces:
        yield piece
        match piece:
            case If():
                yield from walk((*piece.then, *piece.otherwise))
            case Each():
                yield from walk((*piece.body, *piece.otherwise))


def merged(pieces: Iterable[Piece]) -> Pieces:
    """The same pieces, texts that follow each other as one, and none that is empty."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Text):
            if not piece.text:
                continue
            if found and isinstance(found[-1], Text):
                found[-1] = Text(found[-1].text + piece.text)
                continue
        found.append(piece)
    return tuple(found)


def kinds_of(pieces: Iterable[Piece]) -> dict[str, str]:
    """The variables that pieces mention, in order, with the type that their use asks for."""
    found: dict[str, str] = {}
    _kinds(tuple(pieces), found, frozenset())
    return found


def _kinds(pieces: Sequence[Piece], found: dict[str, str], own: frozenset[str]) -> None:
    def mention(place: object, kind: str) -> None:
        if isinstance(place, Place) and place.name not in own:
            kind = ("array" if isinstance(place.steps[0], int) else "object") if place.steps else kind
            if found.get(place.name, "string") == "string":
                found[place.name] = kind

    for piece in pieces:
        match piece:
            case Print():
                mention(piece.place, "object" if piece.json else "string")
            case If():
                mention(piece.test.place, "string")
                mention(piece.test.equals, "string")
                _kinds(piece.then, found, own)
                _kinds(piece.otherwise, found, own)
            case Each():
                mention(piece.items, "array")
                _kinds(piece.body, found, own | {piece.item})
                _kinds(piece.otherwise, found, own)


def _body(pieces: Pieces) -> str:
    """The pieces in a block, behind which a tag can follow."""
    return _joined(jinja_text(pieces), "")


def _jinja_if(piece: If, word: str = "if") -> str:
    made = f"{{% {word} {_jinja_test(piece.test)} %}}{_body(piece.then)}"
    match piece.otherwise:
        case ():
            return made + ("{% endif %}" if word == "if" else "")
        case (If() as other,):
            made += _jinja_if(other, "elif")
        case _:
            made += f"{{% else %}}{_body(piece.otherwise)}"
    return made + ("{% endif %}" if word == "if" else "")


def _jinja_test(test: Condition) -> str:
    place = jinja_place(test.place)
    if test.equals is None:
        return f"not {place}" if test.negated else place
    other = jinja_place(test.equals) if isinstance(test.equals, Place) else _constant(test.equals)
    return f"{place} {'!=' if test.negated else '=='} {other}"


def _constant(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    shown = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    if "%}" in shown or "}}" in shown:
        raise LeftOutError(f"the constant {value!r} cannot stand in a tag")
    return f"'{shown}'"


_OPENING: Final = re.compile(r"\{(?=[{%#])")


def _joined(made: str, text: str) -> str:
    """Text behind a template, so that no brace of it opens a tag; `text` is empty where a tag follows."""
    if not text:
        return made[:-1] + "{{ '{' }}" if made.endswith("{") else made
    if made.endswith("{") and text[0] in "{%#":
        made = made[:-1] + "{{ '{' }}"
    return made + _OPENING.sub("{{ '{' }}", text)
