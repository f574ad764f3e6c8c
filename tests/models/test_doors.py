"""One door per vendor, and only light imports before the door is opened."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOM = Path(__file__).resolve().parents[2] / "llmops_cli" / "models"


def importers(package: str) -> set[str]:
    found = set()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == package for name in names):
                found.add(path.name)
    return found


@pytest.mark.parametrize(
    ("package", "door"),
    [
        ("litellm", {"via_litellm.py"}),
        ("diskcache", {"answer_cache.py"}),
        ("redis", {"redis_line.py"}),
        ("openai", set()),
        ("httpx", {"via_http.py"}),
        ("pickle", set()),
    ],
)
def test_one_file_speaks_to_each_vendor(package: str, door: set[str]) -> None:
    assert importers(package) == door


def test_importing_the_room_loads_nothing_heavy() -> None:
    """All of it but the door to services, opened at the first call (httpx loads rich for its own command), and that
    to a shared cache, opened where one is configured."""
    stems = {path.stem for path in ROOM.glob("*.py")} - {"__init__", "via_http", "redis_line", "redis_cache"}
    modules = ", ".join(f"llmops_cli.models.{stem}" for stem in sorted(stems))
    heavy = ("litellm", "openai", "aiohttp", "numpy", "rich", "typer", "redis")
    code = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
