"""The tree itself is tested: help, generated documents, start-up, size and names of files."""

import ast
import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from llmops_cli.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "llmops_cli").rglob("*.py"))
HEAVY = [
    "litellm",
    "scipy",
    "numpy",
    "git",
    "jsonschema",
    "jinja2",
    "diskcache",
    "aiohttp",
    "openai",
    "httpx",
    "lxml",
    "sqlglot",
    "nltk",
    "rapidfuzz",
    "redis",
    "ray",
]
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
# the configuration; what a running service finds around it; the place that starts git without what a hook has left
# behind; the doors to litellm and ray, whose switches must be set before they are imported
READERS = {
    "llmops_cli/config.py",
    "llmops_cli/vcs/plumbing.py",
    "llmops_cli/runtime/surroundings.py",
    "llmops_cli/models/via_litellm.py",
    "llmops_cli/evals/via_ray.py",
}


def generator() -> ModuleType:
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = generator()
COMMANDS: dict[str, Any] = dict(GENERATOR.commands())


def test_the_commands_are_found() -> None:
    assert {"init", "demo", "eval run"} <= COMMANDS.keys()


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_has_help_and_an_example(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    first = COMMANDS[words].help.strip().split("\n")[0]
    assert first.endswith((".", ")")) and len(first) <= 120
    assert main([*words.split(), "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Example: " in text and f"llmops {words}" in text.partition("Example: ")[2]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_argument_and_option_has_help(words: str) -> None:
    assert [each.name for each in COMMANDS[words].params if not (getattr(each, "help", "") or "").strip()] == []


def test_what_is_generated_is_up_to_date() -> None:
    wanted = {path.relative_to(ROOT).as_posix(): text for path, text in GENERATOR.documents().items()}
    assert {"docs/reference/cli.md", "docs/reference/schemas/run.schema.json"} <= wanted.keys()
    old = [name for name, text in wanted.items() if (ROOT / name).read_text(encoding="utf-8") != text]
    assert old == [], "run: make docs"
    assert {path.name for path in (ROOT / "docs/reference/schemas").iterdir()} == {
        Path(name).name for name in wanted if name.endswith(".schema.json")
    }


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


def test_the_pytest_plugin_loads_nothing_but_itself() -> None:
    """It is loaded into every run of pytest in its environment, of older releases as well."""
    program = (
        "import sys, pytest\n"
        "del pytest.TerminalReporter\n"
        "before = set(sys.modules)\n"
        "import llmops_cli.pytest_plugin.hooks\n"
        "print(*sorted(set(sys.modules) - before))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    plugin = "llmops_cli.pytest_plugin"
    assert set(done.stdout.split()) == {"llmops_cli", plugin, f"{plugin}.hooks", f"{plugin}.place"}


def test_pytest_finds_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"llmops": "llmops_cli.pytest_plugin.hooks"}


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


def test_the_environment_is_touched_in_three_places_only() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if any(
            isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and ast.unparse(node.value) == "os"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    }
    assert readers <= READERS


def test_make_check_looks_at_layers_types_documents_and_workflows() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.split("\ncheck:")[1].split("\n\n")[0]
    for tool in ("ruff format --check", "ruff check", "mypy", "lint-imports", "docs/generate.py --check"):
        assert tool in recipe
    for tool in (
        "zizmor",
        "vendor.github-actions $(ACTIONS)",
        "vendor.github-workflows $(WORKFLOWS)",
        "scaffold.py --check",
    ):
        assert tool in recipe
    assert set(makefile.split("\nACTIONS :=")[1].split("\n")[0].split()) == {
        path.relative_to(ROOT).as_posix() for path in [ROOT / "action.yml", *(ROOT / ".github").rglob("action.yml")]
    }
