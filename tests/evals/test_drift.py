"""A run held against the scores of a tag, metric by metric."""

import pytest

from llmops_cli.evals.drift import MetricDrift, SuiteDrift, exit_code_of, metrics_drift, overall
from llmops_cli.evals.policy import Policy
from llmops_cli.evals.release_scores import ReleaseScore, ReleaseScores
from llmops_cli.evals.run import Run
from tests.evals.runs import Values, binary, policy, rule, run_of

OPEN = policy(rule("m", bound=0.5))


def graded(values: list[float]) -> dict[str, list[float | None]]:
    """A case for each value."""
    return {f"c{index}": [value] for index, value in enumerate(values)}


def drift(
    now: Values,
    then: ReleaseScore,
    *,
    given: Policy = OPEN,
    earlier: Run | None = None,
    clusters: dict[str, str] | None = None,
    repeats: int = 1,
    alpha: float = 0.05,
) -> MetricDrift:
    """The one metric of a run against the one of a tag."""
    run = run_of({"m": now}, clusters=clusters, repeats=repeats)
    (found,) = metrics_drift(run, ReleaseScores("r", "pass", {"m": then}), earlier, given, alpha)
    return found


@pytest.mark.parametrize(
    ("yes", "answer", "p"),
    [(100, "stable", 0.1231), (97, "stable", 1.0), (90, "stable", 0.0501), (88, "drifted", 0.0171), (60, "drifted", 0)],
)
def test_counts_decide_of_yes_or_no(yes: int, answer: str, p: float) -> None:
    found = drift(binary(yes, 100), ReleaseScore(0.97, 100, yes=97))
    assert (found.answer, round(found.p or 0, 4)) == (answer, pytest.approx(p, abs=0.0001))
    assert found.interval is not None
    assert found.interval.method == "Newcombe"


def test_better_is_an_answer_of_its_own() -> None:
    assert drift(binary(100, 100), ReleaseScore(0.80, 100, yes=80)).answer == "better"


def test_an_older_tag_gives_its_counts_away() -> None:
    assert drift(binary(60, 100), ReleaseScore(0.97, 100)).answer == "drifted"
    # 0.9705 of 100 cases is no count: asked several times
    found = drift(binary(60, 100), ReleaseScore(0.9705, 100))
    assert (found.answer, found.reason) == ("cannot tell", "the tag does not say how far it varies")


def test_graded_scores_need_a_standard_error() -> None:
    values = [0.2, 0.4, 0.5, 0.7] * 10
    found = drift(graded(values), ReleaseScore(0.8, 40, error=0.03))
    assert found.answer == "drifted"
    assert found.interval is not None
    assert found.interval.method == "Welch"
    assert found.interval.high < 0
    assert drift(graded(values), ReleaseScore(0.47, 40, error=0.03)).answer == "stable"
    assert drift(graded(values), ReleaseScore(0.8, 40)).reason == "the tag does not say how far it varies"


