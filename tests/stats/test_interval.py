"""Intervals against scipy, published values, and their coverage in seeded simulations."""

import math
from dataclasses import replace

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from llmops_cli.stats.interval import (
    Interval,
    adjusted_t,
    bonett_price,
    bootstrap_mean,
    mean_t,
    paired_interval,
    student_t_quantile,
    wilson,
)


@given(st.integers(1, 300), st.data())
def test_wilson_equals_scipy(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    theirs = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    ours = wilson(successes, n)
    assert (ours.low, ours.high) == (pytest.approx(theirs.low, abs=1e-9), pytest.approx(theirs.high, abs=1e-9))


@pytest.mark.parametrize(
    ("n", "fail", "keep"), [(50, 0.82, 0.98), (100, 0.85, 0.95), (200, 0.865, 0.935), (500, 0.876, 0.924)]
)
def test_wilson_one_sided_decides_a_floor_of_ninety_percent(n: int, fail: float, keep: float) -> None:
    """The largest share that is surely below 0.90, and the smallest that is surely above, at 95 %."""
    assert wilson(round(fail * n), n, one_sided=True).high < 0.90
    assert wilson(round(fail * n) + 1, n, one_sided=True).high >= 0.90
    assert wilson(round(keep * n), n, one_sided=True).low > 0.90
    assert wilson(round(keep * n) - 1, n, one_sided=True).low <= 0.90


def test_one_sided_at_95_is_two_sided_at_90() -> None:
    one, two = wilson(17, 20, 0.95, one_sided=True), wilson(17, 20, 0.90)
    assert (one.low, one.high) == (pytest.approx(two.low), pytest.approx(two.high))


def test_a_share_of_everything_or_nothing_still_has_a_width() -> None:
    assert wilson(20, 20) == Interval(pytest.approx(0.8389, abs=1e-4), 1.0, 0.95, "Wilson")
    assert wilson(0, 20) == Interval(0.0, pytest.approx(0.1611, abs=1e-4), 0.95, "Wilson")


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="not a share"):
        wilson(successes, n)


def test_bonett_price_by_hand() -> None:
    # 53 worse and 36 better of 330: 54/332 and 37/332
    interval = bonett_price(53, 36, 330)
    delta = (37 - 54) / 332
    half = 1.959963984540054 * math.sqrt(((54 + 37) / 332 - delta**2) / 332)
    assert (interval.low, interval.high) == (pytest.approx(delta - half), pytest.approx(delta + half))
    assert (interval.low, interval.high) == (pytest.approx(-0.10725, abs=1e-5), pytest.approx(0.00484, abs=1e-5))


@given(st.integers(0, 80), st.integers(0, 80), st.integers(0, 80))
def test_bonett_price_is_symmetric_and_within_bounds(worse: int, better: int, same: int) -> None:
    n = worse + better + same + 1
    there, back = bonett_price(worse, better, n), bonett_price(better, worse, n)
    assert -1 <= there.low <= there.high <= 1
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))


def test_bonett_price_refuses_impossible_counts() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        bonett_price(3, 3, 5)


@pytest.mark.parametrize("n", [30, 100, 330])
def test_bonett_price_covers_what_it_says(n: int) -> None:
    """True change -5 pp, 25 % discordant: at least 94 % of 4,000 simulated intervals hold it (nominal 95 %)."""
    generator = numpy.random.Generator(numpy.random.PCG64(n))
    drawn = generator.multinomial(n, [0.15, 0.10, 0.75], size=4_000)
    hits = sum(
        interval.low <= -0.05 <= interval.high
        for worse, better, _ in drawn
        for interval in [bonett_price(int(worse), int(better), n)]
    )
    assert 0.94 <= hits / 4_000 <= 0.985


@pytest.mark.parametrize(("degrees", "value"), [(1, 12.706), (4, 2.776), (29, 2.045), (1000, 1.962)])
def test_students_t_is_the_printed_table(degrees: int, value: float) -> None:
    assert student_t_quantile(0.975, degrees) == pytest.approx(value, abs=5e-4)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=50))
def test_mean_t_equals_scipy(values: list[float]) -> None:
    ours = mean_t(values)
    error = numpy.std(values, ddof=1) / math.sqrt(len(values))
    quantile = stats.t.ppf(0.975, len(values) - 1)
    mean = math.fsum(values) / len(values)
    assert ours.low == pytest.approx(mean - quantile * error, abs=1e-6)
    assert ours.high == pytest.approx(mean + quantile * error, abs=1e-6)


