"""The app and its funnel: every error becomes a sentence and an exit code; a surprise is 70, never 1."""

import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from llmops_cli import __version__
from llmops_cli.cli import (
    check,
    commenting,
    console,
    drift,
    environment,
    environment_past,
    evaluation,
    exporting,
    freezing,
    gate,
    golden,
    importing,
    judge,
    judge_attack,
    project,
    prompt,
    prompt_bump,
    prompt_codegen,
    prompt_files,
    prompt_marks,
    prompt_release,
    protect,
    reporting,
    schema,
    sharding,
    stored_run,
    verify,
)
from llmops_cli.errors import LlmopsError

app = typer.Typer(
    name="llmops",
    help="Prompts as semver-versioned artifacts in git, and a gate that measures every change before it is merged.",
    epilog="Exit codes: 0 pass or done, 1 the gate or a check says no, 2 bad input, 3 could not measure, "
    "4 registry conflict, 70 a bug in llmops, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
prompt_app = typer.Typer(help="Author, compare, check and release prompts.", no_args_is_help=True)
environment_app = typer.Typer(help="What is live where, and how it came to be.", no_args_is_help=True)
check_app = typer.Typer(help="The checks there are, and what one says of an output.", no_args_is_help=True)
eval_app = typer.Typer(help="Run golden sets and let the gate decide.", no_args_is_help=True)
gate_app = typer.Typer(help="What the gate may let pass, and what it can see.", no_args_is_help=True)
judge_app = typer.Typer(help="Find out whether judges can be trusted.", no_args_is_help=True)
golden_app = typer.Typer(
    help="Care for the cases: find what is wrong with them, add, count, export.", no_args_is_help=True
)
import_app = typer.Typer(help="Take over what was written for another tool.", no_args_is_help=True)
report_app = typer.Typer(help="Show the registry and its runs to others.", no_args_is_help=True)
app.add_typer(prompt_app, name="prompt")
app.add_typer(eval_app, name="eval")
app.add_typer(check_app, name="check")
app.add_typer(gate_app, name="gate")
app.add_typer(judge_app, name="judge")
app.add_typer(golden_app, name="golden")
app.add_typer(import_app, name="import")
app.add_typer(report_app, name="report")
app.add_typer(environment_app, name="env")
project.register(app)
prompt.register(prompt_app)
prompt_bump.register(prompt_app)
prompt_release.register(prompt_app)
prompt_marks.register(prompt_app)
prompt_codegen.register(prompt_app)
environment.register(app, environment_app)
environment_past.register(environment_app)
freezing.register(environment_app)
exporting.register(app)
verify.register(app)
protect.register(app)
schema.register(app)
evaluation.register(eval_app)
drift.register(eval_app)
sharding.register(eval_app)
stored_run.register(eval_app)
check.register(check_app)
judge.register(judge_app)
judge_attack.register(judge_app)
golden.register(golden_app)
importing.register(import_app)
prompt_files.register(import_app, prompt_app)
gate.register(gate_app)
reporting.register(report_app)
commenting.register(report_app)


def _print_version(asked: bool) -> None:
    if asked:
        console.out(f"llmops {__version__}")
        raise typer.Exit(0)


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    del version


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; nothing is raised and the process is not ended."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        result = app(args=arguments, prog_name="llmops", standalone_mode=False)
        code = result if isinstance(result, int) else 0
        console.flush()  # here, because output that cannot be written is an error too
    except LlmopsError as error:
        console.report_error(error)
        code = error.exit_code
    except typer.Abort:
        console.say("interrupted")
        code = 130
    except KeyboardInterrupt:
        console.say("interrupted")
        code = 130
    # the funnel: what we did not foresee is a bug and must not look like a verdict, least of all somebody's sys.exit(0)
    except BaseException as error:
        code = _usage_error(error)
        if not code:
            _report_bug(error)
            code = 70
    with suppress(LlmopsError):  # it ended with an error already, and that one counts
        console.flush()
    return code


def entry() -> None:
    """The console script."""
    console.open_missing_streams()
    sys.exit(main())


def _usage_error(error: BaseException) -> int:
    """2 when Typer did not understand the command line, else 0.

    Typer keeps its usage errors in a private copy of click; BadParameter is the public member of that family.
    """
    family = typer.BadParameter.__bases__[0].__bases__[0]
    if not isinstance(error, family):
        return 0
    message = getattr(error, "format_message", lambda: str(error))() or "a command is missing"
    if message.startswith("Usage: "):  # nothing was asked for: the help is the answer
        console.say(message)
        return 2
    command = getattr(getattr(error, "ctx", None), "command_path", "llmops")
    console.report_error(LlmopsError(message, hint=f"see: {command} --help"))
    return 2


def _report_bug(error: BaseException) -> None:
    """One line for people; the traceback goes to a file, or to stderr with LLMOPS_DEBUG=1 or where no file can be."""
    from llmops_cli.config import debugging

    text = "".join(traceback.format_exception(error))
    try:
        handle, name = tempfile.mkstemp(prefix="llmops-crash-", suffix=".txt")
        os.close(handle)
        Path(name).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError:
        name = ""
    hint = f"the details are in {name}; please report it" if name else "the details stand below; please report it"
    console.report_error(LlmopsError(f"this is a bug in llmops: {type(error).__name__}: {error}", hint=hint))
    if debugging() or not name:
        console.say(text)
