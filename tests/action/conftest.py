"""What tests of the action share."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.action.hub import Hub, make_hub


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    """An empty repository on a hub of its own."""
    return make_hub(tmp_path)


@pytest.fixture
def package_index(tmp_path: Path) -> None:
    """Skips the test where no package can be fetched."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(tmp_path / "probe"), "hatchling"]
    if subprocess.run(command, capture_output=True, timeout=60, check=False).returncode:
        pytest.skip("no package index can be reached")
