"""What a comparison could have seen: its standard error, the smallest visible drop, the cases it needs."""

import math
from collections.abc import Hashable, Sequence
from statistics import NormalDist

from llmops_cli.stats.clusters import standard_error_of_mean


def standard_error(differences: Sequence[float], clusters: Sequence[Hashable] | None = None) -> float:
    """Standard error of the mean paired difference; 0.0 with fewer than two clusters, where none can be had."""
    return standard_error_of_mean(differences, clusters)


def smallest_visible_drop(se: float, alpha: float, power: float = 0.8) -> float:
    """The true drop that a one-sided test at `alpha` finds with chance `power`: (z(1-alpha) + z(power)) * se.

    In the unit of `se`. Normal approximation for paired differences (Cohen 1988, ch. 2); 2.487 * se at 0.05 and 0.8.
    Raises ValueError for a negative `se`.
    """
    if not (math.isfinite(se) and se >= 0):
        raise ValueError(f"a standard error is a number of 0 or more, not {se}")
    return _reach(alpha, power) * se


def smallest_visible_beyond(se: float, alpha: float, limit: float) -> float | None:
    """The true drop found with chance 0.8 by a test at `alpha` that lets pass what is not above `limit`, too.

    None for a standard error of 0: nothing moved, and so nothing says how far it might.
    """
    if not se:
        return None
    reach = smallest_visible_drop(se, alpha=0.5)  # of the power alone
    return max(smallest_visible_drop(se, alpha), limit + reach)


def cases_needed(psi: float, delta: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """How many cases show a drop of `delta` when a share `psi` of them changes either way.

    (z(1-alpha) + z(power))^2 * psi / delta^2, rounded up (Connor 1987, Biometrics 43:207, first-order term).
    `psi` may be that of two equal sides, so it need not be as large as `delta`. Raises ValueError outside (0, 1].
    """
    if not (0 < delta <= 1 and 0 < psi <= 1):
        raise ValueError(f"psi and delta lie above 0 and up to 1, not psi {psi} and delta {delta}")
    return math.ceil(_reach(alpha, power) ** 2 * psi / delta**2)


def power_of(drop: float, se: float, alpha: float = 0.05) -> float:
    """The chance that a one-sided test at `alpha` finds a true drop: Phi(drop / se - z(1-alpha)).

    Normal approximation, the other way round of `smallest_visible_drop` (Cohen 1988, ch. 2). A standard error of 0
    finds every drop. Raises ValueError for a negative `se`.
    """
    _check_alpha(alpha)
    if not (math.isfinite(se) and se >= 0):
        raise ValueError(f"a standard error is a number of 0 or more, not {se}")
    if se == 0:
        return 1.0 if drop > 0 else alpha
    normal = NormalDist()
    return normal.cdf(drop / se - normal.inv_cdf(1 - alpha))


def smallest_failing_n(alpha: float) -> int:
    """The smallest number of cases that, all worse, reach p <= alpha: N with (1/2)^(N+1) <= alpha."""
    _check_alpha(alpha)
    n = 1
    while 0.5 ** (n + 1) > alpha:
        n += 1
    return n


def can_fail(n: int, alpha: float) -> bool:
    """Whether any result of n independent cases could be significant at `alpha`."""
    return n >= smallest_failing_n(alpha)


def _reach(alpha: float, power: float) -> float:
    _check_alpha(alpha)
    if not 0 < power < 1:
        raise ValueError(f"power lies between 0 and 1, not {power}")
    normal = NormalDist()
    return max(0.0, normal.inv_cdf(1 - alpha) + normal.inv_cdf(power))


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha lies between 0 and 1, not {alpha}")
