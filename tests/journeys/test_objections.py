"""What guards and lints object to, where CI systems show it: beside the change."""

import json
from pathlib import Path

import pytest

from tests.conftest import GitRepo
from tests.journeys.project import PROMPT, project
from tests.journeys.team import Shell


@pytest.fixture
def unbumped(repo: GitRepo) -> GitRepo:
    """A project below the top of its repository, and a branch that changed a prompt without a bump."""
    repo.commit({f"services/bot/{name}": text for name, text in project(count=3).items()})
    repo.git("checkout", "-q", "-b", "change")
    repo.commit({"services/bot/prompts/adder.yaml": PROMPT.format(version="1.0.0", words="Please add.")})
    return GitRepo(repo.path / "services/bot")


def test_a_guard_as_an_annotation(unbumped: GitRepo, shell: Shell) -> None:
    said = shell(unbumped, "prompt", "check", "--against", "main", "--format", "annotations")
    assert said.code == 1
    start = "::error file=services/bot/prompts/adder.yaml,line=2,title=prompt check%3A needs-bump::adder: changed since"
    assert said.out.startswith(start) and said.out.count("\n") == 1


def test_a_guard_as_sarif_and_as_code_quality(unbumped: GitRepo, shell: Shell, tmp_path: Path) -> None:
    kept = tmp_path / "check.sarif"
    said = shell(unbumped, "prompt", "check", "--against", "main", "--format", "sarif", "-o", str(kept))
    assert (said.code, said.out) == (1, "")
    (run,) = json.loads(kept.read_text(encoding="utf-8"))["runs"]
    assert run["automationDetails"]["id"] == "llmops/prompt-check/"
    assert [result["ruleId"] for result in run["results"]] == ["needs-bump"]
    (one,) = json.loads(shell(unbumped, "prompt", "check", "--against", "main", "--format", "codequality").out)
    assert one["location"] == {"path": "services/bot/prompts/adder.yaml", "lines": {"begin": 2}}


def test_a_file_that_is_no_prompt_is_an_objection_and_still_2(unbumped: GitRepo, shell: Shell) -> None:
    unbumped.write({"prompts/broken.yaml": "name: broken\nversion: 1.0.0\nsurprise: 1\ntemplate: x\n"})
    said = shell(unbumped, "prompt", "check", "--format", "annotations")
    assert said.code == 2
    assert (
        "file=services/bot/prompts/broken.yaml,line=3,title=prompt check%3A invalid-file::surprise: unknown" in said.out
    )


def test_a_lint_of_golden_sets(unbumped: GitRepo, shell: Shell) -> None:
    row = '{"id": "sum-0", "vars": {"left": 7, "right": 8}, "expected": "15"}\n'
    golden = unbumped.path / "evals/golden/adder.jsonl"
    golden.write_text(golden.read_text(encoding="utf-8") + row, encoding="utf-8")
    said = shell(unbumped, "golden", "lint", "--format", "annotations")
    assert said.code == 1
    assert "file=services/bot/evals/golden/adder.jsonl,line=4,title=golden lint%3A duplicate-id::" in said.out
    assert "1 error" in said.err


@pytest.mark.parametrize("command", [["prompt", "check"], ["golden", "lint"]])
def test_todays_formats_stay_and_go_to_files_too(
    unbumped: GitRepo, shell: Shell, tmp_path: Path, command: list[str]
) -> None:
    for name, again in (("terminal", []), ("json", ["--json"])):
        printed = shell(unbumped, *command, *again)
        kept = tmp_path / name
        assert shell(unbumped, *command, "--format", name, "-o", str(kept)).code == printed.code
        assert kept.read_text(encoding="utf-8") == printed.out
    refused = shell(unbumped, *command, "--format", "sarf")
    assert (refused.code, refused.out) == (2, "") and "did you mean 'sarif'?" in refused.err
