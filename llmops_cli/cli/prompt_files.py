"""`llmops import text | dotprompt | prompty | langchain` and `llmops prompt export`: prompts alone, in and out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.importing import AsJson, DryRun, Force, finish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.prompts.template import TemplateFormat

Files = Annotated[list[Path], typer.Argument(metavar="FILES", help="Files, or folders of them.")]
Name = Annotated[
    str, typer.Option("--name", help="What the prompt is called, or the folder of several (default: as the files).")
]


def register(imports: typer.Typer, prompts: typer.Typer) -> None:
    """Add the commands to the `import` and the `prompt` app."""
    imports.command(
        "text", epilog="Example: llmops import text prompts.txt/summarize.md, or: git show v1:ask.txt |"
        " llmops import text - --name ask"
    )(text)  # fmt: skip
    imports.command("dotprompt", epilog="Example: llmops import dotprompt prompts.genkit/ --dry-run")(dotprompt)
    imports.command("prompty", epilog="Example: llmops import prompty chat.prompty --name support")(prompty)
    imports.command("langchain", epilog="Example: llmops import langchain prompts/*.yaml --name hub")(langchain)
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


def dotprompt(
    files: Files, name: Name = "", dry_run: DryRun = False, force: Force = False, as_json: AsJson = False
) -> int:
    """Import prompts in Google's dotprompt format: .prompt files, or folders of them.

    What has no place in a file of ours is kept in its metadata and comes back with `prompt export --format dotprompt`.
    The exit code is 1 when something had to be left out: what could be written is written all the same.
    """
    return _import("dotprompt", files, name, dry_run=dry_run, force=force, as_json=as_json)


def prompty(
    files: Files, name: Name = "", dry_run: DryRun = False, force: Force = False, as_json: AsJson = False
) -> int:
    """Import prompts in Microsoft's Prompty format, version 1 or 2: .prompty files, or folders of them.

    What has no place in a file of ours is kept in its metadata and comes back with `prompt export --format prompty`;
    keys and passwords never are. `${env:...}` and `${file:...}` are not looked up.
    The exit code is 1 when something had to be left out: what could be written is written all the same.
    """
    return _import("prompty", files, name, dry_run=dry_run, force=force, as_json=as_json)


def langchain(
    files: Files, name: Name = "", dry_run: DryRun = False, force: Force = False, as_json: AsJson = False
) -> int:
    """Import LangChain's prompts in YAML or JSON: a prompt, few-shot examples, or a chat as `dumps` writes it.

    What has no place in a file of ours is kept in its metadata and comes back with `prompt export --format langchain`.
    The exit code is 1 when something had to be left out: what could be written is written all the same.
    """
    return _import("langchain", files, name, dry_run=dry_run, force=force, as_json=as_json)


def export(
    prompt: Annotated[
        str, typer.Argument(metavar="PROMPT", help="NAME, or NAME@WHERE with a version, environment, branch or commit.")
    ],
    format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="dotprompt, prompty, promptfoo, langchain, text, json.")
    ],
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


def _import(kind: str, files: "Sequence[Path]", name: str, *, dry_run: bool, force: bool, as_json: bool) -> int:
    from llmops_cli.config import load_config
    from llmops_cli.prompts.formats.exporting import format_named
    from llmops_cli.prompts.formats.foreign import import_files
    from llmops_cli.prompts.formats.naming import named_files

    config = load_config()
    found = format_named(kind)
    named = named_files(files, found.endings, name=name, hidden=found.hidden)
    imported = import_files(found, named, config.root, folder=config.settings.prompts, anew=force)
    return finish(imported, config.root, dry_run=dry_run, force=force, as_json=as_json)


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
