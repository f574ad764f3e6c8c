"""Paths into the expected value."""

import pytest

from llmops_cli.checks.check import Failed
from llmops_cli.errors import FileError
from tests.checks.scoring import bound, score_of


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "[0]", "a[-1]", "a b]"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(FileError, match=r"expected: (must be a path|is empty)"):
        bound({"type": "equals", "expected": path})


def test_what_is_not_there_is_named() -> None:
    score = score_of({"type": "equals", "expected": "answer.total"}, "18", {"answer": {}})
    assert score == Failed("`expected` of the case has nothing at answer.total")
    assert score_of({"type": "equals"}, "18") == Failed("the case says no `expected`")


def test_a_value_that_is_false_or_zero_is_there() -> None:
    assert getattr(score_of({"type": "equals", "expected": "ok"}, "false", {"ok": False}), "value", None) == 1
    assert getattr(score_of({"type": "numeric", "expected": "n"}, "0", {"n": 0}), "value", None) == 1


def test_keys_may_hold_spaces_and_letters_of_any_script() -> None:
    expected = {"größe in cm": [{"x y": 5}]}
    assert getattr(score_of({"type": "numeric", "expected": "größe in cm[0].x y"}, "5", expected), "value", None) == 1  # type: ignore[arg-type]
