"""Student's t against scipy, the printed table and what is known in closed form."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from llmops_cli.stats.student_t import student_t_cdf, student_t_quantile

DEGREES = st.one_of(st.integers(1, 1_000_000), st.floats(1, 1e5))


@pytest.mark.parametrize(("degrees", "value"), [(1, 12.706), (4, 2.776), (29, 2.045), (1000, 1.962)])
def test_the_quantile_is_the_printed_table(degrees: int, value: float) -> None:
    assert student_t_quantile(0.975, degrees) == pytest.approx(value, abs=5e-4)


@given(DEGREES, st.floats(-50, 50))
def test_the_distribution_is_scipy_s(degrees: float, t: float) -> None:
    assert student_t_cdf(degrees, t) == pytest.approx(stats.t.cdf(t, degrees), rel=1e-9, abs=1e-300)


@given(DEGREES, st.floats(1e-6, 1 - 1e-6))
def test_the_quantile_is_scipy_s_and_leads_back(degrees: float, probability: float) -> None:
    t = student_t_quantile(probability, degrees)
    assert t == pytest.approx(stats.t.ppf(probability, degrees), rel=1e-9, abs=1e-9)
    assert student_t_cdf(degrees, t) == pytest.approx(probability, rel=1e-9)


@pytest.mark.parametrize("t", [1e-9, 0.3, 1.0, 7.0, 1e4])
def test_one_degree_is_cauchy_s_distribution(t: float) -> None:
    assert student_t_cdf(1, -t) == pytest.approx(math.atan2(1, t) / math.pi, rel=1e-12)
    assert student_t_cdf(1, t) == pytest.approx(0.5 + math.atan(t) / math.pi, rel=1e-12)


def test_the_ends() -> None:
    assert (student_t_cdf(5, 0.0), student_t_cdf(5, math.inf), student_t_cdf(5, -math.inf)) == (0.5, 1.0, 0.0)
    assert (student_t_cdf(5, 1e200), student_t_cdf(5, -1e200)) == (1.0, pytest.approx(0.0, abs=1e-300))
    assert student_t_quantile(0.5, 3) == 0
    assert student_t_quantile(0.975, math.inf) == pytest.approx(NormalDist().inv_cdf(0.975))
    assert student_t_cdf(math.inf, 1.5) == NormalDist().cdf(1.5)
    for outside in (0.0, 1.0, -0.1, math.nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            student_t_quantile(outside, 3)
