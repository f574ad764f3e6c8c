"""What the process finds around it: a token, a place for the cache, and what git may inherit."""

import os
from pathlib import Path

from llmops_cli.vcs.tamed import INHERITED, TAMED

TOKEN = "LLMOPS_GIT_TOKEN"  # noqa: S105 - the name of the variable


def token_of(given: str) -> str:
    """The token for the remote: the one that was given, else that of the environment; empty without one."""
    return (given or os.environ.get(TOKEN, "")).strip()  # a file that holds one ends with a line end


def cache_folder() -> Path | None:
    """Where what was served last is kept unless the application says where: the cache folder of the user.

    None without one. A folder that every user can write to, such as /tmp, is no place for what is served.
    """
    named = os.environ.get("XDG_CACHE_HOME", "")
    home = os.environ.get("HOME", "")
    if not Path(named or home).is_absolute():
        return None
    return (Path(named) if named else Path(home) / ".cache") / "llmops" / "prompts"


def for_git() -> dict[str, str]:
    """The environment of a git process: nobody is asked for a password, and nothing leads it to another repository."""
    kept = {name: value for name, value in os.environ.items() if name not in INHERITED and name != TOKEN}
    return {**kept, **TAMED, "SSH_ASKPASS_REQUIRE": "never", "GIT_ALLOW_PROTOCOL": "file:ssh:git"}
