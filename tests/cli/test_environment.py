"""What `env log`, `promote` and `rollback` say to a person."""

import json

import pytest

from llmops_cli.cli.main import main
from tests.conftest import GitRepo
from tests.prompts.registered import released


@pytest.fixture
def project(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> GitRepo:
    """rag-answer 1.0.0, released and live on staging."""
    released(repo, "1.0.0")
    monkeypatch.chdir(repo.path)
    assert main(["promote", "rag-answer", "1.0.0", "--env", "staging"]) == 0
    return repo


@pytest.mark.parametrize("name", ["rag-anser", "../x", "rag*"])
def test_the_log_of_a_prompt_that_never_was_is_an_error(
    project: GitRepo, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    del project
    capsys.readouterr()
    assert main(["env", "log", "staging", name]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and repr(name) in captured.err


def test_an_empty_log_is_said_and_is_an_empty_list(project: GitRepo, capsys: pytest.CaptureFixture[str]) -> None:
    del project
    capsys.readouterr()
    assert main(["env", "log", "production", "rag-answer"]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "rag-answer was never live on production\n")
    assert main(["env", "log", "production", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["moves"] == []


def test_a_clone_that_never_asked_does_not_say_that_nothing_is_live(
    project: GitRepo, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["env", "list"]) == 0
    assert capsys.readouterr().err == "nothing is live on production\n"
    project.git("remote", "add", "origin", "../elsewhere.git")
    assert main(["env", "list"]) == 0
    said = capsys.readouterr().err
    assert said.startswith("nothing is known to be live on production; to ask the remote: git fetch origin '+refs/")


def test_a_branch_in_the_way_of_an_environment_is_named(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released(repo, "1.0.0")
    repo.git("branch", "llmops")
    monkeypatch.chdir(repo.path)
    assert main(["promote", "rag-answer", "1.0.0", "--env", "staging"]) == 4
    assert "'refs/heads/llmops' exists; cannot create 'refs/heads/llmops/staging'" in capsys.readouterr().err


def test_a_work_tree_whose_folder_is_gone_holds_no_environment(
    project: GitRepo, capsys: pytest.CaptureFixture[str]
) -> None:
    released(project, "1.1.0")
    project.git("worktree", "add", "-q", "../gone", "llmops/staging")
    (project.path.parent / "gone").rename(project.path.parent / "elsewhere")
    assert main(["promote", "rag-answer", "1.1.0", "--env", "staging"]) == 0
    assert "1.0.0 -> 1.1.0" in capsys.readouterr().out


def test_gpg_talks_into_no_log(project: GitRepo, capsys: pytest.CaptureFixture[str]) -> None:
    project.git("config", "log.showSignature", "true")
    capsys.readouterr()
    assert main(["env", "log", "staging", "--json"]) == 0
    (move,) = json.loads(capsys.readouterr().out)["moves"]
    assert move["to"] == "1.0.0" and len(move["commit"]) == 40
