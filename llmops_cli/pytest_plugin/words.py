"""What pytest's reports say of the items of a suite: failures in words, and properties for `--junitxml`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pytest

from llmops_cli.errors import LlmopsError
from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.case_verdict import CaseVerdict
from llmops_cli.evals.metric import interval_as_json
from llmops_cli.evals.run import Run
from llmops_cli.files.json_value import canonical
from llmops_cli.reports.case_standing import value_said
from llmops_cli.reports.eval_view import case_view, view_of
from llmops_cli.reports.plain import case_lines, plain_report
from llmops_cli.reports.visible import one_line, visible


class NotPassed(Exception):  # noqa: N818 - what a test says, not what is wrong with it
    """A case or a gate that does not pass: a line for the summary, and the whole."""

    def __init__(self, headline: str, text: str) -> None:
        super().__init__(headline)
        self.headline, self.text = headline, text


class _Line(Protocol):
    def line(self, s: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Crash:
    message: str


@dataclass(frozen=True, slots=True)
class Told:
    """A failure in words, shaped as pytest's reports take one: `reprcrash.message` is the line of the summary."""

    headline: str
    text: str

    @property
    def reprcrash(self) -> _Crash:
        """Where pytest looks for the line of the summary."""
        return _Crash(self.headline)

    def toterminal(self, out: _Line) -> None:
        """Write the whole text."""
        for line in self.text.splitlines():
            out.line(line)

    def __str__(self) -> str:
        return self.text


def told(error: BaseException) -> Told | None:
    """The words for an error that we foresaw; None for a bug."""
    match error:
        case NotPassed():
            return Told(error.headline, error.text)
        case LlmopsError():
            said = visible(error.message)
            return Told(one_line(error.message), f"{said}\n\n{visible(error.hint)}" if error.hint else said)
        case pytest.xfail.Exception():
            return Told(str(error), str(error))
    return None


def case_words(run: Run, verdict: CaseVerdict) -> tuple[str, str]:
    """What a case says that does not pass: a line, and what was asked, both answers and what the checks said."""
    headline = one_line(verdict.reason)
    lines = case_lines(case_view(run, verdict.case, verdict.checks))
    return headline, "\n".join([headline, "", *lines])


def gate_words(analysis: Analysis) -> tuple[str, str]:
    """What a gate says that does not let the change pass: its headline, and the whole report."""
    view = view_of(analysis)
    return one_line(view.headline), plain_report(view)


def case_properties(run: Run, verdict: CaseVerdict, *, stored: bool) -> Sequence[tuple[str, str]]:
    """The run, where it can be looked up, and how the case stands with every check of the gate."""
    found = [("llmops.suite", run.suite), *([("llmops.run", run.id)] if stored else [])]
    values = [(f"check.{name}", value_said(value)) for name, value in verdict.values.items()]
    return [*found, ("llmops.verdict", verdict.kind), *values]


def gate_properties(analysis: Analysis) -> Sequence[tuple[str, str]]:
    """The run and its verdict, and every metric with its n and its interval as JSON."""
    run = analysis.run
    found = [
        ("llmops.suite", run.suite),
        ("llmops.run", run.id),
        ("llmops.candidate", run.candidate.reference),
        ("llmops.baseline", run.baseline.reference if run.baseline else ""),
        ("llmops.verdict", "unchanged" if run.unchanged else analysis.verdict.status.value),
    ]
    for name, metric in {**analysis.metrics, **analysis.slices}.items():
        figures = {"mean": metric.mean, "n": metric.n, "interval": interval_as_json(metric.interval)}
        found.append((f"metric.{name}", canonical(figures)))
    return found
