"""The gate: every guard, and every way in which a weaker one would pass."""

import pytest

from llmops_cli.evals.run import Result, ScoreRecord
from llmops_cli.evals.verdict import Status
from tests.evals.runs import binary, policy, rule, run_of, verdict_on

DROP = rule("m", tolerance=0.02)


def texts(verdict: object) -> str:
    return " | ".join(finding.text for finding in verdict.findings)  # type: ignore[attr-defined]


def flipped(worse: int, better: int, n: int) -> tuple[dict[str, list[float | None]], dict[str, list[float | None]]]:
    """Candidate and baseline over n cases, of which so many turned worse and better."""
    before: dict[str, list[float | None]] = {}
    after: dict[str, list[float | None]] = {}
    for i in range(n):
        before[f"c{i}"] = [0.0 if worse <= i < worse + better else 1.0]
        after[f"c{i}"] = [0.0 if i < worse else 1.0]
    return after, before


class TestValidity:
    def test_no_rules_is_invalid(self) -> None:
        verdict = verdict_on(run_of({"m": binary(5, 5)}), policy())
        assert verdict.status is Status.INVALID
        assert "gates on no metric" in texts(verdict)
        assert verdict.exit_code(policy()) == 3

    def test_only_comparing_rules_without_a_baseline_is_invalid(self) -> None:
        verdict = verdict_on(run_of({"m": binary(5, 5)}), policy(DROP))
        assert verdict.status is Status.INVALID
        assert "there is none" in texts(verdict)

    def test_a_metric_nobody_measured_is_invalid(self) -> None:
        verdict = verdict_on(run_of({"m": binary(5, 5)}), policy(rule("gone", bound=0.5)))
        assert verdict.status is Status.INVALID
        assert "gone was not measured on any case" in texts(verdict)

    @pytest.mark.parametrize(("failed", "status"), [(5, Status.PASS), (6, Status.INVALID)])
    def test_more_than_five_percent_failed_scores_are_invalid(self, failed: int, status: Status) -> None:
        values = binary(100, 100)
        for i in range(failed):
            values[f"c{i}"] = [None]
        verdict = verdict_on(run_of({"m": values}), policy(rule("m", bound=0.5)))
        assert verdict.status is status

    def test_the_sentence_about_failed_scores_gives_a_reason(self) -> None:
        values = binary(10, 10) | {"c0": [None]}
        verdict = verdict_on(run_of({"m": values}), policy(rule("m", bound=0.5)))
        assert (
            "1 of 10 scores of the candidate failed, more than 5%; first: case c0: the judge answered in prose"
            in texts(verdict)
        )

    def test_failures_of_the_baseline_count_as_well(self) -> None:
        broken = binary(10, 10) | {"c0": [None]}
        verdict = verdict_on(run_of({"m": binary(10, 10)}, {"m": broken}), policy(DROP))
        assert verdict.status is Status.INVALID
        assert "of the baseline failed" in texts(verdict)

    def test_uneven_failures_are_invalid_below_the_limit_too(self) -> None:
        candidate = binary(200, 200)
        for i in range(8):
            candidate[f"c{i}"] = [None]
        verdict = verdict_on(run_of({"m": candidate}, {"m": binary(200, 200)}), policy(DROP))
        assert verdict.status is Status.INVALID
        assert "8 only on the candidate, 0 only on the baseline" in texts(verdict)

    @pytest.mark.parametrize("declined", ["candidate", "baseline"])
    def test_answers_that_evade_a_check_are_no_equal_ones(self, declined: str) -> None:
        run = run_of({"m": binary(100, 100)}, {"m": binary(100, 100)})
        side = run.candidate if declined == "candidate" else run.baseline
        assert side is not None
        for result in side.results[:90]:
            result.scores["m"] = ScoreRecord(status="skipped", reason="nothing to look at")
        verdict = verdict_on(run, policy(DROP))
        assert verdict.status is Status.INVALID
        assert "m: cases with failed or skipped measurements are uneven (" in texts(verdict)

    def test_what_a_check_declines_on_both_sides_is_no_matter(self) -> None:
        run = run_of({"m": binary(100, 100)}, {"m": binary(100, 100)})
        assert run.baseline is not None
        for result in (*run.candidate.results[:90], *run.baseline.results[:90]):
            result.scores["m"] = ScoreRecord(status="skipped", reason="not for this case")
        assert verdict_on(run, policy(DROP)).status is Status.PASS

    def test_removed_cases_are_invalid(self) -> None:
        run = run_of({"m": binary(5, 5)}, {"m": binary(6, 6)}, removed=["c5"])
        verdict = verdict_on(run, policy(DROP))
        assert verdict.status is Status.INVALID
        assert "--allow-removed" in texts(verdict)

    def test_no_common_case_is_invalid(self) -> None:
        run = run_of({"m": binary(5, 5)}, {"m": binary(5, 5, prefix="other")})
        verdict = verdict_on(run, policy(DROP))
        assert verdict.status is Status.INVALID
        assert "nothing to compare" in texts(verdict)


