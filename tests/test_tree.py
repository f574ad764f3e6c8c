"""The tree itself is tested: help, generated documents, start-up, size and names of files."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from llmops_cli.cli.main import app

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "llmops_cli").rglob("*.py"))
HEAVY = ["litellm", "scipy", "numpy", "git", "jsonschema", "jinja2", "diskcache", "aiohttp", "openai"]
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
# the configuration, and the place that starts git without what a hook or a shell has left in the environment
READERS = {"llmops_cli/config.py", "llmops_cli/vcs/plumbing.py"}


def generator() -> ModuleType:
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COMMANDS = [" ".join(words) for words in generator().commands(app)]


def command_object(words: str) -> Any:
    """The command as Typer builds it: its parameters with their help."""
    found: Any = typer.main.get_command(app)
    for word in words.split():
        found = found.commands[word]
    return found


def test_the_commands_are_found() -> None:
    assert {"init", "demo", "eval run"} <= set(COMMANDS)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_has_help_and_an_example(words: str) -> None:
    text = generator().help_of(tuple(words.split()))
    command = command_object(words)
    assert command.help and command.help.split("\n")[0].rstrip().endswith((".", ")"))
    assert "Example" in text and f"llmops {words}" in " ".join(text.split())


@pytest.mark.parametrize("words", COMMANDS)
def test_every_argument_and_option_has_help(words: str) -> None:
    assert [parameter.name for parameter in command_object(words).params if not getattr(parameter, "help", None)] == []


def test_the_command_reference_is_up_to_date() -> None:
    assert generator().page() == (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8"), "run: make docs"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["eval", "run", "--help"], ["prompt", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from llmops_cli.cli.main import main\n"
        f"code = main({arguments!r})\n"
        f"loaded = sorted(set(sys.modules) & set({HEAVY!r}))\n"
        "print('loaded:', *loaded, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "loaded:"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    tree = ast.parse(text)
    long = [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > 60
    ]
    assert long == []


def test_no_file_has_a_vague_name() -> None:
    assert [path.name for path in SOURCES if path.stem in VAGUE] == []


def test_every_module_and_room_says_what_it_is() -> None:
    assert [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if not (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").strip()
    ] == []


def test_the_environment_is_read_in_two_places_only() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if any(
            isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and ast.unparse(node.value) == "os"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    }
    assert readers <= READERS


def test_make_check_looks_at_layers_types_and_documents() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.split("\ncheck:")[1].split("\n\n")[0]
    for tool in ("ruff format --check", "ruff check", "mypy", "lint-imports", "docs/generate.py --check"):
        assert tool in recipe
