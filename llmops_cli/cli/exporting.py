"""`llmops export`: what an environment serves as one file, for a wheel or an image."""

from pathlib import Path
from typing import Annotated

import typer

from llmops_cli.cli import console


def register(app: typer.Typer) -> None:
    """Add `export` to the app."""
    app.command("export", epilog="Example: llmops export --env production -o src/myapp/prompts.json")(export)


def export(
    environment: Annotated[str, typer.Option("--env", metavar="ENV", help="Whose prompts to carry along.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write; in a folder: ENV.json.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Write what an environment serves, as of the last git fetch, into one file that a service can fall back on."""
    import time

    from llmops_cli.config import load_config
    from llmops_cli.errors import InputError
    from llmops_cli.files.atomic import write_atomic
    from llmops_cli.prompts.registry import open_registry
    from llmops_cli.runtime.exporting import take_snapshot
    from llmops_cli.vcs.commit_tree import CommitTree

    registry = open_registry(load_config())
    known = registry.environment(environment)
    if registry.repo is None or known.tip is None:
        raise InputError(f"nothing is known to be live on {environment}", hint="run: git fetch")
    tree = CommitTree(registry.repo, known.tip)
    snapshot, versions = take_snapshot(tree, environment=environment, commit=known.tip, now=time.time())
    target = output / f"{environment}.json" if output.is_dir() else output
    try:
        write_atomic(target, snapshot.to_bytes())
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}") from None
    if as_json:
        console.out_json(
            {
                "format": "llmops.export/1",
                "environment": environment,
                "commit": known.tip,
                "file": str(target),
                "prompts": dict(versions),
            }
        )
    else:
        shown = ", ".join(f"{name}@{version}" for name, version in versions.items())
        console.out(f"{target}: {environment} ({known.tip[:7]}) with {shown}")
    return 0
