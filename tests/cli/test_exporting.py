"""`llmops export`, and a service that has nothing else."""

import json
from collections.abc import Callable

import pytest

from llmops_cli.runtime import Prompts
from tests.conftest import GitRepo
from tests.journeys.team import Shell, prompt, release, team
from tests.runtime.environment import put


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


def test_what_is_live_is_carried_along(make_repo: Callable[..., GitRepo], shell: Shell) -> None:
    ann = team(make_repo, shell).ann
    release(ann, shell, "1.0.0", "Other words.", name="team/other")
    shell.done(ann, "promote", "team/other", "1.0.0", "--env", "production")
    said = shell.done(ann, "export", "--env", "production", "-o", ".", "--json")
    document = json.loads(said.out)
    assert document["file"] == "production.json"
    assert document["prompts"] == {"rag-answer": "1.2.0", "team/other": "1.0.0"}
    with Prompts("https://127.0.0.1:1/x.git", bundled=ann.path / "production.json", poll_s=0) as prompts:
        served = prompts.get("team/other")
        assert (served.version, served.source, served.commit) == ("1.0.0", "bundled", document["commit"])
        assert served.render(question="Why?")[0]["content"] == "Other words.\nWhy?\n"
    shell.done(ann, "export", "--env", "production", "-o", "src/prompts.json")
    assert (ann.path / "src/prompts.json").is_file()


def test_what_a_service_would_refuse_is_not_exported(make_repo: Callable[..., GitRepo], shell: Shell) -> None:
    ann = team(make_repo, shell).ann
    assert shell(ann, "export", "--env", "staging", "-o", "x.json").code == 2
    put(ann.path / ".git", {"prompts/rag-answer.yaml": prompt("1.2.0", "Forged.").encode()})
    said = shell(ann, "export", "--env", "production", "-o", "x.json")
    assert said.code == 2 and "the tag of its release is not with it" in said.err
    assert not (ann.path / "x.json").exists()
