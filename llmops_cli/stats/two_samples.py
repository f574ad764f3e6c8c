"""Two measurements whose single values cannot be paired: shares by counts, means by their standard errors."""

import math
from dataclasses import dataclass

from llmops_cli.stats.interval import Interval, student_t_quantile, wilson


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean, its standard error, and the number of independent units (cases, or clusters of them) behind it."""

    mean: float
    error: float
    units: int

    @classmethod
    def of_counts(cls, yes: int, n: int) -> "Spread":
        """That of `yes` ones among `n` zeros and ones; its standard error is the textbook s / sqrt(n)."""
        share = yes / n
        return cls(share, math.sqrt(share * (1 - share) / (n - 1)) if n > 1 else 0.0, n)

    def with_both_ends(self) -> "Spread":
        """After adding one unit of 0 and one of 1: what Agresti & Caffo do to a share, for any mean within 0 and 1.

        Agresti & Caffo 2000, "Simple and Effective Confidence Intervals for Proportions and Differences of
        Proportions", Am. Stat. 54(4): without it the interval is too short near the ends, and where nothing varies it
        has no width at all.
        """
        count = self.units + 2
        mean = (self.units * self.mean + 1) / count
        squares = self.error**2 * self.units * (self.units - 1)
        squares += self.units * (self.mean - mean) ** 2 + mean**2 + (1 - mean) ** 2
        return Spread(mean, math.sqrt(squares / (count - 1) / count), count)


def fisher_mid_p(yes_before: int, n_before: int, yes_after: int, n_after: int) -> float:
    """The one-sided chance of as few yes afterwards when nothing changed: P(X < yes_after) + P(X = yes_after) / 2.

    X is hypergeometric given all four margins: Fisher's exact test with the mid-p correction (Lancaster 1961, J. Am.
    Stat. Assoc. 56:223; Agresti, "Categorical Data Analysis", 3.5). Raises ValueError when the counts do not fit.
    """
    _check(yes_before, n_before)
    _check(yes_after, n_after)
    total, yes = n_before + n_after, yes_before + yes_after
    low, high = max(0, yes - n_before), min(yes, n_after)
    at = {count: _log_choose(yes, count) + _log_choose(total - yes, n_after - count) for count in range(low, high + 1)}
    whole = _log_choose(total, n_after)
    below = math.fsum(math.exp(log - whole) for count, log in at.items() if count < yes_after)
    return min(1.0, below + math.exp(at[yes_after] - whole) / 2)


def newcombe(yes_before: int, n_before: int, yes_after: int, n_after: int, level: float = 0.95) -> Interval:
    """The interval of the share afterwards minus the share before, from the two Wilson intervals.

    Newcombe 1998, "Interval estimation for the difference between independent proportions", Stat. Med. 17:873, method
    10. Raises ValueError when the counts do not fit.
    """
    before, after = wilson(yes_before, n_before, level), wilson(yes_after, n_after, level)
    p, q = yes_before / n_before, yes_after / n_after
    low = q - p - math.hypot(q - after.low, before.high - p)
    high = q - p + math.hypot(after.high - q, p - before.low)
    return Interval(max(-1.0, low), min(1.0, high), level, "Newcombe")


def welch_p(before: Spread, after: Spread) -> float:
    """The one-sided chance of a mean afterwards that is so low, or lower, when nothing changed.

    Welch's t with Satterthwaite's degrees of freedom (Welch 1947, Biometrika 34:28). 0, 0.5 or 1 where neither side
    varies. Raises ValueError for fewer than two units on a side.
    """
    error, degrees = _welch(before, after)
    change = after.mean - before.mean
    if error == 0:
        return 0.5 if change == 0 else float(change > 0)
    from scipy.special import stdtr  # a tenth of the import time of scipy.stats

    return float(stdtr(degrees, change / error))


def welch_interval(before: Spread, after: Spread, level: float = 0.95) -> Interval:
    """The interval of the mean afterwards minus the mean before. Raises ValueError as `welch_p` does."""
    error, degrees = _welch(before, after)
    change = after.mean - before.mean
    half = student_t_quantile((1 + level) / 2, degrees) * error if error else 0.0
    return Interval(change - half, change + half, level, "Welch")


def difference_error(before: Spread, after: Spread) -> float:
    """The standard error of the difference of two independent means."""
    return math.hypot(before.error, after.error)


def _welch(before: Spread, after: Spread) -> tuple[float, float]:
    """The standard error of the difference, and the degrees of freedom of its t."""
    if min(before.units, after.units) < 2:
        raise ValueError("a spread needs at least two units on either side")
    a, b = before.error**2, after.error**2
    if a + b == 0:
        return 0.0, math.inf
    return math.sqrt(a + b), (a + b) ** 2 / (a**2 / (before.units - 1) + b**2 / (after.units - 1))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _check(yes: int, n: int) -> None:
    if n < 1 or not 0 <= yes <= n:
        raise ValueError(f"{yes} of {n} is not a share")
