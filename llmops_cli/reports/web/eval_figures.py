"""The figures of a run as a table with pictures: both sides with their intervals, the change, and what rules allow."""

import math
from collections.abc import Iterable, Mapping, Sequence

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.comparison import Comparison, Effect
from llmops_cli.evals.figures import amount, bounds, change
from llmops_cli.evals.metric import Metric
from llmops_cli.evals.policy import MEASURED, Rule, lower_is_better
from llmops_cli.reports.visible import one_line
from llmops_cli.reports.web.markup import Child, Html, element
from llmops_cli.reports.web.svg import Mark, Scale, Whisker, balance, whiskers
from llmops_cli.reports.web.tables import scrolling

_VALUES_WIDTH, _CHANGE_WIDTH = 180.0, 140.0
_DRAWN = element("span", "drawn", class_="away")  # the name of a column of pictures, for those who cannot see them
_WORDS = {"ok": "good", "improved": "good", "fail": "bad", "invalid": "invalid", "inconclusive": "open",
          "worsened": "open", "accepted": "open"}  # fmt: skip


def compared_table(
    analysis: Analysis, rows: Sequence[tuple[str, ...]], comparison: Comparison, *, base: str, title: str = ""
) -> Html:
    """Rows of COLUMNS_COMPARED as a table; `base` is what the earlier side is called.

    Counts lead to their cases in the list, but from a table with a title: that is of another comparison than the list.
    A metric and its slices share the scale of their values, and all scores that of their changes: both are points.
    """
    effects = {row[0]: effect for row in rows if (effect := comparison.every.get(row[0])) is not None}
    rules = analysis.policy.rules
    scales = {name: _scale_of_effects(name, effects.values(), rules) for name in {e.metric for e in effects.values()}}
    scores = _moves([one for one in effects.values() if one.metric not in MEASURED], rules)
    body = []
    for row in rows:
        effect = effects.get(row[0])
        if effect is None:
            body.append(_row_without_effect(row))
            continue
        moves = _moves([effect], rules) if effect.metric in MEASURED else scores
        moved = _moved(row[5], effect, leads=not title)
        body.append(_compared_row(row, effect, rules.get(row[0]), (scales[effect.metric], moves), base, moved))
    heads = (
        ("metric", ""),
        ((base, element("br"), "this change"), "num"),
        (_DRAWN, ""),
        (("change", element("br"), "95 % interval"), "num"),
        (
            (
                _DRAWN,
                _ends_of_changes("", scores) if any(one.metric not in MEASURED for one in effects.values()) else None,
            ),
            "",
        ),
        ("n", "num"),
        (("worse /", element("br"), "better"), "num"),
        ("p", "num"),
        ("can see", "num"),
        ("verdict, rule", ""),
    )
    return _table(title, heads, body, name=title or f"figures of {one_line(analysis.run.suite)}")


def alone_table(analysis: Analysis, rows: Sequence[tuple[str, ...]]) -> Html:
    """Rows of COLUMNS_ALONE as a table."""
    every: Mapping[str, Metric] = {**analysis.metrics, **analysis.slices}
    rules = analysis.policy.rules
    heads = (
        ("metric", ""),
        ("value", "num"),
        (_DRAWN, ""),
        ("95 % interval", "num"),
        ("n", "num"),
        ("failed", "num"),
        ("verdict, rule", ""),
    )
    body = []
    for name, n, value, interval, failed, rule, verdict in rows:
        metric = every[name]
        scale = _values_scale(metric.metric, [one for one in every.values() if one.metric == metric.metric], rules)
        picture = _values_picture([("candidate", metric)], rules.get(name), scale)
        cells: list[Child] = [value, picture, interval, n, failed, _verdict(verdict, rule)]
        body.append(_row(name, metric.tag, cells, ("num", "plot-cell", "num", "num", "num", "verdict")))
    return _table("", heads, body, name=f"figures of {one_line(analysis.run.suite)}")


