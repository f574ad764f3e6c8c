"""A page as a parser of HTML sees it: elements, their attributes, and the text in them."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "br", "hr", "input", "col", "wbr"}


@dataclass
class Seen(HTMLParser):
    """What a page holds. `elements` are names with attributes in order, `texts` the text by innermost element."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such element."""
        return [attributes for name, attributes in self.elements if name == tag]

    def inside(self, tag: str) -> list[str]:
        """The text of every such element that holds text alone."""
        return [text for name, text in self.texts if name == tag]


def seen(page: str) -> Seen:
    """Read a page; every element in it must be closed."""
    parser = Seen()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def data_of(page: str) -> dict[str, Any]:
    """The blocks of data of a page by their id."""
    parser = seen(page)
    scripts = parser.all("script")
    blocks = parser.inside("script")
    assert len(scripts) == len(blocks)
    return {
        str(attributes["id"]): json.loads(block)
        for attributes, block in zip(scripts, blocks, strict=True)
        if attributes.get("type") == "application/json"
    }
