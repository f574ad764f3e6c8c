"""Several tests at once, without more false alarms than one."""

from collections.abc import Mapping


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjusted p by name, in the order given: reject where it is <= alpha and the family-wise error stays <= alpha.

    Holm 1979, Scand. J. Stat. 6:65: the i-th smallest of m is multiplied by m - i + 1, made monotone, capped at 1.
    Raises ValueError for what is not a probability.
    """
    for name, p in p_values.items():
        if not 0 <= p <= 1:
            raise ValueError(f"{name}: {p} is not a probability")
    adjusted: dict[str, float] = {}
    highest = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = highest
    return {name: adjusted[name] for name in p_values}
