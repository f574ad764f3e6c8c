"""What the process finds around it: a token, a place for the cache, and what git may inherit."""

import os
import tempfile
from pathlib import Path

from llmops_cli.vcs.tamed import INHERITED, TAMED

TOKEN = "LLMOPS_GIT_TOKEN"  # noqa: S105 - the name of the variable


def token() -> str:
    """The token for the remote that the environment names; empty without one."""
    return os.environ.get(TOKEN, "")


def cache_folder() -> Path:
    """Where what was served last is kept unless the application says so: the person's cache folder, or a temporary one.

    The temporary one carries the user's number: another user of the machine must not have made it.
    """
    named = os.environ.get("XDG_CACHE_HOME", "")
    home = os.environ.get("HOME", "")
    if named or home:
        return (Path(named) if named else Path(home) / ".cache") / "llmops" / "prompts"
    owner = os.getuid() if hasattr(os, "getuid") else 0
    return Path(tempfile.gettempdir()) / f"llmops-prompts-{owner}"


def for_git() -> dict[str, str]:
    """The environment of a git process: nobody is asked for a password, and nothing leads it to another repository."""
    kept = {name: value for name, value in os.environ.items() if name not in INHERITED and name != TOKEN}
    return {**kept, **TAMED, "SSH_ASKPASS_REQUIRE": "never", "GIT_ALLOW_PROTOCOL": "file:ssh:git"}
