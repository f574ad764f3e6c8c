"""`llmops eval run --shard`, and `llmops eval merge`."""

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
    Summary,
    Timeout,
    concluded,
    kept_in,
    measured,
    running,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.cli.measuring import Elsewhere
    from llmops_cli.evals.session import SessionOptions
    from llmops_cli.evals.shard_file import ShardedSuite
    from llmops_cli.evals.shard_run import MeasuredShard

_COLUMNS = ("suite", "cases", "trials", "unanswered", "calls", "from the cache", "cost")


def register(app: typer.Typer) -> None:
    """Add the command to the `eval` app."""
    app.command("merge", epilog="Example: llmops eval merge shards/ --summary $GITHUB_STEP_SUMMARY")(merge)


def run_shard(
    options: "SessionOptions",
    written: str,
    folder: Path | None,
    of_a_run: "Sequence[str]",
    *,
    elsewhere: "Elsewhere | None",
    as_json: bool,
) -> int:
    """Measure the shard that is `written` K/N; `of_a_run` are flags that were said and that only a whole run can serve.

    Raises InputError for such a flag, and whatever measuring raises.
    """
    from llmops_cli.errors import InputError
    from llmops_cli.evals.shard import Shard
    from llmops_cli.evals.shard_run import measure_shard

    shard = Shard.parse(written)
    if of_a_run:
        raise InputError(
            f"{of_a_run[0]} needs a whole run, and a shard is a part of one", hint="say it to llmops eval merge"
        )
    with running(options, elsewhere) as session:
        done = measure_shard(session, shard, folder or session.config.shards_dir)
    if as_json and done.path is not None:
        document = done.head.model_dump(mode="json")
        console.out_json({**document, "path": str(done.path), "exit_code": done.exit_code})
    elif done.path is not None:
        _show(done)
    for error in done.stopped:
        console.report_error(error)
    return done.exit_code


def _show(done: "MeasuredShard") -> None:
    head = done.head
    console.out(f"shard {head.name} is measured; nothing is decided yet")
    console.table(_COLUMNS, [_row(suite) for suite in head.suites])
    console.say(f"kept in {done.path}")
    console.say(f"next:  llmops eval merge, where all {head.of} shards are; it decides")


def _row(suite: "ShardedSuite") -> list[str]:
    counts = suite.counts
    return [
        suite.suite,
        "unchanged" if suite.unchanged else f"{suite.cases} of {suite.cases_in_all}",
        str(suite.results),
        str(suite.unanswered),
        str(counts.paid_calls),
        str(counts.cached_calls),
        "unknown price" if counts.cost_usd is None else f"${counts.cost_usd:.4f}",
    ]


def merge(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Where the shards are, also in subfolders; .llmops/shards unless said.")
    ] = None,
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
    as_json: AsJson = False,
) -> int:
    """Unite all shards of one `eval run`, and decide as that run would have (exit code 0, 1 or 3).

    The shards know the flags they were measured with. Who says any of them says them all, and they must be the same.
    """
    from llmops_cli.config import load_config
    from llmops_cli.evals.merge import gather
    from llmops_cli.evals.merge import merge as merge_shards
    from llmops_cli.evals.results_folder import command_words
    from llmops_cli.evals.session import SessionOptions

    wanted = SessionOptions(
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
    with kept_in(results, wanted) as folder:
        shards = gather(folders or [load_config().shards_dir])
        options = shards.options(wanted)
        if folder is not None:
            folder.options = options
        console.say(f"merging {len(shards.files)} shards of: {' '.join(command_words(options))}")
        outcome = measured(options, lambda session: merge_shards(session, shards), folder)
    return concluded(outcome, record=record, summary=summary, cases=cases, as_json=as_json)