class TestFloor:
    def test_at_the_floor_passes(self) -> None:
        assert verdict_on(run_of({"m": binary(9, 10)}), policy(rule("m", bound=0.9))).status is Status.PASS

    def test_below_the_floor_fails_where_nothing_can_be_repeated(self) -> None:
        verdict = verdict_on(run_of({"m": binary(89, 100)}), policy(rule("m", bound=0.9)))
        assert verdict.status is Status.FAIL
        assert texts(verdict) == "m is 89.0 %, below its floor 90.0 % (n = 100)"

    def test_just_below_asks_for_more_repeats_first(self) -> None:
        run = run_of({"m": binary(89, 100)})
        verdict = verdict_on(run, policy(rule("m", bound=0.9)), looks_left=1, repeatable=True)
        assert verdict.status is Status.INCONCLUSIVE
        assert verdict.more_repeats

    def test_far_below_fails_at_once(self) -> None:
        # a confident fail at floor .90 needs at most .85 with n = 100 (Wilson, one-sided 95 %)
        for passed, status in ((86, Status.INCONCLUSIVE), (85, Status.FAIL)):
            run = run_of({"m": binary(passed, 100)})
            verdict = verdict_on(run, policy(rule("m", bound=0.9)), looks_left=1, repeatable=True)
            assert verdict.status is status, passed

    def test_the_last_look_decides_on_the_point(self) -> None:
        run = run_of({"m": binary(89, 100)})
        verdict = verdict_on(run, policy(rule("m", bound=0.9)), looks_left=0, repeatable=True)
        assert verdict.status is Status.FAIL
        assert "within the noise" in texts(verdict)

    def test_a_ceiling_holds_for_what_should_be_low(self) -> None:
        slow = {f"c{i}": 900.0 + i for i in range(10)}
        run = run_of({"m": binary(10, 10)}, latency_ms=(slow, slow))
        assert verdict_on(run, policy(rule("latency_ms", bound=1000))).status is Status.PASS
        verdict = verdict_on(run, policy(rule("latency_ms", bound=800)))
        assert verdict.status is Status.FAIL
        assert "above its ceiling 800 ms" in texts(verdict)

    def test_a_ceiling_nobody_could_measure_is_invalid(self) -> None:
        verdict = verdict_on(run_of({"m": binary(10, 10)}), policy(rule("cost_usd", bound=0.1)))
        assert verdict.status is Status.INVALID

    def test_a_mean_exactly_at_its_floor_passes_whatever_the_sum_of_floats_says(self) -> None:
        graded = {f"c{i}": [0.6] for i in range(10)}
        assert verdict_on(run_of({"m": graded}), policy(rule("m", bound=0.6))).status is Status.PASS  # type: ignore[dict-item]

    @pytest.mark.parametrize("repeats", [1, 3])
    def test_cases_of_one_cluster_are_no_proof_against_noise(self, repeats: int) -> None:
        values = {f"c{i}": [1.0 if i < 5 else 0.0] * repeats for i in range(20)}
        one = dict.fromkeys(values, "doc")
        run = run_of({"m": values}, repeats=repeats, clusters=one)  # type: ignore[dict-item]
        verdict = verdict_on(run, policy(rule("m", bound=0.9)), looks_left=1, repeatable=True)
        assert verdict.status is Status.INCONCLUSIVE
        assert "within the noise" in texts(verdict)