def _table(title: str, heads: Sequence[tuple[Child, str]], body: Sequence[Html], *, name: str) -> Html:
    head = element("tr", (element("th", words, scope="col", class_=style or None) for words, style in heads))
    table = element(
        "table",
        element("caption", title) if title else None,
        element("thead", head),
        element("tbody", body),
        class_="figures metrics",
    )
    return scrolling(name, table)


def _row(name: str, tag: str, cells: Sequence[Child], styles: Sequence[str]) -> Html:
    """One row; its last cell is the verdict, which a telephone shows below the name as well."""
    again = element("span", cells[-1], class_="again", aria_hidden="true")
    words = (element("span", name.removesuffix(f"[{tag}]"), class_="away"), f"[{tag}]") if tag else name
    head = element("th", words, again, scope="row", title=name)
    built = [element("td", cell, class_=style) for cell, style in zip(cells, styles, strict=True)]
    return element("tr", head, built, class_="part" if tag else None)


def _moved(said: str, effect: Effect, *, leads: bool) -> Child:
    """`worse/better`, which the script of the page makes a way to those cases, above a bar of their balance."""
    worse, better = len(effect.worse), len(effect.better)
    check, tag = (effect.metric, effect.tag or None) if leads else (None, None)
    words = element("span", said, class_="moved", data_check=check, data_tag=tag)
    if not worse and not better:
        return words
    return (words, balance(worse, better, f"{worse} worse, {better} better"))


_STYLES = ("num", "plot-cell", "num", "plot-cell", "num", "num", "num", "num", "verdict")


def _compared_row(
    row: tuple[str, ...], effect: Effect, rule: Rule | None, scales: tuple[Scale, Scale], base: str, cases: Child
) -> Html:
    name, n, before, after, moved, _, p, said, can_see, verdict = row
    cells: list[Child] = [
        (element("span", before, class_="of-base"), element("br"), after),
        _values_picture([(base, effect.baseline), ("this change", effect.candidate)], rule, scales[0]),
        _change_said(effect) or moved,
        _change_picture(effect, rule, scales[1]),
        n,
        cases,
        p,
        can_see,
        _verdict(verdict, said),
    ]
    return _row(name, effect.tag, cells, _STYLES)


def _row_without_effect(row: tuple[str, ...]) -> Html:
    """A metric that only one side has a value for."""
    name, n, before, after, moved, worse_better, p, said, can_see, verdict = row
    values: Child = (element("span", before, class_="of-base"), element("br"), after)
    cells: list[Child] = [values, None, moved, None, n, worse_better, p, can_see, _verdict(verdict, said)]
    return _row(name, "", cells, _STYLES)


def _change_said(effect: Effect) -> Child:
    """The change above its interval; nothing where no case changed."""
    if not effect.worse and not effect.better:
        return None
    interval = effect.interval
    said = bounds(effect.metric, interval.low, interval.high) if interval else ""
    return (change(effect.metric, effect.change), element("br"), element("span", said, class_="soft"))


def _verdict(verdict: str, rule: str) -> Child:
    word = element("span", verdict, class_=f"status {_WORDS.get(verdict.split(' ')[0], 'soft')}")
    return (word, element("br"), element("span", rule, class_="rule")) if rule != "-" else word


def _values_picture(sides: Sequence[tuple[str, Metric]], rule: Rule | None, scale: Scale) -> Child:
    """Every side as a dot with its interval, and the floor or ceiling. Of two sides the first is the earlier one."""
    known = [(who, metric) for who, metric in sides if metric.mean is not None]
    if not known:
        return None
    name, tag = known[0][1].metric, known[0][1].tag
    styles = {who: "base" if index == 0 and len(sides) > 1 else "candidate" for index, (who, _) in enumerate(sides)}
    dots = [Whisker(metric.mean or 0.0, *_interval(metric), styles[who]) for who, metric in known]
    words = [f"{who} {_said(metric)}" if len(sides) > 1 else _said(metric) for who, metric in known]
    marks = []
    if rule is not None and rule.bound is not None:
        marks = [Mark(rule.bound, "floor")]
        words.append(f"{rule.bound_name} {amount(name, rule.bound)}")
    ends = None if tag else _ends([amount(name, scale.low), amount(name, scale.high)], scale.width)
    return (whiskers(scale, dots, marks, ", ".join(words)), ends)


