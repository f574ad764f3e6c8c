"""`llmops eval drift`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.measuring import AsJson, Budget, Concurrency, Repeats, Suites, Summary, Timeout, running

if TYPE_CHECKING:
    from llmops_cli.evals.drift_watch import DriftFound


def register(app: typer.Typer) -> None:
    """Add the command to the `eval` app."""
    app.command("drift", epilog="Example: llmops eval drift --env production --summary $GITHUB_STEP_SUMMARY")(drift)


def drift(
    suites: Suites = None,
    environment: Annotated[
        str, typer.Option("--env", metavar="ENV", help="Ask what is live there; else the newest release.")
    ] = "",
    as_released: Annotated[
        bool,
        typer.Option("--as-released", help="Measure with cases, checks and judges as they were at the release."),
    ] = False,
    alpha: Annotated[
        float | None,
        typer.Option("--alpha", min=0.0001, max=0.5, help="How often it may cry wolf (default: alpha of the gate)."),
    ] = None,
    repeats: Repeats = None,
    budget: Budget = None,
    concurrency: Concurrency = None,
    timeout: Timeout = None,
    summary: Summary = None,
    issue_body: Annotated[
        Path | None,
        typer.Option("--issue-body", metavar="FILE", help="Write the markdown here too, only if something drifted."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Ask released prompts their golden sets again, and find out whether the live model has changed.

    Compared are the scores in the tag of the release. Exit code 1 when something drifted, 3 when it cannot be told.
    """
    from llmops_cli.evals.drift_grounds import Wanted
    from llmops_cli.evals.drift_watch import find_drift
    from llmops_cli.evals.session import SessionOptions

    options = SessionOptions(
        suites=tuple(suites or ()),
        repeats=repeats,
        budget_usd=budget,
        concurrency=concurrency,
        timeout_s=timeout,
        fresh_answers=True,
    )
    with running(options) as session:
        found = find_drift(session, Wanted(environment, as_released), alpha=alpha)
    if found.suites or not found.stopped:
        _report(found, as_json=as_json, summary=summary, issue_body=issue_body)
    for error in found.stopped:
        console.report_error(error)
    return found.exit_code


def _report(found: "DriftFound", *, as_json: bool, summary: Path | None, issue_body: Path | None) -> None:
    from llmops_cli.reports.drift_text import COLUMNS, drift_markdown, headline, lines_of, rows_of

    if as_json:
        suites = [one.as_json() for one in found.suites]
        console.out_json({"format": "llmops.drift/1", "exit_code": found.exit_code, "suites": suites})
    for one in () if as_json else found.suites:
        console.out(headline(one))
        if one.metrics:
            console.table(COLUMNS, rows_of(one))
        for line in lines_of(one):
            console.out(f"  {line}")
    if summary is not None and found.suites:
        console.append(drift_markdown(found.suites) + "\n", summary)
    if issue_body is not None and any(one.answer == "drifted" for one in found.suites):
        console.deliver([drift_markdown(found.suites)], issue_body)
