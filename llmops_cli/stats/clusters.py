"""Cases that belong together, and the standard error that knows it."""

import math
from collections.abc import Hashable, Sequence


def cluster_sums(values: Sequence[float], clusters: Sequence[Hashable] | None = None) -> list[tuple[float, int]]:
    """Sum and size of every cluster, in order of first appearance; without clusters every value is its own.

    Raises ValueError when a value is not finite, or there is not one cluster for each value.
    """
    if not all(math.isfinite(value) for value in values):
        raise ValueError("every value must be a finite number")
    if clusters is None:
        return [(float(value), 1) for value in values]
    if len(clusters) != len(values):
        raise ValueError(f"{len(values)} values but {len(clusters)} clusters")
    members: dict[Hashable, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        members.setdefault(cluster, []).append(value)
    return [(math.fsum(group), len(group)) for group in members.values()]


def standard_error_of_mean(values: Sequence[float], clusters: Sequence[Hashable] | None = None) -> float:
    """Standard error of the mean, in the unit of the values; 0.0 when there are fewer than two clusters.

    sqrt(C/(C-1) * sum over clusters of (sum of deviations from the mean)^2) / n, C clusters, n values: the
    cluster-robust estimator with its small-sample factor (Cameron & Miller, "A Practitioner's Guide to
    Cluster-Robust Inference", 2015). Without clusters it is the textbook s / sqrt(n).
    """
    sums = cluster_sums(values, clusters)
    if len(sums) < 2:
        return 0.0
    n = len(values)
    mean = math.fsum(values) / n
    squares = math.fsum((total - size * mean) ** 2 for total, size in sums)
    count = len(sums)
    return math.sqrt(count / (count - 1) * squares) / n
