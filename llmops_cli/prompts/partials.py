"""Partials: `{% include "partials/safety.md" %}` in a message is the text of that file.

Includes are resolved once, when the prompt is loaded, so digest, cache key and model all see the resolved text. A
partial has the template syntax and the variables of the prompt; read on its own it must be a valid template.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from llmops_cli.errors import FileError, Problem
from llmops_cli.prompts.template import TemplateFormat
from llmops_cli.vcs.tree import Tree, beside, read_text

MAX_LEVELS = 10
MAX_INCLUDES = 1_000  # of one prompt, so that files that include each other twice cannot grow for ever
MAX_TEXT = 5_000_000  # characters of all resolved messages together, as much as a prompt file may hold
_PROMPT_ENDINGS = (".yaml", ".yml")

_OPEN = r"(?P<open>\{%[-+]?\s*include(?![A-Za-z0-9_]))"
_QUOTED = r""""(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'"""
# Where an include may begin, and what is none in each syntax: its escapes; in jinja comments, raw text, and strings.
# What jinja would find open at the end of the text (`stop`) is jinja's to refuse.
_SCANNERS: dict[TemplateFormat, re.Pattern[str]] = {
    "dollar": re.compile(rf"\$\$|\$\{{%|{_OPEN}"),
    "braces": re.compile(rf"\{{\{{|\}}\}}|{_OPEN}"),
    "jinja": re.compile(
        r"\{#.*?#\}|\{%[-+]?\s*raw\s*-?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}|(?P<stop_raw>\{%[-+]?\s*raw\s*-?%\})"
        rf"|{_OPEN}"
        rf"|\{{\{{(?:{_QUOTED}|(?!\}}\}})[^\"'])*+\}}\}}|\{{%(?:{_QUOTED}|(?!%\}})[^\"'])*+%\}}"
        r"|(?P<stop>\{[{%#])",
        re.DOTALL,
    ),
}
_TAG = re.compile(r"""\{%[ \t]*include[ \t]*(?:"(?P<double>[^"\n]+)"|'(?P<single>[^'\n]+)')[ \t]*%\}""")


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the model sees of a message, and the paths of the partials in it, in order of reading."""

    text: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text is written, for problems: `line` is that of its first line, or of all where `exact` is False."""

    shown: str
    key: str = ""
    line: int = 1
    exact: bool = True

    def problem(self, line: int, message: str, hint: str = "") -> Problem:
        """A problem at a line of the text, from 1."""
        return Problem(self.shown, self.line + max(line, 1) - 1 if self.exact else self.line, self.key, message, hint)


@dataclass(frozen=True, slots=True)
class Source:
    """A text without its include tags (each is on one line, so lines stay).

    Of a partial, `named_by` is the prompt and `written` the text with its tags.
    """

    place: Place
    text: str
    named_by: str = ""
    written: str = ""


