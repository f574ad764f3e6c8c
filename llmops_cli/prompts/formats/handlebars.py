"""Handlebars in pieces, without HTML escapes, as dotprompt renders it.

Read: variables and places, `if`, `unless`, `each`, `with`, `ifEquals`, `unlessEquals`, `json`, partials without
arguments, comments, `~`, and the lines that Handlebars drops because a block tag stands alone on them. Everything else
is refused with its line. Sources: https://handlebarsjs.com/guide/ and https://google.github.io/dotprompt/reference/template
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

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
)  # fmt: skip

MAX_DEPTH: Final = 50
MAX_TEXT: Final = 1_000_000
PARTIALS, PARTIAL_ENDING = "partials/", ".md"  # where partials go, beside the prompt
_QUOTED: Final = r"\"[^\"]*\"|'[^']*'"
TAG: Final = re.compile(
    r"(?<!\\)(?P<slashes>\\*)(?:"
    r"(?<=(?<!\\)\\)\{\{"  # escaped, whatever follows
    r"|(?P<raw>\{\{\{\{)"
    r"|\{\{(?P<ls>~?)!(?:--(?P<long>.{0,20000}?)--|(?P<short>[^}]{0,20000}?))(?P<rs>~?)\}\}"
    rf"|\{{\{{(?P<l3>~?)\{{(?P<triple>(?:{_QUOTED}|[^}}\"']){{0,2000}}?)\}}(?P<r3>~?)\}}\}}"
    rf"|\{{\{{(?P<l2>~?)(?P<kind>[#^/>&]?)(?P<body>(?:{_QUOTED}|[^{{}}\"'~]){{0,2000}}?)(?P<r2>~?)\}}\}}"
    r"|(?P<open>\{\{))",
    re.DOTALL,
)
_WORD: Final = re.compile(rf"\s*({_QUOTED}|[^\s=\"']+=(?:{_QUOTED}|[^\s\"']+)|\|[^|]*\||(?:\[[^\]]*\]|[^\s\"'|\[])+)")
_LINE_BEFORE: Final = re.compile(r"(?:\A|\n)[^\S\n]*\Z")
_LINE_AFTER: Final = re.compile(r"[^\S\n]*(?:\n|\Z)")


@dataclass(slots=True)
class Token:
    """A stretch of text (`kind` is empty) or a tag: `#`, `^`, `/`, `else`, `>`, `!`, or `=` for what is printed."""

    kind: str
    text: str
    line: int
    words: tuple[str, ...] = ()


Special = Callable[[tuple[str, ...], int], Piece | None]


def read_handlebars(text: str, special: Special = lambda _words, _line: None) -> tuple[Pieces, tuple[str, ...]]:
    """A template in pieces, and its comments. `special` may make a piece of its own from the words of a tag.

    Raises LeftOutError with the line of what has no counterpart.
    """
    tokens = tokens_of(text)
    comments = tuple(token.text.strip() for token in tokens if token.kind == "!")
    return Reader(without_lone_lines(tokens), special, _free_name(text)).all(), comments


def tags_in(text: str) -> Iterator[re.Match[str]]:
    """The tags of a template in order; one that is escaped (with one slash) is only its slash and braces."""
    position = 0
    while match := TAG.search(text, position):
        yield match
        position = match.start() + len("\\{{") if len(match["slashes"]) == 1 else match.end()


def tokens_of(text: str) -> list[Token]:
    """Texts and tags in turn, a text (perhaps an empty one) first and last. Raises LeftOutError."""
    if len(text) > MAX_TEXT:
        raise LeftOutError(f"the template is longer than {MAX_TEXT:,} characters")
    found = [Token("", "", 1)]
    position = 0
    for match in tags_in(text):
        line = text.count("\n", 0, match.start()) + 1
        slashes = len(match["slashes"])
        found[-1].text += text[position : match.start()] + "\\" * max(slashes - 1, 0)
        position = match.end()
        if slashes == 1:  # of \{{x}} the braces are text
            found[-1].text += "{{"
            position = match.start() + len("\\{{")
        elif match["raw"] or match["open"]:
            raise LeftOutError(f"line {line}: a {match['raw'] or match['open']} that begins no tag with a counterpart")
        else:
            if match["ls"] or match["l3"] or match["l2"]:
                found[-1].text = found[-1].text.rstrip()
            found += [_tag(match, line), Token("", "", line)]
            if match["rs"] or match["r3"] or match["r2"]:
                position += len(text) - position - len(text[position:].lstrip())
    found[-1].text += text[position:]
    return found


def _tag(match: re.Match[str], line: int) -> Token:
    if match["long"] is not None or match["short"] is not None:
        return Token("!", match["long"] if match["long"] is not None else match["short"], line)
    body = (match["triple"] if match["triple"] is not None else match["body"]).strip()
    words = tuple(word[1] for word in _WORD.finditer(body))
    if _WORD.sub("", body).strip():  # such as a bracket that is closed outside of the tag
        raise LeftOutError(f"line {line}: {match[0]} has no counterpart")
    kind = match["kind"] or ""
    if match["triple"] is not None or kind == "&" or not kind:
        kind = "="
    if kind == "=" and words[:1] == ("else",):
        return Token("else", body, line, words[1:])
    if kind == "^" and not words:
        return Token("else", body, line)
    if not words:
        raise LeftOutError(f"line {line}: {match[0]!r} is an empty tag")
    return Token(kind, body, line, words)


def without_lone_lines(tokens: list[Token]) -> list[Token]:
    """Handlebars drops the line of a block tag, comment or partial that stands alone on it."""
    lone = [
        index
        for index in range(1, len(tokens) - 1)
        if tokens[index].kind in ("#", "^", "/", "else", "!", ">")
        and not tokens[index - 1].kind
        and not tokens[index + 1].kind
        and _begins_line(tokens, index)
        and _ends_line(tokens, index)
    ]
    made = [replace(token) for token in tokens]
    for index in lone:
        before = made[index - 1].text
        blank = before[len(before.rstrip(" \t")) :]
        if tokens[index].kind == ">" and blank:
            raise LeftOutError(f"line {tokens[index].line}: an indented partial, of which every line is indented")
        made[index - 1].text = before.removesuffix(blank)
        made[index + 1].text = re.sub(r"\A[ \t]*\r?\n?", "", made[index + 1].text)
    return made


def _begins_line(tokens: list[Token], index: int) -> bool:
    before = tokens[index - 1].text
    return bool(_LINE_BEFORE.search(before)) and ("\n" in before or index == 1)


def _ends_line(tokens: list[Token], index: int) -> bool:
    after = tokens[index + 1].text
    found = _LINE_AFTER.match(after)
    return bool(found) and ("\n" in (found[0] if found else "") or index + 1 == len(tokens) - 1)


def _free_name(text: str) -> str:
    """A name for the items of a loop that the template does not mention."""
    return next(name for name in ("item", "each_item", *(f"item_{i}" for i in range(2, 999))) if name not in text)


@dataclass(slots=True)
class Scope:
    """What `this` is, and the names that blocks give (`each x as |y|`)."""

    this: Place | None = None  # None at the top, where names are variables
    names: dict[str, Place] = field(default_factory=dict)


class Reader:
    """Tokens to pieces, with the scopes that blocks open."""

    def __init__(self, tokens: list[Token], special: Special, item: str) -> None:
        self.tokens = tokens
        self.special = special
        self.item = item
        self.at = 0
        self.scopes = [Scope()]
        self.depth = 0  # of blocks
        self.end: Token | None = None  # of the block that was read last

    def all(self) -> Pieces:
        pieces, end = self._until()
        if end is not None:
            raise LeftOutError(f"line {end.line}: {{{{{end.kind}{end.text}}}}} closes no block")
        return pieces

    def _until(self) -> tuple[Pieces, Token | None]:
        """The pieces up to the end of the block, and the tag that ends it."""
        found: list[Piece] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            match token.kind:
                case "":
                    found.append(Text(token.text))
                case "!":
                    pass
                case "/" | "else":
                    return merged(found), token
                case "=":
                    found.append(self.printed(token))
                case ">":
                    found.append(self._partial(token))
                case _:
                    found += self.block(token)
        return merged(found), None

    def printed(self, token: Token) -> Piece:
        if made := self.special(token.words, token.line):
            if self.depth:
                raise LeftOutError(f"line {token.line}: {{{{{token.text}}}}} within a block has no counterpart")
            return made
        if token.words[0] == "json" and len(token.words) in (2, 3):
            indent = re.fullmatch(r"indent=(\d+)", token.words[2]) if len(token.words) == 3 else None
            if len(token.words) == 2 or indent:
                return Print(self.place(token.words[1], token), json=True, indent=int(indent[1]) if indent else None)
        if len(token.words) != 1 or token.words[0][0] in "\"'(":
            raise LeftOutError(f"line {token.line}: {{{{{token.text}}}}} has no counterpart")
        return Print(self.place(token.words[0], token))

    def _partial(self, token: Token) -> Piece:
        """A partial; within `each` and `with` its names would be those of another object."""
        if len(token.words) != 1 or not re.fullmatch(r"[\w\-]+", token.words[0]) or len(self.scopes) > 1:
            raise LeftOutError(f"line {token.line}: {{{{>{token.text}}}}}: a partial is a name alone, outside of loops")
        return Include(f"{PARTIALS}{token.words[0]}{PARTIAL_ENDING}")

    def block(self, token: Token) -> list[Piece]:
        name, *words = token.words
        if token.kind == "^":
            name, words = "unless", [name, *words]
        match name, len(words):
            case ("if" | "unless", 1):
                return [self._if(Condition(self.place(words[0], token), negated=name == "unless"), token)]
            case ("ifEquals" | "unlessEquals", 2):
                test = Condition(self.place(words[0], token), name == "unlessEquals", self._value(words[1], token))
                return [self._if(test, token)]
            case ("each", _) if len(words) == 1 or (len(words) == 3 and words[1] == "as"):
                return [self._each(words, token)]
            case ("with", 1):
                place = self.place(words[0], token)
                then, otherwise = self.bodies(token, Scope(place))
                return [If(Condition(place), then, otherwise)]
        raise LeftOutError(f"line {token.line}: {{{{{token.kind}{token.text}}}}} has no counterpart")

    def _if(self, test: Condition, token: Token) -> If:
        then, otherwise = self.bodies(token, None)
        return If(test, then, otherwise)

    def _each(self, words: list[str], token: Token) -> Each:
        depth = f"_{len(self.scopes)}" if len(self.scopes) > 1 else ""
        item = words[2].strip("| ") if len(words) == 3 else self.item + depth
        if not NAME.match(item):
            raise LeftOutError(f"line {token.line}: {{{{#{token.text}}}}} names more than the item")
        place = Place(item)
        then, otherwise = self.bodies(token, Scope(place, {item: place} if len(words) == 3 else {}))
        return Each(item, self.place(words[0], token), then, otherwise)

    def bodies(self, token: Token, scope: Scope | None) -> tuple[Pieces, Pieces]:
        """What stands in a block, and behind its `else`. `scope` is the one that the block opens for the first."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise LeftOutError(f"line {token.line}: blocks are nested deeper than {MAX_DEPTH} levels")
        self.scopes += [scope] if scope else []
        then, end = self._until()
        if scope:
            self.scopes.pop()
        otherwise: Pieces = ()
        if end and end.kind == "else" and end.words:
            otherwise = tuple(self.block(Token("else ", " ".join(end.words), end.line, end.words)))
            end = self.end
        elif end and end.kind == "else":
            otherwise, end = self._until()
        self.depth -= 1
        self.end = end
        if end is None or end.kind != "/":
            raise LeftOutError(f"line {token.line}: {{{{{token.kind}{token.text}}}}} is never closed")
        if token.kind != "else " and end.words != token.words[:1]:
            raise LeftOutError(f"line {end.line}: {{{{/{end.text}}}}} closes no {{{{{token.kind}{token.text}}}}}")
        return then, otherwise

    def _value(self, word: str, token: Token) -> "Place | str | int | float | bool":
        if word[0] in "\"'":
            return word[1:-1]
        if word in ("true", "false"):
            return word == "true"
        if re.fullmatch(r"-?\d+", word):
            return int(word)
        return float(word) if re.fullmatch(r"-?\d+\.\d+", word) else self.place(word, token)

    def place(self, word: str, token: Token) -> Place:
        if word.startswith("@root."):
            word = "../" * (len(self.scopes) - 1) + word.removeprefix("@root.")
        up = len(re.match(r"(?:\.\./)*", word)[0]) // 3  # type: ignore[index]
        rest = word[3 * up :]
        refused = LeftOutError(f"line {token.line}: {word!r} has no counterpart")
        if up >= len(self.scopes) or rest.startswith("@"):
            raise refused
        scope = self.scopes[-1 - up]
        explicit = re.match(r"(?:this|\.)(?:[./]|\Z)", rest)
        rest = rest[explicit.end() :] if explicit else rest
        steps = [_step(part) for part in re.split(r"[./](?![^\[]*\])", rest)] if rest else []
        if explicit is None and not up and steps and isinstance(steps[0], str):
            bound = next((one.names[steps[0]] for one in reversed(self.scopes) if steps[0] in one.names), None)
            if bound:
                return Place(bound.name, (*bound.steps, *steps[1:]))
        if scope.this is None:
            if not steps or not isinstance(steps[0], str) or not NAME.match(steps[0]):
                raise refused
            return Place(steps[0], tuple(steps[1:]))
        return Place(scope.this.name, (*scope.this.steps, *steps))


def _step(part: str) -> Step:
    part = part.removeprefix("[").removesuffix("]")
    return int(part) if part.isdigit() else part
