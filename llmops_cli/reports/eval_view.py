"""What a report of a run says, as plain strings in the order a person reads them; others only draw it."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.figures import many
from llmops_cli.evals.policy import MEASURED, lower_is_better
from llmops_cli.evals.run import CaseRecord, Result, Run, Side
from llmops_cli.evals.verdict import Remark, Status
from llmops_cli.reports.eval_rows import COLUMNS_ALONE, COLUMNS_COMPARED, anchor_rows_of, quiet_slices, rows_of


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case that turned worse: what was asked, and both answers with what the checks said of them."""

    id: str
    tags: str
    metrics: str
    asked: str
    before: str
    after: str
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MovedView:
    """The cases of one metric or slice that turned worse, and those that turned better, the most moved first."""

    name: str
    worse: tuple[str, ...]
    better: tuple[str, ...]

    def sentence(self, most: int = 10) -> str:
        """Both directions with their ids, of many the first `most`."""
        return f"{self.name}: {_listed(self.worse, 'worse', most)}; {_listed(self.better, 'better', most)}"


@dataclass(frozen=True, slots=True)
class EvalView:
    """A whole report. `headline` is true alone; `rows` fit `columns`, and `anchor_rows` do too."""

    status: Status
    unchanged: bool
    headline: str
    subject: str
    findings: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    regressed: tuple[CaseView, ...]
    regressed_total: int
    failing: tuple[CaseView, ...]
    failing_total: int
    facts: tuple[str, ...]
    notes: tuple[str, ...]
    footer: str
    command: str
    moved: tuple[MovedView, ...] = ()
    anchor_title: str = ""
    anchor_rows: tuple[tuple[str, ...], ...] = ()

    @property
    def listed(self) -> tuple[str, ...]:
        """The findings to list below the headline, which holds the first that decides."""
        return self.findings if len(self.findings) > 1 or self.status is Status.PASS else ()


def view_of(analysis: Analysis, *, most_cases: int = 5) -> EvalView:
    """The report of a run; at most `most_cases` cases are shown with both answers."""
    run = analysis.run
    compared = analysis.comparison is not None
    gating = set(analysis.policy.metrics)
    regressed = _regressed(analysis, gating)
    failing = [] if compared else _failing(analysis, gating)
    return EvalView(
        status=analysis.verdict.status,
        unchanged=run.unchanged,
        headline=headline(analysis),
        subject=_subject(analysis),
        findings=tuple(_shown_findings(analysis)),
        columns=COLUMNS_COMPARED if compared else COLUMNS_ALONE,
        rows=() if run.unchanged else tuple(rows_of(analysis)),
        regressed=tuple(_case_of(analysis, case) for case in regressed[:most_cases]),
        regressed_total=len(regressed),
        failing=tuple(_case_of(analysis, case) for case in failing[:most_cases]),
        failing_total=len(failing),
        facts=tuple(_facts(analysis)),
        notes=tuple(run.notes),
        footer=_footer(analysis),
        command=_command(analysis),
        moved=tuple(_moved(analysis)),
        anchor_title=f"against the anchor {run.anchor_name} ({run.anchor.reference})" if run.anchor else "",
        anchor_rows=tuple(anchor_rows_of(analysis)),
    )


def headline(analysis: Analysis) -> str:
    """Verdict, reason and base in one sentence that is true alone."""
    run, verdict = analysis.run, analysis.verdict
    against = f" against {run.against} ({run.baseline_commit[:7]})" if run.baseline_commit else ""
    if not run.baseline_commit and run.against:
        against = f" against run {run.against}"
    if run.unchanged:
        return f"{run.suite}: unchanged{against}; nothing was run"
    word = {"pass": "passed", "fail": "FAILED", "inconclusive": "is inconclusive", "invalid": "could not be decided"}
    said = word[verdict.status.value]
    if verdict.status is Status.INCONCLUSIVE and analysis.exit_code:
        said = "FAILED as inconclusive"  # the suite wants it so: on_inconclusive
    deciding = [finding for finding in verdict.findings if finding.status is verdict.status]
    reason = f": {deciding[0].text}" if deciding else ""
    if deciding and all(one.guard == "anchor" for one in deciding):
        against += " and the anchor"  # the base alone would have let it through
    more = f" (and {len(deciding) - 1} more)" if len(deciding) > 1 else ""
    accepted = [finding for finding in verdict.findings if finding.status is Remark.ACCEPTED]
    taken = f", with {many(len(accepted), 'drop')} ACCEPTED: {accepted[0].text}" if accepted and not deciding else ""
    return f"{run.suite}: the gate {said}{against}{reason}{more}{taken}"


