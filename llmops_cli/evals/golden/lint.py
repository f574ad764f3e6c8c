"""`golden lint`: whatever would make the verdicts of a golden set mean less than they seem to. Asks no model."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from llmops_cli.checks.check import CheckShape
from llmops_cli.errors import FileError, LlmopsError, Problem
from llmops_cli.evals.case import Case
from llmops_cli.evals.dataset import Row, read_rows
from llmops_cli.evals.golden.choice import chosen, golden_path, suite_shape
from llmops_cli.evals.golden.duplicates import SIMILAR, duplicate_findings
from llmops_cli.evals.golden.finding import Finding
from llmops_cli.evals.golden.grading import grading_findings
from llmops_cli.evals.golden.leaks import leak_findings
from llmops_cli.evals.golden.private import private_findings
from llmops_cli.evals.loaded import TreeResources, find_prompt
from llmops_cli.evals.runner import BoundCheck
from llmops_cli.evals.suite import load_suite
from llmops_cli.files.json_value import Json
from llmops_cli.settings import Settings
from llmops_cli.vcs.tree import Tree, beside, read_text

_RARE = 3  # a tag with fewer cases
_RARE_FROM = 20  # cases in the set; in a smaller one every tag is rare
_SPELT_ALIKE = 0.85  # similarity of two words, 0 to 1
_MOST_CRITICAL = 0.5
_CRITICAL_FROM = 10


@dataclass(frozen=True, slots=True)
class Lint:
    """What was looked at, and what it showed. `suites` names every suite with its golden set's path and cases."""

    suites: tuple[tuple[str, str, int], ...]  # suite (empty for a file alone), golden set, cases
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        return sum(1 for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors

    def as_json(self, *, strict: bool) -> dict[str, Json]:
        return {
            "format": "llmops.golden-lint/1",
            "passed": not self.errors and not (strict and self.warnings),
            "errors": self.errors,
            "warnings": self.warnings,
            "sets": [{"suite": suite, "path": path, "cases": cases} for suite, path, cases in self.suites],
            "findings": [finding.as_json() for finding in self.findings],
        }


def lint(tree: Tree, settings: Settings, names: Sequence[str] = (), *, similar: float = SIMILAR) -> Lint:
    """Look at suites (by name or path) and golden sets (by path); at all suites when none is named.

    A golden set that suites use is looked at with them: without one, only what the cases say of themselves is seen.
    Raises InputError and FileError when there is no such suite or file, or a suite or prompt cannot be read.
    """
    suites, files = chosen(tree, settings, names)
    seen: list[tuple[str, str, int]] = []
    findings: list[Finding] = []
    read: dict[str, list[Row]] = {}
    for path in dict.fromkeys([*(golden_path(tree, suite) for suite in suites), *files]):
        rows, own = _set_findings(tree, path, similar)
        findings += own
        if not any(finding.rule in ("malformed", "empty", "duplicate-id") for finding in own):
            read[path] = rows
        users = [suite for suite in suites if golden_path(tree, suite) == path]
        seen += [(suite, path, len(rows)) for suite in users or [""]]
        for suite in users if path in read else []:
            findings += _suite_findings(tree, settings, suite, rows)
    order = {path: number for number, (_, path, _) in enumerate(seen)}
    findings.sort(key=lambda finding: (order.get(finding.path, -1), finding.line))
    return Lint(tuple(seen), tuple(dict.fromkeys(findings)))


def _set_findings(tree: Tree, path: str, similar: float) -> tuple[list[Row], list[Finding]]:
    """What the cases say of themselves, without prompt and checks."""
    try:
        rows, problems = read_rows(read_text(tree, path), path)
    except FileError as error:
        if not all(problem.line for problem in error.problems):
            raise
        rows, problems = [], list(error.problems)
    findings = [_malformed(problem) for problem in problems]
    if not rows and not problems:
        findings.append(Finding("empty", "error", path, 0, "holds no cases", "add one: llmops golden add"))
    findings += _duplicate_ids(rows, path)
    findings += duplicate_findings(rows, path, similar=similar)
    findings += private_findings(rows, path)
    findings += _balance([row.case for row in rows], path)
    return rows, findings


def _suite_findings(tree: Tree, settings: Settings, suite_path: str, rows: Sequence[Row]) -> list[Finding]:
    """What can be seen with the prompt and the checks that the cases are for."""
    shape = suite_shape(tree, suite_path)
    path = beside(suite_path, shape.cases)
    prompt = find_prompt(tree, shape.prompt, folder=settings.prompts)
    findings = [
        Finding(
            "vars", "error", path, row.line, f"{row.case.id!r} does not fit {prompt.reference}: {'; '.join(misfits)}",
            "the vars of a case are the variables of the prompt", row.case.id,
        )
        for row in rows if (misfits := prompt.misfits(row.case.vars))
    ]  # fmt: skip
    findings += leak_findings(rows, prompt, path)
    try:
        suite = load_suite(tree, suite_path)
    except FileError as error:
        return findings + [_bad_check(problem) for problem in error.problems]
    bad: list[Finding] = []
    shared = _bound(tree, settings, suite.path, suite.checks, bad)
    own = {case: _bound(tree, settings, suite.path, shapes, bad) for case, shapes in suite.case_checks.items()}

    def checks_of(case: Case) -> list[BoundCheck]:
        replaced = {bound.shape.name for bound in own.get(case.id, [])}
        return [bound for bound in shared if bound.shape.name not in replaced] + own.get(case.id, [])

    if bad:  # a case whose check cannot be made is not one that nobody looks at
        return findings + bad
    return findings + grading_findings(rows, checks_of, path, gating=frozenset(suite.policy.rules))


def _bound(
    tree: Tree, settings: Settings, path: str, shapes: Sequence[CheckShape], bad: list[Finding]
) -> list[BoundCheck]:
    """The checks ready to run; what cannot be made is added to `bad`."""
    resources = TreeResources(tree, path, settings.prompts, settings.judge_model, settings.embedding_model)
    bound: list[BoundCheck] = []
    for shape in shapes:
        try:
            bound.append(BoundCheck(shape, shape.bind(resources)))
        except LlmopsError as error:
            bad.append(Finding("check", "error", path, 0, error.message, error.hint))
    return bound


def _malformed(problem: Problem) -> Finding:
    text = f"{problem.key}: {problem.message}" if problem.key else problem.message
    return Finding("malformed", "error", problem.path, problem.line, text, problem.hint)


def _bad_check(problem: Problem) -> Finding:
    text = f"{problem.key}: {problem.message}" if problem.key else problem.message
    return Finding("check", "error", problem.path, problem.line, text, problem.hint)


def _duplicate_ids(rows: Sequence[Row], path: str) -> list[Finding]:
    first: dict[str, Row] = {}
    found: list[Finding] = []
    for row in rows:
        earlier = first.setdefault(row.case.id, row)
        if earlier is not row:
            text = f"the id {row.case.id!r} stands on line {earlier.line} already"
            hint = "sides are paired by id: give every case its own"
            found.append(Finding("duplicate-id", "error", path, row.line, text, hint, row.case.id, row.case.id))
    return found


def _balance(cases: Sequence[Case], path: str) -> list[Finding]:
    """Tags with too few cases to say anything about them, and too many cases that block alone."""
    found: list[Finding] = []
    tags = Counter(tag for case in cases for tag in set(case.tags))
    rare = sorted((tag, count) for tag, count in tags.items() if count < _RARE) if len(cases) >= _RARE_FROM else []
    known = [tag for tag, count in tags.items() if count >= _RARE]
    for tag, count in rare:
        if close := get_close_matches(tag, known, n=1, cutoff=_SPELT_ALIKE):
            text = f"the tag {tag!r} stands at {count} of {len(cases)} cases"
            found.append(Finding("tag-spelling", "warning", path, 0, text, f"did you mean {close[0]!r}?"))
    if rare:
        listed = ", ".join(f"{tag} ({count})" for tag, count in rare[:8]) + (", ..." if len(rare) > 8 else "")
        text = f"{len(rare)} of {len(tags)} tags stand at fewer than {_RARE} cases: {listed}"
        hint = "slices of so few cases say nothing: add cases, or leave the tags out"
        found.append(Finding("rare-tag", "warning", path, 0, text, hint))
    critical = sum(1 for case in cases if case.critical)
    if len(cases) >= _CRITICAL_FROM and critical > _MOST_CRITICAL * len(cases):
        text = f"{critical} of {len(cases)} cases are critical"
        hint = "each of them blocks a change alone, whatever the mean says: keep the flag for those that must"
        found.append(Finding("mostly-critical", "warning", path, 0, text, hint))
    return found
