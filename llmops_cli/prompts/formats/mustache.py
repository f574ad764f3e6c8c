"""Mustache in pieces, as far as it is known what its sections mean: those of declared lists, flags and objects.

Source: https://mustache.github.io/mustache.5.html
"""

import re
from collections.abc import Mapping

from llmops_cli.prompts.formats.handlebars import Reader, Scope, Token, tokens_of, without_lone_lines
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.formats.pieces import Condition, Each, If, Piece, Pieces, Place, Print


def read_mustache(text: str, kinds: Mapping[str, str]) -> tuple[Pieces, bool]:
    """A template in pieces, and whether it has tags that escape HTML, which ours do not. `kinds` are the variables'.

    Raises LeftOutError with the line of what has no counterpart.
    """
    if found := re.search(r"\{\{[=>]|\\\{\{", text):
        line = text.count("\n", 0, found.start()) + 1
        raise LeftOutError(f"line {line}: {found[0]} has no counterpart")
    reader = _Reader(without_lone_lines(tokens_of(text)), lambda _words, _line: None, "item")
    reader.kinds = kinds
    return reader.all(), bool(re.search(r"\{\{\s*[A-Za-z_.]", text))


class _Reader(Reader):
    """Sections, which mean what their value is."""

    kinds: Mapping[str, str]

    def printed(self, token: Token) -> Piece:
        if len(token.words) != 1:
            raise LeftOutError(f"line {token.line}: {{{{{token.text}}}}} has no counterpart")
        return Print(self.place(token.words[0], token))

    def block(self, token: Token) -> list[Piece]:
        place = self.place(token.words[0], token)
        kind = self.kinds.get(place.name, "") if not place.steps else ""
        if len(token.words) != 1 or kind not in ("array", "boolean", "object"):
            raise LeftOutError(
                f"line {token.line}: the section {token.text!r} is of no variable whose type is declared"
            )
        if token.kind == "^":
            return [If(Condition(place, negated=True), self.bodies(token, None)[0])]
        if kind == "array":
            item = Place(f"{self.item}_{len(self.scopes)}" if len(self.scopes) > 1 else self.item)
            return [Each(item.name, place, self.bodies(token, Scope(item))[0])]
        return [If(Condition(place), self.bodies(token, Scope(place) if kind == "object" else None)[0])]
