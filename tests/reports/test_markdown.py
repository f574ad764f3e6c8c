"""Markdown from hostile text: it stays text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.reports.markdown_text import cell, fence


@pytest.mark.parametrize(
    "text",
    [
        "a | b",
        "`code`",
        "<img src=x>",
        "@team look",
        "![x](http://e.org/b.png)",
        "# title",
        "**bold**",
        "a\nb",
        "https://e.org",
    ],
)
def test_a_cell_holds_no_markup(text: str) -> None:
    shown = cell(text)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)[|`*<>#\[\]!]", shown)
    assert not re.search(r"@\w", shown)
    assert "://" not in shown


def test_a_cell_can_still_be_read() -> None:
    assert cell("valid_json fell from 97.5 % to 82.5 %") == r"valid\_json fell from 97.5 % to 82.5 %"


@given(st.text())
def test_a_fence_is_longer_than_any_in_the_text(text: str) -> None:
    first, *body, last = fence(text)
    marks = len(first) - len("text")
    assert last == "`" * marks
    assert all(len(run) < marks for line in body for run in re.findall(r"`+", line))


def test_a_fence_shows_control_characters() -> None:
    assert fence("\x1b[2J\u202egnp") == ["```text", "\\x1b[2J\\u202egnp", "```"]
