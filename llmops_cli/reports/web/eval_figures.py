"""The figures of a run as a table with pictures: both sides with their intervals, the change, and what rules allow."""

import math
from collections.abc import Mapping, Sequence

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.comparison import Comparison, Effect
from llmops_cli.evals.figures import amount, bounds, change
from llmops_cli.evals.metric import Metric
from llmops_cli.evals.policy import MEASURED, Rule, lower_is_better
from llmops_cli.reports.web.markup import Child, Html, element
from llmops_cli.reports.web.svg import Mark, Scale, Whisker, whiskers

_VALUES_WIDTH, _CHANGE_WIDTH = 190.0, 150.0
_WORDS = {"ok": "good", "improved": "good", "fail": "bad", "invalid": "invalid", "inconclusive": "open",
          "worsened": "open", "accepted": "open"}  # fmt: skip


def compared_table(
    analysis: Analysis, rows: Sequence[tuple[str, ...]], comparison: Comparison, *, title: str, base: str
) -> Html:
    """Rows of COLUMNS_COMPARED as a table; `base` is what the earlier side is called."""
    effects = comparison.every
    here = [effects[row[0]] for row in rows if row[0] in effects]
    shared = _shared_scale([_sides_of(effect) for effect in here if effect.metric not in MEASURED], analysis)
    moves = _shared_moves([effect for effect in here if effect.metric not in MEASURED], analysis)
    heads = (
        ("metric", ""),
        (f"{base} / this change", "num"),
        (_ends("", shared), "plot-head"),
        ("change, 95 % interval", "num"),
        (_move_ends(moves), "plot-head"),
        ("n", "num"),
        ("worse / better", "num"),
        ("p", "num"),
        ("can see", "num"),
        ("rule", ""),
        ("verdict", ""),
    )
    body = [_compared_row(analysis, row, effects.get(row[0]), shared, moves, base) for row in rows]
    return _table(title, heads, body)


def alone_table(analysis: Analysis, rows: Sequence[tuple[str, ...]]) -> Html:
    """Rows of COLUMNS_ALONE as a table."""
    metrics: Mapping[str, Metric] = {**analysis.metrics, **analysis.slices}
    shared = _shared_scale([[metrics[row[0]]] for row in rows if metrics[row[0]].metric not in MEASURED], analysis)
    heads = (
        ("metric", ""),
        ("value", "num"),
        (_ends("", shared), "plot-head"),
        ("95 % interval", "num"),
        ("n", "num"),
        ("failed", "num"),
        ("rule", ""),
        ("verdict", ""),
    )
    body = []
    for row in rows:
        name, n, value, interval, failed, rule, verdict = row
        metric = metrics[name]
        picture = _values_picture(metric.metric, [("candidate", metric)], _rule(analysis, name), shared)
        cells: list[Child] = [value, picture, interval, n, failed, rule, _verdict(verdict)]
        body.append(_row(name, metric.tag, cells, ("num", "plot-cell", "num", "num", "num", "rule", "")))
    return _table("", heads, body)


def _table(title: str, heads: Sequence[tuple[Child, str]], body: Sequence[Html]) -> Html:
    head = element("tr", (element("th", words, scope="col", class_=style or None) for words, style in heads))
    table = element(
        "table",
        element("caption", title) if title else None,
        element("thead", head),
        element("tbody", body),
        class_="figures",
    )
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=title or "figures")


def _row(name: str, tag: str, cells: Sequence[Child], styles: Sequence[str]) -> Html:
    head = element("th", f"[{tag}]" if tag else name, scope="row", title=name)
    built = [element("td", cell, class_=style or None) for cell, style in zip(cells, styles, strict=True)]
    return element("tr", head, built, class_="part" if tag else None)


def _compared_row(
    analysis: Analysis, row: tuple[str, ...], effect: Effect | None, shared: Scale, moves: Scale, base: str
) -> Html:
    name, n, before, after, moved, worse_better, p, rule, can_see, verdict = row
    tag = effect.tag if effect else ""
    values: Child = (element("span", before, class_="of-base"), element("br"), after)
    pictures: tuple[Child, Child] = (None, None)
    change_said: Child = moved
    if effect is not None:
        sides = [("base", effect.baseline), ("candidate", effect.candidate)]
        pictures = (
            _values_picture(effect.metric, sides, _rule(analysis, name), shared, base=base),
            _change_picture(effect, _rule(analysis, name), moves),
        )
        change_said = _change_said(effect) or moved
    cells: list[Child] = [
        values, pictures[0], change_said, pictures[1], n, worse_better, p, can_see, rule, _verdict(verdict)
    ]  # fmt: skip
    styles = ("num", "plot-cell", "num", "plot-cell", "num", "num", "num", "num", "rule", "")
    return _row(name, tag, cells, styles)


def _change_said(effect: Effect) -> Child:
    if not effect.worse and not effect.better:
        return None
    interval = effect.interval
    said = bounds(effect.metric, interval.low, interval.high) if interval else ""
    return (change(effect.metric, effect.change), element("br"), element("span", said, class_="soft"))


def _verdict(verdict: str) -> Html:
    return element("span", verdict, class_=f"status {_WORDS.get(verdict.split(' ')[0], 'soft')}")


