"""A first project works at once: without a key, without a commit, even without git."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.cli.main import main


def verdict(capsys: pytest.CaptureFixture[str]) -> str:
    """What the gate says of the first project."""
    capsys.readouterr()
    assert main(["eval", "run", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    return str(document["runs"][0]["verdict"]["status"])


def test_init_then_eval_in_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    assert verdict(capsys) == "pass"


def test_init_then_eval_in_a_repository_without_a_commit(
    repo: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repo.path)
    assert main(["init"]) == 0
    assert verdict(capsys) == "pass"
    assert ".llmops" not in repo.git("status", "--porcelain", "--untracked-files=all")


def test_a_worse_answer_in_the_recording_fails_the_gate(
    make_repo: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make_repo("project")
    monkeypatch.chdir(repo.path)
    assert main(["init"]) == 0
    recording = repo.path / "evals/recordings/ticket-summary.jsonl"
    rows = [json.loads(line) for line in recording.read_text().splitlines()]
    rows[0]["output"] = "Gladly! " + rows[0]["output"]
    recording.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["eval", "run"]) == 1
    assert "valid_json" in capsys.readouterr().out
