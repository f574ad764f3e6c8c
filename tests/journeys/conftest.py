"""What stories share."""

from pathlib import Path

import pytest

from tests.journeys import odd
from tests.journeys.team import Shell


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """llmops in this process: `shell(repo, "prompt", "list")`."""
    return Shell(monkeypatch, capsys)


@pytest.fixture
def story(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, shell: Shell) -> odd.Told:
    """A project with two releases that is live, in a bare remote and a plain clone of it."""
    return odd.told(tmp_path_factory.getbasetemp() / "odd", tmp_path, shell)
