"""`llmops gate accept | check`."""

from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console

if TYPE_CHECKING:
    from llmops_cli.evals.self_check import SelfCheck

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the `gate` app."""
    app.command(
        "accept", epilog='Example: llmops gate accept --metric grounded --reason "shorter answers, agreed with support"'
    )(accept)
    app.command("check", epilog="Example: llmops gate check rag-answer --repeats 10 --drop 0.05")(check)


def accept(
    metric: Annotated[str, typer.Option("--metric", metavar="NAME", help="The metric whose drop is accepted.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; reviewers and reports will read it.")],
    slice_: Annotated[str, typer.Option("--slice", metavar="TAG", help="The slice of the metric, if it is one.")] = "",
    suite: Annotated[str, typer.Option("--suite", metavar="NAME", help="The suite; else that of the newest run.")] = "",
    run: Annotated[str, typer.Option("--run", metavar="ID", help="The run that shows the drop; else the newest.")] = "",
    drop: Annotated[
        float | None,
        typer.Option(
            "--drop", min=0, help="Accept up to this much, in the unit of the metric; else what was measured."
        ),
    ] = None,
    anchor: Annotated[
        bool, typer.Option("--anchor", help="Accept the drop since the anchor, not since the base.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Write an accepted drop into evals/accepted/, to be reviewed with the change; it ends with the next release."""
    from datetime import UTC, datetime

    from llmops_cli.config import load_config
    from llmops_cli.evals.accepting import Wish
    from llmops_cli.evals.accepting import accept as write
    from llmops_cli.evals.run_store import RunStore

    config = load_config()
    config.need_work_tree()
    wish = Wish(metric, reason, slice_, suite, run, drop, "anchor" if anchor else "baseline")
    done = write(config, RunStore(config.state_dir / "runs"), wish, date=f"{datetime.now(UTC):%Y-%m-%d}")
    for text in done.remaining:
        console.warn(f"this does not change: {text}")
    if as_json:
        console.out_json({"format": "llmops.accepted/1", "path": done.path, **done.entry.model_dump(mode="json")})
        return 0
    console.out(done.sentence)
    console.say("next:  commit it with the change; reviewers decide, and reports say it loudly")
    return 0


def check(
    suites: Annotated[
        list[str] | None, typer.Argument(help="Suites by name or path; all of evals/ when none is named.")
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            "--repeats", min=2, max=100, help="Ask every case this often in all (6, or what the recording holds)."
        ),
    ] = None,
    drop: Annotated[
        float, typer.Option("--drop", min=0.001, max=1, help="Say how many cases it takes to see such a drop.")
    ] = 0.05,
    budget: Annotated[
        float | None, typer.Option("--budget", min=0, metavar="USD", help="Stop before more than this is spent.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Let the gate judge a prompt against itself: how often it cries wolf, and what it could see.

    Exit code 1 when an unchanged prompt fails more often than alpha, or a rule can never fail; 3 when there are too few
    answers.
    """
    from llmops_cli.cli.progress import ProgressBar
    from llmops_cli.config import load_config
    from llmops_cli.evals.session import Session, SessionOptions

    options = SessionOptions(suites=tuple(suites or ()), budget_usd=budget)
    with ProgressBar() as progress, Session(load_config(), options.with_progress(progress)) as session:
        try:
            found, stopped = session.check_gate(repeats=repeats, drop=drop)
        finally:
            for warning in session.warnings:
                console.warn(warning)
    said_no = any(one.exit_code for one in found)
    code = 1 if said_no else max((error.exit_code for error in stopped), default=0)
    if as_json and found:
        suites_found = [one.as_json() for one in found]
        console.out_json({"format": "llmops.gate-check/1", "exit_code": code, "suites": suites_found})
    for one in () if as_json else found:
        _print(one)
    for error in stopped:
        console.report_error(error)
    return code


def _print(found: "SelfCheck") -> None:
    from llmops_cli.reports.gate_text import COLUMNS, lines_of, rows_of, title_of

    console.out(title_of(found))
    console.table(COLUMNS, rows_of(found))
    for line in lines_of(found):
        console.out(line)
