"""What is to be thought of one case of a run, for people who look at cases as tests. The gate looks at all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from llmops_cli.evals.metric import CaseValue, case_values
from llmops_cli.evals.policy import Policy, lower_is_better
from llmops_cli.evals.run import CaseRecord, Run
from llmops_cli.evals.verdict import Status, Verdict

# from the worst: a check of the gate says no and nothing excuses it; no score; no, and the gate tolerates it; no, and
# it said no at the base as well; no check of the gate looks at the case; all of them say yes
Kind = Literal["fail", "unmeasured", "tolerated", "known", "unasked", "pass"]
_ORDER: tuple[Kind, ...] = get_args(Kind)
_ASKED_AGAIN = 3  # critical cases that fail are asked so often, whatever the repeats of the run


@dataclass(frozen=True, slots=True)
class CaseVerdict:
    """What is to be thought of a case; `checks` are those that the reason is about, `values` all that gate."""

    case: str
    kind: Kind
    reason: str
    checks: tuple[str, ...]
    values: Mapping[str, CaseValue]


def case_verdicts(run: Run, policy: Policy, verdict: Verdict | None) -> dict[str, CaseVerdict]:
    """By case id, for every case that the candidate was asked. `verdict` is None where the gate was not.

    A case fails a check when most of its answers do not pass. That is excused where it failed it at the base too; and
    where the gate has decided and does not blame this check, unless the case is critical or a floor of 1 asks for all.
    """
    values = {
        side.role: {
            name: case_values(side, name, repeats=max(_ASKED_AGAIN, run.repeats))
            for name in policy.metrics
            if not lower_is_better(name)
        }
        for side in (run.candidate, run.baseline)
        if side is not None
    }
    records = {case.id: case for case in run.cases}
    jury = _Jury(policy, verdict, values["candidate"], values.get("baseline", {}))
    return {case: jury.says(records[case]) for case in run.candidate.by_case}


@dataclass(frozen=True, slots=True)
class _Jury:
    policy: Policy
    verdict: Verdict | None
    after: Mapping[str, Mapping[str, CaseValue]]  # by metric and case
    before: Mapping[str, Mapping[str, CaseValue]]

    def says(self, case: CaseRecord) -> CaseVerdict:
        values = {name: found[case.id] for name, found in self.after.items() if case.id in found}
        values = {
            name: value
            for name, value in values.items()
            if self.policy.looks_at(name, case.tags) and (value.scored or value.failed)
        }
        if not values:
            return CaseVerdict(case.id, "unasked", "no check of the gate looks at this case", (), {})
        found = {name: self._of_check(name, value, case) for name, value in values.items()}
        kind = min((kind for kind, _ in found.values()), key=_ORDER.index)
        checks = tuple(name for name, (own, _) in found.items() if own == kind)
        reasons = dict.fromkeys(reason for own, reason in found.values() if own == kind)
        return CaseVerdict(case.id, kind, f"{', '.join(checks)}: {'; '.join(reasons)}", checks, values)

    def _of_check(self, name: str, value: CaseValue, case: CaseRecord) -> tuple[Kind, str]:
        if not value.scored:
            return "unmeasured", "could not be measured"
        if not _fails(value):
            return "pass", "passes"
        before = self.before.get(name, {}).get(case.id)
        if before is not None and _fails(before):
            return "known", "fails at the base too"
        failed = "does not pass" + (
            f" {value.scored - value.passed} of {value.scored} times" if value.scored > 1 else ""
        )
        if before is not None and before.scored:
            failed += ", and passed at the base"
        if case.critical:
            return "fail", f"{failed}; the case is critical"
        if self._asks_for_all(name, case):
            return "fail", f"{failed}; a floor of 1 tolerates nothing"
        if self.verdict is None or self.verdict.status is Status.INVALID:
            return "fail", f"{failed}; no gate has decided whether that may be"
        if self._blames(name, case, self.verdict):
            return "fail", f"{failed}; the gate does not tolerate it"
        return "tolerated", f"{failed}; the gate tolerates it"

    def _asks_for_all(self, name: str, case: CaseRecord) -> bool:
        rules = (rule for rule in self.policy.rules.values() if rule.metric == name)
        return any(
            rule.bound is not None and rule.bound >= 1 for rule in rules if not rule.tag or rule.tag in case.tags
        )

    def _blames(self, name: str, case: CaseRecord, verdict: Verdict) -> bool:
        """Whether the gate says no because of this check, on all cases or on a slice that the case is in."""
        if verdict.exit_code(self.policy) == 0:
            return False
        deciding = (finding for finding in verdict.findings if finding.status is verdict.status)
        return any(finding.metric == name and (not finding.tag or finding.tag in case.tags) for finding in deciding)


def _fails(value: CaseValue) -> bool:
    """Whether most of the answers did not pass; as for critical cases, half of them is no failure."""
    return (value.scored - value.passed) * 2 > value.scored
