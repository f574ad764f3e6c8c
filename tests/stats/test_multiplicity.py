"""Holm's adjustment."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.stats.multiplicity import holm

names = st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=8)


def test_the_textbook_example() -> None:
    # R: p.adjust(c(.01, .04, .03, .005), "holm") = .03 .06 .06 .02
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert list(adjusted) == ["a", "b", "c", "d"]
    assert list(adjusted.values()) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_one_test_is_left_alone_and_none_is_fine() -> None:
    assert holm({"a": 0.049}) == {"a": 0.049}
    assert holm({}) == {}


@given(names)
def test_adjusted_is_never_smaller_never_above_one_and_keeps_the_order(p_values: dict[str, float]) -> None:
    adjusted = holm(p_values)
    assert all(p_values[name] <= adjusted[name] <= 1 for name in p_values)
    by_raw = sorted(p_values, key=lambda name: p_values[name])
    assert [adjusted[name] for name in by_raw] == sorted(adjusted.values())


def test_the_family_wise_error_is_kept() -> None:
    generator = numpy.random.Generator(numpy.random.PCG64(8))
    drawn = generator.uniform(size=(4_000, 3))
    alarms = sum(min(holm({str(i): float(p) for i, p in enumerate(row)}).values()) <= 0.05 for row in drawn)
    assert 0.038 <= alarms / 4_000 <= 0.062


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="is not a probability"):
        holm({"accuracy": p})
