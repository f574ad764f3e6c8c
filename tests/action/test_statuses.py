"""From the results of a job to the outputs of its step."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.action.job import ROOT

KEY = {"message": "stopped: not authorised: no key", "exit_code": 3}


def outputs(folder: Path, statuses: list[str], stopped: list[dict[str, Any]], ids: str = "20261121T1-a") -> list[str]:
    runs = [{"id": ids, "verdict": {"status": status}} for status in statuses]
    (folder / "report.json").write_text(json.dumps({"runs": runs}))
    (folder / "outcome.json").write_text(json.dumps({"stopped": stopped}))
    program = [sys.executable, str(ROOT / ".github/action/statuses.py"), str(folder)]
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        (["pass"], "pass"),
        (["pass", "inconclusive"], "inconclusive"),
        (["inconclusive", "invalid", "pass"], "invalid"),
        (["pass", "fail", "invalid"], "fail"),
        ([], ""),
    ],
)
def test_the_worst_verdict_is_told(tmp_path: Path, statuses: list[str], worst: str) -> None:
    assert outputs(tmp_path, statuses, [])[0] == f"status={worst}"


@pytest.mark.parametrize(
    ("statuses", "stopped", "only"),
    [
        ([], [KEY], "true"),
        (["pass"], [KEY, KEY], "true"),
        (["invalid"], [KEY], "false"),
        ([], [KEY, {"message": "evals/a.yaml exists at main and is gone here", "exit_code": 3}], "false"),
        ([], [], "false"),
    ],
)
def test_whether_only_a_key_was_missing(
    tmp_path: Path, statuses: list[str], stopped: list[dict[str, Any]], only: str
) -> None:
    assert outputs(tmp_path, statuses, stopped)[2] == f"only-a-key={only}"


def test_an_id_that_is_none_sets_no_output(tmp_path: Path) -> None:
    said = outputs(tmp_path, ["pass"], [], ids="x\nverdict=pass")
    assert said == ["status=pass", "run-ids=", "only-a-key=false"]


def test_where_nothing_was_kept_nothing_is_claimed(tmp_path: Path) -> None:
    program = [sys.executable, str(ROOT / ".github/action/statuses.py"), str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["status=", "run-ids=", "only-a-key=false"]
