"""What the commands that run suites have in common: their options, their session, and how they end."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.run_report import show_runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_cli.evals.results_folder import ResultsFolder
    from llmops_cli.evals.session import Outcome, Session, SessionOptions
    from llmops_cli.evals.via_ray import RayWorkers

    Elsewhere = Callable[[SessionOptions], RayWorkers]

Suites = Annotated[list[str] | None, typer.Argument(help="Suites by name or path; all of evals/ when none is named.")]
Against = Annotated[
    str | None,
    typer.Option("--against", metavar="REF", help="Compare with the merge base of HEAD and this branch or commit."),
]
Anchor = Annotated[
    str | None,
    typer.Option(
        "--anchor",
        metavar="REF",
        help="Look for regressions since this branch, tag or commit too; `release`: since the newest release.",
    ),
]
NonInferior = Annotated[
    bool, typer.Option("--noninferior", help="Pass only what is shown not to have fallen further than it may.")
]
Repeats = Annotated[int | None, typer.Option("--repeats", min=1, max=50, help="Ask every case this often at first.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of the report.")]
AllowRemoved = Annotated[
    bool, typer.Option("--allow-removed", help="Accept that cases, suites or checks of the base are gone.")
]
Cases = Annotated[int, typer.Option("--cases", min=0, help="How many cases are shown with both answers.")]
Summary = Annotated[
    Path | None, typer.Option("--summary", metavar="FILE", help="Append the report as markdown (a CI step summary).")
]
Budget = Annotated[
    float | None, typer.Option("--budget", min=0, metavar="USD", help="Stop before more than this is spent.")
]
Concurrency = Annotated[
    int | None,
    typer.Option("--concurrency", min=1, help="Calls at the same time (8 unless llmops.yaml says otherwise)."),
]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", min=0.01, help="Seconds a call may take (120 unless llmops.yaml says otherwise)."),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache of answers.")]
Record = Annotated[
    Path | None,
    typer.Option("--record", metavar="FILE", help="Add all outputs, of both sides, to this recording (JSONL)."),
]
Results = Annotated[
    Path | None,
    typer.Option(
        "--results",
        metavar="DIR",
        help="Keep what was measured, or why nothing was, in this folder (for `llmops report comment`).",
    ),
]


def opened(options: "SessionOptions") -> "Session":
    """A session over the project around the current folder."""
    from llmops_cli.config import load_config
    from llmops_cli.evals.session import Session

    return Session(load_config(), options)


@contextmanager
def kept_in(folder: Path | None, options: "SessionOptions") -> "Iterator[ResultsFolder | None]":
    """The folder for what is measured, where one is wanted. An error is kept there too; before the end, that none came.

    `options` are those that are wanted; who learns better tells it the real ones.
    """
    from llmops_cli.errors import LlmopsError
    from llmops_cli.evals.results_folder import ResultsFolder
    from llmops_cli.evals.session import Outcome

    results = ResultsFolder(folder, options, project=Path()) if folder is not None else None
    if results is not None:
        results.begin()
    try:
        yield results
    except LlmopsError as error:
        if results is not None:
            results.write(Outcome((), (error,)))
        raise


def workers_of(executor: str, count: int | None) -> "Elsewhere | None":
    """What makes the workers that run the trials; None for this process. Raises InputError for flags that misfit."""
    from llmops_cli.errors import InputError

    if executor == "local":
        if count is not None:
            raise InputError("--workers are those of another executor", hint="add --executor ray")
        return None
    if executor != "ray":
        raise InputError(f"there is no executor {executor!r}", hint="local or ray")
    from llmops_cli.config import load_config
    from llmops_cli.evals.via_ray import RayWorkers

    return lambda options: RayWorkers(load_config(), options, count=count)


@contextmanager
def running(options: "SessionOptions", elsewhere: "Elsewhere | None" = None) -> "Iterator[Session]":
    """A session whose progress is shown, and whose warnings are told in the end, whatever that is."""
    from llmops_cli.cli.progress import ProgressBar

    with ProgressBar() as progress, ExitStack() as stack:
        options = options.with_progress(progress)
        if elsewhere is not None:
            options = replace(options, execute_for=stack.enter_context(elsewhere(options)).execute_for)
        session = stack.enter_context(opened(options))
        try:
            yield session
        finally:
            for warning in session.warnings:
                console.warn(warning)


def measured(
    options: "SessionOptions",
    work: "Callable[[Session], Outcome]",
    results: "ResultsFolder | None" = None,
    *,
    elsewhere: "Elsewhere | None" = None,
) -> "Outcome":
    """What comes of the work of a session, kept in the folder if there is one."""
    with running(options, elsewhere) as session:
        outcome = work(session)
    if results is not None:
        results.write(outcome)
    return outcome


def concluded(outcome: "Outcome", *, record: Path | None, summary: Path | None, cases: int, as_json: bool) -> int:
    """Report what was decided, keep the answers where wanted, and tell what stopped the rest; the exit code."""
    from llmops_cli.evals.recording import write_recording

    if outcome.analyses or not outcome.stopped:
        show_runs(outcome.analyses, outcome.exit_code, as_json=as_json, summary=summary, cases=cases)
    if record is not None:
        kept = write_recording(record, [analysis.run for analysis in outcome.analyses])
        console.say(f"{kept} outputs recorded in {record}" if kept else "nothing was run, so nothing is recorded")
    for error in outcome.stopped:
        console.report_error(error)
    return outcome.exit_code