def _rule(analysis: Analysis, name: str) -> Rule | None:
    return analysis.policy.rules.get(name)


def _sides_of(effect: Effect) -> list[Metric]:
    return [effect.baseline, effect.candidate]


def _values_picture(
    name: str, sides: Sequence[tuple[str, Metric]], rule: Rule | None, shared: Scale, *, base: str = "base"
) -> Child:
    """Every side as a dot with its interval, and the floor or ceiling; what is no score has a scale of its own."""
    known = [(style, metric) for style, metric in sides if metric.mean is not None]
    if not known:
        return None
    bound = rule.bound if rule else None
    own = name in MEASURED
    scale = _scale([metric for _, metric in known], [] if bound is None else [bound], roomy=own) if own else shared
    dots = [
        Whisker(metric.mean or 0.0, *_interval(metric), style if style == "base" else "candidate")
        for style, metric in known
    ]
    marks = [Mark(bound, "floor")] if bound is not None and rule is not None else []
    words = [f"{base if style == 'base' else 'this change'} {_said(name, metric)}" for style, metric in known]
    if bound is not None and rule is not None:
        words.append(f"{rule.bound_name} {amount(name, bound)}")
    return (whiskers(scale, dots, marks, ", ".join(words)), _ends(name, scale) if own else None)


def _change_picture(effect: Effect, rule: Rule | None, shared: Scale) -> Child:
    """The change with its interval, around zero, and how far the metric may move."""
    name = effect.metric
    own = name in MEASURED
    limit = _limit(effect, rule)
    scale = _moves([effect], [] if limit is None else [limit]) if own else shared
    interval = effect.interval
    low, high = (interval.low, interval.high) if interval else (None, None)
    style = "worse" if effect.drop > 0 else "better" if effect.drop < 0 else "base"
    marks = [Mark(0.0, "zero"), *([Mark(limit, "tolerance")] if limit is not None else [])]
    words = f"change {change(name, effect.change)}"
    if interval:
        words += f", interval {bounds(name, interval.low, interval.high)}"
    if limit is not None:
        words += f", allowed {change(name, limit)}"
    return whiskers(scale, [Whisker(effect.change, low, high, style)], marks, words)


def _limit(effect: Effect, rule: Rule | None) -> float | None:
    """The change that a rule still allows."""
    if rule is None or rule.tolerance is None:
        return None
    allowed = rule.tolerance.absolute(effect.baseline_mean)
    return allowed if lower_is_better(effect.metric) else -allowed


def _interval(metric: Metric) -> tuple[float | None, float | None]:
    return (metric.interval.low, metric.interval.high) if metric.interval else (None, None)


def _said(name: str, metric: Metric) -> str:
    if metric.interval is None:
        return amount(name, metric.mean)
    return f"{amount(name, metric.mean)} ({amount(name, metric.interval.low)} to {amount(name, metric.interval.high)})"


def _shared_scale(rows: Sequence[Sequence[Metric]], analysis: Analysis) -> Scale:
    """The one scale of all scores: tenths around everything that stands on it."""
    rules = analysis.policy.rules.values()
    floors = [rule.bound for rule in rules if rule.bound is not None and rule.metric not in MEASURED]
    exact = _scale([metric for row in rows for metric in row], floors, roomy=False)
    low, high = max(0.0, _down(exact.low)), min(1.0, -_down(-exact.high))
    return Scale(low, high if high > low else low + 0.1, _VALUES_WIDTH)


def _down(value: float) -> float:
    """The next tenth below."""
    return math.floor(value * 10 - 0.05) / 10


def _scale(metrics: Sequence[Metric], more: Sequence[float], *, roomy: bool) -> Scale:
    ends = [end for metric in metrics for end in (*_interval(metric), metric.mean) if end is not None]
    low, high = min([*ends, *more], default=0.0), max([*ends, *more], default=1.0)
    room = (high - low) * 0.08 if roomy else 0.0
    return Scale(low - room, high + room, _VALUES_WIDTH)


def _shared_moves(effects: Sequence[Effect], analysis: Analysis) -> Scale:
    limits = [_limit(effect, analysis.policy.rules.get(effect.name)) for effect in effects]
    return _moves(effects, [limit for limit in limits if limit is not None])


def _moves(effects: Sequence[Effect], more: Sequence[float]) -> Scale:
    """A scale of changes with zero in its middle."""
    ends = [effect.change for effect in effects] + list(more)
    ends += [end for effect in effects if effect.interval for end in (effect.interval.low, effect.interval.high)]
    far = max((abs(end) for end in ends), default=0.0) * 1.06 or 0.01
    return Scale(-far, far, _CHANGE_WIDTH)


def _ends(name: str, scale: Scale) -> Html:
    """The two ends of a scale, as wide as its picture."""
    low, high = amount(name, scale.low), amount(name, scale.high)
    return element("span", element("span", low), element("span", high), class_="ends", aria_hidden="true")


def _move_ends(scale: Scale) -> Html:
    low, high = change("", scale.low), change("", scale.high)
    parts = (element("span", words) for words in (low, "0", high))
    return element("span", parts, class_="ends narrow", aria_hidden="true")
