"""What is text stays text, and what could run is refused."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.reports.visible import visible
from llmops_cli.reports.web.markup import Html, element, join, text
from tests.reports.web.reading import seen


def test_an_element_with_attributes_and_children() -> None:
    built = element("td", "a < b", element("b", "c"), None, [Html("<i>"), "d"], class_="num", colspan=2, hidden=True)
    assert built == Html('<td class="num" colspan="2" hidden>a &lt; b<b>c</b><i>d</td>')


def test_attributes_that_are_not_there_leave_nothing() -> None:
    assert element("p", aria_label=None, hidden=False) == Html("<p></p>")


def test_a_void_element_is_not_closed() -> None:
    assert element("input", type_="search") == Html('<input type="search">')


@pytest.mark.parametrize("name", ["onclick", "style", "src", "srcdoc", "formaction", "action", 'a"b', "a b", "ONCLICK"])
def test_attributes_that_could_run_something_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="attribute"):
        element("p", **{name: "x"})


@pytest.mark.parametrize("name", ["", "p x", "p>", "SCRIPT"])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="element"):
        element(name)


@pytest.mark.parametrize("address", ["#case=1", "a.html", "../x/a.html#b", "https://example.org/a", "triage@v1.2.0/"])
def test_links_within_the_pages_and_to_the_web(address: str) -> None:
    assert f'href="{address}"' in element("a", "x", href=address).source


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", " javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "//example.org", "file:///x",
     "java\nscript:x", "vbscript:x", "blob:x", "", "https://", "/etc/passwd"],
)  # fmt: skip
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        element("a", "x", href=address)


@given(st.text())
def test_any_text_is_one_text(words: str) -> None:
    assert html.unescape(text(words).source) == visible(words)
    shown = seen(element("p", words, title=words).source)
    assert [name for name, _ in shown.elements] == ["p"]
    assert shown.all("p") == [{"title": visible(words)}]
    assert "".join(shown.inside("p")) == visible(words)


def test_hidden_characters_are_shown() -> None:
    assert join("\x1b[2J\u202e\u200f\ud800\r") == Html("\\x1b[2J\\u202e\\u200f\\ud800\\r")
