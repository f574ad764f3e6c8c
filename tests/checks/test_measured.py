"""Latency and cost: unknown is unknown."""

import pytest

from llmops_cli.checks.check import Failed, Scored
from llmops_cli.errors import FileError
from tests.checks.scoring import bound, score_of


@pytest.mark.parametrize(("took", "value"), [(0.0, 1), (4000.0, 1), (4000.1, 0), (90_000.0, 0)])
def test_latency(took: float, value: float) -> None:
    score = score_of({"type": "latency", "max_ms": 4000}, "x", latency_ms=took)
    assert isinstance(score, Scored)
    assert score.value == value


@pytest.mark.parametrize(("cost", "value"), [(0.0, 1), (0.01, 1), (0.011, 0)])
def test_cost(cost: float, value: float) -> None:
    score = score_of({"type": "cost", "max_usd": 0.01}, "x", cost_usd=cost)
    assert isinstance(score, Scored)
    assert score.value == value
    assert score.reason == f"${cost:g}, at most $0.01"


@pytest.mark.parametrize("entry", [{"type": "latency", "max_ms": 1}, {"type": "cost", "max_usd": 1}])
@pytest.mark.parametrize("form", ["", "not-"])
def test_what_is_not_known_is_neither_fast_nor_free(entry: dict[str, object], form: str) -> None:
    assert isinstance(score_of({**entry, "type": form + str(entry["type"])}, "x"), Failed)


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "latency", "max_ms": 0},
        {"type": "latency"},
        {"type": "cost", "max_usd": -1},
        {"type": "cost", "max_ms": 5},
    ],
)
def test_a_limit_is_needed_and_above_nothing(entry: dict[str, object]) -> None:
    with pytest.raises(FileError, match="max_"):
        bound(entry)