def test_clusters_widen_the_interval_and_cost_degrees_of_freedom() -> None:
    values = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    alone, together = mean_t(values), mean_t(values, clusters=["a"] * 3 + ["b"] * 3 + ["c"] * 3)
    # three clusters of means 1, 0, 1: the same as three values
    three = mean_t([1.0, 0.0, 1.0])
    assert (together.low, together.high) == (pytest.approx(three.low), pytest.approx(three.high))
    assert together.high - together.low > 3 * (alone.high - alone.low)
    assert (alone.method, together.method) == ("t", "t over clusters")


def test_one_cluster_has_no_interval() -> None:
    with pytest.raises(ValueError, match="at least two"):
        mean_t([1.0, 0.0], clusters=["a", "a"])


def test_clustered_intervals_cover_where_ignoring_clusters_does_not() -> None:
    """40 clusters of 5 that share half of their variance, true mean 0, 2,000 draws."""
    generator = numpy.random.Generator(numpy.random.PCG64(9))
    labels = [i // 5 for i in range(200)]
    aware = blind = 0
    for _ in range(2_000):
        shared = numpy.repeat(generator.normal(size=40), 5)
        values = [float(value) for value in shared + generator.normal(size=200)]
        inside = mean_t(values, clusters=labels)
        aware += inside.low <= 0 <= inside.high
        naive = mean_t(values)
        blind += naive.low <= 0 <= naive.high
    assert 0.93 <= aware / 2_000 <= 0.97
    assert blind / 2_000 < 0.80


def test_bootstrap_agrees_with_scipy_and_repeats_itself() -> None:
    generator = numpy.random.Generator(numpy.random.PCG64(4))
    values = [float(value) for value in generator.exponential(size=40)]
    ours = bootstrap_mean(values, seed=1)
    level = 1 - 2 * stats.norm.cdf(stats.t.ppf(0.025, 39) * math.sqrt(40 / 39))  # further out, as wide as Student's t
    theirs = stats.bootstrap(
        (values,), numpy.mean, method="percentile", confidence_level=level, n_resamples=10_000, rng=generator
    )
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.02)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.02)
    assert ours == bootstrap_mean(values, seed=1)
    assert ours != bootstrap_mean(values, seed=2)


def test_bootstrap_is_as_wide_as_students_t_where_values_are_normal() -> None:
    generator = numpy.random.Generator(numpy.random.PCG64(12))
    values = [float(value) for value in generator.normal(size=12)]
    ours, t = bootstrap_mean(values, seed=1), mean_t(values)
    assert ours.high - ours.low == pytest.approx(t.high - t.low, rel=0.08)


def test_bootstrap_of_few_cases_covers_nearly_what_it_says() -> None:
    """20 graded differences in thirds: 600 seeded simulations hold the true mean at least 91 % of the time."""
    generator = numpy.random.Generator(numpy.random.PCG64(1))
    grades = numpy.array([-1, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 1])
    shares = [0.05, 0.1, 0.15, 0.4, 0.15, 0.1, 0.05]
    hits = 0
    for _ in range(600):
        drawn = [float(value) for value in generator.choice(grades, p=shares, size=20)]
        interval = bootstrap_mean(drawn, seed=3, draws=2_000)
        hits += interval.low <= 0 <= interval.high
    assert 0.91 <= hits / 600 <= 0.98


def test_bootstrap_draws_whole_clusters_of_any_size() -> None:
    values = [1.0] * 9 + [0.0]
    interval = bootstrap_mean(values, ["big"] * 9 + ["small"], seed=1)
    assert (interval.low, interval.high, interval.method) == (0.0, 1.0, "bootstrap over clusters")
    with pytest.raises(ValueError, match="nothing"):
        bootstrap_mean([], seed=1)


def test_adjusted_t_of_yes_or_no_is_bonett_price_with_students_t() -> None:
    ours = adjusted_t([-1.0] * 53 + [1.0] * 36 + [0.0] * 241, furthest=1.0)
    theirs = bonett_price(53, 36, 330)
    centre = (37 - 54) / 332
    z, t = stats.norm.ppf(0.975), stats.t.ppf(0.975, 331)
    assert (ours.low + ours.high) / 2 == pytest.approx(centre)
    # the sample variance divides by 331, and the quantile is Student's
    assert ours.high - centre == pytest.approx((theirs.high - centre) * t / z * math.sqrt(332 / 331))
    assert ours.method == "adjusted t"