@dataclass(slots=True)
class Partials:
    """The includes of one prompt: every partial is read once, problems are gathered."""

    tree: Tree
    template_format: TemplateFormat
    path: str  # of the prompt file
    sources: dict[str, Source] = field(default_factory=dict)  # by path, in order of reading
    problems: list[Problem] = field(default_factory=list)
    _includes: int = 0
    _size: int = 0

    def resolve(self, text: str, place: Place) -> Resolved:
        """A message with all that it includes; `place` is where it is written.

        What is wrong goes to `problems`, each at its include, or in the partial that holds it.
        """
        parts: dict[str, None] = {}
        return Resolved("".join(self._resolve(text, place, (self.path,), parts)), tuple(parts))

    def _resolve(self, text: str, place: Place, chain: tuple[str, ...], parts: dict[str, None]) -> Iterator[str]:
        line, start = 1, 0
        for tag in _tags(text, self.template_format):
            own = text[start : tag.start]
            yield self._counted(own, place, line)
            line += own.count("\n")
            self._includes += 1
            if self._includes > MAX_INCLUDES + 1 or self._size > MAX_TEXT:
                pass  # which was said once
            elif tag.target is None:
                hint = 'write {% include "partials/name.md" %}, or ' + _LITERAL[self.template_format]
                self.problems.append(place.problem(line, f"{tag.shown!r} is not an include", hint))
            else:
                yield from self._included(tag.target, place, line, chain, parts)
            start = tag.end
        yield self._counted(text[start:], place, line)

    def _included(
        self, target: str, place: Place, line: int, chain: tuple[str, ...], parts: dict[str, None]
    ) -> Iterator[str]:
        try:
            if self._includes > MAX_INCLUDES:
                raise _refused(f"the prompt has more than {MAX_INCLUDES:,} includes")
            path = self._path(target, chain)
            text = self._text(path)
        except FileError as error:
            why = "; ".join(problem.message for problem in error.problems)
            hint = next((problem.hint for problem in error.problems if problem.hint), "")
            self.problems.append(place.problem(line, f"include {target!r}: {why}", hint))
            return
        parts.setdefault(path)
        yield from self._resolve(text, self._place(path), (*chain, path), parts)

    def _path(self, target: str, chain: tuple[str, ...]) -> str:
        path = beside(chain[-1], target)
        if path.lower().endswith(_PROMPT_ENDINGS):
            raise _refused("a prompt file cannot be a partial", "put the shared text into a file such as NAME.md")
        if any(part.startswith(".") and part.strip(".") for part in target.split("/")):
            raise _refused("a hidden file cannot be a partial")
        if path in chain:
            raise _refused(f"it includes itself: {' -> '.join((*chain[chain.index(path) :], path))}")
        if len(chain) > MAX_LEVELS:
            raise _refused(f"includes are nested deeper than {MAX_LEVELS} levels")
        return path

    def _text(self, path: str) -> str:
        """The text of a partial, line ends as LF, without its last one."""
        if path not in self.sources:
            if self.tree.read(path) is None:
                raise _refused(f"there is no file {path}")
            text = read_text(self.tree, path).removeprefix("\ufeff").replace("\r\n", "\n").removesuffix("\n")
            if len(text) > MAX_TEXT:
                raise _refused(f"{path} is longer than {MAX_TEXT:,} characters")
            self.sources[path] = Source(self._place(path), own_text(text, self.template_format), self.path, text)
        return self.sources[path].written

    def _place(self, path: str) -> Place:
        return Place(f"{path} at {self.tree.label}" if self.tree.label else path)

    def _counted(self, text: str, place: Place, line: int) -> str:
        before, self._size = self._size, self._size + len(text)
        if before <= MAX_TEXT < self._size:
            message = f"with its includes the prompt is longer than {MAX_TEXT:,} characters"
            self.problems.append(place.problem(line, message))
        return text


@dataclass(frozen=True, slots=True)
class _Tag:
    """An include: [start, end) in the text, and the path it names; None where it cannot be read."""

    start: int
    end: int
    target: str | None
    shown: str


_LITERAL: dict[TemplateFormat, str] = {
    "dollar": "${% for a literal {%",
    "braces": "{{% and %}} for literal ones",
    "jinja": "{% raw %}...{% endraw %} around literal text",
}


def own_text(text: str, template_format: TemplateFormat) -> str:
    """A text without its include tags; its lines stay."""
    own, start = "", 0
    for tag in _tags(text, template_format):
        own += text[start : tag.start]
        start = tag.end
    return own + text[start:]


def _tags(text: str, template_format: TemplateFormat) -> Iterator[_Tag]:
    """The includes of a text, in order."""
    if "include" not in text:
        return
    scanner = _SCANNERS[template_format]
    position = 0
    while match := scanner.search(text, position):
        position = match.end()
        groups = match.groupdict()
        if groups.get("stop") or groups.get("stop_raw"):
            return
        if not groups["open"]:
            continue
        tag = _TAG.match(text, match.start())
        position = tag.end() if tag else match.end()
        target = (tag["double"] or tag["single"]) if tag else None
        yield _Tag(match.start(), position, target, text[match.start() : match.start() + 40].split("\n")[0])


def _refused(message: str, hint: str = "") -> FileError:
    return FileError([Problem("", 0, "", message, hint)])
