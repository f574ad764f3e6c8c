"""From results to a run: what is stored and reported, still without a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from llmops_cli import __version__
from llmops_cli.evals.analysis import policy_as_json
from llmops_cli.evals.plan import Subject
from llmops_cli.evals.preparation import Preparation
from llmops_cli.evals.run import CaseRecord, Counts, Result, Role, Run, Side


@dataclass(frozen=True, slots=True)
class RunName:
    """What a run is called, and when it began (RFC 3339, UTC)."""

    id: str
    created_at: str

    @classmethod
    def of(cls, prepared: Preparation, now: datetime) -> "RunName":
        name = f"{now:%Y%m%dT%H%M%SZ}-{prepared.suite.name}-{prepared.inputs[7:13]}"
        return cls(name, f"{now:%Y-%m-%dT%H:%M:%SZ}")


def make_run(
    prepared: Preparation, name: RunName, results: Mapping[str, list[Result]], repeats: int, counts: Counts
) -> Run:
    """The run as it stands, still without a verdict.

    The results of a side lie in one order, that of repeats and cases, whoever measured them and when.
    """
    suite = prepared.suite
    place = {case.id: index for index, case in enumerate(suite.golden.cases)}

    def ordered(role: Role) -> list[Result]:
        return sorted(results.get(role, []), key=lambda one: (one.repeat, place[one.case]))

    sides = {subject.role: _side(subject, ordered(subject.role)) for subject in prepared.subjects}
    return Run(
        id=name.id,
        suite=suite.name,
        suite_path=suite.path,
        created_at=name.created_at,
        llmops_version=__version__,
        cases=[
            CaseRecord(
                id=case.id,
                vars=case.vars,
                messages=case.messages,
                expected=case.expected,
                tags=prepared.bar.tags.get(case.id, case.tags),
                critical=case.id in prepared.bar.critical,
                cluster=prepared.bar.clusters.get(case.id, ""),
            )
            for case in suite.golden.cases
        ],
        golden=suite.golden.digest,
        repeats=repeats,
        repeatable=prepared.recording is None,
        candidate=sides["candidate"],
        baseline=sides.get("baseline"),
        baseline_commit=prepared.base.commit if prepared.base else "",
        against=prepared.base.name if prepared.base else "",
        anchor=sides.get("anchor"),
        anchor_name=prepared.anchor_name,
        accepted=list(prepared.accepted),
        inputs=prepared.inputs,
        judges=prepared.judges,
        judged_by=prepared.judged_by,
        uncalibrated=dict(prepared.loaded.uncalibrated),
        removed_cases=list(prepared.bar.removed),
        narrowed={name: list(cases) for name, cases in prepared.bar.narrowed.items()},
        notes=[
            *prepared.notes,
            *_notes_on_judges(prepared),
            *prepared.notes_on_judges,
            *_notes_on_models([side for side in sides.values() if side.role != "anchor"]),
        ],
        counts=counts,
        policy=policy_as_json(prepared.policy),
    )


def _notes_on_judges(prepared: Preparation) -> list[str]:
    """Of judges that nobody has held against people, unless the verdict itself says so."""
    policy = prepared.policy
    required = policy.metrics if policy.require_calibration else ()
    return [why for name, why in prepared.loaded.uncalibrated.items() if name not in required]


def _notes_on_models(sides: Sequence[Side]) -> list[str]:
    """A name that stood for two models while the two sides were asked makes them hard to compare."""
    answered = {side.role: {result.answered_by for result in side.results if result.answered_by} for side in sides}
    asked = {side.model for side in sides}
    before, after = answered.get("baseline", set()), answered.get("candidate", set())
    if len(asked) > 1 or not before or not after or before == after:
        return []
    name = next(iter(asked)) or "the recording"
    return [f"{name} answered as {_list(before)} for the base and as {_list(after)} for this change"]


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _side(subject: Subject, results: list[Result]) -> Side:
    return Side(
        role=subject.role,
        prompt=subject.prompt.name,
        version=str(subject.prompt.version),
        digest=subject.prompt.digest,
        model=subject.answering,
        commit=subject.commit,
        dirty=subject.dirty,
        path=subject.path,
        line=subject.line,
        contract=subject.prompt.contract(),
        results=results,
    )
