"""Is a file a suite of a project of ours? Asked of every YAML file that pytest meets, so it reads little."""

from __future__ import annotations  # names that older releases of pytest do not have

import os
import re
from pathlib import Path

import pytest

# names that the hooks and the items share
AGAINST, REPEATS, BUDGET, NO_CACHE = "llmops_against", "llmops_repeats", "llmops_budget", "llmops_no_cache"
DEALT_BY = "llmops_dealt_by"  # how pytest-xdist deals out the items, told to its workers
SAID = pytest.StashKey[list[str]]()  # lines for the end of the run

_SETTINGS_FILE = "llmops.yaml"
_DEFAULT_FOLDER = "evals"
_MOST_READ = 65_536
# a key at the top of a suite; a configuration of another tool that lies in such a folder has none of them
_TOP_KEY = re.compile(r"""^["']?(?:prompt|cases|gate)["']?\s*:""", re.MULTILINE)


def pointed_at(path: Path, config: pytest.Config) -> bool:
    """Whether this run of pytest was asked for the file or the folder it lies in, by an argument or by `testpaths`.

    Suites ask models, for money: who says `pytest` at the top of a project means its other tests.
    """
    wanted = {os.path.realpath(path), os.path.realpath(path.parent)}
    asked = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return any(os.path.realpath(one) in wanted for one in asked)


def project_of_suite(path: Path) -> Path | None:
    """The root of the project whose suite this YAML file is, None when it is no suite.

    In a project with a llmops.yaml that is every file in its folder of suites. In one without, which other tools may
    have made, it is what lies in `evals/` beside `prompts/` and reads like a suite.
    """
    folder = path.parent
    for root in (folder, *folder.parents):
        if (root / _SETTINGS_FILE).is_file():
            return root if folder == root / _folder_of_suites(root) else None
        if (root / ".git").exists():
            break
    if folder.name != _DEFAULT_FOLDER or not (folder.parent / "prompts").is_dir():
        return None
    return folder.parent if _reads_like_a_suite(path) else None


def _folder_of_suites(root: Path) -> str:
    from llmops_cli.config import load_config
    from llmops_cli.errors import LlmopsError
    from llmops_cli.settings import Settings

    try:
        return load_config(root, {}).settings.evals
    except LlmopsError:  # told when the suites are collected
        return str(Settings().evals)


def _reads_like_a_suite(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            text = stream.read(_MOST_READ).decode("utf-8", errors="replace")
    except OSError:
        return False
    return _TOP_KEY.search(text) is not None
