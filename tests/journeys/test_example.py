"""The repository's own example: its suites pass, and its recordings are what their script writes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from llmops_cli.cli.main import main

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example in a folder of its own, which is also the current one."""
    for name in ("prompts", "evals"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_both_suites_pass(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "run", "--json"]) == 0
    runs = {run["suite"]: run for run in json.loads(capsys.readouterr().out)["runs"]}
    assert {name: run["verdict"]["status"] for name, run in runs.items()} == {
        "rag-answer": "pass",
        "support-triage": "pass",
    }
    assert len(runs["support-triage"]["cases"]) >= 40 and len(runs["rag-answer"]["cases"]) >= 60
    for run in runs.values():
        assert run["candidate"]["model"] == ""  # recorded: no model is claimed to have answered
        assert all(not result["answered_by"] for result in run["candidate"]["results"])


def test_the_recordings_are_what_the_script_writes(example: Path) -> None:
    folder = example / "evals/recordings"
    before = {path.name: path.read_bytes() for path in folder.glob("*.jsonl")}
    assert set(before) == {"rag-answer.jsonl", "support-triage.jsonl"}
    for path in folder.glob("*.jsonl"):
        path.unlink()
    subprocess.run([sys.executable, str(folder / "make_recordings.py")], check=True)
    assert {path.name: path.read_bytes() for path in folder.glob("*.jsonl")} == before


def test_what_the_triage_expects_agrees_with_its_own_checks(example: Path) -> None:
    """A row says its category twice: in `expected`, for people, and in its check."""
    for line in (example / "evals/golden/support-triage.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for check in row["checks"]:
            rule = check["schema"]["properties"][check["name"]]
            allowed = [rule["const"]] if "const" in rule else rule["enum"]
            assert row["expected"][check["name"]] in allowed, row["id"]
