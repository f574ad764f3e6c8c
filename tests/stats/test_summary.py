"""Mean and percentiles."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.stats.summary import mean, percentile

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@given(values, st.floats(0, 100))
def test_percentile_is_that_of_numpy(numbers: list[float], percent: float) -> None:
    assert percentile(numbers, percent) == pytest.approx(float(numpy.percentile(numbers, percent)), abs=1e-6, rel=1e-9)


def test_known_percentiles() -> None:
    assert [percentile([4, 1, 3, 2], percent) for percent in (0, 50, 95, 100)] == [1, 2.5, pytest.approx(3.85), 4]
    assert percentile([7.0], 95) == 7.0


def test_mean_keeps_small_numbers() -> None:
    assert mean([1e16, 1.0, -1e16]) == pytest.approx(1 / 3)


def test_nothing_has_neither() -> None:
    with pytest.raises(ValueError, match="nothing"):
        mean([])
    with pytest.raises(ValueError, match="percentile 95"):
        percentile([], 95)
    with pytest.raises(ValueError, match="percentile 101"):
        percentile([1.0], 101)