def test_cases_that_hang_together_count_once() -> None:
    then = ReleaseScore(1.0, 36, error=0.0)
    alone = drift(graded([0.1] * 12 + [1.0] * 24), then)
    clusters = {f"c{index}": str(index // 12) for index in range(36)}
    together = drift(graded([0.1] * 12 + [1.0] * 24), then, clusters=clusters)
    assert (alone.answer, together.answer) == ("drifted", "stable")
    assert (together.p or 0) > (alone.p or 1)


def test_one_unit_on_its_own_says_nothing() -> None:
    clusters = {f"c{index}": "all" for index in range(4)}
    found = drift(graded([0.1, 0.2, 0.3, 0.4]), ReleaseScore(0.9, 4, error=0.01), clusters=clusters)
    assert found.answer == "cannot tell"


def test_nothing_varies_then_or_now_and_few_cases_prove_little() -> None:
    assert drift(graded([0.9] * 3), ReleaseScore(1.0, 3, error=0.0)).answer == "stable"
    assert drift(graded([0.5] * 40), ReleaseScore(1.0, 40, error=0.0)).answer == "drifted"


def test_asked_more_often_than_then() -> None:
    values: dict[str, list[float | None]] = {f"c{index}": [1.0, float(index % 2), 1.0] for index in range(60)}
    found = drift(values, ReleaseScore(1.0, 60, yes=60), repeats=3)
    assert (found.answer, found.interval and found.interval.method) == ("drifted", "Welch")


def test_what_the_gate_tolerates_is_no_drift() -> None:
    then = ReleaseScore(0.99, 1000, yes=990)
    assert drift(binary(960, 1000), then).answer == "drifted"
    found = drift(binary(960, 1000), then, given=policy(rule("m", tolerance=0.05)))
    assert (found.answer, found.reason) == ("stable", "it fell, within its max_drop 0.05")
    assert drift(binary(900, 1000), then, given=policy(rule("m", tolerance=0.05))).answer == "drifted"
    assert found.visible is not None
    assert found.visible > 0.05


def test_alpha_is_for_all_checks_together() -> None:
    then = {name: ReleaseScore(0.97, 100, yes=97) for name in ("a", "b", "c")}
    run = run_of({"a": binary(88, 100), "b": binary(97, 100), "c": binary(97, 100)})
    alone = metrics_drift(run, ReleaseScores("r", "pass", {"a": then["a"]}), None, OPEN, 0.05)
    assert alone[0].answer == "drifted"
    found = metrics_drift(run, ReleaseScores("r", "pass", then), None, OPEN, 0.05)
    assert [one.answer for one in found] == ["stable", "stable", "stable"]
    assert found[0].adjusted_p == pytest.approx(3 * (found[0].p or 0))


def test_what_failed_or_was_not_asked_then_is_not_compared() -> None:
    now = {**binary(80, 90), **{f"x{index}": [None] for index in range(10)}}
    found = drift(now, ReleaseScore(0.97, 100, yes=97))
    assert (found.answer, found.reason) == ("cannot tell", "10 of 100 measurements failed")
    found = drift(binary(60, 60), ReleaseScore(0.97, 100, yes=97))
    assert found.reason == "it was measured on 100 cases then, and on 60 now"
    found = drift({f"c{index}": [None] for index in range(20)}, ReleaseScore(0.9, 20, yes=18))
    assert (found.answer, found.reason) == ("cannot tell", "it was not measured now")


def test_a_check_that_one_side_does_not_know() -> None:
    run = run_of({"m": binary(9, 10)})
    found = metrics_drift(run, ReleaseScores("r", "pass", {"other": ReleaseScore(0.9, 10, yes=9)}), None, OPEN, 0.05)
    assert {one.metric: (one.answer, one.reason) for one in found} == {
        "other": ("cannot tell", "it was not measured now"),
        "m": ("cannot tell", "it was not measured then"),
    }


def test_cost_time_and_tokens_are_shown_and_decide_nothing() -> None:
    latency = {f"c{index}": 100.0 + index for index in range(20)}
    run = run_of({"m": binary(20, 20)}, latency_ms=(latency, {}))
    then = {"m": ReleaseScore(1.0, 20, yes=20), "latency_ms": ReleaseScore(10.0, 20, error=1.0)}
    found = {one.metric: one for one in metrics_drift(run, ReleaseScores("r", "pass", then), None, OPEN, 0.05)}
    assert (found["latency_ms"].answer, found["latency_ms"].change) == ("", pytest.approx(99.5))
    assert found["latency_ms"].interval is not None
    assert overall(found.values()) == "stable"


def test_cases_are_paired_with_the_stored_run() -> None:
    before = run_of({"m": binary(90, 100)})
    values = {**binary(90, 100), **{f"c{index}": [0.0] for index in range(6)}}
    then = ReleaseScore(0.9, 100, yes=90)
    paired, alone = drift(values, then, earlier=before), drift(values, then)
    assert (paired.answer, alone.answer) == ("drifted", "stable")
    assert (paired.interval and paired.interval.method) == "Bonett-Price"
    assert (paired.change, alone.change) == (pytest.approx(-0.06), pytest.approx(-0.06))


def test_the_worst_answer_counts() -> None:
    def suite(*answers: str) -> SuiteDrift:
        metrics = tuple(MetricDrift("m", one, 1.0, 1.0) for one in answers)  # type: ignore[arg-type]
        return SuiteDrift("s", "p", "1.0.0", "production", overall(metrics), metrics=metrics)

    assert suite("stable", "better").answer == "better"
    assert suite("better", "drifted").answer == "drifted"
    assert suite("", "stable").answer == "stable"
    assert suite().answer == "cannot tell"
    assert suite("drifted", "cannot tell").answer == "drifted"
    assert suite("better", "cannot tell").answer == "cannot tell"
    assert exit_code_of([suite("stable"), suite("better")]) == 0
    assert exit_code_of([suite("stable"), suite("cannot tell")]) == 3
    assert exit_code_of([suite("cannot tell"), suite("drifted")]) == 1
    assert exit_code_of([]) == 3
