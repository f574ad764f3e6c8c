"""The JSON of a run as far as no shape reads it: the comparison, what reports compute, what a line belongs to."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from llmops_cli.evals.run import Role
from llmops_cli.evals.stored_verdict import PolicyRecord, VerdictRecord


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

    verdict: VerdictRecord
    comparison: list[EffectJson]
    anchor_comparison: list[EffectJson]
    policy: PolicyRecord


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
