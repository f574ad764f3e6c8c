"""How every case of a run stands: what became of it on each check, and which cases are worth looking at first.

Signs say what is so, several of one case, on both sides, whether or not a rule of the gate asks for it. What is to be
thought of a case once the gate has decided is another question, with one answer: `evals/case_verdict.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.metric import CaseValue, case_values, metric_names
from llmops_cli.evals.policy import MEASURED
from llmops_cli.evals.run import CaseRecord

# regressed, improved: the mean over the repeats moved; flaky: repeats of one side disagree; unmeasured: no answer, or a
# check without a score; not passing: a check says no to an answer of the candidate; new: only the candidate has it
Sign = Literal["regressed", "improved", "flaky", "unmeasured", "not passing", "new"]
SIGNS: tuple[Sign, ...] = get_args(Sign)

_NOTHING = CaseValue(None)


@dataclass(frozen=True, slots=True)
class CheckStanding:
    """One check on one case. `before` is None where the run has no baseline."""

    name: str
    before: CaseValue | None
    after: CaseValue
    signs: frozenset[Sign]

    @property
    def said(self) -> str:
        """Both sides in a few characters: `pass → fail`, `3/3 → 1/3`, `0.80 → 0.62`; one where there is one."""
        after = value_said(self.after)
        return after if self.before is None else f"{value_said(self.before)} → {after}"

    @property
    def fall(self) -> float:
        """How far the score fell; negative where it rose."""
        if self.before is None or self.before.value is None or self.after.value is None:
            return 0.0
        return self.before.value - self.after.value


@dataclass(frozen=True, slots=True)
class CaseStanding:
    """One case on all checks that looked at it, those that gate first."""

    record: CaseRecord
    checks: tuple[CheckStanding, ...]
    signs: frozenset[Sign]
    badness: tuple[float, ...]  # the smaller, the sooner it should be looked at


def standings(analysis: Analysis) -> list[CaseStanding]:
    """Every case of the candidate's golden set, the worst news first: broken critical cases, what turned worse, what
    could not be measured, what does not pass, what is not stable, what is new, what turned better; then the rest."""
    run = analysis.run
    gating = set(analysis.policy.metrics)
    sides = [side for side in (run.candidate, run.baseline) if side is not None]
    names = [name for name in metric_names(sides) if name not in MEASURED]
    names.sort(key=lambda name: name not in gating)
    of_sides = {
        role: {name: case_values(side, name, repeats=run.repeats) for name in names}
        for role, side in (("after", run.candidate), ("before", run.baseline))
        if side is not None
    }
    new = set(analysis.comparison.new_cases) if analysis.comparison else set()
    unanswered = {result.case for side in sides for result in side.results if not result.answered}
    found = []
    for place, record in enumerate(run.cases):
        checks = tuple(_checks(record.id, names, of_sides, compared=analysis.comparison is not None))
        signs = {sign for check in checks for sign in check.signs}
        signs |= {"new"} if record.id in new else set()
        signs |= {"unmeasured"} if record.id in unanswered else set()
        found.append(CaseStanding(record, checks, frozenset(signs), _badness(record, checks, signs, gating, place)))
    return sorted(found, key=lambda case: case.badness)


def value_said(value: CaseValue) -> str:
    """The value of a case in a few characters."""
    if value.scored == 0:
        return "no score" if value.failed else "–"
    if not value.yes_or_no:
        return f"{value.value:.2f}"
    if value.repeats == 1:
        return "pass" if value.passed else "fail"
    return f"{value.passed}/{value.scored}"


def _checks(
    case: str, names: Sequence[str], of_sides: Mapping[str, Mapping[str, Mapping[str, CaseValue]]], *, compared: bool
) -> list[CheckStanding]:
    found = []
    for name in names:
        after = of_sides["after"][name].get(case, _NOTHING)
        before = of_sides["before"][name].get(case, _NOTHING) if "before" in of_sides else None
        if any(value is not None and (value.scored or value.failed or value.declined) for value in (before, after)):
            found.append(CheckStanding(name, before, after, _signs(before, after, compared=compared)))
    return found


def _signs(before: CaseValue | None, after: CaseValue, *, compared: bool) -> frozenset[Sign]:
    signs: set[Sign] = set()
    if compared and before is not None and before.value is not None and after.value is not None:
        signs |= {"regressed"} if after.value < before.value else set()
        signs |= {"improved"} if after.value > before.value else set()
    sides = [value for value in (before, after) if value is not None]
    if any(0 < value.passed < value.scored for value in sides):
        signs.add("flaky")
    if any(value.failed for value in sides):
        signs.add("unmeasured")
    if after.passed < after.scored:
        signs.add("not passing")
    return frozenset(signs)


def _badness(
    record: CaseRecord, checks: Sequence[CheckStanding], signs: set[Sign], gating: set[str], place: int
) -> tuple[float, ...]:
    of_gates: set[Sign] = {sign for check in checks if check.name in gating for sign in check.signs}
    tiers = (
        record.critical and "regressed" in of_gates,
        "regressed" in of_gates,
        "regressed" in signs,
        "unmeasured" in signs,
        "not passing" in of_gates,
        "flaky" in signs,
        "not passing" in signs,
        "new" in signs,
        "improved" in signs,
    )
    tier = next((index for index, holds in enumerate(tiers) if holds), len(tiers))
    fall = max((check.fall for check in checks if check.name in gating or not gating), default=0.0)
    return (float(tier), -max(fall, 0.0), float(place))
