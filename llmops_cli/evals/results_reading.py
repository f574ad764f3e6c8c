"""A folder of results that another job has left, which may be that of a stranger: everything in it is untrusted.

Nothing in it is run, followed or believed beyond what it must say of itself. What does not fit is an error with a
sentence; files that nobody asked for are not looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import Field

from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.evals.analysis import Analysis, analyse
from llmops_cli.evals.policy import MEASURED
from llmops_cli.evals.results_folder import CHECK_FILE, OUTCOME_FILE, RUNS, OutcomeRecord
from llmops_cli.evals.run import Result, Run
from llmops_cli.evals.run_store import read_run
from llmops_cli.evals.session import code_of
from llmops_cli.evals.stored_verdict import PolicyRecord, VerdictRecord
from llmops_cli.files.bounded import json_depth, read_bounded
from llmops_cli.files.json_value import decode, parse_whole_json
from llmops_cli.files.shape import FileShape, Shape, shape_of

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}\Z")
_COMMIT: Final = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})?\Z")
_WORDS: Final = ["llmops", "eval", "run"]
_OPTIONS: Final = {"--against", "--anchor", "--noninferior", "--repeats", "--allow-removed"}
_CODES: Final = {1, 2, 3, 4, 70, 130}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a folder may hold: bytes of all files together, of one, of one line; runs, and what is in each of them."""

    total: int = 256_000_000
    file: int = 128_000_000
    line: int = 8_000_000
    outcome: int = 1_000_000
    runs: int = 100
    cases: int = 20_000
    results: int = 200_000
    metrics: int = 50
    depth: int = 64
    name: int = 500  # characters of an id, a metric, a tag
    amount: float = 1e12  # of anything measured


class FindingShape(FileShape):
    """What `prompt check` objects to."""

    rule: str
    prompt: str
    path: str
    line: int
    message: str
    hint: str = ""


class ProblemShape(FileShape):
    """A file that is not a prompt at all."""

    path: str
    line: int
    key: str
    message: str
    hint: str = ""


class CheckShape(FileShape):
    """What `prompt check --json` prints."""

    format: str = Field(pattern=r"^llmops\.check/1$")
    prompts: list[str] = Field(max_length=10_000)
    findings: list[FindingShape] = Field(max_length=10_000)
    problems: list[ProblemShape] = Field(max_length=10_000)

    @property
    def objects(self) -> bool:
        """Whether it says no."""
        return bool(self.findings or self.problems)


@dataclass(frozen=True, slots=True)
class Results:
    """What a command measured, taken apart again.

    `checked` is None where nobody ran the check of versions, and where it came to no end: then `unchecked` is true.
    """

    outcome: OutcomeRecord
    analyses: tuple[Analysis, ...]
    checked: CheckShape | None = None
    unchecked: bool = False


def read_results(folder: Path, limits: Limits | None = None) -> Results:
    """What lies in a results folder. Raises InputError, FileError when it is not exactly what `eval run` writes."""
    return _Reading(folder, limits or Limits()).results()


