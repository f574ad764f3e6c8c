"""`eval run --results DIR`: what was measured is handed on as a folder, and so is why nothing was."""

import json
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.evals.run_store import RunStore
from tests.conftest import GitRepo
from tests.journeys.project import PROMPT, adds, adds_but, project
from tests.journeys.team import Shell
from tests.openai_server import OpenAIServer


def outcome(folder: Path) -> dict[str, Any]:
    document = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    assert document["format"] == "llmops.outcome/1"
    assert isinstance(document, dict)
    return document


def on(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


def test_runs_verdict_and_commits_are_handed_on(
    repo: GitRepo, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = repo.commit(project())
    repo.git("switch", "-q", "-c", "change")
    head = repo.commit({"prompts/adder.yaml": PROMPT.format(version="1.1.0", words="Be friendly.")})
    with OpenAIServer(adds_but(lambda total: total % 2 == 0, when="friendly")) as server:
        on(server, monkeypatch)
        said = shell(repo, "eval", "run", "adder", "--against", "main", "--results", str(tmp_path / "out"))
    found = outcome(tmp_path / "out")
    assert said.code == found["exit_code"] == 1
    assert (found["against"], found["base_commit"], found["head_commit"]) == ("main", base, head)
    assert found["command"] == ["llmops", "eval", "run", "adder", "--against", base[:12]]
    assert found["stopped"] == []
    kept = RunStore(repo.path / ".llmops/runs").load("latest")
    assert found["runs"] == [kept.id]
    assert RunStore(tmp_path / "out/runs").load(kept.id) == kept
    assert kept.candidate.results[0].output  # with what was said


def test_two_suites_are_two_runs(repo: GitRepo, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = project()
    repo.commit({**files, "evals/again.yaml": files["evals/adder.yaml"]})
    with OpenAIServer(adds) as server:
        on(server, monkeypatch)
        said = shell(repo, "eval", "run", "--results", str(tmp_path / "out"))
    found = outcome(tmp_path / "out")
    assert (said.code, found["exit_code"]) == (0, 0)
    suites = [RunStore(tmp_path / "out/runs").load(name).suite for name in found["runs"]]
    assert sorted(suites) == ["adder", "again"]
    assert (found["against"], found["base_commit"]) == ("", "")


@pytest.mark.parametrize(
    ("spoilt", "arguments", "code", "words"),
    [
        ({"llmops.yaml": "prompst: x\n"}, (), 2, "unknown key"),
        ({"evals/adder.yaml": "prompt: adder\n"}, (), 2, "evals/adder.yaml"),
        ({}, ("--against", "nowhere"), 3, "no branch, tag or commit 'nowhere'"),
    ],
)
def test_where_nothing_was_measured_the_folder_says_why(
    repo: GitRepo, shell: Shell, tmp_path: Path, spoilt: dict[str, str | bytes], arguments: tuple[str, ...],
    code: int, words: str,
) -> None:  # fmt: skip
    repo.commit({**project(), **spoilt})
    said = shell(repo, "eval", "run", *arguments, "--results", str(tmp_path / "out"))
    found = outcome(tmp_path / "out")
    assert said.code == found["exit_code"] == code
    assert found["runs"] == []
    (stopped,) = found["stopped"]
    assert words in stopped["message"] and stopped["exit_code"] == code
    assert stopped["message"].split("\n")[0] in said.err


def test_the_verdict_of_an_earlier_command_does_not_stay(
    repo: GitRepo, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(project())
    with OpenAIServer(adds) as server:
        on(server, monkeypatch)
        shell.done(repo, "eval", "run", "--results", str(tmp_path / "out"))
    assert outcome(tmp_path / "out")["runs"]
    assert shell(repo, "eval", "run", "nobody", "--results", str(tmp_path / "out")).code == 2
    assert outcome(tmp_path / "out")["runs"] == []


def test_a_folder_that_cannot_be_written_is_told_before_anybody_is_asked(
    repo: GitRepo, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(project())
    with OpenAIServer(adds) as server:
        on(server, monkeypatch)
        said = shell(repo, "eval", "run", "--results", "llmops.yaml")
        assert server.calls == []
    assert said.code == 2
    assert "the results could not be written to llmops.yaml" in said.err
