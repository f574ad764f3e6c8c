"""The steps of action.yml, unchanged, as a job of the scaffold's workflow runs them."""

import json
from typing import Any

import yaml

from llmops_cli.cli.main import main
from tests.action.hub import Hub, Pull
from tests.action.job import ROOT, Job

SCAFFOLD = ROOT / "llmops_cli/scaffold"
RECORDING = "evals/recordings/ticket-summary.jsonl"
PROMPT = "prompts/ticket-summary.yaml"


def workflow(name: str) -> dict[str, Any]:
    """A workflow of the scaffold."""
    text = (SCAFFOLD / f"dot-github/workflows/llmops-{name}.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)  # type: ignore[no-any-return]


def first_project(hub: Hub) -> None:
    """What `llmops init` writes, on main."""
    assert main(["init", str(hub.work.path)]) == 0
    hub.push_main({})


def changed(
    hub: Hub, *, version: str = "1.1.0", worse: bool = False, words: str = "at most 8 English words"
) -> dict[str, str | bytes]:
    """A change of the prompt with its bump and the answers of the new version."""
    prompt = (hub.work.path / PROMPT).read_text().replace("at most 10 English words", words)
    rows = [json.loads(line) for line in (hub.work.path / RECORDING).read_text().splitlines()]
    new = [row | {"prompt": f"ticket-summary@{version}"} for row in rows if row["prompt"] == "ticket-summary@1.0.0"]
    if worse:
        new = [row | {"output": "Gladly! ::error::owned " + row["output"]} for row in new]
    return {
        PROMPT: prompt.replace("version: 1.0.0", f"version: {version}"),
        RECORDING: "".join(json.dumps(row) + "\n" for row in rows + new),
    }


def gate(hub: Hub, pull: Pull, **given: str) -> Job:
    """The job of the workflow for a pull request."""
    job = hub.job(hub.pull_request(pull), **given)
    job.run(workflow("eval")["jobs"]["gate"])
    return job


def test_a_good_change_is_green(hub: Hub) -> None:
    first_project(hub)
    job = gate(hub, hub.open(7, changed(hub)))
    assert job.status == "success", job.log.text
    assert job.log.others == []
    assert "verdict: pass (exit code 0)" in job.log.text
    assert "ticket-summary" in job.summary
    assert (hub.artifacts[job.github["run_id"]]["llmops-results"] / "outcome.json").is_file()


def test_a_regression_is_red_and_its_words_are_no_commands(hub: Hub) -> None:
    first_project(hub)
    job = gate(hub, hub.open(7, changed(hub, worse=True)))
    assert job.status == "failure"
    assert "verdict: fail (exit code 1)" in job.log.text
    assert job.log.others == []
    assert not any("owned" in one for one in job.log.annotations)
