"""Is the mean of paired differences below zero by more than chance? One engine for binary and graded values."""

import math
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from llmops_cli.stats.clusters import cluster_sums

if TYPE_CHECKING:
    import numpy

ENUMERATED = 15  # up to 2^15 sign patterns are looked at one by one
_CHUNK = 4_000_000  # signs drawn at once


def sign_flip_p(
    differences: Sequence[float], *, clusters: Sequence[Hashable] | None = None, seed: int, draws: int = 9_999
) -> float:
    """One-sided p, in (0, 1], of the hypothesis that the mean difference is below zero.

    Under "nothing changed" every cluster's sum of differences is as likely as its negative; p is the chance of a total
    below the observed one, ties counted half (mid-p). Clusters that sum to zero say nothing and are dropped:
    none left gives 1. Sums of one size: exact McNemar mid-p. Up to 15 clusters: every sign pattern. Otherwise `draws`
    patterns from a generator seeded with `seed` (>= 0), and (below + ties/2 + 1/2) / (draws + 1).

    Raises ValueError for values that are not finite, or a wrong number of clusters.
    """
    sums = [total for total, _ in cluster_sums(differences, clusters)]
    # floating point must not tell 0.1 + 0.2 from 0.3
    tolerance = 1e-12 * math.fsum(abs(difference) for difference in differences)
    sums = [total for total in sums if abs(total) > tolerance]
    if not sums:
        return 1.0
    sizes = [abs(total) for total in sums]
    if max(sizes) - min(sizes) <= tolerance:
        worse = sum(1 for total in sums if total < 0)
        return mcnemar_mid_p(worse, len(sums) - worse)
    if len(sums) <= ENUMERATED:
        return _enumerated_p(sums, tolerance)
    return _drawn_p(sums, tolerance, seed, draws)


def mcnemar_mid_p(worse: int, better: int) -> float:
    """One-sided mid-p that `worse` outnumbers `better` by chance: P(B > worse) + P(B = worse)/2, B ~ Bin(both, 1/2).

    Exact, with integers (Fagerland, Lydersen & Laake 2013, BMC Med. Res. Methodol. 13:91); 1.0 when nothing changed.
    Raises ValueError for negative counts.
    """
    if worse < 0 or better < 0:
        raise ValueError("counts are not negative")
    n = worse + better
    if n == 0:
        return 1.0
    if worse < better:  # the long tail as what the short one leaves over; exact, so nothing is lost
        return ((1 << n + 1) - _tail(better, n)) / (1 << n + 1)
    return _tail(worse, n) / (1 << n + 1)


def two_sided_mcnemar_p(worse: int, better: int) -> float:
    """Two-sided mid-p that the two counts differ: twice the smaller one-sided one, at most 1."""
    return min(1.0, 2 * min(mcnemar_mid_p(worse, better), mcnemar_mid_p(better, worse)))


def _tail(k: int, n: int) -> int:
    """2^(n+1) * (P(B > k) + P(B = k)/2) for B ~ Bin(n, 1/2)."""
    term = math.comb(n, k)
    total = term
    for i in range(k, n):
        term = term * (n - i) // (i + 1)  # comb(n, i + 1)
        total += 2 * term
    return total


def _enumerated_p(sums: Sequence[float], tolerance: float) -> float:
    observed = math.fsum(sums)
    totals = [0.0]
    for value in sums:
        totals = [total + value for total in totals] + [total - value for total in totals]
    below = sum(1 for total in totals if total < observed - tolerance)
    ties = sum(1 for total in totals if abs(total - observed) <= tolerance)
    return (below + ties / 2) / len(totals)


def _drawn_p(sums: Sequence[float], tolerance: float, seed: int, draws: int) -> float:
    import numpy

    values = numpy.asarray(sums, dtype=numpy.float64)
    observed = math.fsum(sums)
    # the raw stream of a bit generator is the same in every release of numpy; that of its distributions need not be
    source = numpy.random.PCG64(seed)
    rows = max(1, _CHUNK // len(sums))
    below = ties = 0
    for start in range(0, draws, rows):
        kept = _kept_signs(source, min(rows, draws - start), len(sums))
        totals = 2 * (kept @ values) - observed  # kept where the bit is 1, turned where it is 0
        below += int(numpy.count_nonzero(totals < observed - tolerance))
        ties += int(numpy.count_nonzero(numpy.abs(totals - observed) <= tolerance))
    return (below + ties / 2 + 0.5) / (draws + 1)


def _kept_signs(source: "numpy.random.PCG64", rows: int, columns: int) -> "numpy.ndarray":
    """A rows x columns matrix of fair zeros and ones."""
    import numpy

    words = -(-columns // 64)
    raw = numpy.asarray(source.random_raw(rows * words), dtype="<u8").view(numpy.uint8).reshape(rows, words * 8)
    return numpy.unpackbits(raw, axis=1, count=columns).astype(numpy.float64)
