"""Small pictures within a line of figures, drawn from numbers alone; their colours come from the page's style."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from llmops_cli.reports.web.markup import Html, element

_RADIUS = 4.0
_STEP = 18.0  # between two rows: as high as a line of the table beside them


@dataclass(frozen=True, slots=True)
class Scale:
    """Values `low` to `high` over the `width` of a picture (in CSS pixels), with room for dots at its ends."""

    low: float
    high: float
    width: float = 240.0

    def at(self, value: float) -> float:
        """Where a value stands; what lies outside stands at the end."""
        if self.high <= self.low:
            return self.width / 2
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return _RADIUS + 2 + share * (self.width - 2 * _RADIUS - 4)


@dataclass(frozen=True, slots=True)
class Whisker:
    """A dot with its interval (both ends None where there is none). `style` is a class: base, candidate, anchor."""

    value: float
    low: float | None
    high: float | None
    style: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line through a picture. `style` is a class: floor, zero, tolerance."""

    value: float
    style: str


def whiskers(scale: Scale, rows: Sequence[Whisker], marks: Sequence[Mark], label: str) -> Html:
    """Dots with their intervals below each other on one scale, and lines across them; `label` says it in words."""
    height = max(1, len(rows)) * _STEP
    lines = [_line(scale.at(mark.value), 0, scale.at(mark.value), height, f"mark {mark.style}") for mark in marks]
    drawn = [part for index, row in enumerate(rows) for part in _whisker(scale, row, _STEP * (index + 0.5))]
    return _picture(scale.width, height, label, [*lines, *drawn], "plot")


def balance(worse: int, better: int, label: str, *, width: float = 58.0) -> Html:
    """A thin bar in two parts, as long as what turned worse (left) is to what turned better (right)."""
    total, height = max(worse + better, 1), 4.0
    split = width * worse / total
    gap = 1.0 if worse and better else 0.0
    parts = [_bar(0, split - gap, height, "worse")] if worse else []
    parts += [_bar(split + gap, width - split - gap, height, "better")] if better else []
    return _picture(width, height, label, parts, "plot")


def trend_line(
    values: Sequence[float | None],
    label: str,
    *,
    size: tuple[float, float] = (160.0, 36.0),
    bounds: tuple[float, float] | None = None,
    floor: float | None = None,
) -> Html:
    """Values over time as a line with dots, the last of them stressed; None leaves a gap.

    `size` is width and height in CSS pixels, `bounds` the lowest and highest value of the scale, by default what is in
    it.
    """
    width, height = size
    known = [value for value in values if value is not None]
    low, high = bounds or _room([*known, *([floor] if floor is not None else [])])
    across = Scale(0, max(len(values) - 1, 1), width)
    up = Scale(low, high, height)
    places = [(across.at(i), height - up.at(v)) if v is not None else None for i, v in enumerate(values)]
    parts = [_line(0, height - up.at(floor), width, height - up.at(floor), "mark floor")] if floor is not None else []
    parts += [_line(*one, *other, "trend") for one, other in pairwise(places) if one is not None and other is not None]
    there = [place for place in places if place is not None]
    parts += [_dot(x, y, 1.7, "trend") for x, y in there[:-1]] + [_dot(x, y, 3.2, "trend last") for x, y in there[-1:]]
    return _picture(width, height, label, parts, "plot")


def _room(values: Sequence[float]) -> tuple[float, float]:
    """The ends of a scale for these values."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    return (low - 0.5, high + 0.5) if low == high else (low, high)


def _whisker(scale: Scale, row: Whisker, y: float) -> list[Html]:
    parts = []
    if row.low is not None and row.high is not None:
        left, right = scale.at(row.low), scale.at(row.high)
        parts.append(_line(left, y, right, y, f"whisker {row.style}"))
        # an end without a stroke lies beyond the scale
        ends = ((row.low, left), (row.high, right))
        parts += [
            _line(x, y - 3.5, x, y + 3.5, f"whisker {row.style}") for end, x in ends if scale.low <= end <= scale.high
        ]
    return [*parts, _dot(scale.at(row.value), y, _RADIUS, row.style)]


def _picture(width: float, height: float, label: str, parts: Sequence[Html], style: str) -> Html:
    return element(
        "svg",
        parts,
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        width=_number(width),
        height=_number(height),
        class_=style,
        role="img",
        aria_label=label,
    )


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> Html:
    return element("line", x1=_number(x1), y1=_number(y1), x2=_number(x2), y2=_number(y2), class_=style)


def _bar(x: float, width: float, height: float, style: str) -> Html:
    place = {"x": _number(x), "y": "0", "width": _number(max(width, 0.5)), "height": _number(height)}
    return element("rect", **place, class_=f"bar {style}")


def _dot(x: float, y: float, radius: float, style: str) -> Html:
    return element("circle", cx=_number(x), cy=_number(y), r=_number(radius), class_=f"dot {style}")


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
