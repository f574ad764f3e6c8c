"""How cases stand: signs by check, and the order in which they are worth looking at."""

from dataclasses import replace

import pytest

from llmops_cli.evals.metric import CaseValue
from llmops_cli.reports.case_standing import standings, value_said
from tests.evals.runs import policy, rule, run_of
from tests.reports import views


def order(after: dict[str, list[float | None]], before: dict[str, list[float | None]], *critical: str) -> list[str]:
    """The cases of a run of one gating check, as they are listed."""
    repeats = max(len(values) for values in after.values())
    run = run_of({"right": after}, {"right": before}, repeats=repeats, critical=critical)
    return [case.record.id for case in standings(views.analysis_of(run, against_main=True))]


def test_the_worst_news_come_first_and_no_news_last() -> None:
    after: dict[str, list[float | None]] = {
        "fine": [1.0, 1.0], "better": [1.0, 1.0], "flaky": [1.0, 0.0], "fails-as-before": [0.0, 0.0],
        "no-score": [None, 1.0], "worse": [0.0, 0.0], "critical": [0.0, 0.0], "a-little-worse": [1.0, 0.0],
    }  # fmt: skip
    before: dict[str, list[float | None]] = {case: [1.0, 1.0] for case in after}
    before |= {"better": [0.0, 0.0], "flaky": [1.0, 0.0], "fails-as-before": [0.0, 0.0]}
    assert order(after, before, "critical") == [
        "critical", "worse", "a-little-worse", "no-score", "flaky", "fails-as-before", "better", "fine"
    ]  # fmt: skip


def test_a_check_that_gates_counts_before_one_that_does_not() -> None:
    after = {"right": {"a": [1.0], "b": [0.0]}, "polite": {"a": [0.0], "b": [1.0]}}
    before = {"right": {"a": [1.0], "b": [1.0]}, "polite": {"a": [1.0], "b": [1.0]}}
    analysis = views.analysis_of(run_of(after, before), policy(rule("right", tolerance=0.02)), against_main=True)
    first, second = standings(analysis)
    assert (first.record.id, second.record.id) == ("b", "a")
    assert [check.name for check in first.checks] == ["right", "polite"]
    assert first.signs == second.signs == {"regressed", "not passing"}


def test_a_case_without_an_answer_failed_even_where_no_check_says_so() -> None:
    analysis = views.passed()
    result = analysis.run.candidate.results[0]
    unanswered = result.model_copy(update={"output": None, "scores": {}})
    side = analysis.run.candidate.model_copy(update={"results": [unanswered, *analysis.run.candidate.results[1:]]})
    first, *others = standings(replace(analysis, run=analysis.run.model_copy(update={"candidate": side})))
    assert (first.record.id, first.signs) == (result.case, {"unmeasured"})
    assert {case.signs for case in others} == {frozenset()}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (CaseValue(None), "–"),
        (CaseValue(None, failed=1), "no score"),
        (CaseValue(1.0, passed=1, scored=1, yes_or_no=True), "pass"),
        (CaseValue(0.0, passed=0, scored=1, yes_or_no=True), "fail"),
        (CaseValue(1 / 3, passed=1, scored=3, yes_or_no=True), "1/3"),
        (CaseValue(1.0, passed=1, scored=1, failed=2, yes_or_no=True), "1/1"),
        (CaseValue(0.625, passed=1, scored=1), "0.62"),
    ],
)
def test_a_value_in_a_few_characters(value: CaseValue, said: str) -> None:
    assert value_said(value) == said
