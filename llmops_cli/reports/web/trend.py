"""A metric over the releases of a prompt: a dot for each that was measured, gaps where none was, words for each dot."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from llmops_cli.evals.figures import amount
from llmops_cli.evals.policy import MEASURED
from llmops_cli.evals.release_scores import ReleaseScore
from llmops_cli.reports.web.markup import Html, element
from llmops_cli.stats.interval import wilson

_WIDTH, _HEIGHT = 720.0, 190.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 74.0, 16.0, 34.0, 28.0
_MOST_NAMES = 9  # of versions below the line
_NEAR_NORMAL = 1.96


@dataclass(frozen=True, slots=True)
class Point:
    """One release: its version, what was measured of it (None for nothing), and the mark of the golden set."""

    version: str
    date: str
    score: ReleaseScore | None
    golden: str = ""


def trend(metric: str, points: Sequence[Point]) -> Html:
    """The picture of one metric; `points` in ascending order of versions."""
    frame = _Frame.around(metric, points)
    parts = [*_grid(metric, frame), *_names(points, frame), *_golden_changes(points, frame), *_lines(points, frame)]
    parts += [_dot(metric, point, frame, index) for index, point in enumerate(points) if point.score]
    return element(
        "svg",
        parts,
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        class_="over-versions",
        role="group",
        aria_label=f"{metric} over {len(points)} versions",
    )


def interval_of(metric: str, score: ReleaseScore) -> tuple[float, float] | None:
    """95 %: Wilson's for counts, 1.96 standard errors otherwise; None where the tag holds neither.

    None as well for scores that were all the same and are not counted: an error of zero would claim to be certain. The
    ends stay where the metric can be.
    """
    if score.yes is not None and 0 <= score.yes <= score.n and score.n:
        found = wilson(score.yes, score.n)
        return found.low, found.high
    if score.error is None or (score.error == 0 and metric not in MEASURED):
        return None
    low, high = score.mean - _NEAR_NORMAL * score.error, score.mean + _NEAR_NORMAL * score.error
    return max(0.0, low), high if metric in MEASURED else min(1.0, high)


def words_of(metric: str, score: ReleaseScore) -> str:
    """`93.2 % (n 44), 95 % between 81.8 % and 97.7 %`."""
    ends = interval_of(metric, score)
    between = f", 95 % between {amount(metric, ends[0])} and {amount(metric, ends[1])}" if ends else ""
    return f"{amount(metric, score.mean)} (n {score.n}){between}"


@dataclass(frozen=True, slots=True)
class _Frame:
    count: int
    low: float
    high: float

    @classmethod
    def around(cls, metric: str, points: Sequence[Point]) -> "_Frame":
        scores = [point.score for point in points if point.score]
        ends = [end for score in scores for end in (interval_of(metric, score) or (score.mean, score.mean))]
        low, high = min(ends, default=0.0), max(ends, default=1.0)
        room = (high - low) * 0.08 or (0.05 if metric not in MEASURED else abs(high) * 0.1 or 1.0)
        top = high + room if metric in MEASURED or high > 1 else min(1.0, high + room)
        return cls(len(points), max(0.0, low - room), top)

    def x(self, index: float) -> float:
        across = _WIDTH - _LEFT - _RIGHT
        return _LEFT + across * (index + 0.5) / max(1, self.count)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _grid(metric: str, frame: _Frame) -> list[Html]:
    parts = []
    for value in (frame.low, (frame.low + frame.high) / 2, frame.high):
        y = frame.y(value)
        parts.append(_line(_LEFT, y, _WIDTH - _RIGHT, y, "grid"))
        parts.append(element("text", amount(metric, value), x=_at(_LEFT - 8), y=_at(y + 4), class_="axis end"))
    return parts


def _names(points: Sequence[Point], frame: _Frame) -> list[Html]:
    """Versions below the line, as many as there is room for; the newest always."""
    step = -(-len(points) // _MOST_NAMES)
    last = len(points) - 1
    return [
        element("text", points[index].version, x=_at(frame.x(index)), y=_at(_HEIGHT - 8), class_="axis middle")
        for index in range(last % step if step else 0, len(points), max(1, step))
    ]


def _lines(points: Sequence[Point], frame: _Frame) -> list[Html]:
    """From each release to the next, where both were measured, and not on two golden sets."""
    return [
        _line(frame.x(i), frame.y(one.score.mean), frame.x(i + 1), frame.y(other.score.mean), "trend")
        for i, (one, other) in enumerate(pairwise(points))
        if one.score and other.score and not (one.golden and other.golden and one.golden != other.golden)
    ]


def _golden_changes(points: Sequence[Point], frame: _Frame) -> list[Html]:
    """A line before every release that was measured on another golden set than the one before it."""
    parts, before = [], ""
    for index, point in enumerate(points):
        if not point.score or not point.golden:
            continue
        if before and point.golden != before:
            x, words = frame.x(index - 0.5), f"from {point.version} on measured with another golden set"
            line = _line(x, _TOP - 12, x, _HEIGHT - _BOTTOM, "golden")
            name = element("text", "other golden set", x=_at(x + 4), y=_at(_TOP - 4), class_="axis")
            parts.append(element("g", element("title", words), line, name))
        before = point.golden
    return parts


def _dot(metric: str, point: Point, frame: _Frame, index: int) -> Html:
    """A dot with its interval; its words are shown while it is pointed at, the table of versions has them for all."""
    assert point.score is not None
    x, y = frame.x(index), frame.y(point.score.mean)
    words = f"{point.version}: {words_of(metric, point.score)}" + (f" · {point.date[:10]}" if point.date else "")
    ends = interval_of(metric, point.score)
    whisker = _line(x, frame.y(ends[0]), x, frame.y(ends[1]), "whisker") if ends else None
    return element(
        "g",
        whisker,
        element("circle", cx=_at(x), cy=_at(y), r=9, class_="reach"),
        element("circle", cx=_at(x), cy=_at(y), r=4, class_="dot"),
        element("text", words, x=_at(_LEFT), y=_at(_TOP - 16), class_="said"),
        class_="point",
        role="img",
        aria_label=words,
    )


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> Html:
    return element("line", x1=_at(x1), y1=_at(y1), x2=_at(x2), y2=_at(y2), class_=style)


def _at(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
