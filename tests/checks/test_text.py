"""What the table cannot show: the words of the reasons, and options that contradict each other."""

import pytest

from llmops_cli.checks.check import Scored
from llmops_cli.errors import FileError
from tests.checks.scoring import bound, score_of


def test_reasons_quote_what_was_found() -> None:
    assert score_of({"type": "contains", "value": "x"}, "abc") == Scored(0, "'x' is not in 'abc'")
    assert score_of({"type": "starts-with", "value": "Yes"}, "Nope") == Scored(0, "begins with 'Nop', not 'Yes'")
    assert score_of({"type": "equals", "value": "B"}, "C\n") == Scored(0, r"is 'C\n', not 'B'")
    assert score_of({"type": "max-words", "value": 1}, "a b") == Scored(0, "2 words, at most 1 allowed")


def test_reasons_stay_short_and_show_no_control_characters() -> None:
    score = score_of({"type": "contains", "value": "x"}, "\x1b[2J" + "long " * 1_000)
    assert isinstance(score, Scored)
    assert len(score.reason) < 200
    assert "\x1b" not in score.reason
    assert "…" in score.reason


@pytest.mark.parametrize("kind", ["contains", "icontains", "starts-with", "regex"])
@pytest.mark.parametrize("form", ["", "not-"])
def test_an_empty_value_is_refused(kind: str, form: str) -> None:
    with pytest.raises(FileError, match="value: is empty"):
        bound({"type": form + kind, "value": ""})


@pytest.mark.parametrize("kind", ["contains", "equals"])
def test_two_sources_are_refused(kind: str) -> None:
    with pytest.raises(FileError, match="not with both"):
        bound({"type": kind, "value": "a", "expected": "answer"})


def test_a_null_value_is_refused_and_not_taken_for_none_given() -> None:
    with pytest.raises(FileError, match="value"):
        bound({"type": "equals", "value": None})
    with pytest.raises(FileError, match="value"):
        bound({"type": "contains", "value": None})


@pytest.mark.parametrize("value", [0, -1, 2.5, "3", True, None])
@pytest.mark.parametrize("kind", ["max-words", "min-words"])
def test_a_number_of_words_is_a_whole_number_from_one(kind: str, value: object) -> None:
    with pytest.raises(FileError, match="value"):
        bound({"type": kind, "value": value})