def _change_picture(effect: Effect, rule: Rule | None, scale: Scale) -> Child:
    """The change with its interval, around zero, and how far it may go; what is no score has a scale of its own."""
    name, interval, limit = effect.metric, effect.interval, _limit(effect, rule)
    low, high = (interval.low, interval.high) if interval else (None, None)
    style = "worse" if effect.drop > 0 else "better" if effect.drop < 0 else "base"
    marks = [Mark(0.0, "zero"), *([Mark(limit, "tolerance")] if limit is not None else [])]
    words = f"change {change(name, effect.change)}"
    words += f", interval {bounds(name, interval.low, interval.high)}" if interval else ""
    words += f", allowed {change(name, limit)}" if limit is not None else ""
    picture = whiskers(scale, [Whisker(effect.change, low, high, style)], marks, words)
    return (picture, _ends_of_changes(name, scale)) if name in MEASURED else picture


def _limit(effect: Effect, rule: Rule | None) -> float | None:
    """The change that a rule still allows."""
    if rule is None or rule.tolerance is None:
        return None
    allowed = rule.tolerance.absolute(effect.baseline_mean)
    return allowed if lower_is_better(effect.metric) else -allowed


def _interval(metric: Metric) -> tuple[float | None, float | None]:
    return (metric.interval.low, metric.interval.high) if metric.interval else (None, None)


def _said(metric: Metric) -> str:
    name, interval = metric.metric, metric.interval
    said = amount(name, metric.mean)
    return f"{said} ({amount(name, interval.low)} to {amount(name, interval.high)})" if interval else said


def _scale_of_effects(name: str, effects: Iterable[Effect], rules: Mapping[str, Rule]) -> Scale:
    sides = [side for effect in effects if effect.metric == name for side in (effect.baseline, effect.candidate)]
    return _values_scale(name, sides, rules)


def _values_scale(name: str, metrics: Iterable[Metric], rules: Mapping[str, Rule]) -> Scale:
    """The scale of a metric and its slices: all that stands on it, for scores from one tenth to another."""
    found = [end for metric in metrics for end in (*_interval(metric), metric.mean) if end is not None]
    found += [rule.bound for rule in rules.values() if rule.metric == name and rule.bound is not None]
    low, high = min(found, default=0.0), max(found, default=1.0)
    if name in MEASURED:
        room = (high - low) * 0.08
        return Scale(max(0.0, low - room), high + room, _VALUES_WIDTH)
    low, high = max(0.0, math.floor(low * 10) / 10), min(1.0, math.ceil(high * 10) / 10)
    return (
        Scale(low, high, _VALUES_WIDTH)
        if high > low
        else Scale(max(0.0, low - 0.1), min(1.0, low + 0.1), _VALUES_WIDTH)
    )


def _moves(effects: Sequence[Effect], rules: Mapping[str, Rule]) -> Scale:
    """A scale of changes with zero in its middle."""
    ends = [end for effect in effects if effect.interval for end in (effect.interval.low, effect.interval.high)]
    ends += [effect.change for effect in effects]
    ends += [limit for effect in effects if (limit := _limit(effect, rules.get(effect.name))) is not None]
    far = max((abs(end) for end in ends), default=0.0) * 1.06 or 0.01
    return Scale(-far, far, _CHANGE_WIDTH)


def _ends_of_changes(metric: str, scale: Scale) -> Html:
    return _ends([change(metric, scale.low), "0", change(metric, scale.high)], scale.width)


def _ends(words: Sequence[str], width: float) -> Html:
    """What stands at the ends (and in the middle) of a scale; the numbers of the row say it to everybody else."""
    style = "ends wide" if width == _VALUES_WIDTH else "ends"
    return element("span", (element("span", word) for word in words), class_=style, aria_hidden="true")
