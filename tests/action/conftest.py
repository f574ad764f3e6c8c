"""What tests of the action share."""

from pathlib import Path

import pytest

from tests.action.hub import Hub, make_hub


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    """An empty repository on a hub of its own."""
    return make_hub(tmp_path)
