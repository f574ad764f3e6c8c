"""One self-contained HTML page: style, script and data are in it, and its policy lets nothing else run or load."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from llmops_cli.files.json_value import Json
from llmops_cli.reports.web.markup import Child, Html, element, join

_BREAKING = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
_THEMES = (("auto", "as the system"), ("light", "light"), ("dark", "dark"))


def page(
    title: str,
    *,
    main: Child,
    nav: Child = None,
    footer: Child = None,
    data: Mapping[str, Json] | None = None,
    assets: Sequence[str] = (),
) -> str:
    """The text of a page.

    `assets` are names of files beside this one: `.css` joins the common style, and `.js` becomes part of the page's one
    script, in this order, all in one strict scope. Every value in `data` is put in
    `<script type="application/json" id=KEY>`, for the script to read. Foreign text belongs in `str` children, or in
    `data` for a script that uses `textContent` only. Can be written as UTF-8 whatever is in it.
    """
    style = _joined(["style.css", *(name for name in assets if name.endswith(".css"))])
    script = _joined([name for name in assets if name.endswith(".js")])
    script = f'(() => {{\n"use strict";\n{script}}})();\n' if script else ""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        _meta("Content-Security-Policy", policy(style, script)),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name_="color-scheme", content="light dark"),
        element("meta", name_="referrer", content="no-referrer"),
        element("title", title),
        Html(f"<style>{style}</style>"),
    )
    body = element(
        "body",
        element("a", "skip to the content", href="#content", class_="skip"),
        element("header", element("span", "llmops", class_="brand"), _nav(nav), _theme(), class_="top"),
        element("main", main, id="content", tabindex="-1"),
        element("footer", footer, class_="bottom") if footer is not None else None,
        (json_block(key, value) for key, value in (data or {}).items()),
        Html(f"<script>{script}</script>") if script else None,
    )
    return f'<!doctype html>\n<html lang="en">{head.source}{body.source}</html>\n'


def policy(style: str, script: str) -> str:
    """The Content-Security-Policy of a page with exactly this style and this script (none where it is empty).

    Trusted types, of which there are none, forbid even the script to turn text into markup.
    """
    parts = [
        "default-src 'none'",
        f"style-src {_hash(style)}",
        *([f"script-src {_hash(script)}"] if script else []),
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    return "; ".join(parts)


def json_block(key: str, value: Json) -> Html:
    """A value for the script of the page, as text that no parser of HTML can leave: `<` is `\\u003c`, and so on."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", key):
        raise ValueError(f"{key!r} is no id of a block of data")
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    escaped = _BREAKING.sub(lambda match: f"\\u{ord(match.group()):04x}", written)
    return Html(f'<script type="application/json" id="{key}">{escaped}</script>\n')


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _meta(name: str, content: str) -> Html:
    # the quotes of the policy's keywords must stay quotes for people who read the source
    return Html(f'<meta http-equiv="{name}" content="{content}">')


@cache
def asset(name: str) -> str:
    """The text of a file beside this one. Raises ValueError when it could end the element that it is put in."""
    source = files("llmops_cli.reports.web").joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")
    if re.search(r"</(?:script|style)|<!--", source, re.IGNORECASE):
        raise ValueError(f"{name} cannot stand in a page")
    return source


def _joined(names: Sequence[str]) -> str:
    return "".join(asset(name) for name in names)


def _nav(nav: Child) -> Html:
    return element("nav", nav, aria_label="pages") if nav is not None else join()


def _theme() -> Html:
    """The choice of light or dark: works by style alone, without script and without storage."""
    choices = (
        element(
            "label",
            element("input", type_="radio", name_="theme", value=key, id=f"theme-{key}", checked=key == "auto"),
            element("span", key),
            title=words,
        )
        for key, words in _THEMES
    )
    return element("fieldset", element("legend", "colours"), choices, class_="theme")
