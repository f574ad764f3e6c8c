"""Markdown as GitHub reads it: parsed by its own parser, then looked at as the filters behind it look at words.

What those do stands in docs.github.com ("Autolinked references and URLs", "Basic writing and formatting syntax"): names
after @ notify people, #1 and GH-1 become links and leave traces in the issues they name, ids of commits become links.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

_VOID = {"br", "hr", "img", "input"}
_QUIET = {"code", "pre", "a"}  # where the filters do not look
NOTIFIES = re.compile(r"(?<![\w`/@])@[A-Za-z0-9]")
REFERS = re.compile(r"#[0-9]|GH-[0-9]|(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])", re.IGNORECASE)
ADDRESS = re.compile(r"[a-z]+://|www\.[a-z0-9]|(?:mailto|xmpp):[a-z0-9]", re.IGNORECASE)


@dataclass
class Seen:
    """What a reader is shown: tags in their order, words outside of code, addresses of links, rows of tables."""

    tags: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    declarations: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All words outside of code, one after the other."""
        return "".join(self.words)


def render(markdown: str) -> str:
    """GitHub's markdown as HTML, raw HTML kept."""
    # a NUL ends the text for a parser written in C; GitHub has replaced it before
    return str(cmarkgfm.github_flavored_markdown_to_html(markdown.replace("\0", "\ufffd"), Options.CMARK_OPT_UNSAFE))


def seen(markdown: str) -> Seen:
    """What becomes of this markdown."""
    reader = _Reader()
    reader.feed(render(markdown))
    reader.close()
    reader.found.unclosed = list(reader.open)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Seen()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.tags.append(tag)
        if tag not in _VOID:
            self.open.append(tag)
        self.found.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag == "tr":
            self.found.rows.append([])
        if tag in ("td", "th"):
            self.found.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            self.found.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        (self.found.code if _QUIET & set(self.open) else self.found.words).append(data)
        if {"td", "th"} & set(self.open):
            self.found.rows[-1][-1] += data

    def handle_comment(self, data: str) -> None:
        self.found.declarations.append(data)

    def handle_decl(self, decl: str) -> None:
        self.found.declarations.append(decl)

    def handle_pi(self, data: str) -> None:
        self.found.declarations.append(data)

    def unknown_decl(self, data: str) -> None:
        self.found.declarations.append(data)
