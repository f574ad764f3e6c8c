"""A change of wording that moved the answers is no patch: the stored evaluation says so to bump and check."""

import json

import pytest

from llmops_cli.cli.main import main
from tests.conftest import GitRepo
from tests.journeys.project import SUITE, project

RECORDED = SUITE.replace("cases:", "target: {recorded: recordings/adder.jsonl}\ncases:")


def recording(version: str, wrong: int) -> str:
    rows = [
        {
            "prompt": f"adder@{version}",
            "case": f"sum-{i}",
            "repeat": 0,
            "output": "?" if i < wrong else str(i + i * 7 % 11),
        }
        for i in range(20)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(("wrong", "target", "code"), [(0, "1.0.1", 0), (12, "1.1.0", 1)])
def test_bump_and_check_ask_the_stored_runs(
    repo: GitRepo,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wrong: int,
    target: str,
    code: int,
) -> None:
    answers = recording("1.0.0", 0) + recording("1.0.1", wrong)
    repo.commit(project(suite=RECORDED) | {"evals/recordings/adder.jsonl": answers}, "live")
    monkeypatch.chdir(repo.path)
    assert main(["prompt", "release"]) == 0
    repo.git("switch", "-q", "-c", "change")
    repo.commit({"prompts/adder.yaml": project(version="1.0.1", words="Please add.")["prompts/adder.yaml"]}, "reword")
    assert main(["prompt", "check", "--against", "main"]) == 0
    assert main(["eval", "run", "--against", "main"]) == code
    capsys.readouterr()
    assert main(["prompt", "check", "--against", "main"]) == code
    assert main(["prompt", "bump", "adder", "--dry-run", "--json"]) == 0
    said = capsys.readouterr()
    bump = json.loads(said.out[said.out.index("{\n") :])
    assert bump["to"] == target
    moved = [reason for reason in bump["needed"]["reasons"] if reason["rule"] == "behaviour-moved"]
    assert bool(moved) is bool(wrong)
