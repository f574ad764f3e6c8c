"""`llmops eval run | plan`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.measuring import (
    Against,
    AllowRemoved,
    Anchor,
    AsJson,
    Budget,
    Cases,
    Concurrency,
    NoCache,
    NonInferior,
    Record,
    Repeats,
    Results,
    Suites,
    Summary,
    Timeout,
    concluded,
    kept_in,
    measured,
    opened,
    workers_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.errors import LlmopsError
    from llmops_cli.evals.session import Planned


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
    budget: Budget = None,
    concurrency: Concurrency = None,
    timeout: Timeout = None,
    no_cache: NoCache = False,
    allow_removed: AllowRemoved = False,
    record: Record = None,
    results: Results = None,
    summary: Summary = None,
    cases: Cases = 5,
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="K/N", help="Measure one of N parts of the cases, for `llmops eval merge`."),
    ] = None,
    shards_dir: Annotated[
        Path | None,
        typer.Option("--shards-dir", metavar="DIR", help="Where shards are kept (.llmops/shards unless said)."),
    ] = None,
    executor: Annotated[
        str, typer.Option("--executor", metavar="NAME", help="Who runs the trials: local, or ray for worker processes.")
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=1000, help="Worker processes of Ray (one a machine, two on this one)."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Run golden sets, compare with a base, and let the gate decide (exit code 0, 1 or 3)."""
    from llmops_cli.errors import InputError
    from llmops_cli.evals.session import Session, SessionOptions

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
    elsewhere = workers_of(executor, workers)
    if shard is not None:
        from llmops_cli.cli.sharding import run_shard

        of_a_run = {"--record": record, "--results": results, "--summary": summary}
        refused = [name for name, said in of_a_run.items() if said]
        return run_shard(options, shard, shards_dir, refused, elsewhere=elsewhere, as_json=as_json)
    if shards_dir is not None:
        raise InputError("--shards-dir says where a shard is kept, and none is measured", hint="add --shard K/N")
    with kept_in(results, options) as folder:
        outcome = measured(options, Session.run, folder, elsewhere=elsewhere)
    return concluded(outcome, record=record, summary=summary, cases=cases, as_json=as_json)


def plan(
    suites: Suites = None, against: Against = None, anchor: Anchor = None, repeats: Repeats = None,
    as_json: AsJson = False, allow_removed: AllowRemoved = False,
) -> int:  # fmt: skip
    """Show what a run would do and cost. Speaks to nobody and needs no key."""
    from llmops_cli.evals.session import SessionOptions

    options = SessionOptions(
        suites=tuple(suites or ()), against=against, anchor=anchor, repeats=repeats, allow_removed=allow_removed
    )
    with opened(options) as session:
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