def _listed(cases: tuple[str, ...], what: str, most: int) -> str:
    if not cases:
        return f"0 {what}"
    more = f" and {len(cases) - most} more" if len(cases) > most else ""
    return f"{len(cases)} {what}: {', '.join(cases[:most])}{more}"


def _moved(analysis: Analysis) -> list[MovedView]:
    """Who moved, by check, and by the slices that a rule or a finding is about; those that gate first."""
    said = {*analysis.policy.rules, *(finding.name for finding in analysis.verdict.findings)}
    every = analysis.comparison.every.values() if analysis.comparison else ()
    effects = [effect for effect in every if not effect.tag or effect.name in said]
    gating = set(analysis.policy.metrics)
    moved = [effect for effect in effects if effect.metric not in MEASURED and (effect.worse or effect.better)]
    order = {name: index for index, name in enumerate(dict.fromkeys(effect.metric for effect in moved))}
    moved.sort(key=lambda effect: (effect.metric not in gating, order[effect.metric]))
    return [MovedView(effect.name, effect.worse, effect.better) for effect in moved]


def _subject(analysis: Analysis) -> str:
    run = analysis.run
    after = run.candidate
    if run.baseline is None:
        return f"{after.reference}, {_who_answers(after)}"
    before = run.baseline
    versions = f"{before.version} -> {after.version}" if before.version != after.version else f"{after.version}"
    changed = "" if before.digest != after.digest else " (same text)"
    return f"{after.prompt} {versions}{changed}, {_who_answers(after, before)}"


def _who_answers(side: Side, before: Side | None = None) -> str:
    if not side.model:
        return "recorded answers"
    changed = f"{before.model or 'a recording'} -> " if before is not None and before.model != side.model else ""
    return f"answers of {changed}{side.model}"


def _shown_findings(analysis: Analysis) -> list[str]:
    return [f"{finding.status.value}: {finding.text}" for finding in analysis.verdict.findings]


def _regressed(analysis: Analysis, gating: set[str]) -> list[str]:
    """Cases that turned worse, those of gating metrics first; each once."""
    if analysis.comparison is None:
        return []
    critical = {case.id for case in analysis.run.cases if case.critical}
    effects = [effect for name, effect in analysis.comparison.effects.items() if not lower_is_better(name)]
    effects.sort(key=lambda effect: effect.metric not in gating)
    found = dict.fromkeys(case for effect in effects for case in effect.worse)
    return sorted(found, key=lambda case: case not in critical)


def _failing(analysis: Analysis, gating: set[str]) -> list[str]:
    """Without a baseline: the cases that do not pass a gating check."""
    found: dict[str, None] = {}
    for result in analysis.run.candidate.results:
        for name, record in result.scores.items():
            if name in gating and record.status == "scored" and not record.passed:
                found[result.case] = None
    return list(found)


def _case_of(analysis: Analysis, case: str) -> CaseView:
    effects = analysis.comparison.effects.values() if analysis.comparison else ()
    worse = [effect.metric for effect in effects if case in effect.worse and not lower_is_better(effect.metric)]
    return case_view(analysis.run, case, worse)


def case_view(run: Run, case: str, metrics: Sequence[str]) -> CaseView:
    """One case, with what these checks said of it; where none is named, those that did not pass."""
    record = next((c for c in run.cases if c.id == case), None) or CaseRecord(id=case, vars={})
    after = telling(run, run.candidate.by_case.get(case, []))
    before = telling(run, run.baseline.by_case.get(case, [])) if run.baseline else None
    if not metrics and after is not None:
        metrics = [name for name, s in after.scores.items() if s.status == "scored" and not s.passed]
    critical = ["critical"] if record.critical else []
    return CaseView(
        id=case,
        tags=", ".join([*critical, *record.tags]),
        metrics=", ".join(metrics),
        asked=" | ".join(asked_of(record)),
        before=answer_of(before),
        after=answer_of(after),
        said=tuple(said_of(after, metrics)),
    )


