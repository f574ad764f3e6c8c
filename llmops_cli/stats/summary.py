"""Mean and percentiles of a sequence of numbers."""

import math
from collections.abc import Sequence


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean. Raises ValueError for no values."""
    if not values:
        raise ValueError("the mean of nothing is not a number")
    return math.fsum(values) / len(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` (0 to 100) of the values lie, linear between neighbours.

    Definition 7 of Hyndman & Fan 1996, the default of R and numpy. Raises ValueError for no values.
    """
    if not values or not 0 <= percent <= 100:
        raise ValueError(f"cannot take percentile {percent} of {len(values)} values")
    ordered = sorted(values)
    position = (len(ordered) - 1) * percent / 100
    below = math.floor(position)
    if below + 1 >= len(ordered):
        return ordered[-1]
    low, high = ordered[below], ordered[below + 1]
    return low + (high - low) * (position - below)
