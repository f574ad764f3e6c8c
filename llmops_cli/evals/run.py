"""What a run was: every output, every score, and where they came from. These shapes are the stored format."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any, Literal, Protocol

from pydantic import Field, PrivateAttr

from llmops_cli.checks.check import Failed, Score, Scored, Skipped
from llmops_cli.evals.conversation import Conversation
from llmops_cli.files.json_value import Json
from llmops_cli.files.shape import FileShape

Role = Literal["candidate", "baseline", "anchor"]

FORMAT: Literal["llmops.run/1"] = "llmops.run/1"


class ScoreRecord(FileShape):
    """One score as it is stored. `value` (0 to 1) and `passed` are there exactly when the status is `scored`."""

    status: Literal["scored", "failed", "skipped"]
    value: float | None = None
    passed: bool | None = None
    reason: str = ""

    @classmethod
    def of(cls, score: Score, passed: bool) -> "ScoreRecord":
        match score:
            case Scored(value=value, reason=reason):
                return cls(status="scored", value=float(value), passed=passed, reason=reason)
            case Failed(reason):
                return cls(status="failed", reason=reason)
            case Skipped(reason):
                return cls(status="skipped", reason=reason)


class ContextRecord(FileShape):
    """A retrieved document as it is stored."""

    text: str
    id: str = ""


class Result(FileShape):
    """One trial and what came of it. `output` is None when there is no answer; then `error` says why."""

    case: str
    repeat: int
    output: str | None = None
    error: str = ""
    finish_reason: str = ""
    tool_calls: list[dict[str, Json]] = Field(default_factory=list)
    contexts: list[ContextRecord] = Field(default_factory=list)
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    latency_ms: float | None = None
    answered_by: str = ""
    answered_at: str = ""
    cached: bool = False
    request: str = ""  # the key of the request in the cache
    scores: dict[str, ScoreRecord] = Field(default_factory=dict)
    judge_replies: dict[str, list[str]] = Field(default_factory=dict)
    judge_cost_usd: float | None = 0.0

    _at: int | None = PrivateAttr(default=None)
    _answered: bool | None = PrivateAttr(default=None)

    @property
    def answered(self) -> bool:
        """Whether there is an output, be it here or in the log."""
        return self.output is not None if self._answered is None else self._answered

    @property
    def at(self) -> int | None:
        """Where the whole result stands in the log of its run; None when it is all here."""
        return self._at

    @property
    def origin(self) -> Literal["cache", "recording", "asked", ""]:
        """Where the answer comes from; empty where there is none. A recording was asked at no time."""
        if not self.answered:
            return ""
        if self.cached:
            return "cache"
        return "asked" if self.answered_at else "recording"

    def without_words(self, at: int) -> "Result":
        """The result without what was said, which stands in the log at this position."""
        empty: dict[str, Any] = {"output": None, "tool_calls": [], "contexts": [], "judge_replies": {}}
        slim = self.model_copy(update=empty)
        slim._at, slim._answered = at, self.answered
        return slim

    def measured(self, metric: str) -> float | None:
        """The measured value (USD, ms, tokens) of this trial, None when nobody told."""
        match metric:
            case "cost_usd":
                return self.cost_usd
            case "latency_ms":
                return self.latency_ms
            case "input_tokens":
                return self.input_tokens
            case "output_tokens":
                return self.output_tokens
        raise KeyError(metric)


class LoggedResult(Result):
    """A result as a line of the log: with the side it is of."""

    role: Role

    def of_result(self) -> dict[str, Any]:
        """The fields of the result alone."""
        return {name: value for name, value in self if name != "role"}


_repeat = attrgetter("repeat")


class Side(FileShape):
    """One prompt version over the whole golden set."""

    role: Role
    prompt: str
    version: str
    digest: str
    model: str  # empty for a recording
    commit: str
    dirty: bool
    path: str = ""  # of the prompt's file, from the top of the repository; empty in runs of before it was kept
    line: int = 0  # the one in it to look at, from 1; of a candidate what changed
    contract: dict[str, Json] = Field(default_factory=dict)  # the prompt, as far as its digest covers it
    results: list[Result] = Field(default_factory=list)

    @property
    def reference(self) -> str:
        return f"{self.prompt}@{self.version}"

    @property
    def by_case(self) -> Mapping[str, list[Result]]:
        """Results by case id, in order of their repeat."""
        grouped: dict[str, list[Result]] = {}
        for result in self.results:
            grouped.setdefault(result.case, []).append(result)
        for results in grouped.values():
            results.sort(key=_repeat)
        return grouped


class CaseRecord(Conversation):
    """What a report needs to know of a case."""

    id: str
    vars: dict[str, Json]
    expected: Json = None
    tags: list[str] = Field(default_factory=list)
    critical: bool = False
    cluster: str = ""


class AcceptedRecord(FileShape):
    """A drop that people looked at and took, as it counted in this run: `drop` in the metric's unit, 0 or more.

    `for_baseline` and `for_anchor` say against which side it applied.
    """

    metric: str
    tag: str = ""
    drop: float
    side: Literal["baseline", "anchor"] = "baseline"  # what it was measured against
    since: str  # the reference of the prompt it was measured against
    reason: str
    by: str
    date: str
    for_baseline: bool = False
    for_anchor: bool = False


class Counts(FileShape):
    """What the run cost in calls. `paid_calls` were really made, `cached_calls` the cache knew."""

    trials: int = 0
    paid_calls: int = 0
    cached_calls: int = 0
    cost_usd: float | None = 0.0  # of the paid calls; None when a price is unknown

    def plus(self, other: "Counts") -> "Counts":
        """The sum; an unknown cost stays unknown."""
        unknown = self.cost_usd is None or other.cost_usd is None
        return Counts(
            trials=self.trials + other.trials,
            paid_calls=self.paid_calls + other.paid_calls,
            cached_calls=self.cached_calls + other.cached_calls,
            cost_usd=None if unknown else (self.cost_usd or 0) + (other.cost_usd or 0),
        )


class Log(Protocol):
    """Where results are kept as they arrive."""

    def full(self, result: Result) -> Result:
        """The result with what was said."""
        ...


class Run(FileShape):
    """One execution of a suite."""

    format: Literal["llmops.run/1"] = FORMAT
    id: str
    suite: str
    suite_path: str
    created_at: str  # RFC 3339, UTC
    llmops_version: str
    cases: list[CaseRecord]
    golden: str = ""  # digest of the golden set
    repeats: int
    repeatable: bool
    candidate: Side
    baseline: Side | None = None
    baseline_commit: str = ""
    against: str = ""
    anchor: Side | None = None  # a second, earlier side: the guard against slow creep
    anchor_name: str = ""  # what was asked for
    accepted: list[AcceptedRecord] = Field(default_factory=list)
    inputs: str = ""  # digest of everything the candidate was measured with
    unchanged: bool = False
    judges: dict[str, str] = Field(default_factory=dict)  # check name -> digest of the judge
    judged_by: dict[str, str] = Field(default_factory=dict)  # check name -> definition and models, for people
    uncalibrated: dict[str, str] = Field(default_factory=dict)  # check name -> why its judge is not known to be good
    removed_cases: list[str] = Field(default_factory=list)
    narrowed: dict[str, list[str]] = Field(default_factory=dict)  # metric -> the base's cases it no longer looks at
    notes: list[str] = Field(default_factory=list)
    counts: Counts = Field(default_factory=Counts)
    verdict: dict[str, Json] = Field(default_factory=dict)  # the gate's answer as evals/gate.py wrote it
    comparison: list[dict[str, Json]] = Field(default_factory=list)
    anchor_comparison: list[dict[str, Json]] = Field(default_factory=list)
    policy: dict[str, Json] = Field(default_factory=dict)
    _log: "Log | None" = PrivateAttr(default=None)

    @property
    def sides(self) -> list[Side]:
        """All sides there are, the candidate first."""
        return [side for side in (self.candidate, self.baseline, self.anchor) if side is not None]

    @property
    def log(self) -> "Log | None":
        """Where the words of its results stand, None when they are here."""
        return self._log

    def with_log(self, log: "Log | None") -> "Run":
        """The run, whose results lie in this log."""
        run = self.model_copy()
        run._log = log
        return run

    def full(self, result: Result) -> Result:
        """The result with what was said. Raises InputError when its log cannot be read."""
        return self._log.full(result) if self._log is not None else result
