"""`llmops eval run | plan`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.run_report import show_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.cli.progress import ProgressBar
    from llmops_cli.config import Config
    from llmops_cli.errors import LlmopsError
    from llmops_cli.evals.session import Outcome, Planned, Session, SessionOptions

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


def register(app: typer.Typer) -> None:
    """Add the commands to the `eval` app."""
    app.command("run", epilog="Example: llmops eval run --against main --summary $GITHUB_STEP_SUMMARY")(run)
    app.command("plan", epilog="Example: llmops eval plan support-triage --against main")(plan)


def run(
    suites: Suites = None,
    against: Against = None,
    anchor: Anchor = None,
    noninferior: NonInferior = False,
    repeats: Repeats = None,
    budget: Annotated[
        float | None, typer.Option("--budget", min=0, metavar="USD", help="Stop before more than this is spent.")
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option("--concurrency", min=1, help="Calls at the same time (8 unless llmops.yaml says otherwise)."),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", min=0.01, help="Seconds a call may take (120 unless llmops.yaml says otherwise)."),
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache of answers.")] = False,
    allow_removed: AllowRemoved = False,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="FILE", help="Add all outputs, of both sides, to this recording (JSONL)."),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            "--results",
            metavar="DIR",
            help="Keep what was measured, or why nothing was, in this folder (for `llmops report comment`).",
        ),
    ] = None,
    summary: Summary = None,
    cases: Cases = 5,
    as_json: AsJson = False,
) -> int:
    """Run golden sets, compare with a base, and let the gate decide (exit code 0, 1 or 3)."""
    from llmops_cli.evals.recording import write_recording
    from llmops_cli.evals.session import SessionOptions

    options = SessionOptions(
        suites=tuple(suites or ()),
        against=against,
        anchor=anchor,
        noninferior=noninferior,
        repeats=repeats,
        budget_usd=budget,
        concurrency=concurrency,
        timeout_s=timeout,
        use_cache=not no_cache,
        allow_removed=allow_removed,
    )
    outcome = _measured(options, results)
    if outcome.analyses or not outcome.stopped:
        show_runs(outcome.analyses, outcome.exit_code, as_json=as_json, summary=summary, cases=cases)
    if record is not None:
        kept = write_recording(record, [analysis.run for analysis in outcome.analyses])
        console.say(f"{kept} outputs recorded in {record}" if kept else "nothing was run, so nothing is recorded")
    for error in outcome.stopped:
        console.report_error(error)
    return outcome.exit_code


def _measured(options: "SessionOptions", folder: Path | None) -> "Outcome":
    """Run the suites; what comes of it, an error too, is kept in the folder where one is wanted."""
    from llmops_cli.errors import LlmopsError
    from llmops_cli.evals.results_folder import ResultsFolder
    from llmops_cli.evals.session import Outcome

    results = ResultsFolder(folder, options, project=Path()) if folder is not None else None
    if results is not None:
        results.begin()
    try:
        with _progress() as progress, _session(options.with_progress(progress)) as session:
            try:
                outcome = session.run()
            finally:
                for warning in session.warnings:
                    console.warn(warning)
    except LlmopsError as error:
        if results is not None:
            results.write(Outcome((), (error,)))
        raise
    if results is not None:
        results.write(outcome)
    return outcome


def plan(
    suites: Suites = None, against: Against = None, anchor: Anchor = None, repeats: Repeats = None,
    as_json: AsJson = False, allow_removed: AllowRemoved = False,
) -> int:  # fmt: skip
    """Show what a run would do and cost. Speaks to nobody and needs no key."""
    from llmops_cli.evals.session import SessionOptions

    options = SessionOptions(
        suites=tuple(suites or ()), against=against, anchor=anchor, repeats=repeats, allow_removed=allow_removed
    )
    with _session(options) as session:
        planned, refused = session.plan()
        for warning in session.warnings:
            console.warn(warning)
        for note in dict.fromkeys(note for one in planned for note in one.prepared.notes_on_judges):
            console.warn(note)
    if as_json:
        console.out_json({"format": "llmops.plan/1", "suites": [one.as_json() for one in planned]})
        return _refused(refused)
    console.table(
        [
            "suite",
            "prompt",
            "baseline",
            "cases",
            "trials",
            "calls",
            "judge calls",
            "cached",
            "cost (estimate)",
            "models",
        ],
        [_plan_row(one) for one in planned],
    )
    return _refused(refused)


def _refused(errors: "Sequence[LlmopsError]") -> int:
    """Report why suites could not be loaded; the exit code that this makes."""
    from llmops_cli.evals.session import Outcome

    for error in errors:
        console.report_error(error)
    return Outcome((), tuple(errors)).exit_code if errors else 0


def _session(options: "SessionOptions") -> "Session":
    from llmops_cli.config import load_config
    from llmops_cli.evals.session import Session

    config: Config = load_config()
    return Session(config, options)


def _plan_row(planned: "Planned") -> list[str]:
    prepared, summary = planned.prepared, planned.summary
    cost = "unknown price" if summary.cost_usd is None else f"${summary.cost_usd:.4f}"
    baseline = prepared.baseline.prompt.reference if prepared.baseline else "-"
    return [
        prepared.suite.name,
        prepared.candidate.prompt.reference,
        "unchanged" if prepared.unchanged else baseline,
        str(len(prepared.suite.golden.cases)),
        str(summary.trials),
        str(summary.calls),
        str(summary.judge_calls),
        f"{summary.cached_share:.0%}" if summary.calls + summary.judge_calls else "-",
        cost if summary.calls + summary.judge_calls else "-",
        ", ".join(summary.models) or "recorded",
    ]


def _progress() -> "ProgressBar":
    from llmops_cli.cli.progress import ProgressBar

    return ProgressBar()
