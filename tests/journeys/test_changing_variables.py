"""A change may add or drop a variable together with its golden set; the base is still compared."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from llmops_cli.cli.main import main
from tests.conftest import GitRepo
from tests.journeys.project import adds, project
from tests.openai_server import OpenAIServer


def rows(**more: Any) -> str:
    lines = [
        {"id": f"sum-{i}", "vars": {"left": i, "right": i * 7 % 11, **more}, "expected": str(i + i * 7 % 11)}
        for i in range(20)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def with_tone(files: Mapping[str, str | bytes], version: str) -> dict[str, str | bytes]:
    prompt = str(project(version=version, words="Add, in a $tone tone.")["prompts/adder.yaml"])
    declared = prompt.replace("variables:\n", "variables:\n  tone: {type: string}\n")
    return {**files, "prompts/adder.yaml": declared, "evals/golden/adder.jsonl": rows(tone="dry")}


@pytest.mark.parametrize("added", [True, False])
def test_a_variable_comes_or_goes(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], added: bool
) -> None:
    plain = project(version="2.0.0" if not added else "1.0.0")
    toned = with_tone(plain, "1.0.0" if not added else "2.0.0")
    repo.commit(plain if added else toned, "main")
    monkeypatch.chdir(repo.path)
    repo.git("switch", "-q", "-c", "change")
    repo.commit(toned if added else plain, "change")
    with OpenAIServer(adds) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        assert main(["eval", "run", "--against", "main", "--json"]) == 0
        (run,) = json.loads(capsys.readouterr().out)["runs"]
        asked = [str(call.body["messages"]) for call in server.calls]
    assert sum("dry tone" in text for text in asked) == 20
    assert len(asked) == 40
    (effect,) = [effect for effect in run["comparison"] if effect["metric"] == "right"]
    assert effect["n"] == 20


def test_a_golden_set_that_does_not_fit_the_change_is_a_mistake(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.commit(project(), "main")
    monkeypatch.chdir(repo.path)
    repo.write({"evals/golden/adder.jsonl": rows(tone="dry")})
    assert main(["eval", "run"]) == 2
    said = capsys.readouterr().err
    assert "adder@1.0.0, case sum-0: 'tone' is not a variable of this prompt" in said
    assert "... and 10 more" in said
