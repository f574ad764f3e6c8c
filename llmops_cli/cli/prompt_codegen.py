"""`llmops prompt codegen`."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console

if TYPE_CHECKING:
    from llmops_cli.prompts.codegen.plan import Generated


def register(app: typer.Typer) -> None:
    """Add the command to the `prompt` app."""
    app.command(
        "codegen",
        epilog="Example: llmops prompt codegen -o app/prompts.py, "
        "or: llmops prompt codegen rag-answer --env production -o app/prompts.py --check",
    )(codegen)


def codegen(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Prompts to write a class for; all by default.")
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="FILE|DIR", help="A .py file, or a folder for a module a prompt; - is stdout."
        ),
    ] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 when the files are not what would be written.")
    ] = False,
    env: Annotated[str, typer.Option("--env", metavar="ENV", help="What is live there, not the working tree.")] = "",
    released: Annotated[bool, typer.Option("--released", help="The latest release of each prompt.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Write typed Python classes through which an application passes each prompt its variables, and nothing else.

    A missing, unknown or mistyped variable is then an error of the type checker, and of pydantic where none looked.
    """
    from llmops_cli.config import load_config
    from llmops_cli.errors import InputError
    from llmops_cli.prompts.codegen.module import module_text
    from llmops_cli.prompts.codegen.plan import chosen_prompts, plan, write
    from llmops_cli.prompts.registry import open_registry

    if env and released:
        raise InputError("--env and --released name two sources", hint="keep one of them")
    if not output:
        raise InputError("where to write to is missing", hint="say it with -o, such as: -o app/prompts.py")
    if output == "-" and (check or as_json):
        raise InputError("-o - writes to stdout, which can neither be checked nor hold a second document")
    registry = open_registry(load_config())
    for warning in registry.warnings:
        console.warn(warning)
    prompts = chosen_prompts(registry, names or [], environment=env, released=released)
    source = ["--env", env] if env else ["--released"] * released
    shown = _from_root(output, registry.config.root)
    if not shown.isprintable():  # it stands in a comment, and a line end in it would begin a line of Python
        raise InputError("the path of the output, seen from the project, holds characters that cannot be shown")
    command = "".join(" " + shlex.quote(word) for word in [*sorted(set(names or [])), *source, "-o", shown])
    if output == "-":
        console.out_raw(module_text(prompts, command))
        return 0
    files = plan(prompts, Path(output), command)
    if not check:
        write(files)
    return _told(files, command, check=check, as_json=as_json)


def _told(files: "list[Generated]", command: str, *, check: bool, as_json: bool) -> int:
    """What was found, or done; 1 when a check found something."""
    changed = [file for file in files if file.state != "current"]
    if as_json:
        console.out_json(
            {"format": "llmops.codegen/1", "written": not check, "files": [file.as_json() for file in files]}
        )
    elif not check:
        for file in changed:
            console.out(f"{file.path.as_posix()}{' (removed)' if file.text is None else ''}")
        if not changed:
            console.say("nothing has changed")
    if not check or not changed:
        return 0
    for file in changed:
        console.say(f"error: {file.sentence()}")
    console.say(f"help:  run: llmops prompt codegen{command}")
    return 1


def _from_root(output: str, root: Path) -> str:
    """The path as seen from the top of the project, so that the command is the same from every folder and machine."""
    if output == "-":
        return output
    seen = Path(os.path.relpath(Path(output).resolve(), root)).as_posix()
    return seen if seen.endswith(".py") and not output.endswith("/") else seen + "/"
