"""What stories share."""

import pytest

from tests.journeys.team import Shell


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """llmops in this process: `shell(repo, "prompt", "list")`."""
    return Shell(monkeypatch, capsys)
