"""What became of every case."""

import pytest

from llmops_cli.evals.analysis import Analysis, analyse, decided, evidence_of, policy_as_json
from llmops_cli.evals.fate import Fate, fates
from llmops_cli.evals.policy import Policy, Rule
from llmops_cli.evals.run import Run
from tests.evals.runs import Values, policy, rule, run_of
from tests.reports.views import failed, unchanged

GATE = policy(rule("right", bound=0.5))


def decide(run: Run, given: Policy = GATE) -> Analysis:
    run = run.model_copy(update={"policy": policy_as_json(given)})
    return analyse(decided(run, evidence_of(run, given))[0])


def fate(after: list[float | None], before: list[float | None] | None) -> tuple[Fate, tuple[str, ...]]:
    """Of one case, by the values of its repeats."""
    baseline: dict[str, Values] | None = {"right": {"c": before}} if before is not None else None
    repeats = max(len(after), len(before or []), 1)
    (one,) = fates(decide(run_of({"right": {"c": after}}, baseline, repeats=repeats)))
    return one.fate, one.metrics


@pytest.mark.parametrize(
    ("after", "before", "word"),
    [
        ([0.0], [1.0], Fate.LOST),
        ([0.0], [0.0], Fate.AS_BEFORE),
        ([0.0], [None], Fate.FAILING),
        ([0.0], None, Fate.FAILING),
        ([None], [1.0], Fate.UNMEASURED),
        ([None], None, Fate.UNMEASURED),
        ([1.0], [0.0], Fate.GAINED),
        ([1.0], [1.0], Fate.PASSING),
        ([1.0], [None], Fate.PASSING),
        ([1.0, 1.0, 0.0], [1.0, 1.0, 1.0], Fate.PASSING),  # most repeats pass
        ([1.0, 0.0, 0.0], [1.0, 1.0, 0.0], Fate.LOST),
        ([1.0, 0.0], [1.0, 1.0], Fate.LOST),  # half is not most
        ([None, 1.0], [1.0, 1.0], Fate.PASSING),
    ],
)
def test_one_word_for_a_case(after: list[float | None], before: list[float | None] | None, word: Fate) -> None:
    found, metrics = fate(after, before)
    assert found is word
    assert metrics == (() if word is Fate.PASSING else ("right",))


def test_the_worst_news_of_several_checks_counts() -> None:
    run = run_of(
        {"a": {"c": [0.0]}, "b": {"c": [0.0]}, "other": {"c": [0.0]}},
        {"a": {"c": [0.0]}, "b": {"c": [1.0]}, "other": {"c": [1.0]}},
    )
    (one,) = fates(decide(run, policy(rule("a", bound=0.5), rule("b", bound=0.5))))
    assert (one.fate, one.metrics) == (Fate.LOST, ("b",))


def test_what_no_rule_looks_at_is_unchecked() -> None:
    (one,) = fates(decide(run_of({"other": {"c": [0.0]}})))
    assert (one.fate, one.metrics) == (Fate.UNCHECKED, ())


def test_a_rule_about_a_slice_is_about_its_cases_alone() -> None:
    run = run_of({"right": {"c0": [0.0], "c1": [0.0]}})
    cases = [case.model_copy(update={"tags": ["billing"]}) if case.id == "c1" else case for case in run.cases]
    given = policy(Rule("right", 0.5, None, "billing"))
    found = fates(decide(run.model_copy(update={"cases": cases}), given))
    assert [one.fate for one in found] == [Fate.UNCHECKED, Fate.FAILING]


def test_no_answer_is_never_a_pass() -> None:
    run = run_of({"right": {"c": [1.0]}})
    empty = [run.candidate.results[0].model_copy(update={"output": None, "error": "timeout", "scores": {}})]
    side = run.candidate.model_copy(update={"results": empty})
    (one,) = fates(decide(run.model_copy(update={"candidate": side})))
    assert (one.fate, one.metrics) == (Fate.UNMEASURED, ("right",))


def test_cases_keep_the_order_of_the_golden_set_and_nothing_comes_of_nothing() -> None:
    assert [one.case.id for one in fates(failed())] == [f"c{i}" for i in range(20)]
    assert fates(unchanged()) == []
