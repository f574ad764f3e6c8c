"""Which YAML files are suites, and that all others are left alone."""

from pathlib import Path

import pytest

from llmops_cli.pytest_plugin.place import project_of_suite
from tests.conftest import GitRepo
from tests.journeys.project import SUITE, project
from tests.pytest_plugin.conftest import Run


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "asked", "is_one"),
    [
        ({"prompts/p.yaml": "", "evals/s.yaml": SUITE}, "evals/s.yaml", True),
        ({"prompts/p.yaml": "", "evals/s.yml": "gate: {}\n"}, "evals/s.yml", True),
        ({"prompts/p.yaml": "", "evals/s.yaml": '"cases": x\n'}, "evals/s.yaml", True),
        ({"prompts/p.yaml": "", "evals/s.yaml": "prompts: [a]\nproviders: [b]\n"}, "evals/s.yaml", False),
        ({"prompts/p.yaml": "", "evals/s.yaml": "a: {prompt: x}\n  cases: y\n"}, "evals/s.yaml", False),
        ({"prompts/p.yaml": "", "evals/deep/s.yaml": SUITE}, "evals/deep/s.yaml", False),
        ({"prompts/p.yaml": "", "tests/s.yaml": SUITE}, "tests/s.yaml", False),
        ({"evals/s.yaml": SUITE}, "evals/s.yaml", False),
        ({"llmops.yaml": "", "evals/s.yaml": "anything: 1\n"}, "evals/s.yaml", True),
        ({"llmops.yaml": "evals: checks/suites\n", "checks/suites/s.yaml": SUITE}, "checks/suites/s.yaml", True),
        ({"llmops.yaml": "evals: checks/suites\n", "evals/s.yaml": SUITE}, "evals/s.yaml", False),
        ({"llmops.yaml": "nonsense: [", "evals/s.yaml": SUITE}, "evals/s.yaml", True),
        ({"llmops.yaml": "", "sub/prompts/p.yaml": "", "sub/evals/s.yaml": SUITE}, "sub/evals/s.yaml", False),
    ],
)
def test_what_a_suite_is(tmp_path: Path, files: dict[str, str], asked: str, is_one: bool) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, files)
    assert (project_of_suite(tmp_path / asked) is not None) is is_one


def test_the_search_does_not_leave_the_repository(tmp_path: Path) -> None:
    write(tmp_path, {"llmops.yaml": "evals: repo/evals\n", "repo/evals/s.yaml": SUITE, "repo/.git/HEAD": ""})
    assert project_of_suite(tmp_path / "repo/evals/s.yaml") is None


def test_a_project_without_prompts_is_not_disturbed(tmp_path: Path, run_pytest: Run) -> None:
    write(
        tmp_path,
        {
            "test_own.py": "def test_own():\n    pass\n",
            "evals/config.yaml": "prompt: hello\n",
            "data.yaml": "a: [",
            "tests/x.yml": "",
        },
    )
    ran = run_pytest(tmp_path, "-q", ".", "evals", "tests")
    assert (ran.code, list(ran.outcomes.values())) == (0, ["passed"])
    assert "llmops" not in ran.out
    assert run_pytest(tmp_path, "--llmops-against", "main", "-q").code == 0


def test_suites_ask_nobody_unless_pytest_is_pointed_at_them(repo: GitRepo, run_pytest: Run) -> None:
    repo.commit({**project(2), "tests/test_own.py": "def test_own():\n    pass\n"}, "both")

    def collected(*arguments: str, inside: str = "") -> bool:
        ran = run_pytest(repo.path / inside, "--collect-only", "-q", *arguments)
        assert ran.code in (0, 5)
        return "adder.yaml::gate" in ran.out

    assert not collected()
    assert not collected(".")
    assert not collected("tests")
    assert collected("evals")
    assert collected("tests", "evals/")
    assert collected(str(repo.path / "evals/adder.yaml"))
    assert collected("evals/adder.yaml::gate")
    assert collected(inside="evals")
    repo.write({"pytest.ini": "[pytest]\ntestpaths = tests evals\n"})
    assert collected()


def test_nothing_of_ours_is_imported_before_a_suite_is_collected(tmp_path: Path, run_pytest: Run) -> None:
    check = "import sys\ndef test_it():\n    print(*(name for name in sys.modules if name.startswith('llmops_cli')))\n"
    write(tmp_path, {"evals/data.yaml": "a: 1\n", "prompts/data.yaml": "a: 1\n", "test_it.py": check})
    ran = run_pytest(tmp_path, "-s", "test_it.py", "evals", "prompts")
    plugin = "llmops_cli.pytest_plugin"
    assert ran.code == 0
    assert f"llmops_cli {plugin} {plugin}.place {plugin}.hooks" in ran.out
    assert "llmops_cli.config" not in ran.out
