"""`llmops eval report | compare | schema`: what stored runs say, and how they are written down."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.measuring import AllowRemoved, AsJson, Cases, Summary
from llmops_cli.cli.run_report import append_summary, show_runs

if TYPE_CHECKING:
    from llmops_cli.evals.chosen_runs import Chosen

Runs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RUN",
        help="Runs by id or its beginning, by file, or `latest`, and folders of runs; the latest when none is named.",
    ),
]
FormatName = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="terminal, markdown, html, csv, json, jsonl, junit, annotations, sarif or codequality.",
    ),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file; `-` is stdout.")
]
Write = Annotated[
    list[str] | None,
    typer.Option("--write", metavar="FORMAT=FILE", help="Write this format to this file as well. Repeatable."),
]
EachSuite = Annotated[bool, typer.Option("--each-suite", help="The newest run of every suite.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the `eval` app."""
    app.command(
        "report", epilog="Example: llmops eval report latest --format markdown -o report.md --write html=report.html"
    )(report)
    app.command("compare", epilog="Example: llmops eval compare 20261120T091500Z latest")(compare)
    app.command("schema", epilog="Example: llmops eval schema run")(schema)


def report(
    runs: Runs = None,
    each_suite: EachSuite = False,
    format: FormatName = "terminal",
    output: Output = None,
    write: Write = None,
    summary: Summary = None,
    cases: Cases = 5,
    as_json: AsJson = False,
) -> int:
    """Show stored runs again, in any format, or several at once; the exit code is the gate's."""
    from llmops_cli.config import load_config
    from llmops_cli.errors import InputError
    from llmops_cli.evals.chosen_runs import chosen_runs, newest_of_each_suite
    from llmops_cli.evals.run_store import RunStore

    format = _known(format, as_json=as_json)
    files = _files(write or [])
    if runs and each_suite:
        raise InputError("runs are named, and --each-suite chooses them", hint="keep one of the two")
    store = RunStore(load_config().state_dir / "runs")
    names = (newest_of_each_suite(store) if each_suite else runs) or ["latest"]
    chosen = chosen_runs(store, names)
    _deliver(chosen, format, output, cases=cases)
    for path, other in files.items():
        _deliver(chosen, other, path, cases=cases)
    append_summary(chosen.analyses, summary, cases=cases)
    for one in chosen.stopped:
        console.warn(f"not measured: {one.message}" + (f" ({one.hint})" if one.hint else ""))
    return chosen.exit_code


def _known(format: str, *, as_json: bool) -> str:
    """The name of a format. Raises InputError when there is none of that name, before any run is read."""
    from llmops_cli.errors import InputError
    from llmops_cli.files.shape import nearest
    from llmops_cli.reports.formats import FORMATS

    if format not in FORMATS:
        raise InputError(f"there is no format {format!r}", hint=nearest(format, list(FORMATS)))
    return "json" if as_json else format


def _files(write: list[str]) -> dict[Path, str]:
    """File -> format, of every `FORMAT=FILE`. Raises InputError, before any run is read."""
    from llmops_cli.errors import InputError

    files: dict[Path, str] = {}
    for one in write:
        format, equals, name = one.partition("=")
        if not equals or name in ("", "-"):
            raise InputError(f"--write {one!r} is not FORMAT=FILE", hint="such as --write html=report.html")
        if Path(name) in files:
            raise InputError(f"--write names {name} twice", hint="a file for each format")
        files[Path(name)] = _known(format, as_json=False)
    return files


def _deliver(chosen: "Chosen", format: str, output: Path | None, *, cases: int) -> None:
    from llmops_cli.reports.formats import FORMATS, Besides

    if format == "terminal" and output is None:
        show_runs(chosen.analyses, chosen.exit_code, as_json=False, summary=None, cases=cases)
    else:
        pieces = FORMATS[format].pieces(chosen.analyses, Besides(cases, chosen.stopped))
        console.deliver(pieces, output, for_people=FORMATS[format].for_people)


def compare(
    baseline: Annotated[str, typer.Argument(help="The earlier run: id, its beginning, file, or `latest`.")],
    candidate: Annotated[str, typer.Argument(help="The later run.")] = "latest",
    allow_removed: AllowRemoved = False,
    format: FormatName = "terminal",
    output: Output = None,
    summary: Summary = None,
    cases: Cases = 5,
    as_json: AsJson = False,
) -> int:
    """Compare the candidates of two stored runs of one suite, and let the gate decide."""
    from llmops_cli.config import load_config
    from llmops_cli.evals.analysis import analyse, compare_runs
    from llmops_cli.evals.chosen_runs import Chosen
    from llmops_cli.evals.run_store import RunStore

    format = _known(format, as_json=as_json)
    store = RunStore(load_config().state_dir / "runs")
    merged = compare_runs(store.load(baseline), store.load(candidate), allow_removed=allow_removed)
    chosen = Chosen((analyse(merged),))
    _deliver(chosen, format, output, cases=cases)
    append_summary(chosen.analyses, summary, cases=cases)
    return chosen.exit_code


def schema(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="run, result, eval (of --json), outcome or trial (of jsonl).")
    ] = "eval",
) -> int:
    """Print the JSON schema of what is stored and printed of runs."""
    from llmops_cli.errors import InputError
    from llmops_cli.files.shape import nearest
    from llmops_cli.reports.json_schemas import SCHEMAS

    if name not in SCHEMAS:
        raise InputError(f"there is no schema {name!r}", hint=nearest(name, list(SCHEMAS)))
    console.out_json(SCHEMAS[name]())
    return 0
