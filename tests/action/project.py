"""The first project of `llmops init` on the hub, changes of it, and the job that measures them."""

import contextlib
import io
import json
import subprocess
from collections.abc import Mapping
from typing import Any

import yaml

from llmops_cli.cli.main import main
from tests.action.hub import Hub, Pull
from tests.action.job import ROOT, Job

RECORDING = "evals/recordings/ticket-summary.jsonl"
PROMPT = "prompts/ticket-summary.yaml"


def workflow(name: str) -> dict[str, Any]:
    """A workflow as `llmops init` writes it."""
    path = ROOT / f"llmops_cli/scaffold/dot-github/workflows/llmops-{name}.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def first_project(hub: Hub, folder: str = ".") -> None:
    """What `llmops init` writes, on main."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert main(["init", str(hub.work.path / folder)]) == 0
    hub.push_main({})


def changed(
    hub: Hub, *, version: str = "1.1.0", prefix: str = "", words: str = "at most 8 English words", folder: str = ""
) -> dict[str, str | bytes]:
    """A change of the prompt with its bump, and answers of the new version; `prefix` stands before each of them."""
    prompt = (hub.work.path / folder / PROMPT).read_text().replace("at most 10 English words", words)
    rows = [json.loads(line) for line in (hub.work.path / folder / RECORDING).read_text().splitlines()]
    first = [row for row in rows if row["prompt"] == "ticket-summary@1.0.0"]
    new = [row | {"prompt": f"ticket-summary@{version}", "output": prefix + row["output"]} for row in first]
    return {
        folder + PROMPT: prompt.replace("version: 1.0.0", f"version: {version}"),
        folder + RECORDING: "".join(json.dumps(row) + "\n" for row in rows + new),
    }


def gate(hub: Hub, pull: Pull, **given: str) -> Job:
    """The job of the workflow for a pull request; `given` are inputs of the action besides those in the workflow."""
    return measured(hub, hub.pull_request(pull), **given)


def measured(
    hub: Hub, github: dict[str, Any], *, depth: str = "2", env: Mapping[str, str] | None = None, **given: str
) -> Job:
    """The job of the workflow for any event; `env` are variables of its machine."""
    steps = workflow("eval")["jobs"]["gate"]["steps"]
    steps[0]["with"]["fetch-depth"] = depth
    steps[1]["id"] = "gate"
    job = hub.job(github, **given)
    job.variables |= env or {}
    job.run({"steps": steps})
    return job


def git(job: Job, *arguments: str) -> str:
    """What git says in the work tree of the job."""
    done = subprocess.run(["git", *arguments], cwd=job.workspace, capture_output=True, text=True, check=True)
    return done.stdout.strip()