@dataclass
class _Reading:
    folder: Path
    limits: Limits
    _read: int = field(default=0, init=False)

    def results(self) -> Results:
        if self.folder.is_symlink() or not self.folder.is_dir():
            raise InputError(f"{self.folder} is not a folder", hint="llmops eval run --results DIR makes one")
        outcome = self._shape(OutcomeRecord, OUTCOME_FILE)
        self._check_outcome(outcome)
        runs = self.folder / RUNS
        if outcome.runs and (runs.is_symlink() or not runs.is_dir()):
            raise InputError(f"{RUNS} is not a folder")
        analyses = tuple(analyse(self._run(name)) for name in outcome.runs)
        told = code_of(analyses, [stopped.exit_code for stopped in outcome.stopped])
        if told != outcome.exit_code:
            raise InputError(f"{OUTCOME_FILE} says exit code {outcome.exit_code}, and what it names comes to {told}")
        if not self._is_there(CHECK_FILE):
            return Results(outcome, analyses)
        # a command that could not say anything leaves the file empty into which a shell leads its output
        empty = not self._bytes(CHECK_FILE, self.limits.outcome).strip()
        return Results(outcome, analyses, None if empty else self._shape(CheckShape, CHECK_FILE), unchecked=empty)

    def _is_there(self, name: str) -> bool:
        return (self.folder / name).is_symlink() or (self.folder / name).exists()

    def _bytes(self, name: str, most: int) -> bytes:
        data = read_bounded(self.folder / name, most=min(most, self.limits.total - self._read), shown=name)
        self._read += len(data)
        return data

    def _shape(self, shape: type[Shape], name: str) -> Shape:
        data = self._bytes(name, self.limits.outcome)
        self._check_depth(data, name, 0)
        try:
            value = parse_whole_json(decode(data, path=name))
        except ValueError as error:
            raise FileError([Problem(name, 0, "", f"not valid JSON: {error}")]) from None
        return shape_of(shape, value, path=name)

    def _check_depth(self, data: bytes, name: str, line: int) -> None:
        if json_depth(data) > self.limits.depth:
            raise FileError([Problem(name, line, "", f"is nested deeper than {self.limits.depth} levels")])

    def _check_outcome(self, outcome: OutcomeRecord) -> None:
        for wrong, message in (
            (len(outcome.runs) > self.limits.runs, f"names more than {self.limits.runs} runs"),
            (len(set(outcome.runs)) < len(outcome.runs), "names a run twice"),
            (len(outcome.stopped) > self.limits.runs, "holds too many reasons"),
            (any(not _ID.match(name) for name in outcome.runs), "names a run that has no such name"),
            (not all(map(_COMMIT.match, (outcome.base_commit, outcome.head_commit))), "holds a commit that is none"),
            (any(one.exit_code not in _CODES for one in outcome.stopped), "was stopped with a code that is none"),
            (outcome.command[:3] not in ([], _WORDS), "was made by another command"),
            (len(outcome.command) > 200, "was made by a command of too many words"),
            (
                any(w.startswith("-") and w not in _OPTIONS for w in outcome.command[3:]),
                "was made with unknown options",
            ),
        ):
            if wrong:
                raise FileError([Problem(OUTCOME_FILE, 0, "", message)])

    def _run(self, name: str) -> Run:
        head, results = f"{RUNS}/{name}.json", f"{RUNS}/{name}.results.jsonl"
        data = self._bytes(head, self.limits.file)
        self._check_depth(data, head, 0)
        if self._is_there(results):
            for number, line in enumerate(self._bytes(results, self.limits.file).split(b"\n"), 1):
                if len(line) > self.limits.line:
                    raise FileError([Problem(results, number, "", f"is longer than {self.limits.line:,} bytes")])
                self._check_depth(line, results, number)
        run = read_run(self.folder / head)
        for problem in self._implausible(run, name):
            raise FileError([Problem(head, 0, "", problem)])
        shape_of(PolicyRecord, dict(run.policy), path=f"{head}: policy")
        shape_of(VerdictRecord, dict(run.verdict), path=f"{head}: verdict")
        return run

    def _implausible(self, run: Run, name: str) -> Iterator[str]:
        """What no run of ours would say."""
        most, results = self.limits, [result for side in run.sides for result in side.results]
        metrics = {metric for result in results for metric in result.scores}
        ids = [case.id for case in run.cases]
        names = [*ids, *metrics, run.suite, run.against, run.anchor_name, *(tag for c in run.cases for tag in c.tags)]
        names += [text for side in run.sides for text in (side.prompt, side.version, side.model, side.commit)]
        if run.id != name:
            yield f"is run {run.id!r}, and not {name!r}"
        if [side.role for side in run.sides] != [role for role in ("candidate", "baseline", "anchor")
                                                 if getattr(run, role) is not None]:  # fmt: skip
            yield "has a side in the place of another"
        if not _COMMIT.match(run.baseline_commit):
            yield "is measured against a commit that is none"
        if len(ids) > most.cases or len(results) > most.results or len(metrics) > most.metrics:
            yield "holds more cases, results or metrics than a report can show"
        if len(set(ids)) < len(ids):
            yield "holds a case twice"
        if any(len(text) > most.name for text in names):
            yield f"holds a name of more than {most.name} characters"
        if not 1 <= run.repeats <= 1000 or any(not 0 <= result.repeat <= 1000 for result in results):
            yield "counts repeats that nobody makes"
        if any(self._cannot_be(result) for result in results):
            yield "holds a score or an amount that cannot be"
        counts = (run.counts.trials, run.counts.paid_calls, run.counts.cached_calls, run.counts.cost_usd or 0)
        if any(not 0 <= count <= most.amount for count in counts):
            yield "counts what cannot be counted"

    def _cannot_be(self, result: Result) -> bool:
        amounts = [result.measured(metric) for metric in MEASURED]
        if any(amount is not None and not 0 <= amount <= self.limits.amount for amount in amounts):
            return True
        return any(
            (score.status == "scored") != (score.value is not None)
            or not 0 <= (score.value or 0) <= 1
            or (score.status == "scored") != (score.passed is not None)
            for score in result.scores.values()
        )
