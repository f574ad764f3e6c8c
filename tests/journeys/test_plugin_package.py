"""A package of somebody else's, installed beside llmops: its checks, its model and its target are like ours."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from llmops_cli.files.yaml_source import parse_yaml
from tests.conftest import GitRepo
from tests.plugin_site import install_package

ROOT = Path(__file__).resolve().parents[2]

PROMPT = """\
name: greeter
version: 1.0.0
model: acme/echo
template_format: dollar
variables: {question: {type: string}}
template: $question
"""
SUITE = """\
prompt: greeter
cases: golden/greeter.jsonl
checks:
  - {name: loud, type: acme-shout}
  - {name: quiet, type: not-acme-shout, marks: 2}
  - {name: friendly, type: acme-tone, model: acme/tone}
  - name: all
    type: check-set
    checks: [{type: acme-shout, required: true}, {type: acme-tone, model: acme/tone, weight: 3}]
gate:
  loud: {floor: 1}
  quiet: {floor: 1}
  friendly: {floor: 1}
  all: {floor: 1}
"""
DESK = """\
prompt: greeter
cases: golden/greeter.jsonl
target: {type: acme-desk, options: {answers: desk.json, greeting: Hi}}
checks:
  - {name: right, type: contains}
gate:
  right: {max_drop: 0.02}
