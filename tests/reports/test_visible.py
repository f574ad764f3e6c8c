"""Text made safe to look at, and to print where lines can be commands."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.reports.visible import inert, visible
from tests.reports.hostile import WORDS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", ":\u200b:error::x"),
        ("a\n  ::add-mask::e\nb", "a\n  :\u200b:add-mask::e\nb"),
        ("see ##[error]x", "see #\u200b#[error]x"),
        ("a::b ## title [x]", "a::b ## title [x]"),
    ],
)
def test_no_line_is_a_command(text: str, shown: str) -> None:
    assert inert(text) == shown


@given(st.text(alphabet=":# [\n\t\u2028\u00a0ax") | st.sampled_from(list(WORDS.values())))
def test_no_command_is_left(text: str) -> None:
    shown = inert(visible(text))
    assert "##[" not in shown
    assert [line for line in re.split("[\r\n]", shown) if line.strip().startswith("::")] == []
