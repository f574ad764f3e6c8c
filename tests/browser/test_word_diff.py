"""The word difference of the page, held against a plain longest common subsequence."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from llmops_cli.reports.web.page import asset

Diff = Callable[[str, list[Any]], Any]


@pytest.fixture(scope="module")
def calling(chromium: Any) -> Any:
    """Call a function of word_diff.js with arguments."""
    context = chromium.new_context(offline=True)
    page: Page = context.new_page()
    page.add_script_tag(content=asset("word_diff.js"))
    yield lambda name, arguments: page.evaluate(f"arguments_ => {name}(...arguments_)", arguments)
    context.close()


def common(before: list[str], after: list[str]) -> int:
    """The length of a longest common subsequence, in the plainest way."""
    row = [0] * (len(after) + 1)
    for one in before:
        last = 0
        for at, other in enumerate(after, 1):
            last, row[at] = row[at], last + 1 if one == other else max(row[at], row[at - 1])
    return row[-1]


LISTS = st.lists(st.sampled_from("abc"), max_size=12)


@settings(max_examples=60)
@given(before=LISTS, after=LISTS)
def test_what_has_a_counterpart_is_a_longest_common_subsequence(
    calling: Diff, before: list[str], after: list[str]
) -> None:
    flags = calling("((x, y) => changes(x, y).map(f => [...f]))", [before, after])
    kept = [[word for word, changed in zip(words, one, strict=True) if not changed]
            for words, one in zip((before, after), flags, strict=True)]  # fmt: skip
    assert kept[0] == kept[1]
    assert len(kept[0]) == common(before, after)


TEXTS = st.text(st.sampled_from("ab é漢\n.\U0001f600"), max_size=30)


@settings(max_examples=60)
@given(before=TEXTS, after=TEXTS)
def test_no_letter_is_lost_or_made_up(calling: Diff, before: str, after: str) -> None:
    pieces = calling("wordDiff", [before, after])
    assert ["".join(text for text, _ in side) for side in pieces] == [before, after]
    if before == after:
        assert not any(changed for side in pieces for _, changed in side)


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("It takes 5 days.", "It takes 7 days.", (["5"], ["7"])),
        ("a b c", "a x y c", (["b"], ["x y"])),
        ("one\ntwo\nthree\n", "one\nthree\n", (["two\n"], [])),
        ("漢字です", "漢語です", (["字"], ["語"])),
        ("", "new", ([], ["new"])),
    ],
)
def test_words_are_marked_where_they_differ(
    calling: Diff, before: str, after: str, marked: tuple[list[str], list[str]]
) -> None:
    pieces = calling("wordDiff", [before, after])
    assert tuple([text for text, changed in side if changed] for side in pieces) == marked


def test_two_long_texts_without_a_common_word_are_given_up_in_bounded_work(calling: Diff) -> None:
    before, after = (" ".join(f"{letter}{number}" for number in range(20_000)) for letter in "ab")
    pieces = calling("wordDiff", [before, after])
    assert [[changed for _, changed in side] for side in pieces] == [[True], [True]]
