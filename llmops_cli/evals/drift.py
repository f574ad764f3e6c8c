"""Has the model changed without us? A released prompt as it answers now, against the scores that its tag holds."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from llmops_cli.evals.analysis import clusters_of
from llmops_cli.evals.comparison import Effect, compare, side_metrics
from llmops_cli.evals.metric import Metric, case_values, interval_as_json
from llmops_cli.evals.policy import MEASURED, Policy
from llmops_cli.evals.release_scores import ReleaseScore, ReleaseScores
from llmops_cli.evals.run import Run
from llmops_cli.files.json_value import Json
from llmops_cli.stats.clusters import standard_error_of_mean
from llmops_cli.stats.interval import Interval
from llmops_cli.stats.multiplicity import holm
from llmops_cli.stats.power import smallest_visible_beyond
from llmops_cli.stats.two_samples import (
    Spread,
    difference_error,
    fisher_mid_p,
    newcombe,
    welch_interval,
    welch_p,
)

Answer = Literal["drifted", "cannot tell", "better", "stable"]
_WORST_FIRST: tuple[Answer, ...] = ("drifted", "cannot tell", "better", "stable")


@dataclass(frozen=True, slots=True)
class MetricDrift:
    """One metric, then (at the release) and now, in its own unit.

    `change` and its 95 % `interval` are now minus then; `p` is two-sided, `adjusted_p` after Holm over all checks of
    the suite; `visible` is the smallest true drop that would be found four times in five. `answer` is empty for what is
    measured besides (cost, time, tokens), which is shown and decides nothing.
    """

    metric: str
    answer: Answer | Literal[""]
    before: float | None
    now: float | None
    n_before: int = 0
    n_now: int = 0
    change: float | None = None
    interval: Interval | None = None
    p: float | None = None
    adjusted_p: float | None = None
    visible: float | None = None
    reason: str = ""

    def as_json(self) -> dict[str, Json]:
        return {**asdict(self), "interval": interval_as_json(self.interval)}


@dataclass(frozen=True, slots=True)
class SuiteDrift:
    """The answer for one suite. `reasons` say why nothing, or not everything, can be told.

    `place` is where the version is from: an environment, or "the newest release". `paired` says that the stored run of
    the release was at hand, so that cases were compared with themselves.
    """

    suite: str
    prompt: str
    version: str
    place: str
    answer: Answer
    reasons: tuple[str, ...] = ()
    metrics: tuple[MetricDrift, ...] = ()
    released_run: str = ""
    paired: bool = False
    answered_before: tuple[str, ...] = ()
    answered_now: tuple[str, ...] = ()
    run: str = ""
    stored: str = ""  # the file that holds the answers, relative to the project where it is inside
    cases: int = 0
    cost_usd: float | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def reference(self) -> str:
        return f"{self.prompt}@{self.version}" if self.version else self.prompt

    def as_json(self) -> dict[str, Json]:
        listed = ("reasons", "answered_before", "answered_now", "notes")
        return {
            **asdict(self),
            **{name: list(getattr(self, name)) for name in listed},
            "metrics": [metric.as_json() for metric in self.metrics],
        }


def exit_code_of(found: Iterable[SuiteDrift]) -> int:
    """1 when any suite drifted, else 3 when something could not be told, else 0."""
    answers = {one.answer for one in found}
    return 1 if "drifted" in answers else 3 if "cannot tell" in answers or not answers else 0


def metrics_drift(
    run: Run, scores: ReleaseScores, earlier: Run | None, policy: Policy, alpha: float
) -> tuple[MetricDrift, ...]:
    """Every metric of the release against the candidate of `run`, decided at `alpha` after Holm over the checks.

    `earlier` is the stored run of the release, None where it is not at hand. A check drifted when it fell by more than
    the `max_drop` of its rule (by anything, where it has none) and by more than chance.
    """
    now = side_metrics(run.candidate, clusters=clusters_of(run), repeats=run.repeats)
    effects = _effects(run, earlier)
    found = [
        _measured(name, scores.metrics.get(name), now.get(name), run, effects.get(name), policy)
        for name in dict.fromkeys([*scores.metrics, *now])
    ]
    tested = {one.metric: one.p for one in found if one.p is not None and one.metric not in MEASURED}
    adjusted = holm(tested)
    smallest = alpha / 2 / max(1, len(tested))  # what the first step of Holm asks of one side
    return tuple(_decided(one, adjusted.get(one.metric), policy, alpha, smallest) for one in found)


def overall(metrics: Iterable[MetricDrift]) -> Answer:
    """The answer over the checks of a suite: the worst of them; nothing to go by is no answer."""
    answers = {one.answer for one in metrics if one.answer}
    return next((answer for answer in _WORST_FIRST if answer in answers), "cannot tell")


def _effects(run: Run, earlier: Run | None) -> Mapping[str, Effect]:
    if earlier is None:
        return {}
    before = earlier.candidate.model_copy(update={"role": "baseline"})
    repeats = min(run.repeats, earlier.repeats)
    return compare(before, run.candidate, clusters=clusters_of(run), repeats=repeats).effects


def _measured(
    name: str, score: ReleaseScore | None, metric: Metric | None, run: Run, effect: Effect | None, policy: Policy
) -> MetricDrift:
    """What can be said of one metric, not yet decided; a `reason` says that nothing can."""
    blank = MetricDrift(
        name,
        "" if name in MEASURED else "cannot tell",
        score.mean if score else None,
        metric.mean if metric else None,
        score.n if score else 0,
        metric.n if metric else 0,
    )
    if score is None or metric is None or metric.mean is None:
        return replace(blank, reason="it was not measured " + ("now" if score else "then"))
    blank = replace(blank, change=metric.mean - score.mean)
    if name not in MEASURED and (reason := _unlike(score, metric, len(run.cases), policy)):
        return replace(blank, reason=reason)
    if effect is not None and effect.n == metric.n:
        p, error = effect.two_sided_p, effect.standard_error
        return replace(blank, change=effect.change, interval=effect.interval, p=p, visible=error)
    return _unpaired(blank, score, metric, run)


def _unlike(score: ReleaseScore, metric: Metric, cases: int, policy: Policy) -> str:
    """Why the two cannot be compared: too much failed, or not the same cases were measured."""
    if metric.failed_share > policy.max_failed:
        return f"{metric.failed} of {metric.measurements} measurements failed"
    if abs(score.n - metric.n) > policy.max_failed * cases:
        return f"it was measured on {score.n} cases then, and on {metric.n} now"
    return ""


def _unpaired(blank: MetricDrift, score: ReleaseScore, metric: Metric, run: Run) -> MetricDrift:
    """By what the tag holds. `visible` is the standard error of the change until it is decided."""
    after = _spread_now(blank.metric, run)
    yes = _yes_then(score, metric)
    if yes is not None and metric.binary and after is not None and after.units == metric.n:
        counts = (yes, score.n, round((metric.mean or 0) * metric.n), metric.n)
        before = Spread.of_counts(yes, score.n)
        p = fisher_mid_p(*counts)
        return replace(
            blank,
            interval=newcombe(*counts),
            p=min(1.0, 2 * min(p, 1 - p)),
            visible=difference_error(before.with_both_ends(), after.with_both_ends()),
        )
    before_or_none = _spread_then(score, after)
    if before_or_none is None or after is None:
        return replace(blank, reason="" if blank.metric in MEASURED else "the tag does not say how far it varies")
    sides = (before_or_none, after)
    if blank.metric not in MEASURED:
        sides = (before_or_none.with_both_ends(), after.with_both_ends())
    p = welch_p(*sides)
    return replace(
        blank, interval=welch_interval(*sides), p=min(1.0, 2 * min(p, 1 - p)), visible=difference_error(*sides)
    )


def _yes_then(score: ReleaseScore, metric: Metric) -> int | None:
    """How many cases were yes. An older tag does not say; of what is yes or no now, its mean gives it away."""
    if score.yes is not None:
        return score.yes if score.yes <= score.n else None
    count = round(score.mean * score.n)
    rounding = 0.00006 * score.n
    whole = abs(score.mean * score.n - count) <= rounding < 0.5
    return count if score.error is None and metric.binary and whole and 0 <= count <= score.n else None


def _spread_then(score: ReleaseScore, after: Spread | None) -> Spread | None:
    """The spread at the release; the golden set is the same, and so are its clusters."""
    if score.yes is not None and score.yes <= score.n and score.n > 1:
        return Spread.of_counts(score.yes, score.n)
    if score.error is None or after is None:
        return None
    return Spread(score.mean, score.error, after.units)


def _spread_now(name: str, run: Run) -> Spread | None:
    """None where there are too few independent cases to know one."""
    clusters = clusters_of(run)
    values = case_values(run.candidate, name, repeats=run.repeats)
    measured = {case: value.value for case, value in values.items() if value.value is not None}
    groups = [clusters.get(case, case) for case in measured]
    units = len(set(groups))
    if units < 2:
        return None
    numbers = list(measured.values())
    return Spread(sum(numbers) / len(numbers), standard_error_of_mean(numbers, groups), units)


def _decided(one: MetricDrift, adjusted: float | None, policy: Policy, alpha: float, smallest: float) -> MetricDrift:
    """The metric with its answer, and what this comparison could have seen."""
    rule = policy.rules.get(one.metric)
    allowed = rule.tolerance.absolute(one.before) if rule and rule.tolerance and one.before is not None else 0.0
    visible = smallest_visible_beyond(one.visible, smallest, allowed) if one.visible is not None else None
    one = replace(one, visible=visible)
    change = one.change
    if one.metric in MEASURED or adjusted is None or change is None:
        return one
    one = replace(one, adjusted_p=adjusted)
    if adjusted > alpha or change == 0:
        return replace(one, answer="stable")
    if change > 0:
        return replace(one, answer="better")
    if -change <= allowed:
        return replace(one, answer="stable", reason=f"it fell, within its max_drop {rule.tolerance if rule else ''}")
    return replace(one, answer="drifted")
