"""Template text to message text: three syntaxes, all strict, none of which can reach Python.

A template is parsed once, when its prompt is loaded. Rendering is one pass: a value that looks like a template is text.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from llmops_cli.files.json_value import Json

TemplateFormat = Literal["dollar", "braces", "jinja"]
MAX_RENDERED = 5_000_000

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_DOLLAR = re.compile(rf"\$(?:(?P<escaped>\$|\{{(?=%))|(?P<name>{_NAME})|\{{(?P<braced>{_NAME})\}}|(?P<bad>\{{))")
_AN_INCLUDE = re.compile(r"(?=\{%[-+]?\s*include)")
_BRACES = re.compile(rf"(?P<open>\{{\{{)|(?P<close>\}}\}})|\{{(?P<name>{_NAME})\}}|(?P<bad>[{{}}])")


class TemplateError(ValueError):
    """A template that cannot be parsed; `line` counts from 1 within the template text."""

    def __init__(self, message: str, *, line: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.line, self.hint = message, line, hint


class Template(Protocol):
    """A parsed template."""

    @property
    def names(self) -> frozenset[str]:
        """The variables it mentions."""
        ...

    def line_of(self, name: str) -> int:
        """The first line, from 1 within the template, that mentions the variable; 1 when none does."""
        ...

    def render(self, values: Mapping[str, Json]) -> str:
        """The text with all variables filled in. Every mentioned name must be in `values`. Raises TemplateError."""
        ...


@dataclass(frozen=True, slots=True)
class Substitution:
    """A parsed `dollar` or `braces` template: literal text and variable names in turn."""

    parts: tuple[tuple[str, str], ...]  # (literal, name); name is empty for the tail

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for _, name in self.parts if name)

    def line_of(self, name: str) -> int:
        line = 1
        for literal, mentioned in self.parts:
            line += literal.count("\n")
            if mentioned == name:
                return line
        return 1

    def render(self, values: Mapping[str, Json]) -> str:
        pieces: list[str] = []
        size = 0
        for literal, name in self.parts:
            pieces += [literal, as_text(values[name]) if name else ""]
            size += len(pieces[-2]) + len(pieces[-1])
            if size > MAX_RENDERED:
                raise too_long()
        return "".join(pieces)


def parse_template(text: str, template_format: TemplateFormat) -> Template:
    """Parse template text. Raises TemplateError with the line where it is wrong."""
    if template_format == "jinja":
        from llmops_cli.prompts.jinja import parse_jinja

        return parse_jinja(text)
    pattern = _DOLLAR if template_format == "dollar" else _BRACES
    parts: list[tuple[str, str]] = []
    literal, position = "", 0
    for match in pattern.finditer(text):
        literal += text[position : match.start()]
        position = match.end()
        groups = match.groupdict()
        if groups["bad"]:
            raise _stray(text, match.start(), template_format)
        name = groups.get("name") or groups.get("braced") or ""
        if name:
            parts.append((literal, name))
            literal = ""
        else:
            literal += match.group()[-1]  # an escape: $$, ${ before a %, {{ or }}
    parts.append((literal + text[position:], ""))
    return Substitution(tuple(parts))


def _stray(text: str, index: int, template_format: TemplateFormat) -> TemplateError:
    line = text.count("\n", 0, index) + 1
    shown = text[index : index + 24].split("\n")[0]
    if template_format == "dollar":
        return TemplateError(f"{shown!r} is not a variable", line=line, hint="write $$ for a literal $")
    if re.match(rf"\{{{_NAME}[.\[!:]", text[index:]):
        return TemplateError(f"{shown!r}: only plain names may stand in braces", line=line, hint="write {name}")
    return TemplateError(f"{shown!r} is not a variable", line=line, hint="write {{ and }} for literal braces")


def literal_dollar(text: str) -> str:
    """A `dollar` template that renders to exactly this text, whatever it holds."""
    return _AN_INCLUDE.sub("$", text.replace("$", "$$"))


def as_text(value: Json) -> str:
    """A value as it stands in a prompt: text as it is, everything else as JSON. Raises ValueError for NaN, infinity."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, allow_nan=False)


def too_long() -> TemplateError:
    """The error of a template that renders to more than `MAX_RENDERED` characters."""
    return TemplateError(f"renders to more than {MAX_RENDERED:,} characters", hint="pass shorter values")


def infer_format(texts: Iterable[str], declared: frozenset[str]) -> TemplateFormat:
    """The one syntax whose variables occur in the texts, for files that do not say `template_format`.

    `declared` are the names of the file's variables, empty when it has none. Mentions of declared names decide; where
    there is none, whatever looks like a mention does. Texts without any variable are `dollar`.
    Raises TemplateError when two syntaxes fit.
    """
    mentions = [
        (template_format, next(group for group in match.groups() if group), match.group())
        for text in texts
        for template_format, pattern in _TELLING.items()
        for match in pattern.finditer(text)
    ]
    sure = [mention for mention in mentions if mention[1] in declared or (declared and mention[0] == "jinja")]
    found: dict[TemplateFormat, str] = {}
    for template_format, _, shown in sure or mentions:
        found.setdefault(template_format, shown)
    if len(found) > 1:
        seen = " and ".join(f"{shown!r} ({template_format})" for template_format, shown in found.items())
        raise TemplateError(
            f"the template syntax is not clear: {seen}",
            hint="write one of: template_format: " + " | ".join(found),
        )
    return next(iter(found), "dollar")


_TELLING: dict[TemplateFormat, re.Pattern[str]] = {
    "dollar": re.compile(rf"(?<!\$)\$(?:({_NAME})|\{{({_NAME})\}})"),
    "braces": re.compile(rf"(?<![{{$])\{{({_NAME})\}}(?!\}})"),
    "jinja": re.compile(rf"\{{\{{-?\s*({_NAME})|\{{%-?\s*({_NAME})"),
}
