"""Numbers of a metric as people read them, in its own unit."""

from llmops_cli.evals.policy import MEASURED


def amount(metric: str, value: float | None) -> str:
    """A value of a metric: `38.2 %`, `$0.0031`, `812 ms`, `240`; `-` when there is none."""
    if value is None:
        return "-"
    match metric:
        case "cost_usd":
            return f"${value:.4f}" if abs(value) >= 0.0001 or not value else f"${value:.2g}"
        case "latency_ms":
            return f"{value:,.0f} ms"
        case "input_tokens" | "output_tokens":
            return f"{value:,.0f}"
    return f"{value * 100:.1f} %"


def change(metric: str, value: float | None) -> str:
    """A difference of a metric with its sign: `-5.2 pp`, `+$0.0004`, `+120 ms`."""
    if value is None:
        return "-"
    if metric in MEASURED:
        sign = "+" if value > 0 else "-" if value < 0 else "±"
        return sign + amount(metric, abs(value))
    return f"{value * 100:+.1f} pp" if value else "±0.0 pp"


def bounds(metric: str, low: float, high: float) -> str:
    """An interval of differences, its unit once: `[-11.3, +1.0] pp`, `[+26, +119] ms`."""
    if metric in MEASURED:
        first, last = change(metric, low), change(metric, high)
        unit = " ms" if metric == "latency_ms" else ""
        return f"[{first.removesuffix(unit)}, {last.removesuffix(unit)}]{unit}"
    return f"[{low * 100:+.1f}, {high * 100:+.1f}] pp"


def probability(p: float) -> str:
    """A p-value to three digits, never as zero."""
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"


def p_is(p: float) -> str:
    """A p-value in a sentence: `p = 0.0363`, `p < 0.0001`."""
    said = probability(p)
    return f"p {said}" if said.startswith("<") else f"p = {said}"


def many(count: int, one: str, more: str = "") -> str:
    """`1 case`, `3 cases`; `more` is what several are called where an s is not all that differs."""
    return f"{count} {one if count == 1 else more or one + 's'}"
