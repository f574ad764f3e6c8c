"""Markup as a type of its own: a `str` is always escaped on its way into it, so that text cannot become markup."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from llmops_cli.reports.visible import visible

_NAME = re.compile(r"[a-z][a-zA-Z0-9-]*\Z")
_VOID = frozenset({"meta", "br", "hr", "input", "col", "wbr"})
_ADDRESS = re.compile(r"(?:https?://[^\s/]|#|(?:\.\.?/)*[A-Za-z0-9_.@%~+-]+(?:[/?#]|\Z))")
# what may execute or restyle, whatever a caller says; the policy of a page forbids it as well
_REFUSED = re.compile(r"on.*|style|srcdoc|src|action|formaction|ping|background|data\Z")


@dataclass(frozen=True, slots=True)
class Html:
    """Markup that was put together here. `source` goes into a page as it is."""

    source: str


Child: TypeAlias = "Html | str | Iterable[Child] | None"
Attribute = str | int | float | bool | None


def text(words: str) -> Html:
    """Text of whatever origin: escaped, with control and direction characters shown."""
    return Html(html.escape(visible(words), quote=True))


def element(name: str, *children: Child, **attributes: Attribute) -> Html:
    """`<name attributes>children</name>`.

    In names of attributes `_` stands for `-`, and one at the end is dropped (`class_`). True makes a bare attribute,
    None and False leave it out. Raises ValueError for attributes that could run or load something, and for a `href`
    that is neither http(s), a fragment nor a relative path.
    """
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is no element")
    start = name + "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{start}>")
    return Html(f"<{start}>{join(*children).source}</{name}>")


def join(*children: Child) -> Html:
    """Children one after the other, without an element around them."""
    return Html("".join(_sources(children)))


def _sources(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if isinstance(child, Html):
            yield child.source
        elif isinstance(child, str):
            yield text(child).source
        elif child is not None:
            yield from _sources(child)


def _attribute(key: str, value: Attribute) -> str:
    name = key.removesuffix("_").replace("_", "-")
    if not _NAME.match(name) or _REFUSED.match(name):
        raise ValueError(f"{name!r} is no attribute that a page may have")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    said = f"{value:g}" if isinstance(value, float) else str(value)
    if name == "href" and not _ADDRESS.match(said):
        raise ValueError(f"{said!r} is no address that a page may lead to")
    return f' {name}="{text(said).source}"'
