"""Prompts of a repository that a test writes, with a clock of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from llmops_cli.runtime import Prompts
from tests.runtime.environment import bare
from tests.runtime.released import Clock, MakePrompts


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Iterator[MakePrompts]:
    """Prompts of `tmp_path/prompts.git` that ask when they are told to; closed in the end."""
    made: list[Prompts] = []

    def prompts(remote: str = "", **options: object) -> Prompts:
        chosen = {"cache_dir": tmp_path / "cache", "poll_s": 0, "clock": clock, **options}
        made.append(Prompts(remote or tmp_path / "prompts.git", **chosen))  # type: ignore[arg-type]
        return made[-1]

    yield prompts
    for one in made:
        one.close()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return bare(tmp_path / "prompts.git")
