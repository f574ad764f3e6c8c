"""Where reports point to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.evals.place import line_to_show

TEXT = """\
# a comment
name: p
version: 1.0.0
owner: us
model: openai/a
variables:
  x: {type: string}
template: |
  one
  two
  three
"""


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("version: 1.0.0", "version: 1.1.0"), 3),
        (("openai/a", "openai/b"), 5),
        (("  x: {type: string}", "  x: {type: string}\n  y: {type: string}"), 8),
        (("  two", "  2"), 10),
        (("  three\n", ""), 10),
        (("  three\n", "  three\n  four\n"), 12),
        (("model: openai/a\n", ""), 7),  # a key that is gone: the words
        (("owner: us\n", "owner: us\noutput: {format: json}\n"), 5),
        (("# a comment\n", ""), 7),
    ],
)
def test_the_line_is_the_one_that_changed(change: tuple[str, str], line: int) -> None:
    assert line_to_show(TEXT.replace(*change), TEXT) == line


@pytest.mark.parametrize("change", [("  two", "  2"), ("openai/a", "openai/b"), ("owner: us", "owner: you")])
def test_a_bump_hides_nothing(change: tuple[str, str]) -> None:
    changed = TEXT.replace(*change)
    assert line_to_show(changed.replace("1.0.0", "1.1.0"), TEXT) == line_to_show(changed, TEXT) != 3


def test_words_go_before_a_model() -> None:
    changed = TEXT.replace("openai/a", "openai/b").replace("  three", "  3").replace("1.0.0", "2.0.0")
    assert line_to_show(changed, TEXT) == 11


@pytest.mark.parametrize(
    ("text", "line"), [(TEXT, 8), (TEXT.replace("template: |", "'messages': |"), 8), ("", 1), ("{", 1)]
)
def test_without_a_base_it_is_the_words(text: str, line: int) -> None:
    assert line_to_show(text, "") == line
    assert line_to_show(text, text) == line


def test_a_prompt_on_one_line() -> None:
    assert line_to_show('{name: p, version: "1.1.0", template: b}', '{name: p, version: "1.0.0", template: a}') == 1


@given(st.text(alphabet="abc: |\n-{}'#\t\u2028", max_size=60), st.text(alphabet="abc: |\n-", max_size=40))
def test_whatever_stands_there_the_line_is_one_of_the_file(text: str, before: str) -> None:
    whole = f"name: p\ntemplate: |\n  {text}"
    for one, other in ((whole, f"name: p\ntemplate: |\n  {before}"), (text, before), (whole, before), (text, whole)):
        assert 1 <= line_to_show(one, other) <= one.count("\n") + 1
