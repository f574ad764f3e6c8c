"""What this clone remembers of its registry between two commands: small JSON files in the state folder."""

import json

from llmops_cli.errors import InputError
from llmops_cli.files.atomic import write_atomic
from llmops_cli.files.json_value import Json, parse_json
from llmops_cli.files.state_folder import make_state_folder
from llmops_cli.prompts.registry import Registry

_FOLDER = "registry"


def recall(registry: Registry, name: str) -> dict[str, Json]:
    """What was kept under a name; empty when nothing was, or it cannot be read.

    Raises InputError when git tracks the files: then it is a commit that speaks, and not this clone.
    """
    folder = registry.config.state_dir / _FOLDER
    repo = registry.repo
    if repo is not None and folder.is_relative_to(repo.root) and repo.is_tracked(str(folder)):
        raise InputError(
            f"{folder} is tracked by git: what a repository says of itself cannot be trusted",
            hint="git rm -r --cached .llmops, and ignore it",
        )
    try:
        kept = parse_json((folder / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def keep(registry: Registry, name: str, value: dict[str, Json]) -> bool:
    """Keep a value under a name; False when it cannot be written."""
    make_state_folder(registry.config.state_dir)
    try:
        text = json.dumps(value, indent=0, ensure_ascii=False)
        write_atomic(registry.config.state_dir / _FOLDER / f"{name}.json", text.encode())
    except OSError:
        return False
    return True
