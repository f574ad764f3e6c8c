"""What became of every case of a run, for those who list cases: one word each, and the checks that it is about.

It decides nothing. What one case does may be chance, and whether a change may be merged is the gate's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.metric import CaseValue, case_values
from llmops_cli.evals.policy import MEASURED
from llmops_cli.evals.run import CaseRecord


class Fate(StrEnum):
    """What can become of a case, the worst news first. It passes a check when more than half of its repeats do."""

    LOST = "lost"  # a gating check that passed at the base does not any more
    FAILING = "failing"  # a gating check does not pass, and nobody knows that it ever did
    UNMEASURED = "unmeasured"  # no answer, or a gating check that could not say anything
    AS_BEFORE = "as before"  # a gating check does not pass, as at the base
    GAINED = "gained"  # a gating check passes that did not
    PASSING = "passing"
    UNCHECKED = "unchecked"  # no gating check has looked at it


@dataclass(frozen=True, slots=True)
class CaseFate:
    """A case, what became of it, and the gating checks that say so (none for `passing` and `unchecked`)."""

    case: CaseRecord
    fate: Fate
    metrics: tuple[str, ...] = ()


def fates(analysis: Analysis) -> list[CaseFate]:
    """Every case that the candidate was asked, in the order of the golden set; none where nothing was run."""
    run, policy = analysis.run, analysis.policy
    gating = [name for name in policy.metrics if name not in MEASURED]
    after = {name: case_values(run.candidate, name, repeats=run.repeats) for name in gating}
    before = {name: case_values(run.baseline, name, repeats=run.repeats) for name in gating} if run.baseline else {}
    answered = {result.case for result in run.candidate.results if result.answered}
    asked = {result.case for result in run.candidate.results}
    found: list[CaseFate] = []
    for case in run.cases:
        if case.id in asked:
            names = [name for name in gating if policy.looks_at(name, case.tags)]
            found.append(_fate(case, names, after, before, answered=case.id in answered))
    return found


def _fate(
    case: CaseRecord,
    gating: list[str],
    after: Mapping[str, Mapping[str, CaseValue]],
    before: Mapping[str, Mapping[str, CaseValue]],
    *,
    answered: bool,
) -> CaseFate:
    now = {name: after[name][case.id] for name in gating if case.id in after[name]}
    then = {name: before[name][case.id] for name in gating if name in before and case.id in before[name]}
    failing = [name for name, value in now.items() if value.scored and not _passes(value)]
    known = [name for name in failing if name in then and then[name].scored]
    lost = [name for name in known if _passes(then[name])]
    gained = [
        n for n, v in now.items() if v.scored and _passes(v) and n in then and then[n].scored and not _passes(then[n])
    ]
    unmeasured = [name for name, value in now.items() if value.failed and not value.scored]
    words: list[tuple[Fate, list[str]]] = [
        (Fate.LOST, lost),
        (Fate.FAILING, [name for name in failing if name not in known]),
        (Fate.UNMEASURED, unmeasured if answered else unmeasured or gating),
        (Fate.AS_BEFORE, known),
        (Fate.GAINED, gained),
    ]
    for fate, metrics in words:
        if metrics:
            return CaseFate(case, fate, tuple(metrics))
    return CaseFate(case, Fate.PASSING if any(value.scored for value in now.values()) else Fate.UNCHECKED)


def _passes(value: CaseValue) -> bool:
    """Whether more than half of its scored repeats pass."""
    return 2 * value.passed > value.scored
