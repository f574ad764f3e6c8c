"""`llmops check list | show | try`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console

if TYPE_CHECKING:
    from llmops_cli.checks.entry import Entry, Option
    from llmops_cli.evals.trying import Tried
    from llmops_cli.models.model import Response


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Type = Annotated[str, typer.Argument(metavar="TYPE", help="A type of check, as in `type:` of a suite.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the `check` app."""
    app.command("list", epilog="Example: llmops check list")(list_types)
    app.command("show", epilog="Example: llmops check show is-json")(show)
    app.command(
        "try",
        epilog="Example: llmops check try not-contains --option value=sorry --output answer.txt, "
        "or: llmops check try numeric --expected 42 --output -",
    )(try_type)


def list_types(as_json: AsJson = False) -> int:
    """List every type of check with what it scores: ours by what they are about, then those of installed packages."""
    from llmops_cli.checks.entry import catalogue_entries

    entries = catalogue_entries()
    if as_json:
        console.out_json({"format": "llmops.types/1", "types": [entry.as_json() for entry in entries]})
        return 0
    console.table(
        ["about", "type", "scores"],
        [[entry.group, entry.type, _scores(entry)] for entry in entries],
    )
    console.say("each also as not-TYPE, but for judge and check-set; its options: llmops check show TYPE")
    return 0


def show(check_type: Type, as_json: AsJson = False) -> int:
    """Show one type of check in full: what it scores, its options, an example."""
    from llmops_cli.checks.entry import catalogue_entry

    entry = catalogue_entry(check_type)
    if as_json:
        console.out_json({"format": "llmops.type/1", **entry.as_json()})
        return 0
    console.out_text(_text(entry))
    return 0


def try_type(
    check_type: Annotated[str, typer.Argument(metavar="TYPE", help="A type of check, or not-TYPE.")],
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="FILE", help="The output to look at, `-` for stdin; less one last line end."),
    ] = None,
    answer: Annotated[
        Path | None,
        typer.Option(
            "--answer",
            metavar="FILE",
            help="Instead of --output: a JSON file as a row of a recording, with usage, tool calls, contexts.",
        ),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="KEY=VALUE", help="An option; YAML. Repeatable.")
    ] = None,
    case: Annotated[
        Path | None, typer.Option("--case", metavar="FILE", help="A JSON file with a case, as a row of a golden set.")
    ] = None,
    expected: Annotated[str | None, typer.Option("--expected", metavar="TEXT", help="What the case expects.")] = None,
    var: Annotated[
        list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="A variable of the case. Repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Try one check on one output (exit code 0 passes, 1 does not, 3 could not be measured)."""
    from llmops_cli.config import load_config
    from llmops_cli.evals.case import Case
    from llmops_cli.evals.trying import case_with, check_from_options, context_of, read_case, try_check
    from llmops_cli.prompts.values import parse_values

    shape = check_from_options(check_type, option or [])
    of_file = read_case(case) if case is not None else Case(id="try")
    whole_case = case_with(of_file, expected, parse_values(var or [], {}))
    context = context_of(_answer(output, answer), whole_case)
    tried = try_check(shape, context, load_config(), Path.cwd())
    if as_json:
        console.out_json(tried.as_json())
    else:
        console.out(_line(tried))
    return tried.exit_code


def _answer(output: str | None, answer: Path | None) -> "Response":
    """The answer a person named: text, or a row of a recording. Raises InputError unless it is exactly one of them."""
    import sys

    from llmops_cli.errors import InputError
    from llmops_cli.evals.trying import read_answer
    from llmops_cli.files.json_value import decode, read_text
    from llmops_cli.models.model import Response

    if (output is None) == (answer is None):
        raise InputError("name what to look at: either --output FILE or --answer FILE", hint="--output - reads stdin")
    if answer is not None:
        return read_answer(answer)
    assert output is not None
    text = decode(sys.stdin.buffer.read(), path="stdin") if output == "-" else read_text(Path(output))
    # editors and `echo` end a text with a line end that no model wrote
    return Response(text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text)


def _line(tried: "Tried") -> str:
    from llmops_cli.checks.check import Scored

    if not isinstance(tried.score, Scored):
        return f"not measured: {tried.score.reason}"
    reason = f": {tried.score.reason}" if tried.score.reason else ""
    return f"{'pass' if tried.passed else 'fail'} (score {tried.score.value:.4g}){reason}"


def _scores(entry: "Entry") -> str:
    """The summary under a heading that says "scores", so that it need not say so again."""
    if entry.error:
        return f"error: {entry.error}"
    return entry.summary.removeprefix("Scores ").removesuffix(".").removesuffix(", else 0")


def _text(entry: "Entry") -> str:
    from llmops_cli.reports.visible import visible

    lines = [f"{entry.type}  (from {entry.package})", "", entry.description, ""]
    if entry.options:
        width = max(len(option.name) for option in entry.options)
        lines += ["options:", *(f"  {option.name.ljust(width)}  {_meaning(option)}" for option in entry.options), ""]
    lines += ["example:", *(f"  {line}" for line in entry.example.splitlines())]
    if entry.opposite:
        lines += ["", f"not-{entry.type} is its opposite; what cannot be measured stays so."]
    return visible("\n".join(lines)) + "\n"


def _meaning(option: "Option") -> str:
    if option.required:
        return f"{option.kind}, required"
    default = "" if option.default in (None, "") else f" (default {json.dumps(option.default, ensure_ascii=False)})"
    return option.kind + default
