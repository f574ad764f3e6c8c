"""What `prompt check` and `prompt release` take and say."""

import pytest

from llmops_cli.cli.main import main
from tests.conftest import GitRepo
from tests.prompts.registered import prompt, released


@pytest.mark.parametrize("against", ["", " "])
def test_an_empty_base_is_an_error_not_another_check(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], against: str
) -> None:
    released(repo, "1.0.0")
    monkeypatch.chdir(repo.path)
    assert main(["prompt", "check", "--against", against]) == 2
    assert "--against is empty" in capsys.readouterr().err


def test_where_there_is_no_remote_nobody_is_told_to_push(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0")})
    monkeypatch.chdir(repo.path)
    assert main(["prompt", "release"]) == 0
    assert capsys.readouterr().err == ""
    repo.git("remote", "add", "origin", "../elsewhere.git")
    repo.commit({"prompts/rag-answer.yaml": prompt("1.0.1", "Other words.")})
    assert main(["prompt", "release"]) == 0
    assert capsys.readouterr().err == "share it: git push origin rag-answer@v1.0.1\n"
