"""When a case is as good as a passed test, and when its failure is excused."""

from typing import Any

import pytest

from llmops_cli.evals.case_verdict import case_verdicts
from llmops_cli.evals.policy import Policy, Rule
from llmops_cli.evals.run import CaseRecord, Result, Run, ScoreRecord, Side
from llmops_cli.evals.verdict import Finding, Status, Verdict

PASSED = Verdict(Status.PASS, ())


def verdict(status: Status, metric: str = "right", tag: str = "") -> Verdict:
    return Verdict(status, (Finding(status, "floor", metric, "because", tag),))


def score(value: float | None) -> ScoreRecord:
    if value is None:
        return ScoreRecord(status="failed", reason="no answer")
    return ScoreRecord(status="scored", value=value, passed=value >= 0.5, reason="")


def side(role: Any, answers: list[float | None] | None, check: str = "right") -> Side:
    results = [
        Result(case="a", repeat=n, output="x", scores={check: score(value)}) for n, value in enumerate(answers or [])
    ]
    return Side(role=role, prompt="p", version="1.0.0", digest="d", model="", commit="", dirty=False, results=results)


def policy(**rules: float | None) -> Policy:
    return Policy({name: Rule(name, bound, None) for name, bound in rules.items()})


def said(
    after: list[float | None],
    before: list[float | None] | None = None,
    *,
    gate: Verdict | None = PASSED,
    rules: Policy | None = None,
    critical: bool = False,
    tags: tuple[str, ...] = (),
) -> str:
    run = Run(
        id="r",
        suite="s",
        suite_path="evals/s.yaml",
        created_at="2026-11-21T12:00:00Z",
        llmops_version="0",
        cases=[CaseRecord(id="a", vars={}, critical=critical, tags=list(tags))],
        repeats=len(after),
        repeatable=True,
        candidate=side("candidate", after),
        baseline=side("baseline", before) if before is not None else None,
    )
    found = case_verdicts(run, rules or policy(right=0.9), gate)
    return found["a"].kind


def test_what_passes_passes_whatever_the_gate_says() -> None:
    for gate in (None, PASSED, verdict(Status.FAIL), verdict(Status.INVALID)):
        assert said([1], gate=gate) == "pass"


@pytest.mark.parametrize(
    ("gate", "kind"),
    [
        (PASSED, "tolerated"),
        (verdict(Status.INCONCLUSIVE), "tolerated"),
        (verdict(Status.FAIL), "fail"),
        (verdict(Status.FAIL, "other"), "tolerated"),
        (verdict(Status.INVALID), "fail"),
        (None, "fail"),
    ],
)
def test_a_failure_is_excused_where_the_gate_has_decided_and_does_not_blame_its_check(
    gate: Verdict | None, kind: str
) -> None:
    assert said([0], gate=gate) == kind
    assert said([0], [1], gate=gate) == kind


def test_an_inconclusive_gate_blames_where_the_policy_says_that_it_fails() -> None:
    strict = Policy({"right": Rule("right", 0.9, None)}, on_inconclusive="fail")
    assert said([0], gate=verdict(Status.INCONCLUSIVE), rules=strict) == "fail"


def test_a_slice_is_blamed_with_the_cases_in_it() -> None:
    gate = verdict(Status.FAIL, tag="billing")
    assert said([0], gate=gate, tags=("billing",)) == "fail"
    assert said([0], gate=gate, tags=("outage",)) == "tolerated"


def test_what_failed_at_the_base_is_known_also_where_it_is_critical() -> None:
    assert said([0], [0], gate=verdict(Status.FAIL)) == "known"
    assert said([0], [0], critical=True) == "known"
    assert said([0], [None]) == "tolerated"  # nobody knows what it was at the base
    assert said([0], [None], gate=None) == "fail"


def test_critical_cases_and_floors_of_one_tolerate_nothing() -> None:
    assert said([0], critical=True) == "fail"
    assert said([0], rules=policy(right=1.0)) == "fail"
    in_slice = Policy({"right[billing]": Rule("right", 1.0, None, "billing"), "right": Rule("right", 0.5, None)})
    assert said([0], rules=in_slice, tags=("billing",)) == "fail"
    assert said([0], rules=in_slice) == "tolerated"


def test_what_could_not_be_measured_is_no_pass() -> None:
    assert said([None]) == "unmeasured"
    assert said([None], [0]) == "unmeasured"
    assert said([None, 1, 1]) == "pass"


def test_most_of_the_answers_decide() -> None:
    assert said([0, 1], gate=None) == "pass"
    assert said([0, 0, 1], gate=None) == "fail"
    assert said([0, 1, 1], gate=None) == "pass"


def test_a_case_that_no_check_of_the_gate_looks_at_is_unasked() -> None:
    assert said([0], rules=policy(other=0.5)) == "unasked"
    assert said([0], rules=policy(latency_ms=100)) == "unasked"
