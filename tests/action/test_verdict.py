"""How the action ends, from the codes of its steps alone."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.action.job import ROOT

GREEN = {
    "GUARD": "success", "BASE": "success", "TOUCHED": "true", "CHECK_CODE": "0", "EVAL_CODE": "0", "SHARD": "",
    "GETS_SECRETS": "true", "ON_NO_SECRETS": "inconclusive", "STATUS": "pass", "ONLY_A_KEY": "false",
    "GUARD_CODE": "", "BASE_CODE": "",
}  # fmt: skip
FORK = {"GETS_SECRETS": "false", "EVAL_CODE": "3", "STATUS": "", "ONLY_A_KEY": "true"}


def verdict(folder: Path, **said: str) -> tuple[str, int]:
    output = folder / "output"
    env = {"PATH": os.environ["PATH"], "GITHUB_OUTPUT": str(output), **GREEN, **said}
    done = subprocess.run(["bash", str(ROOT / ".github/action/verdict.sh")], env=env, capture_output=True)
    word, code = (line.partition("=")[2] for line in output.read_text().splitlines())
    assert int(code) == done.returncode
    return word, done.returncode


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, ("pass", 0)),
        ({"STATUS": "inconclusive"}, ("inconclusive", 0)),
        ({"STATUS": ""}, ("unknown", 0)),  # the report failed, and an inconclusive run must not be called a pass
        ({"STATUS": "", "SHARD": "1/2"}, ("measured", 0)),
        ({"STATUS": "", "EVAL_CODE": "1"}, ("fail", 1)),
        ({"STATUS": "", "EVAL_CODE": "3"}, ("invalid", 3)),
        ({"EVAL_CODE": "3", "CHECK_CODE": "1"}, ("fail", 1)),
        ({"EVAL_CODE": ""}, ("invalid", 3)),
        ({"BASE": "failure", "BASE_CODE": "2"}, ("error", 2)),
        ({"TOUCHED": "false", "EVAL_CODE": ""}, ("untouched", 0)),
        (FORK, ("invalid", 3)),
        (FORK | {"ON_NO_SECRETS": "skip"}, ("skipped", 0)),
        (FORK | {"ON_NO_SECRETS": "skip", "CHECK_CODE": "1"}, ("fail", 1)),
        (FORK | {"ON_NO_SECRETS": "skip", "ONLY_A_KEY": "false"}, ("invalid", 3)),
        (FORK | {"ON_NO_SECRETS": "skip", "EVAL_CODE": "1"}, ("fail", 1)),
    ],
)
def test_the_verdict(tmp_path: Path, said: dict[str, str], expected: tuple[str, int]) -> None:
    assert verdict(tmp_path, **said) == expected
