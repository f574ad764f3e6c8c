"""The expressions of GitHub's workflows, as far as ours use them. Whatever is unknown here is an error of the test."""

import re
from collections.abc import Callable, Mapping
from typing import Any

Value = Any  # null, bool, number, string, or a mapping
Contexts = Mapping[str, Value]
Functions = Mapping[str, Callable[..., Value]]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*(?:\.[\w-]+)*)"
    r"|(?P<sign>==|!=|&&|\|\||!|\(|\)|,))"
)
_EMBEDDED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


class Optional(dict[str, Value]):
    """What an event may hold or not: a key that is missing is null there, as in GitHub's event files."""


def resolve(text: str, contexts: Contexts, functions: Functions) -> str:
    """A text with its `${{ ... }}` filled in."""
    return _EMBEDDED.sub(lambda found: shown(evaluate(found[1], contexts, functions)), text)


def condition(text: str, contexts: Contexts, functions: Functions) -> bool:
    """What an `if:` says; without a word about the status of the job it means `success()` too."""
    whole = text.strip()
    embedded = _EMBEDDED.fullmatch(whole)
    inner = embedded[1] if embedded else whole
    if not re.search(r"\b(always|success|failure|cancelled)\s*\(", inner):
        inner = f"success() && ({inner})"
    return truth(evaluate(inner, contexts, functions))


def evaluate(text: str, contexts: Contexts, functions: Functions) -> Value:
    """The value of one expression."""
    tokens: list[tuple[str, str]] = []
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        assert found and found.lastgroup, f"not understood: {text[position:]!r}"
        tokens.append((found.lastgroup, found[found.lastgroup]))
        position = found.end()
    parser = _Parser(tokens, contexts, functions)
    value = parser.either()
    assert not parser.tokens, f"left over in {text!r}: {parser.tokens}"
    return value


def truth(value: Value) -> bool:
    """GitHub's truth: null, 0 and the empty text are false, the text `false` is not."""
    return value not in (None, 0, "", False)


def shown(value: Value) -> str:
    """A value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    assert isinstance(value, str | int | float), f"{value!r} has no text"
    return str(value)


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], contexts: Contexts, functions: Functions) -> None:
        self.tokens, self._contexts, self._functions = tokens, contexts, functions

    def either(self) -> Value:
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = value if truth(value) else other
        return value

    def _both(self) -> Value:
        value = self._equal()
        while self._take("&&"):
            other = self._equal()
            value = other if truth(value) else value
        return value

    def _equal(self) -> Value:
        value = self._single()
        while self.tokens and self.tokens[0][1] in ("==", "!="):
            sign = self.tokens.pop(0)[1]
            value = (_loose(value) == _loose(self._single())) is (sign == "==")
        return value

    def _single(self) -> Value:
        if self._take("!"):
            return not truth(self._single())
        if self._take("("):
            value = self.either()
            assert self._take(")")
            return value
        kind, word = self.tokens.pop(0)
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return float(word) if "." in word else int(word)
        assert kind == "name", f"unexpected {word!r}"
        if word in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[word]
        return self._call(word) if self._take("(") else self._context(word)

    def _call(self, name: str) -> Value:
        assert name in self._functions, f"there is no function {name!r} here"
        arguments: list[Value] = []
        while not self._take(")"):
            arguments.append(self.either())
            self._take(",")
        return self._functions[name](*arguments)

    def _context(self, path: str) -> Value:
        value: Value = self._contexts
        for part in path.split("."):
            if value is None or (isinstance(value, Optional) and part not in value):
                return None
            assert isinstance(value, Mapping) and part in value, f"{path!r}: there is no {part!r}"
            value = value[part]
        return value

    def _take(self, sign: str) -> bool:
        if self.tokens and self.tokens[0] == ("sign", sign):
            self.tokens.pop(0)
            return True
        return False


def _loose(value: Value) -> Value:
    return value.lower() if isinstance(value, str) else "" if value is None else value
