"""`llmops prompt bump | used-by`: raise what has to be raised, also where a file that many prompts read changed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.evidence import evidence_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.files.json_value import Json
    from llmops_cli.prompts.bump import Bump
    from llmops_cli.prompts.registry import Registry

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_LEVELS = ("patch", "minor", "major")


def register(app: typer.Typer) -> None:
    """Add the commands to the `prompt` app."""
    app.command(
        "bump",
        epilog="Example: llmops prompt bump rag-answer, or: llmops prompt bump rag-answer minor, "
        "or: llmops prompt bump --all",
    )(bump)
    app.command("used-by", epilog="Example: llmops prompt used-by prompts/partials/safety.md")(used_by)


def bump(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAMES",
            help="Prompts by name, and perhaps last a level: patch, minor or major; the smallest that is needed by "
            "default.",
        ),
    ] = None,
    version: Annotated[str, typer.Option("--version", metavar="X.Y.Z", help="Take this version.")] = "",
    pre: Annotated[
        str, typer.Option("--pre", metavar="WORD", help="Make it a prerelease, such as rc: X.Y.Z-rc.1, -rc.2, ...")
    ] = "",
    every: Annotated[
        bool, typer.Option("--all", help="Every prompt that needs it, as after a partial changed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """Raise the version of prompts as far as their changes need; nothing else in the files changes."""
    from llmops_cli.errors import InputError
    from llmops_cli.prompts.bump import plan_bumps, write_bump
    from llmops_cli.prompts.version import Level, Version

    if pre and version:
        raise InputError("--pre and --version say the same", hint="keep one of them")
    registry = _registry()
    chosen, level = _meant(names or [], registry.authored(), every=every, version=version)
    planned = plan_bumps(
        registry,
        chosen,
        level=Level[level.upper()] if level else None,
        version=Version.parse(version.removeprefix("v")) if version else None,
        pre=pre,
        finish=not every,  # what was asked for is what a change needs
        evidence=evidence_of(registry.config),
    )
    for one in planned:
        if one.writes and not dry_run:
            registry.config.need_work_tree()
            write_bump(one, registry.config.root)
    if as_json:
        documents: list[Json] = [{"written": one.writes and not dry_run, **one.as_json()} for one in planned]
        single = len(chosen) == 1 and not every
        console.out_json(
            {"format": "llmops.bump/1", **planned[0].as_json(), "written": planned[0].writes and not dry_run}
            if single
            else {"format": "llmops.bumps/1", "bumps": documents}
        )
        return 0
    shown = [one for one in planned if one.changed or one.writes] if every else planned
    for one in shown:
        _print(one, dry_run=dry_run)
    if rest := len(planned) - len(shown):
        console.say(f"{rest} prompt{'' if rest == 1 else 's'} the same to the model as before")
    return 0


def used_by(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A partial or an output schema, from here or from the project root.")
    ],
    as_json: AsJson = False,
) -> int:
    """List the prompts that read a file, be it through another one (exit code 2 when a prompt cannot be read)."""
    from llmops_cli.prompts.uses import used_by as find

    registry = _registry()
    found = find(registry, _from_root(path, registry.config.root))
    for problem in found.problems:
        console.say(f"error: {problem}")
    if as_json:
        prompts = [{"name": each.name, "version": str(each.version), "path": each.path} for each in found.prompts]
        console.out_json({"format": "llmops.used-by/1", "path": found.path, "prompts": prompts})
    else:
        for each in found.prompts:
            console.out(each.name)
        if not (found.prompts or found.problems):
            console.say(f"no prompt reads {found.path}")
    return 2 if found.problems else 0


def _meant(names: list[str], authored: "Sequence[str]", *, every: bool, version: str) -> tuple[list[str], str]:
    """The prompts and the level that the words name. Raises InputError."""
    from llmops_cli.errors import InputError
    from llmops_cli.files.shape import nearest

    level = names[-1] if names and names[-1] in _LEVELS and (every or len(names) > 1) else ""
    chosen = list(dict.fromkeys(names[:-1] if level else names))
    if level and version:
        raise InputError("a level and --version say the same", hint="keep one of them")
    if every and chosen:
        raise InputError("--all means every prompt", hint="leave out --all, or the names")
    if not every and not chosen:
        raise InputError("no prompt is named", hint="name the prompts to bump, or say --all")
    if version and (every or len(chosen) > 1):
        raise InputError("--version is for one prompt", hint="name one, or say a level")
    if len(names) > 1 and not level and names[-1] not in authored:
        hint = nearest(names[-1], [*_LEVELS, *authored])
        raise InputError(f"{names[-1]!r} is not a level, and no prompt has this name", hint=hint)
    return (list(authored) if every else chosen), level


def _print(planned: "Bump", *, dry_run: bool) -> None:
    from llmops_cli.reports.prompt_text import needed_pieces, plain

    console.out(planned.explanation() + (" (not written)" if planned.writes and dry_run else ""))
    for origin in planned.changed:
        console.out(f"since {origin.label}: {plain(needed_pieces(origin.needed)).rstrip()}")


def _from_root(path: str, root: Path) -> str:
    """The path from the project root; a person names a file from where they stand."""
    here = Path.cwd() / path
    if not (root / path).exists() or here.exists():
        resolved = here.resolve()
        if resolved.is_relative_to(root.resolve()):
            return resolved.relative_to(root.resolve()).as_posix()
    return Path(path).as_posix()


def _registry() -> "Registry":
    from llmops_cli.config import load_config
    from llmops_cli.prompts.registry import open_registry

    registry = open_registry(load_config())
    for warning in registry.warnings:
        console.warn(warning)
    return registry
