"""Policy and verdict of a stored run as strict shapes, for runs that somebody else may have written."""

from typing import Annotated, Literal

from pydantic import Field

from llmops_cli.evals.policy import Accepts, Mode, OnInconclusive
from llmops_cli.files.shape import FileShape

_Number = Annotated[float, Field(ge=-1e12, le=1e12)]
_Name = Annotated[str, Field(max_length=500)]


class ToleranceRecord(FileShape):
    """How far a metric may move the wrong way."""

    value: _Number
    relative: bool


class RuleRecord(FileShape):
    """One rule of the gate."""

    metric: _Name
    bound: _Number | None
    tolerance: ToleranceRecord | None
    tag: _Name = ""


class PolicyRecord(FileShape):
    """What `policy_as_json` writes."""

    rules: list[RuleRecord] = Field(max_length=100)
    alpha: float = Field(gt=0, lt=1)
    on_inconclusive: OnInconclusive
    max_repeats: int = Field(ge=1, le=1000)
    max_failed: float = Field(ge=0, le=1)
    mode: Mode = "regression"
    accepted: Accepts = "change"
    require_calibration: bool = False
    added: list[_Name] = Field(default_factory=list, max_length=500)


class FindingRecord(FileShape):
    """One thing the gate said."""

    status: Literal["pass", "inconclusive", "fail", "invalid", "improved", "worsened", "accepted"]
    guard: _Name
    metric: _Name
    tag: _Name = ""
    text: str = Field(max_length=100_000)


class SightRecord(FileShape):
    """What the gate could have seen."""

    adjusted_p: Annotated[float, Field(ge=0, le=1)] | None
    smallest_visible_drop: _Number | None
    can_fail: bool


class VerdictRecord(FileShape):
    """What `Verdict.as_json` writes."""

    status: Literal["pass", "inconclusive", "fail", "invalid"]
    findings: list[FindingRecord] = Field(max_length=2_000)
    metrics: dict[str, SightRecord] = Field(default_factory=dict)
    anchor: dict[str, SightRecord] = Field(default_factory=dict)
