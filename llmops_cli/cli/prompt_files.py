"""`llmops import text` and `llmops prompt export`: prompts alone, from and to the files of others."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.importing import AsJson, DryRun, Force, finish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.prompts.template import TemplateFormat

Name = Annotated[
    str, typer.Option("--name", help="What the prompt is called, or the folder of several (default: as the files).")
]


def register(imports: typer.Typer, prompts: typer.Typer) -> None:
    """Add the commands to the `import` and the `prompt` app."""
    imports.command(
        "text", epilog="Example: llmops import text prompts.txt/summarize.md, or: git show v1:ask.txt |"
        " llmops import text - --name ask"
    )(text)  # fmt: skip
    prompts.command("export", epilog="Example: llmops prompt export rag-answer@3.1.0 --format dotprompt -o rag.prompt")(
        export
    )


def text(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILES", help="Text files, folders of .txt and .md files, or - for standard input."),
    ],
    name: Name = "",
    model: Annotated[str, typer.Option("--model", help="LiteLLM's name of the model, for new prompts.")] = "",
    template_format: Annotated[
        str,
        typer.Option(
            "--template-format",
            help="The text has variables in this syntax: dollar, braces or jinja.",
            metavar="FORMAT",
        ),
    ] = "",
    dry_run: DryRun = False,
    force: Force = False,
    as_json: AsJson = False,
) -> int:
    """Import plain texts as prompts, to the byte: braces and dollars in them stay what they are.

    Where a prompt of that name is here already its text is replaced, and nothing else in the file, not even the
    version: `llmops prompt bump` knows what the change needs. With --force a file is written anew.
    """
    from llmops_cli.config import load_config
    from llmops_cli.prompts.formats.text import Syntax, import_texts

    syntax = Syntax(_template_format(template_format))
    config = load_config()
    config.need_work_tree()
    imported = import_texts(
        _texts(files, name), config.root, folder=config.settings.prompts, syntax=syntax, model=model, anew=force
    )
    return finish(imported, config.root, dry_run=dry_run, force=force, as_json=as_json)


def export(
    prompt: Annotated[
        str, typer.Argument(metavar="PROMPT", help="NAME, or NAME@WHERE with a version, environment, branch or commit.")
    ],
    format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, or json.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to this file, in place of stdout.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Write a prompt as a file of another tool; what the format cannot say is told.

    The exit code is 1 when something had to be left out: the file is written all the same. `--format json` is what
    `prompt show --json` prints; `--json` wraps what is written, and what is told, in one document.
    """
    from llmops_cli.cli.prompt import as_json_document, resolve
    from llmops_cli.prompts.formats.exporting import export_prompt
    from llmops_cli.prompts.formats.imported import Exported
    from llmops_cli.prompts.formats.note import gathered

    found = resolve(prompt)
    if format == "json":
        exported = Exported(console.json_text(as_json_document(found)))
    else:
        exported = export_prompt(found, format)
    notes = [note.as_json() for note in exported.notes]
    if output or not as_json:
        console.deliver([exported.text], output)
    if as_json:
        said = {"prompt": found.reference, "digest": found.digest, "to": format, "text": exported.text, "notes": notes}
        console.out_json({"format": "llmops.prompt-export/1", **said})
    for line in gathered(exported.notes):
        console.say(line)
    return 1 if exported.left_out else 0


def _texts(files: "Sequence[Path]", name: str) -> list[tuple[str, str]]:
    """Names and texts. Raises InputError and FileError."""
    import sys

    from llmops_cli.errors import InputError
    from llmops_cli.files.json_value import decode, read_text
    from llmops_cli.prompts.formats.naming import named_files
    from llmops_cli.prompts.formats.text import ENDINGS

    if Path("-") in files:
        if len(files) > 1 or not name:
            raise InputError("standard input is one text, and its prompt needs a name", hint="say --name NAME")
        return [(name, decode(sys.stdin.buffer.read(), path="standard input"))]
    return [(one, read_text(file)) for one, file in named_files(files, ENDINGS, name=name)]


def _template_format(said: str) -> "TemplateFormat | None":
    from typing import get_args

    from llmops_cli.errors import InputError
    from llmops_cli.files.shape import nearest
    from llmops_cli.prompts.template import TemplateFormat

    known: tuple[TemplateFormat, ...] = get_args(TemplateFormat)
    if said and said not in known:
        raise InputError(f"{said!r} is no template format", hint=nearest(said, known))
    return next((one for one in known if one == said), None)
