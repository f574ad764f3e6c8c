"""What a tag says of an evaluation is read as it was written."""

import pytest

from llmops_cli.evals.release_scores import ReleaseScore, ReleaseScores, read_scores, write_scores

SCORES = ReleaseScores(
    "20261121T120000Z-rag-a1b2c3",
    "pass",
    {
        "cites": ReleaseScore(0.9318, 44, yes=41),
        "grounded.part-2": ReleaseScore(0.8712, 44, error=0.021),
        "alone": ReleaseScore(0.5, 1),
        "cost_usd": ReleaseScore(0.00031, 44, error=1.2e-05),
    },
    "rag",
    "7f3a9c0d1e2b4455",
    ("openai/gpt-5-mini@2026", "x:y"),
)
LINE = (
    "20261121T120000Z-rag-a1b2c3 pass; cites=0.9318 (n 44, yes 41), grounded.part-2=0.8712 (n 44, se 0.0210), "
    "alone=0.5000 (n 1), cost_usd=0.00031 (n 44, se 1.2e-05); suite rag; golden 7f3a9c0d1e2b4455; "
    "by openai/gpt-5-mini@2026, x:y"
)


def test_written_and_read_again() -> None:
    assert SCORES.line() == LINE
    assert read_scores(LINE) == (SCORES,)


def test_a_text_for_each_suite() -> None:
    other = ReleaseScores("20261121T120500Z-safe-ty-a1b2c3", "fail", {"polite": ReleaseScore(1.0, 9, yes=9)})
    trailer = write_scores([SCORES, other])
    assert trailer == f"{LINE} | 20261121T120500Z-safe-ty-a1b2c3 fail; polite=1.0000 (n 9, yes 9)"
    assert read_scores(trailer) == (SCORES, other)
    assert [one.suite_name for one in read_scores(trailer)] == ["rag", "safe-ty"]
    assert read_scores(f"nonsense | {LINE}") == (SCORES,)
    assert other.brief() == "20261121T120500Z-safe-ty-a1b2c3 fail; polite=1.0000 (n 9)"


def test_older_lines_are_read() -> None:
    (read,) = read_scores("20261121T120000Z-triage-a1b2c3 fail; valid_json=1.0000 (n 44), cost_usd=0.0012 (n 44)")
    assert read == ReleaseScores(
        "20261121T120000Z-triage-a1b2c3",
        "fail",
        {"valid_json": ReleaseScore(1.0, 44), "cost_usd": ReleaseScore(0.0012, 44)},
    )
    assert read.same_golden("sha256:" + "7" * 64) is None


def test_which_golden_set_it_was() -> None:
    assert SCORES.same_golden("sha256:7f3a9c0d1e2b4455" + "0" * 48) is True
    assert SCORES.same_golden("sha256:" + "7" * 64) is False
    assert SCORES.same_golden("") is None


@pytest.mark.parametrize("line", ["", "run-1", "run-1 great; m=1.0 (n 3)", "<b>x</b> pass; m=1 (n 3)", "; ; ;"])
def test_what_is_no_such_line_says_nothing(line: str) -> None:
    assert read_scores(line) == ()


ODD = ["m=nan (n 3)", "m=1.0", "m=1.0 (n 3, yes x)", "m=1.0 (n 99999999999)", "m=1.2.3 (n 3)", "m=1e999 (n 3)"]


@pytest.mark.parametrize("part", [*ODD, "m=0.5 (n 3, se .)"])
def test_an_odd_metric_is_left_out(part: str) -> None:
    assert read_scores(f"run-1 pass; a=0.5000 (n 2), {part}") == (
        ReleaseScores("run-1", "pass", {"a": ReleaseScore(0.5, 2)}),
    )
