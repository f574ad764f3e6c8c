"""`llmops schema`: what editors need to complete and validate the files that people write."""

import json
from pathlib import Path
from typing import Annotated

import typer

from llmops_cli.cli import console


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("schema", epilog="Example: llmops schema prompt -o .vscode/llmops/prompt.schema.json")(schema)


def schema(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="prompt, suite, settings (llmops.yaml), or case (a row of a golden set)."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to this file, its folder too; `-` is stdout."),
    ] = None,
) -> int:
    """Print the JSON schema (draft-07) of a kind of file, with the checks of the packages that are installed here."""
    from llmops_cli.errors import InputError
    from llmops_cli.files.shape import nearest
    from llmops_cli.reports.file_schemas import FILE_SCHEMAS

    if name not in FILE_SCHEMAS:
        raise InputError(f"there is no schema {name!r}", hint=nearest(name, list(FILE_SCHEMAS)))
    text = json.dumps(FILE_SCHEMAS[name](True), indent=2, ensure_ascii=False) + "\n"
    if output is not None and str(output) != "-":
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{output.parent} cannot be made: {error.strerror}") from None
    console.deliver([text], output)
    return 0