"""
QUESTIONS = [f"question {number}" for number in range(20)]
CASES = "".join(
    json.dumps({"id": q.replace(" ", "-"), "vars": {"question": q}, "expected": q[9:]}) + "\n" for q in QUESTIONS
)


class Machine:
    """Where llmops and the package are installed; commands run in a process of their own."""

    def __init__(self, site: Path, folder: Path) -> None:
        self.site, self.folder = site, folder

    def run(self, *arguments: str) -> tuple[int, str, str]:
        env = {**os.environ, "PYTHONPATH": f"{self.site}{os.pathsep}{ROOT}"}
        done = subprocess.run(
            [sys.executable, "-m", "llmops_cli", *arguments],
            cwd=self.folder, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def document(self, *arguments: str) -> tuple[int, Any]:
        code, out, err = self.run(*arguments, "--json")
        assert out, err
        return code, json.loads(out)


@pytest.fixture
def machine(tmp_path: Path, repo: GitRepo) -> Machine:
    site = tmp_path / "site"
    assert install_package(site) == "acme-llmops 1.4.0"
    return Machine(site, repo.path)


def test_its_checks_stand_in_the_catalogue_and_can_be_tried(machine: Machine) -> None:
    code, document = machine.document("check", "list")
    assert code == 0
    acme = {entry["type"]: entry for entry in document["types"] if entry["package"] == "acme-llmops 1.4.0"}
    assert sorted(acme) == ["acme-shout", "acme-tone"]
    assert acme["acme-shout"]["options"] == [
        {"name": "marks", "kind": "whole number from 1", "required": False, "default": 1}
    ]
    assert (acme["acme-shout"]["opposite"], acme["acme-tone"]["opposite"]) == (True, False)
    (machine.folder / "answer.txt").write_text("Welcome!\n")
    code, out, _ = machine.run("check", "try", "acme-shout", "--option", "marks=2", "--output", "answer.txt")
    assert (code, out) == (1, "fail (score 0): 1 of 2 exclamation marks\n")
    code, out, err = machine.run("check", "try", "acme-tone", "--option", "model=acme/tone", "--output", "answer.txt")
    assert (code, out) == (0, "pass (score 1): tone 5 of 5\n"), err
    code, out, _ = machine.run("check", "try", "acme-tone", "--option", "model=acme/echo", "--output", "answer.txt")
    assert (code, out.partition(":")[0]) == (3, "not measured")


def test_an_editor_knows_its_checks(machine: Machine) -> None:
    code, out, err = machine.run("schema", "suite")
    assert code == 0, err
    schema = Draft7Validator(json.loads(out))
    suite: Any = parse_yaml(SUITE, path="").data
    assert [error.message for error in schema.iter_errors(suite)] == []
    suite["checks"][1]["marks"] = 0
    assert [error.json_path for error in schema.iter_errors(suite)] == ["$.checks[1].marks"]


def test_its_model_answers_and_judges(machine: Machine, repo: GitRepo) -> None:
    repo.commit({"prompts/greeter.yaml": PROMPT, "evals/greeter.yaml": SUITE, "evals/golden/greeter.jsonl": CASES})
    code, plan = machine.document("eval", "plan")
    assert code == 0
    assert plan["suites"][0]["models"] == ["acme/echo", "acme/tone"]
    code, document = machine.document("eval", "run")
    assert code == 0, document
    (run,) = document["runs"]
    result = run["candidate"]["results"][0]
    assert (result["output"], result["answered_by"]) == ("question 0!", "acme/echo")
    assert {name: score["value"] for name, score in result["scores"].items()} == {
        "loud": 1, "quiet": 1, "friendly": 1, "all": 1,
    }  # fmt: skip
    assert "acme-tone 1" in result["scores"]["all"]["reason"]
    assert sorted(run["judges"]) == ["all", "friendly"]
    assert run["counts"]["paid_calls"] >= 20
    again = machine.document("eval", "run")[1]["runs"][0]
    assert again["counts"]["paid_calls"] == 0


def test_its_target_answers_for_each_side_from_its_own_commit(machine: Machine, repo: GitRepo) -> None:
    right = {question: question[9:] for question in QUESTIONS}
    files: dict[str, str | bytes] = {"evals/greeter.yaml": DESK, "evals/golden/greeter.jsonl": CASES}
    repo.commit({"prompts/greeter.yaml": PROMPT, "desk.json": json.dumps(right), **files})
    repo.git("checkout", "-q", "-b", "change")
    repo.commit({"desk.json": json.dumps({**right, **dict.fromkeys(QUESTIONS[:10], "no idea")})})
    code, document = machine.document("eval", "run", "--against", "main")
    assert code == 1
    (run,) = document["runs"]
    assert run["candidate"]["model"].startswith("type:acme-desk")
    first = {side: run[side]["results"][0] for side in ("baseline", "candidate")}
    assert {side: result["output"] for side, result in first.items()} == {
        "baseline": "Hi! 0",
        "candidate": "Hi! no idea",
    }
    assert first["candidate"]["contexts"] == [{"text": "no idea", "id": "question 0"}]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("{type: acme-desk, options: {answer: desk.json}}", "evals/greeter.yaml:3: target.options.answer: unknown key"),
        ("{type: acme-dest}", "target.type: no installed package offers the target type 'acme-dest' (did you mean"),
        ("{type: acme-desk, options: {answers: none.json}}", "acme-desk: there is no none.json"),
        ("{type: acme-desk, options: {answers: a}, workers: 3}", "workers belongs to a target with python or command"),
        ("{model: x, options: {answers: a}}", "options belongs to a target with type"),
        ("{type: acme-desk, python: 'a:b'}", "is one of python, command, http, type, recorded, not python and type"),
    ],
)
def test_a_target_that_is_not_so_is_bad_input(machine: Machine, repo: GitRepo, target: str, message: str) -> None:
    suite = DESK.replace("{type: acme-desk, options: {answers: desk.json, greeting: Hi}}", target)
    repo.commit({"prompts/greeter.yaml": PROMPT, "evals/greeter.yaml": suite, "evals/golden/greeter.jsonl": CASES})
    code, _, err = machine.run("eval", "run")
    assert code == 2, err
    assert message in " ".join(err.split())


def test_a_broken_package_beside_it_spoils_nothing(machine: Machine, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    (broken / "src").mkdir(parents=True)
    (broken / "src" / "broken_checks.py").write_text("raise SystemExit(0)\n")
    (broken / "pyproject.toml").write_text(
        '[project]\nname = "broken"\nversion = "0.1"\n'
        '[project.entry-points."llmops.checks"]\nsigh = "broken_checks:Sigh"\n'
    )
    install_package(machine.site, broken)
    code, out, _ = machine.run("check", "list")
    assert code == 0
    assert (
        "acme-shout" in out and "error: check type 'sigh' cannot be loaded from broken_checks:Sigh of broken 0.1" in out
    )
    code, _, err = machine.run("check", "show", "sigh")
    assert code == 2 and "SystemExit: 0" in err
