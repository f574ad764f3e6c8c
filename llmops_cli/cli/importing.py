"""`llmops import promptfoo | openai-evals | inspect`: what others have written for another tool, as files of ours."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console

if TYPE_CHECKING:
    from llmops_cli.evals.imported.material import Material
    from llmops_cli.prompts.formats.imported import Imported

Name = Annotated[
    str, typer.Option("--name", help="What prompt, suite and golden set are called (default: from the file).")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there already.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the `import` app."""
    app.command("promptfoo", epilog="Example: llmops import promptfoo promptfooconfig.yaml --dry-run")(promptfoo)
    app.command("openai-evals", epilog="Example: llmops import openai-evals capitals.jsonl --class Match")(openai_evals)
    app.command("inspect", epilog="Example: llmops import inspect logs/2026-11-21_capitals.eval")(inspect)


def promptfoo(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A configuration (YAML, JSON), tests in CSV, or prompts.")
    ],
    name: Name = "",
    prompt: Annotated[
        str, typer.Option("--prompt", metavar="NAME", help="Evaluate this prompt of yours, and import none.")
    ] = "",
    dry_run: DryRun = False,
    force: Force = False,
    as_json: AsJson = False,
) -> int:
    """Import prompts, tests and checks from promptfoo; what differs or is left out is named.

    Nothing of the configuration is run, and nobody is asked. The exit code is 1 when something had to be left out: the
    files are written all the same.
    """
    from llmops_cli.config import load_config
    from llmops_cli.evals.promptfoo.importing import Folders, import_promptfoo

    config = load_config()
    config.need_work_tree()
    folders = Folders(config.root, config.settings.prompts, config.settings.evals)
    imported = import_promptfoo(file, folders, name=name, prompt=prompt)
    return finish(imported, config.root, dry_run=dry_run, force=force, as_json=as_json)


def openai_evals(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Rows in JSONL, or the YAML file of a registry that names them.")
    ],
    eval_name: Annotated[str, typer.Option("--eval", metavar="NAME", help="Which eval of the registry.")] = "",
    class_name: Annotated[
        str,
        typer.Option("--class", help="How answers are judged: Match, Includes, FuzzyMatch or JsonMatch."),
    ] = "",
    name: Name = "",
    dry_run: DryRun = False,
    force: Force = False,
    as_json: AsJson = False,
) -> int:
    """Import cases from OpenAI's evals, and the check that its registry names; what differs or is left out is named.

    The exit code is 1 when something had to be left out: the files are written all the same.
    """
    from llmops_cli.evals.imported.openai_evals import read_openai_evals

    material = read_openai_evals(file, eval_name=eval_name, class_name=class_name)
    return _assembled(material, name, dry_run=dry_run, force=force, as_json=as_json)


def inspect(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="A log of inspect: .eval or .json.")],
    name: Name = "",
    dry_run: DryRun = False,
    force: Force = False,
    as_json: AsJson = False,
) -> int:
    """Import cases and recorded answers from a log of inspect; what differs or is left out is named.

    The exit code is 1 when something had to be left out: the files are written all the same.
    """
    from llmops_cli.evals.imported.inspect_log import read_inspect_log

    return _assembled(read_inspect_log(log), name, dry_run=dry_run, force=force, as_json=as_json)


def _assembled(material: "Material", name: str, *, dry_run: bool, force: bool, as_json: bool) -> int:
    from llmops_cli.config import load_config
    from llmops_cli.evals.imported.assembly import assemble
    from llmops_cli.evals.promptfoo.importing import Folders

    config = load_config()
    config.need_work_tree()
    imported = assemble(material, Folders(config.root, config.settings.prompts, config.settings.evals), name=name)
    return finish(imported, config.root, dry_run=dry_run, force=force, as_json=as_json)


def finish(imported: "Imported", root: Path, *, dry_run: bool, force: bool, as_json: bool) -> int:
    """Write the files and say what has to be said; 1 when something was left out."""
    from llmops_cli.prompts.formats.imported import write_import

    if not dry_run:
        write_import(imported, root, force=force)
    if as_json:
        console.out_json({"format": "llmops.import/1", "written": not dry_run, **imported.as_json()})
    else:
        for path in imported.files:
            console.out(path)
    _tell(imported, dry_run=dry_run)
    return 1 if imported.left_out else 0


def _of(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _tell(imported: "Imported", *, dry_run: bool) -> None:
    from llmops_cli.prompts.formats.note import gathered

    for line in gathered(imported.notes):
        console.say(line)
    done = "would be written" if dry_run else "written"
    told = _of(len(imported.prompts), "prompt")
    if imported.suites or imported.cases:
        told += f", {_of(len(imported.suites), 'suite')}"
        told += f", {_of(imported.cases, 'case')} with {_of(imported.checks, 'check')}"
    elif imported.unchanged:
        done += f", {imported.unchanged} of them as they were" if imported.files else " already: nothing has changed"
    console.say(f"{told} {done}; {_of(imported.left_out, 'thing')} left out")
    if imported.updated and not dry_run:
        console.say("next:  llmops prompt check, and llmops prompt bump for what changed")
    if imported.suites and not dry_run:
        console.say(f"next:  llmops eval plan {imported.suites[0]}")
