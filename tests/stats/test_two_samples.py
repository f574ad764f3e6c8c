"""Two samples that cannot be paired, against scipy and the figures of the papers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from llmops_cli.stats.two_samples import Spread, difference_error, fisher_mid_p, newcombe, welch_interval, welch_p

COUNTS = st.tuples(st.integers(0, 300), st.integers(1, 300)).filter(lambda pair: pair[0] <= pair[1])


@given(COUNTS, COUNTS)
def test_mid_p_is_scipy_s_hypergeometric(before: tuple[int, int], after: tuple[int, int]) -> None:
    total, yes = before[1] + after[1], before[0] + after[0]
    known = stats.hypergeom(total, yes, after[1])
    expected = known.cdf(after[0]) - known.pmf(after[0]) / 2
    assert fisher_mid_p(*before, *after) == pytest.approx(expected, abs=1e-9)
    assert fisher_mid_p(*before, *after) + fisher_mid_p(*after, *before) == pytest.approx(1, abs=1e-9)


def test_the_exact_test_of_the_tea_lady() -> None:
    # Fisher 1935: 3 of 4 cups right; P(X >= 3) = 17/70, of which 16/70 is the table itself
    assert fisher_mid_p(3, 4, 1, 4) == pytest.approx(17 / 70 - 8 / 70)


def test_large_counts_do_not_overflow() -> None:
    assert fisher_mid_p(90_000, 100_000, 89_000, 100_000) < 1e-10
    assert fisher_mid_p(90_000, 100_000, 90_000, 100_000) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        # Newcombe 1998, table II, method 10 (rows a to d and g): first minus second
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_s_table(first: tuple[int, int], second: tuple[int, int], low: float, high: float) -> None:
    found = newcombe(*second, *first)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


VALUES = st.lists(st.floats(0, 1), min_size=2, max_size=40)


def spread(values: list[float]) -> Spread:
    """What a tag keeps of these values."""
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return Spread(mean, math.sqrt(squares / (len(values) - 1) / len(values)), len(values))


@pytest.mark.filterwarnings("ignore:Precision loss:RuntimeWarning")  # of scipy's own sums
@given(VALUES, VALUES)
def test_welch_is_scipy_s(first: list[float], second: list[float]) -> None:
    before, after = spread(first), spread(second)
    if difference_error(before, after) < 1e-6:
        return
    expected = stats.ttest_ind(second, first, equal_var=False, alternative="less")
    assert welch_p(before, after) == pytest.approx(expected.pvalue, abs=1e-9)
    both = stats.ttest_ind(second, first, equal_var=False).confidence_interval(0.95)
    found = welch_interval(before, after)
    assert (found.low, found.high) == pytest.approx((both.low, both.high), abs=1e-9)


@given(VALUES)
def test_both_ends_are_two_more_values(values: list[float]) -> None:
    added, expected = spread(values).with_both_ends(), spread([*values, 0.0, 1.0])
    assert added.units == expected.units
    assert (added.mean, added.error) == pytest.approx((expected.mean, expected.error))


@given(COUNTS.filter(lambda pair: pair[1] > 1))
def test_counts_are_zeros_and_ones(counts: tuple[int, int]) -> None:
    yes, n = counts
    found, expected = Spread.of_counts(yes, n), spread([1.0] * yes + [0.0] * (n - yes))
    assert (found.mean, found.error) == pytest.approx((expected.mean, expected.error))


def test_where_nothing_varies() -> None:
    same, other = Spread(0.5, 0, 10), Spread(0.4, 0, 10)
    assert (welch_p(same, same), welch_p(same, other), welch_p(other, same)) == (0.5, 0.0, 1.0)
    assert welch_interval(same, other).low == welch_interval(same, other).high == pytest.approx(-0.1)
    assert welch_p(Spread(1.0, 0, 10).with_both_ends(), Spread(1.0, 0, 10).with_both_ends()) == 0.5


@pytest.mark.parametrize("counts", [(3, 2, 1, 2), (1, 2, -1, 2), (0, 0, 1, 2)])
def test_counts_that_do_not_fit(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        fisher_mid_p(*counts)


def test_one_unit_has_no_spread() -> None:
    with pytest.raises(ValueError, match="two units"):
        welch_p(Spread(1, 0, 1), Spread(1, 0, 5))
