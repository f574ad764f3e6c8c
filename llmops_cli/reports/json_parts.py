"""The JSON of a run as far as no pydantic shape reads it: verdict, comparison, policy, and what reports compute."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from llmops_cli.evals.run import Role


class FindingJson(TypedDict):
    """One thing the gate says about a metric, a slice of it, or the run (then `metric` is empty)."""

    status: Literal["pass", "inconclusive", "fail", "invalid", "improved", "worsened", "accepted"]
    guard: str
    metric: str
    tag: str
    text: str


class SightJson(TypedDict):
    """What the gate could have seen for a metric."""

    adjusted_p: float | None
    smallest_visible_drop: float | None
    can_fail: bool


class VerdictJson(TypedDict):
    """What the gate says."""

    status: Literal["pass", "inconclusive", "fail", "invalid"]
    findings: list[FindingJson]
    metrics: dict[str, SightJson]
    anchor: NotRequired[dict[str, SightJson]]


class IntervalJson(TypedDict):
    """A 95 % interval, in the unit of its metric."""

    low: float
    high: float
    method: str


class EffectJson(TypedDict):
    """What happened to a metric between two sides, over the cases both have. `slices` have a `tag` each."""

    metric: str
    n: int
    baseline: float
    candidate: float
    change: float
    interval: IntervalJson | None
    p: float
    two_sided_p: float
    standard_error: float
    worse: list[str]
    better: list[str]
    baseline_failed: int
    candidate_failed: int
    tag: NotRequired[str]
    slices: NotRequired[list["EffectJson"]]


class ToleranceJson(TypedDict):
    """How far a metric may move the wrong way."""

    value: float
    relative: bool


class RuleJson(TypedDict):
    """One rule of the gate."""

    metric: str
    tag: str
    bound: float | None
    tolerance: ToleranceJson | None


class PolicyJson(TypedDict):
    """What decided; of a run that is not decided yet it is empty."""

    rules: NotRequired[list[RuleJson]]
    alpha: NotRequired[float]
    on_inconclusive: NotRequired[Literal["fail", "warn", "pass"]]
    max_repeats: NotRequired[int]
    max_failed: NotRequired[float]
    mode: NotRequired[Literal["regression", "noninferior"]]
    accepted: NotRequired[Literal["change", "base", "nobody"]]
    require_calibration: NotRequired[bool]
    added: NotRequired[list[str]]


class MetricJson(TypedDict):
    """A metric of the candidate over all its cases, or over those with the tag `tag`."""

    name: str
    mean: float | None
    n: int
    failed: int
    measurements: int
    interval: IntervalJson | None
    tag: NotRequired[str]
    slices: NotRequired[list["MetricJson"]]


class ComputedJson(TypedDict):
    """What the document of `--json` adds to a run."""

    metrics: list[MetricJson]
    exit_code: int


class DecidedJson(TypedDict):
    """The parts of a run whose shape pydantic does not know."""

    verdict: VerdictJson
    comparison: list[EffectJson]
    anchor_comparison: list[EffectJson]
    policy: PolicyJson


class BelongingJson(TypedDict):
    """What a trial belongs to."""

    format: Literal["llmops.trial/1"]
    run: str
    suite: str
    created_at: str
    side: Role
    prompt: str
    version: str
    digest: str
    model: str
