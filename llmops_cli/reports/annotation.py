"""What reports and guards object to, each at a line of a file: what CI systems show beside the change."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from llmops_cli.errors import Problem
from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.case_verdict import case_verdicts
from llmops_cli.evals.golden.finding import Finding as GoldenFinding
from llmops_cli.evals.results_folder import StoppedRecord
from llmops_cli.evals.verdict import Finding, Remark, Status
from llmops_cli.files.json_value import canonical
from llmops_cli.prompts.check import Checked
from llmops_cli.reports.eval_view import answer_of, said_of, telling
from llmops_cli.reports.visible import excerpt, one_line

Level = Literal["error", "warning", "notice"]

FAILED_CASE = "case-fails"
NOT_MEASURED = "not-measured"
INVALID_FILE = "invalid-file"
MOST_CASES = 500  # of a suite
_SHOWN = 280


@dataclass(frozen=True, slots=True)
class Annotation:
    """One objection. `path` is from the top of the repository (empty if unknown), `line` from 1 (0: the whole file).

    `about` names what it is about, so that the same objection of another run has the same fingerprint.
    """

    rule: str
    level: Level
    title: str
    text: str
    path: str
    line: int
    about: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """sha256 (hex) of rule, path and what it is about: neither the line nor the wording, which change."""
        return hashlib.sha256(canonical([self.rule, self.path, *self.about]).encode("utf-8", "replace")).hexdigest()


def of_runs(analyses: Sequence[Analysis], stopped: Sequence[StoppedRecord] = ()) -> list[Annotation]:
    """What the gates object to, the worst first, then the cases that fail (at most 500 of a suite).

    Those count that did not fail at the base too; the gate may tolerate them, and then they are a notice.

    What was not measured is an objection too, though nobody can say to which file.
    """
    found = [
        Annotation(NOT_MEASURED, "error", "not measured", _with_hint(one.message, one.hint), "", 0, (one.message,))
        for one in stopped
    ]
    found += [one for analysis in analyses for one in _of_findings(analysis)]
    order: list[Level] = ["error", "warning", "notice"]
    found.sort(key=lambda one: order.index(one.level))
    return _told_apart([*found, *(one for analysis in analyses for one in _of_cases(analysis))])


def of_check(checked: Checked, *, prefix: str) -> list[Annotation]:
    """What the guards object to; `prefix` leads from the top of the repository to the project."""
    found = [
        Annotation(one.rule, "error", f"prompt check: {one.rule}", _with_hint(one.message, one.hint), prefix + one.path,
                   one.line, (one.prompt,))
        for one in checked.findings
    ]  # fmt: skip
    return _told_apart([*found, *(_of_problem(problem, prefix) for problem in checked.problems)])


def of_golden_lint(findings: Sequence[GoldenFinding], *, prefix: str) -> list[Annotation]:
    """What a lint of golden sets objects to."""
    return _told_apart(
        Annotation(one.rule, one.severity, f"golden lint: {one.rule}", _with_hint(one.message, one.hint),
                   prefix + one.path, one.line, (one.case, one.other))
        for one in findings
    )  # fmt: skip


def _of_findings(analysis: Analysis) -> Iterator[Annotation]:
    run = analysis.run
    path, line = place_of(analysis)
    for finding in analysis.verdict.findings:
        level = _level(analysis, finding)
        if level is not None:
            title = f"{run.suite}: {finding.guard}"
            about = (run.suite, finding.metric, finding.tag)
            yield Annotation(finding.guard, level, title, f"{finding.status.value}: {finding.text}", path, line, about)


def _level(analysis: Analysis, finding: Finding) -> Level | None:
    """How loud a finding is; None for good news."""
    match finding.status:
        case Status.FAIL | Status.INVALID:
            return "error"
        case Status.INCONCLUSIVE:
            return "error" if analysis.policy.on_inconclusive == "fail" else "warning"
        case Remark.ACCEPTED | Remark.WORSENED:
            return "warning"
        case _:
            return None


def _of_cases(analysis: Analysis) -> Iterator[Annotation]:
    run = analysis.run
    path, line = place_of(analysis)
    before, after = run.baseline.by_case if run.baseline else {}, run.candidate.by_case
    critical = {case.id for case in run.cases if case.critical}
    found = case_verdicts(run, analysis.policy, analysis.verdict).values()
    failing = [one for one in found if one.kind in ("fail", "tolerated")]
    failing.sort(key=lambda one: (one.kind != "fail", one.case not in critical))
    for one in failing[:MOST_CASES]:
        earlier, later = telling(run, before.get(one.case, [])), telling(run, after[one.case])
        parts = [f"case {one_line(one.case, 200)}: {one_line(one.reason)}"]
        parts += [excerpt(said, _SHOWN) for said in said_of(later, one.checks)]
        parts += [f"base: {excerpt(answer_of(earlier), _SHOWN)}"] if earlier else []
        parts += [f"this change: {excerpt(answer_of(later), _SHOWN)}"]
        level: Level = "warning" if one.kind == "fail" else "notice"
        yield Annotation(FAILED_CASE, level, f"{run.suite}: case", "\n".join(parts), path, line, (run.suite, one.case))


def place_of(analysis: Analysis) -> tuple[str, int]:
    """Where a report of a run points to; a run from before that was kept knows its suite at least."""
    side = analysis.run.candidate
    return (side.path, max(side.line, 1)) if side.path else (analysis.run.suite_path, 1)


def _of_problem(problem: Problem, prefix: str) -> Annotation:
    text = _with_hint(f"{problem.key}: {problem.message}" if problem.key else problem.message, problem.hint)
    title = f"prompt check: {INVALID_FILE}"
    return Annotation(INVALID_FILE, "error", title, text, prefix + problem.path, problem.line, (problem.key, text))


def _with_hint(text: str, hint: str) -> str:
    return f"{text} ({hint})" if hint else text


def _told_apart(annotations: Iterable[Annotation]) -> list[Annotation]:
    """The same objection twice is two: the second one counts itself."""
    seen: Counter[str] = Counter()
    found: list[Annotation] = []
    for one in annotations:
        seen[one.fingerprint] += 1
        count = seen[one.fingerprint]
        found.append(replace(one, about=(*one.about, str(count))) if count > 1 else one)
    return found