class TestRegression:
    def test_a_drop_that_is_large_and_significant_fails(self) -> None:
        after, before = flipped(53, 36, 330)
        verdict = verdict_on(run_of({"m": after}, {"m": before}), policy(DROP))
        assert verdict.status is Status.FAIL
        assert "53 worse, 36 better of 330, p = 0.0363" in texts(verdict)

    def test_the_same_drop_is_open_at_a_stricter_alpha(self) -> None:
        after, before = flipped(53, 36, 330)
        given = policy(DROP, alpha=0.01)
        verdict = verdict_on(run_of({"m": after}, {"m": before}), given)
        assert verdict.status is Status.INCONCLUSIVE
        assert verdict.exit_code(given) == 0
        assert verdict.exit_code(policy(DROP, on_inconclusive="fail")) == 1

    @pytest.mark.parametrize(
        ("worse", "looks_left", "status"),
        [
            (53, 0, Status.FAIL),  # p = 0.0363, at most 0.8 * alpha
            (53, 1, Status.INCONCLUSIVE),  # above 0.02
            (56, 1, Status.FAIL),  # p = 0.0188
            (56, 2, Status.INCONCLUSIVE),  # above 0.01
            (60, 2, Status.FAIL),  # p = 0.0072
        ],
    )
    def test_alpha_is_halved_for_every_look_to_come(self, worse: int, looks_left: int, status: Status) -> None:
        after, before = flipped(worse, 36, 330)
        run = run_of({"m": after}, {"m": before})
        verdict = verdict_on(run, policy(DROP), looks_left=looks_left, repeatable=True)
        assert verdict.status is status
        assert verdict.more_repeats is (status is Status.INCONCLUSIVE)

    @pytest.mark.parametrize(
        ("worse", "better", "n", "again"),
        [
            (12, 10, 100, True),  # -2 points of 2 allowed, and of 4.7 points of error: it may well be more
            (11, 10, 100, False),  # -1 point is half of what is allowed
            (19, 0, 1000, True),  # -1.9 points, 0.43 points of error
            (15, 0, 1000, False),  # -1.5 points is more than one error of 0.38 away
            (10, 12, 100, False),
        ],
    )
    def test_a_drop_near_its_limit_is_looked_at_again(self, worse: int, better: int, n: int, again: bool) -> None:
        after, before = flipped(worse, better, n)
        run = run_of({"m": after}, {"m": before})
        early = verdict_on(run, policy(DROP), looks_left=1, repeatable=True)
        assert (early.status, early.more_repeats) == (Status.PASS, again)
        last = verdict_on(run, policy(DROP), looks_left=0, repeatable=True)
        assert (last.status, last.more_repeats) == (Status.PASS, False)

    def test_a_single_look_has_all_of_alpha_and_the_last_of_several_less(self) -> None:
        after, before = flipped(52, 36, 330)  # p = 0.0445
        run = run_of({"m": after}, {"m": before})
        assert verdict_on(run, policy(DROP), repeatable=False).status is Status.FAIL
        several = verdict_on(run, policy(DROP), repeatable=True)
        assert several.status is Status.INCONCLUSIVE
        assert "not below alpha 0.05 (0.04 at this look)" in texts(several)

    def test_a_drop_within_the_tolerance_passes_however_sure(self) -> None:
        after, before = flipped(10, 0, 1000)
        assert verdict_on(run_of({"m": after}, {"m": before}), policy(DROP)).status is Status.PASS

    def test_an_improvement_passes(self) -> None:
        after, before = flipped(25, 93, 330)
        assert verdict_on(run_of({"m": after}, {"m": before}), policy(DROP)).status is Status.PASS

    def test_holm_holds_over_the_gating_metrics(self) -> None:
        after, before = flipped(53, 36, 330)
        same, same_before = flipped(0, 0, 330)
        run = run_of({"m": after, "other": same}, {"m": before, "other": same_before})
        assert verdict_on(run, policy(DROP)).status is Status.FAIL
        both = policy(DROP, rule("other", tolerance=0.02))
        assert verdict_on(run, both).status is Status.INCONCLUSIVE  # 2 x 0.0363 > 0.05

    def test_rules_that_a_change_adds_do_not_soften_those_of_the_base(self) -> None:
        after, before = flipped(53, 36, 330)
        same, same_before = flipped(0, 0, 330)
        run = run_of({"m": after, "other": same}, {"m": before, "other": same_before})
        added = policy(DROP, rule("other", tolerance=0.02), added=("other",))
        verdict = verdict_on(run, added)
        assert verdict.status is Status.FAIL
        assert verdict.sights["m"].adjusted_p == pytest.approx(0.0363, abs=5e-5)
        turned = run_of({"m": same, "other": after}, {"m": same_before, "other": before})
        assert verdict_on(turned, added).status is Status.INCONCLUSIVE  # the added one pays for both

    def test_a_drop_of_exactly_the_tolerance_passes_whatever_the_sum_of_floats_says(self) -> None:
        before = {f"c{i}": [0.8] for i in range(30)}
        after = {f"c{i}": [0.78] for i in range(30)}
        run = run_of({"m": after}, {"m": before})  # type: ignore[dict-item]
        assert verdict_on(run, policy(DROP)).status is Status.PASS

    def test_too_few_cases_are_said_to_be_too_few(self) -> None:
        after, before = flipped(3, 0, 3)
        verdict = verdict_on(run_of({"m": after}, {"m": before}), policy(DROP))
        assert verdict.status is Status.INCONCLUSIVE
        assert "this gate cannot fail with n = 3" in texts(verdict)
        assert verdict.sights["m"].can_fail is False

    def test_a_relative_rise_of_a_cost_fails(self) -> None:
        slow = {f"c{i}": 130.0 for i in range(30)}
        quick = {f"c{i}": 100.0 for i in range(30)}
        run = run_of({"m": binary(30, 30)}, {"m": binary(30, 30)}, latency_ms=(slow, quick))
        verdict = verdict_on(run, policy(rule("latency_ms", tolerance=0.1, relative=True)))
        assert verdict.status is Status.FAIL
        assert "latency_ms rose from 100 ms to 130 ms" in texts(verdict)
        assert verdict_on(run, policy(rule("latency_ms", tolerance=0.5, relative=True))).status is Status.PASS

    def test_clusters_are_one_witness_each(self) -> None:
        after, before = flipped(10, 0, 40)
        free = run_of({"m": after}, {"m": before})
        assert verdict_on(free, policy(DROP)).status is Status.FAIL
        one_document = {f"c{i}": "doc" for i in range(10)} | {f"c{i}": f"d{i}" for i in range(10, 40)}
        tied = run_of({"m": after}, {"m": before}, clusters=one_document)
        assert verdict_on(tied, policy(DROP)).status is Status.INCONCLUSIVE

    def test_the_smallest_visible_drop_is_told(self) -> None:
        after, before = flipped(7, 6, 100)
        sight = verdict_on(run_of({"m": after}, {"m": before}), policy(DROP)).sights["m"]
        # (z.95 + z.80) x SE, SE of differences of 13 discordant pairs in 100
        assert sight.smallest_visible == pytest.approx(2.4865 * 0.0362, rel=0.01)

    def test_a_drop_within_the_tolerance_is_never_visible(self) -> None:
        after, before = flipped(60, 60, 20_000)
        sight = verdict_on(run_of({"m": after}, {"m": before}), policy(DROP)).sights["m"]
        error = (120 / 20_000) ** 0.5 / 20_000**0.5
        assert 2.4865 * error < 0.002  # significant long before it is too large
        assert sight.smallest_visible == pytest.approx(0.02 + 0.8416 * error, rel=1e-3)

    def test_cases_of_other_metrics_are_no_witnesses(self) -> None:
        after, before = flipped(6, 0, 6)
        other, other_before = flipped(0, 0, 20)
        run = run_of(
            {"other": other, "m": after},
            {"other": other_before, "m": before},
            clusters={f"c{i}": "doc" for i in range(6)},
        )
        verdict = verdict_on(run, policy(DROP))
        assert verdict.sights["m"].can_fail is False
        assert "this gate cannot fail with n = 6" in texts(verdict)


