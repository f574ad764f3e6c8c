"""Text of others in markdown stays text: held against GitHub's own parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.reports.markdown_text import cell, code, code_cell, fence
from llmops_cli.reports.visible import visible
from tests.reports.github_markdown import ADDRESS, NOTIFIES, REFERS, Seen, seen
from tests.reports.hostile import WORDS

# what markdown, HTML and GitHub's filters are made of, so that arbitrary text is not merely letters
NASTY = st.sampled_from(
    ["`", "``", "|", "\\", "\\|", "\\\\|", "<", ">", "</details>", "<!--", "-->", "@ann", "#1", "GH-1", "a1b2c3d", "*",
     "_", "~", "[", "](", ")", "!", "![", "\n", "\r\n", "\t", "    ", "- ", "1. ", "> ", "# ", "---", "===", "$", "$$",
     "https://", "www.a.org", "a@b.org", "mailto:", "&lt;", "&#64;", ":", "\u202e", "\x00", "\x1b[", "\ud800", "```",
     "~~~", "^", "{", "}"]
)  # fmt: skip
TEXT = st.lists(NASTY | st.text(max_size=5), max_size=12).map("".join)


def harmless(found: Seen, *tags: str) -> None:
    """Nothing but these tags came out, and no word would wake somebody or lead somewhere."""
    assert set(found.tags) <= set(tags)
    assert found.links == [] and found.unclosed == [] and found.declarations == []
    for pattern in (NOTIFIES, REFERS, ADDRESS):
        assert not pattern.search(found.text), found.text


@given(TEXT)
def test_a_cell_is_words_wherever_it_stands(text: str) -> None:
    shown = cell(text)
    assert "\n" not in shown
    harmless(seen(f"said: {shown} and more"), "p")
    harmless(seen(f"- x: {shown}"), "ul", "li")
    harmless(seen(f"**{shown}.**"), "p", "strong")
    harmless(seen(f"> [!NOTE]\n> **x: {shown}.**"), "blockquote", "p", "strong")


@given(st.lists(TEXT, min_size=3, max_size=3))
def test_a_table_keeps_its_columns(texts: list[str]) -> None:
    row = f"| {code_cell(texts[0])} | {cell(texts[1])} | {code_cell(texts[2])} |"
    found = seen(f"| a | b | c |\n| --- | --- | --- |\n{row}\n| 1 | 2 | 3 |\n")
    assert [len(one) for one in found.rows] == [3, 3, 3]
    assert found.rows[2] == ["1", "2", "3"]
    harmless(found, "table", "thead", "tbody", "tr", "th", "td", "code")


@given(TEXT)
def test_code_is_one_span_that_says_the_text(text: str) -> None:
    found = seen(f"x {code(text)} y")
    flat = " ".join(visible(text).split())
    assert found.tags == (["p", "code"] if flat else ["p"])
    if flat:
        assert "".join(found.code) == flat
    harmless(found, "p", "code")


@given(TEXT)
def test_a_fence_is_one_block_that_says_the_text(text: str) -> None:
    found = seen("\n".join(["<details>", "<summary>x</summary>", "", *fence(text), "", "</details>", "", "after"]))
    assert found.tags == ["details", "summary", "pre", "code", "p"]
    # the parser takes a lone CR, which visible() shows, and a NUL, which it shows too, for nothing else
    assert "".join(found.code) == visible(text) + "\n"


@pytest.mark.parametrize("name", WORDS)
def test_the_worst_words_one_by_one(name: str) -> None:
    harmless(seen(f"said: {cell(WORDS[name])}."), "p")
    harmless(seen(f"said: {code(WORDS[name])}."), "p", "code")
    assert seen("\n".join(fence(WORDS[name]))).tags == ["pre", "code"]


def test_ids_can_be_copied_from_code() -> None:
    assert code("commit a1b2c3d of #7") == "`commit a1b2c3d of #7`"


def test_what_is_cut_says_so() -> None:
    assert fence("a" * 20, most=8) == ["```text", "a" * 8, "[12 more characters]", "```"]
    assert cell("x" * 20, 8) == "x" * 7 + "…"
