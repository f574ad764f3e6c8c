"""Student's t without scipy, whose import costs more than everything else that a report does."""

import math
from functools import lru_cache
from statistics import NormalDist

_STEPS = 10_000  # of the continued fraction; it needs about the square root of the degrees of freedom
_TINY = 1e-300


def student_t_cdf(degrees: float, t: float) -> float:
    """The chance of a value of Student's t up to `t`, with `degrees` > 0 degrees of freedom, or infinitely many."""
    above = _upper_tail(degrees, abs(t))
    return 1 - above if t > 0 else above


@lru_cache(maxsize=1024)
def student_t_quantile(probability: float, degrees: float) -> float:
    """The quantile of Student's t with `degrees` > 0 degrees of freedom.

    Newton's method on the upper tail, which is convex: from the quantile of the normal, which is nearer to zero, it
    climbs and never steps too far. Raises ValueError for a probability that is not between 0 and 1.
    """
    if not 0 < probability < 1:
        raise ValueError(f"a probability lies between 0 and 1, not {probability}")
    if probability == 0.5:
        return 0.0
    above = min(probability, 1 - probability)
    t = -NormalDist().inv_cdf(above)
    step = 0.0 if math.isinf(degrees) else math.inf
    while step > 1e-13 * t:
        step = (_upper_tail(degrees, t) - above) / _density(degrees, t)
        t += step
    return t if probability > 0.5 else -t


def _density(degrees: float, t: float) -> float:
    """The density of Student's t."""
    logarithm = _log_beta(degrees / 2) + math.log(degrees) / 2 + (degrees + 1) / 2 * math.log1p(t * t / degrees)
    return math.exp(-logarithm)


def _upper_tail(degrees: float, t: float) -> float:
    """The chance of more than `t` >= 0: half the incomplete beta function I_x(degrees/2, 1/2), x = d/(d + t*t).

    Its continued fraction is that of https://dlmf.nist.gov/8.17#E22; where that converges badly, it is taken of
    I_x(a, b) = 1 - I_1-x(b, a).
    """
    if math.isinf(t * t):
        return 0.0
    if math.isinf(degrees):
        return NormalDist().cdf(-t)
    a, rest = degrees / 2, t * t / (degrees + t * t)
    x = degrees / (degrees + t * t)
    if rest == 0:
        return 0.5
    front = math.exp(-a * math.log1p(t * t / degrees) + math.log(rest) / 2 - _log_beta(a))
    if x < (a + 1) / (a + 2.5):
        return front / a / _fraction(a, 0.5, x) / 2
    return 0.5 - front / _fraction(0.5, a, rest)


def _log_beta(a: float) -> float:
    """The logarithm of B(a, 1/2); of large a by Stirling's series, where the two gammas would cancel each other."""
    if a < 100:
        return math.lgamma(a) + math.lgamma(0.5) - math.lgamma(a + 0.5)
    return math.lgamma(0.5) - math.log(a) / 2 + 1 / (8 * a) - 1 / (192 * a**3) + 1 / (640 * a**5)


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)) of the incomplete beta function, by Lentz's method."""
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1, _STEPS):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + term * d or _TINY)
        c = 1 + term / c or _TINY
        value *= c * d
        if abs(c * d - 1) < 4e-16:
            break
    return value