class TestCritical:
    def test_without_repeats_a_lost_critical_case_blocks(self) -> None:
        after, before = flipped(1, 0, 200)
        verdict = verdict_on(run_of({"m": after}, {"m": before}, critical=["c0"]), policy(DROP))
        assert verdict.status is Status.FAIL
        assert "critical case c0 passed m before and fails now (1 of 1)" in texts(verdict)

    def test_with_repeats_it_is_asked_again_first(self) -> None:
        after, before = flipped(1, 0, 200)
        run = run_of({"m": after}, {"m": before}, critical=["c0"])
        verdict = verdict_on(run, policy(DROP), looks_left=1, repeatable=True)
        assert verdict.retry_cases == ("c0",)
        assert verdict.status is Status.INCONCLUSIVE

    @pytest.mark.parametrize(("repeats", "status"), [([0.0, 1.0, 1.0], Status.PASS), ([0.0, 0.0, 1.0], Status.FAIL)])
    def test_two_of_three_failures_block(self, repeats: list[float | None], status: Status) -> None:
        after, before = flipped(1, 0, 200)
        after["c0"] = repeats
        before["c0"] = [1.0, 1.0, 1.0]
        run = run_of({"m": after}, {"m": before}, critical=["c0"])
        assert verdict_on(run, policy(DROP), repeatable=True).status is status

    def test_a_check_that_no_longer_applies_does_not_leave_a_lost_case_open(self) -> None:
        after, before = flipped(1, 0, 200)
        before["c0"] = [1.0, 1.0, 1.0]
        run = run_of({"m": after}, {"m": before}, critical=["c0"])
        for repeat in (1, 2):
            skipped = ScoreRecord(status="skipped", reason="does not apply")
            run.candidate.results.append(Result(case="c0", repeat=repeat, output="said", scores={"m": skipped}))
        assert verdict_on(run, policy(DROP), repeatable=True).status is Status.FAIL

    def test_a_critical_case_that_failed_before_does_not_block(self) -> None:
        after, before = flipped(0, 0, 50)
        after["c0"] = before["c0"] = [0.0]
        assert verdict_on(run_of({"m": after}, {"m": before}, critical=["c0"]), policy(DROP)).status is Status.PASS

    def test_a_critical_case_that_could_not_be_measured_is_no_pass(self) -> None:
        after, before = flipped(0, 0, 50)
        after["c0"] = [None]
        verdict = verdict_on(run_of({"m": after}, {"m": before}, critical=["c0"]), policy(DROP))
        assert verdict.status is Status.INVALID
        assert "could not be measured" in texts(verdict)

    def test_a_critical_case_that_evades_its_check_is_no_pass(self) -> None:
        after, before = flipped(0, 0, 50)
        run = run_of({"m": after}, {"m": before}, critical=["c0"])
        run.candidate.results[0].scores["m"] = ScoreRecord(status="skipped", reason="nothing to look at")
        verdict = verdict_on(run, policy(DROP))
        assert verdict.status is Status.INVALID
        assert "could not be measured" in texts(verdict)


def test_the_worst_guard_wins() -> None:
    after, before = flipped(53, 36, 330)
    verdict = verdict_on(run_of({"m": after}, {"m": before}), policy(rule("m", bound=0.99, tolerance=0.02), alpha=0.01))
    assert verdict.status is Status.FAIL
    assert {finding.status for finding in verdict.findings} == {Status.FAIL, Status.INCONCLUSIVE}


def test_the_same_run_always_gets_the_same_verdict() -> None:
    after = {f"c{i}": [(i * 37 % 100) / 100] for i in range(60)}
    before = {f"c{i}": [(i * 53 % 100) / 100] for i in range(60)}
    run = run_of({"m": after}, {"m": before})  # type: ignore[dict-item]
    first = verdict_on(run, policy(DROP)).as_json()
    assert all(verdict_on(run, policy(DROP)).as_json() == first for _ in range(3))