def asked_of(record: CaseRecord) -> list[str]:
    """What a case asks: its variables, and what was said before."""
    said = [f"{message.role}: {message.text}" for message in record.messages]
    return [*(str(value) for value in record.vars.values()), *said]


def telling(run: Run, results: Sequence[Result]) -> Result | None:
    """The repeat to show: the first that lost a check, else the first."""
    lost = [r for r in results if any(s.status == "scored" and not s.passed for s in r.scores.values())]
    chosen = next(iter(lost or results), None)
    return run.full(chosen) if chosen is not None else None


def answer_of(result: Result | None) -> str:
    """The output of a trial, or in brackets why there is none."""
    if result is None:
        return "(none)"
    return result.output if result.output is not None else f"(no answer: {result.error})"


def said_of(result: Result | None, metrics: Sequence[str]) -> list[str]:
    """What these checks said of a trial, a line each."""
    scores = result.scores if result else {}
    return [f"{name}: {scores[name].reason or 'no reason given'}" for name in metrics if name in scores]


def _facts(analysis: Analysis) -> list[str]:
    run = analysis.run
    facts: list[str] = []
    if analysis.comparison is not None:
        improved = {case for effect in analysis.comparison.effects.values() for case in effect.better
                    if not lower_is_better(effect.metric)}  # fmt: skip
        facts.append(f"{many(len(improved), 'case')} improved")
        if analysis.comparison.new_cases:
            total = len(run.candidate.by_case)
            common = total - len(analysis.comparison.new_cases)
            facts.append(f"compared over {common} of {many(total, 'case')}, those that both sides have")
            facts.append(f"{many(len(analysis.comparison.new_cases), 'case')} new (floors only)")
    if still := len(quiet_slices(analysis)):
        facts.append(f"{many(still, 'slice')} without a changed case not shown")
    if run.removed_cases:
        facts.append(f"{many(len(run.removed_cases), 'case')} removed")
    sides = [side for side in (run.candidate, run.baseline) if side is not None]
    unanswered = sum(1 for side in sides for result in side.results if not result.answered)
    facts += [f"{check} = {who}" for check, who in run.judged_by.items()]
    if unanswered:
        facts.append(f"{many(unanswered, 'trial')} without an answer")
    return facts


def _footer(analysis: Analysis) -> str:
    run = analysis.run
    if run.unchanged:
        return f"run {run.id}"
    counts = run.counts
    calls = counts.paid_calls + counts.cached_calls
    share = (
        f"{counts.cached_calls} of {calls} calls cached"
        if calls
        else "no calls of ours"
        if counts.cost_usd is None
        else "no calls"
    )
    cost = "cost unknown" if counts.cost_usd is None else f"${counts.cost_usd:.4f} paid"
    golden = f" (golden set {run.golden[7:19]})" if run.golden else ""
    parts = [
        many(len(run.cases), "case") + golden,
        f"repeats {run.repeats}",
        f"alpha {analysis.policy.alpha:g}{_shared_by(analysis)}",
        share,
    ]
    return " · ".join([*parts, *([cost] if calls or counts.cost_usd is None else []), f"run {run.id}"])


def _shared_by(analysis: Analysis) -> str:
    """Several rules that compare share alpha (Holm), so that each of them sees less."""
    comparing = [rule for rule in analysis.policy.rules.values() if rule.tolerance is not None]
    shared = analysis.comparison is not None and analysis.policy.mode == "regression" and len(comparing) > 1
    return f" over {len(comparing)} rules (Holm)" if shared else ""


def _command(analysis: Analysis) -> str:
    run = analysis.run
    if run.against and not run.baseline_commit:
        return shlex.join(["llmops", "eval", "compare", run.against, run.id])
    words = ["llmops", "eval", "run", run.suite]
    words += ["--against", run.baseline_commit[:12]] if run.baseline_commit else []
    words += ["--anchor", run.anchor_name] if run.anchor_name else []
    words += ["--noninferior"] if analysis.policy.mode == "noninferior" else []
    return shlex.join(words)  # whoever copies it must not run what a suite is called