def test_adjusted_t_is_mean_t_of_the_values_and_one_more_each_way() -> None:
    values = [-0.6, -0.2, 0.0, 0.4, 0.0]
    assert adjusted_t(values, furthest=0.6) == replace(mean_t([*values, 0.6, -0.6]), method="adjusted t")
    groups = ["a", "a", "b", "b", "c", "c"]
    clustered = adjusted_t([-1.0, -0.5, 0.0, 0.0, 0.5, 0.0], groups, furthest=1.0)
    # a's mean of -0.75 is the furthest of a cluster
    more = mean_t([-1.0, -0.5, 0.0, 0.0, 0.5, 0.0, *[0.75] * 2, *[-0.75] * 2], [*groups, "d", "d", "e", "e"])
    assert (clustered.low, clustered.high) == (pytest.approx(more.low), pytest.approx(more.high))
    assert clustered.method == "adjusted t over clusters"


def test_adjusted_t_refuses_what_it_cannot_hold() -> None:
    with pytest.raises(ValueError, match="at least two"):
        adjusted_t([0.5, 0.5], ["a", "a"], furthest=1.0)
    with pytest.raises(ValueError, match="further"):
        adjusted_t([0.5, 0.7], furthest=0.6)


@pytest.mark.parametrize(("cases", "repeats", "lost"), [(50, 3, 0.02), (50, 5, 0.05), (100, 5, 0.02)])
def test_adjusted_t_covers_where_few_cases_fail_for_good_and_t_does_not(cases: int, repeats: int, lost: float) -> None:
    """Cases that pass 97 times in 100, of which a share fails from now on; 2,000 draws."""
    generator = numpy.random.Generator(numpy.random.PCG64([cases, repeats]))
    adjusted = plain = 0
    for _ in range(2_000):
        chance = generator.beta(0.97 * 0.5, 0.03 * 0.5, cases)
        worse = chance * (generator.random(cases) >= lost)
        change = (generator.binomial(repeats, worse) - generator.binomial(repeats, chance)) / repeats
        values = [float(value) for value in change]
        inside, alone = adjusted_t(values, furthest=1.0), mean_t(values)
        adjusted += inside.low <= -0.97 * lost <= inside.high
        plain += alone.low <= -0.97 * lost <= alone.high
    assert adjusted / 2_000 >= 0.95
    assert plain / 2_000 < 0.93


def test_the_paired_interval_chooses_its_method() -> None:
    assert paired_interval([0.0] * 50, binary=True, seed=1) is None
    assert paired_interval([], binary=False, seed=1) is None
    binary = paired_interval([-1.0] * 53 + [1.0] * 36 + [0.0] * 241, binary=True, seed=1)
    assert binary == bonett_price(53, 36, 330)
    groups = [i // 2 for i in range(40)]
    clustered = paired_interval([-1.0] * 20 + [0.0] * 20, binary=True, clusters=groups, seed=1)
    assert clustered == mean_t([-1.0] * 20 + [0.0] * 20, groups)
    graded = paired_interval([-0.5, 0.0, 0.25, 0.5], binary=False, furthest=0.5, seed=1)
    assert graded == adjusted_t([-0.5, 0.0, 0.25, 0.5], furthest=0.5)
    few = paired_interval([-0.5, 0.0, 0.25, 0.5], binary=False, seed=1)
    assert few == bootstrap_mean([-0.5, 0.0, 0.25, 0.5], seed=1)
    assert paired_interval([-0.5, -0.25], binary=False, clusters=["a", "a"], seed=1) is None


def test_a_binary_difference_that_is_not_one_is_refused() -> None:
    with pytest.raises(ValueError, match="-1, 0 or 1"):
        paired_interval([-0.5, 1.0], binary=True, seed=1)


@given(
    st.lists(st.floats(-1, 1), min_size=2, max_size=60).filter(any), st.integers(0, 2**40), st.sampled_from([None, 1.0])
)
@settings(max_examples=80, deadline=None)
def test_any_paired_interval_holds_its_own_mean(differences: list[float], seed: int, furthest: float | None) -> None:
    interval = paired_interval(differences, binary=False, furthest=furthest, seed=seed)
    assert interval is not None
    mean = math.fsum(differences) / len(differences)
    assert interval.low - 1e-9 <= mean <= interval.high + 1e-9


@pytest.mark.parametrize("level", [0, 1, -0.5, math.nan])
def test_a_level_lies_between_nothing_and_certainty(level: float) -> None:
    with pytest.raises(ValueError, match="confidence level"):
        wilson(3, 5, level)
