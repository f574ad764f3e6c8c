"""How commands show runs: drawn on a terminal, plain in a pipe, one document with --json, markdown for a summary."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_cli.cli import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from llmops_cli.evals.analysis import Analysis
    from llmops_cli.reports.eval_view import EvalView


def show_runs(analyses: "Sequence[Analysis]", code: int, *, as_json: bool, summary: Path | None, cases: int) -> None:
    """Print every run, and append the markdown where wanted; `code` is the exit code of the whole command."""
    import sys

    from llmops_cli.reports.eval_view import view_of
    from llmops_cli.reports.json_report import eval_document
    from llmops_cli.reports.plain import plain_report

    if as_json:
        console.out_json(eval_document(analyses, code))
    for analysis in () if as_json else analyses:
        view = view_of(analysis, most_cases=cases)
        if console.is_terminal(sys.stdout):
            console.show(partial(_drawn, view))
        else:
            console.out_text(plain_report(view))
    append_summary(analyses, summary, cases=cases)  # after the report, which must not be lost with it


def append_summary(analyses: "Sequence[Analysis]", summary: Path | None, *, cases: int) -> None:
    """Append the markdown to this file, if there is one, as far as there is room in it. Raises InputError."""
    from llmops_cli.reports.markdown import LONGEST, markdown_report

    if summary is not None:
        taken = summary.stat().st_size + 1 if summary.is_file() else 1
        text = markdown_report(analyses, cases=cases, limit=LONGEST - taken)
        if taken + len(text.encode()) > LONGEST:  # more, and GitHub would show nothing of it
            console.warn(f"{summary} is full, so the report is not in it")
            return
        console.append(text + "\n", summary)


def _drawn(view: "EvalView", width: int) -> "RenderableType":
    from llmops_cli.reports.terminal import rich_report

    return rich_report(view, width=width)
