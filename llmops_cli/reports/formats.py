"""The formats in which runs can be written, by name: what `llmops eval report --format` offers."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.results_folder import StoppedRecord
from llmops_cli.evals.session import code_of
from llmops_cli.reports.annotation import of_runs
from llmops_cli.reports.annotation_formats import ANNOTATED
from llmops_cli.reports.csv_table import case_table
from llmops_cli.reports.eval_view import view_of
from llmops_cli.reports.json_report import eval_document
from llmops_cli.reports.jsonl import trial_lines
from llmops_cli.reports.junit import junit_report
from llmops_cli.reports.markdown import markdown_report
from llmops_cli.reports.plain import plain_report
from llmops_cli.reports.web.eval_report import html_report

MOST_CASES = 5


@dataclass(frozen=True, slots=True)
class Besides:
    """What a report is told besides the runs: how many cases people are shown, and why others were not made."""

    cases: int = MOST_CASES
    stopped: Sequence[StoppedRecord] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write runs: the pieces of `pieces` together are the text.

    A format for machines shows all cases, however many are wanted.
    """

    summary: str  # one line, without a full stop
    for_people: bool
    pieces: Callable[[Sequence[Analysis], Besides], Iterable[str]]

    def __call__(self, analyses: Sequence[Analysis], *, cases: int = MOST_CASES) -> str:
        """The runs as one text, which ends with a line end. Raises InputError when a log cannot be read."""
        return "".join(self.pieces(analyses, Besides(cases)))


def _plain(analyses: Sequence[Analysis], besides: Besides) -> Iterator[str]:
    yield from (plain_report(view_of(analysis, most_cases=besides.cases)) for analysis in analyses)


def _markdown(analyses: Sequence[Analysis], besides: Besides) -> Iterator[str]:
    yield markdown_report(analyses, cases=besides.cases, stopped=besides.stopped)


def _html(analyses: Sequence[Analysis], besides: Besides) -> Iterator[str]:
    yield html_report(analyses, stopped=besides.stopped, worst=besides.cases)


def _json(analyses: Sequence[Analysis], besides: Besides) -> Iterator[str]:
    document = eval_document(analyses, code_of(analyses, [one.exit_code for one in besides.stopped]))
    yield json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _junit(analyses: Sequence[Analysis], besides: Besides) -> Iterator[str]:
    yield junit_report(analyses, besides.stopped)


def _annotated(name: str) -> Callable[[Sequence[Analysis], Besides], Iterator[str]]:
    def pieces(analyses: Sequence[Analysis], besides: Besides) -> Iterator[str]:
        yield ANNOTATED[name](of_runs(analyses, besides.stopped), "eval")

    return pieces


FORMATS: dict[str, Format] = {
    "terminal": Format("the report of `eval run`", True, _plain),
    "markdown": Format("the same for a step summary or a comment", True, _markdown),
    "html": Format("one file to open in a browser, with every case of both sides", True, _html),
    "csv": Format("a row for every case, for spreadsheets", True, lambda analyses, _: case_table(analyses)),
    "json": Format("one document with everything", False, _json),
    "jsonl": Format("a line of JSON for every trial", False, lambda analyses, _: trial_lines(analyses)),
    "junit": Format("JUnit XML: a testcase for every case, and one for the gate", False, _junit),
    "annotations": Format("GitHub workflow commands, shown beside the change", False, _annotated("annotations")),
    "sarif": Format("SARIF 2.1.0, for code scanning and editors", False, _annotated("sarif")),
    "codequality": Format("GitLab code quality, shown beside the change", False, _annotated("codequality")),
}
