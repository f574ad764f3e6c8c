"""Runs the steps of a workflow's job, and of the composite actions in it, as GitHub's runner does.

Every `run:` is a bash of its own with the environment that the runner gives; nothing of a step is changed. Actions of
others have stand-ins, by name; one without is an error. So is an expression that the harness does not know.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.action.expression import Optional, Value, condition, resolve, shown
from tests.action.log import Log

ROOT = Path(__file__).resolve().parents[2]
OURS = re.compile(r"(?:your-org/llmops|\$)(?P<path>/[\w./-]*)?(?:@0{40})?\Z")
PINNED = re.compile(r"(?P<name>[\w.-]+/[\w./-]+)@[0-9a-f]{40}\Z")
# where packages come from and what may be trusted is a matter of the machine that runs the tests
OF_THE_MACHINE = re.compile(r"HOME|TMPDIR|GIT_CONFIG_NOSYSTEM|(?:PIP|UV|SSL_CERT)_\w+|\w+_(?:proxy|PROXY)")
SUMMARY_LIMIT = 1024 * 1024  # bytes; GitHub drops a summary that is longer

StandIn = Callable[["Job", Mapping[str, str]], Mapping[str, str]]


@dataclass
class Step:
    """What became of a step. `outcome` is before `continue-on-error`, `conclusion` after it."""

    outcome: str
    conclusion: str
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Place:
    """Where steps run: in a job, or in a composite action with inputs and a folder."""

    steps: dict[str, Step] = field(default_factory=dict)
    inputs: dict[str, str] | None = None
    folder: Path | None = None
    env: dict[str, str] = field(default_factory=dict)
    failed: bool = False
    ids: frozenset[str] = frozenset()  # of all steps: another one is a mistake, one that has not run yet is null


@dataclass
class Job:
    """One job on one machine. `github` is that context, `folder` a new folder for workspace, temp and files.

    `path` are folders before the system's; `given` are inputs laid over those of every use of our own action.
    """

    folder: Path
    github: dict[str, Value]
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    given: Mapping[str, str] = field(default_factory=dict)
    dispatched: Mapping[str, str] = field(default_factory=dict)  # inputs of a workflow started by hand
    matrix: Mapping[str, Value] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    log: Log = field(default_factory=Log)
    summary: str = ""
    ran: list[str] = field(default_factory=list)
    cancelled: bool = False
    status: str = "success"
    done: dict[str, Step] = field(default_factory=dict)
    inside: dict[str, Step] = field(default_factory=dict)  # the steps of the last composite action
    _count: int = 0

    def __post_init__(self) -> None:
        for folder in (self.workspace, self.temp, self.folder / "files"):
            folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "files" / "event.json").write_text(json.dumps(self.github["event"]), encoding="utf-8")

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the step whose id is `gate`."""
        return self.done["gate"].outputs

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    def run(self, job: Mapping[str, Any]) -> None:
        """Run a job of a workflow. `status` says how it ended, `done` what became of its steps, by id."""
        place = Place()
        if "if" in job and not condition(job["if"], self._contexts(place), self._functions(place)):
            self.status = "skipped"
            return
        self._steps(job["steps"], place)
        self.status = "failure" if place.failed else "success"
        self.done = place.steps

    def _steps(self, steps: list[Mapping[str, Any]], place: Place) -> None:
        place.ids = frozenset(step["id"] for step in steps if "id" in step)
        for index, step in enumerate(steps):
            done = self._step(step, place)
            place.steps[step.get("id", f"__{index}")] = done
            if done.conclusion == "failure":
                place.failed = True

    def _step(self, step: Mapping[str, Any], place: Place) -> Step:
        assert set(step) <= {"name", "id", "if", "uses", "with", "run", "shell", "env", "continue-on-error"}, step
        contexts, functions = self._contexts(place), self._functions(place)
        if not condition(str(step.get("if", "success()")), contexts, functions):
            return Step("skipped", "skipped")
        env = place.env | {key: resolve(str(value), contexts, functions) for key, value in step.get("env", {}).items()}
        self.ran.append(step.get("name") or step.get("uses") or "run")
        if "uses" in step:
            inputs = {key: resolve(shown(value), contexts, functions) for key, value in step.get("with", {}).items()}
            ok, outputs = self._use(step["uses"], inputs, env, place)
        else:
            assert "${{" not in step["run"], "an expression in a script becomes part of the script"
            ok, outputs = self._bash(step["run"], env, place)
        outcome = "success" if ok else "failure"
        return Step(outcome, "success" if step.get("continue-on-error") is True else outcome, dict(outputs))

    def _use(
        self, uses: str, inputs: dict[str, str], env: dict[str, str], place: Place
    ) -> tuple[bool, Mapping[str, str]]:
        if uses.startswith("./"):
            return self._composite(self.workspace / uses, inputs | self.given, env)
        if ours := OURS.match(uses):
            return self._composite(ROOT / (ours["path"] or "/")[1:], inputs | self.given, env)
        pinned = PINNED.match(uses)
        assert pinned, f"{uses} is not pinned to a commit"
        try:
            return True, self.stand_ins[pinned["name"]](self, inputs)
        except StandInError as failure:
            self.log.add(f"::error::{failure}\n")
            return False, {}

    def _composite(self, folder: Path, inputs: dict[str, str], env: dict[str, str]) -> tuple[bool, Mapping[str, str]]:
        action = yaml.safe_load((folder / "action.yml").read_text(encoding="utf-8"))
        declared = action.get("inputs", {})
        inputs = {name: value for name, value in inputs.items() if name in declared or name not in self.given}
        assert set(inputs) <= set(declared), f"unknown inputs: {set(inputs) - set(declared)}"
        place = Place(inputs={}, folder=folder, env=env)
        defaults = self._contexts(Place())
        place.inputs = {
            name: inputs[name] if name in inputs else resolve(str(about.get("default", "")), defaults, {})
            for name, about in declared.items()
        }
        self._steps(action["runs"]["steps"], place)
        self.inside = place.steps
        outputs = {
            name: resolve(about["value"], self._contexts(place), {})
            for name, about in action.get("outputs", {}).items()
        }
        return not place.failed, outputs

    def _bash(self, script: str, env: Mapping[str, str], place: Place) -> tuple[bool, Mapping[str, str]]:
        self._count += 1
        files = {name: self.folder / "files" / f"{name.lower()}-{self._count}" for name in
                 ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")}  # fmt: skip
        for file in files.values():
            file.touch()
        text = self.folder / "files" / f"script-{self._count}.sh"
        text.write_text(script, encoding="utf-8")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(text)],
            cwd=self.workspace,
            env=self._environment(place) | {name: str(file) for name, file in files.items()} | dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
        self.log.add(done.stdout.decode("utf-8", "replace"))
        summary = files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        if len(summary.encode()) <= SUMMARY_LIMIT:
            self.summary += summary
        self.variables |= assignments(files["GITHUB_ENV"])
        self.path = [*reversed(files["GITHUB_PATH"].read_text().splitlines()), *self.path]
        return done.returncode == 0, assignments(files["GITHUB_OUTPUT"])

    def _environment(self, place: Place) -> dict[str, str]:
        github = self.github
        event = self.folder / "files" / "event.json"
        return {
            **{name: value for name, value in os.environ.items() if OF_THE_MACHINE.fullmatch(name)},
            "PATH": os.pathsep.join([*self.path, "/usr/local/bin", "/usr/bin", "/bin"]),
            "CI": "true",
            "GIT_CONFIG_GLOBAL": os.devnull,  # a fresh machine: nobody has said who commits
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(place.folder or ""),
            "GITHUB_API_URL": github["api_url"],
            "GITHUB_BASE_REF": github["base_ref"],
            "GITHUB_EVENT_NAME": github["event_name"],
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_HEAD_REF": github["head_ref"],
            "GITHUB_REF": github["ref"],
            "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_RUN_ATTEMPT": github["run_attempt"],
            "GITHUB_RUN_ID": github["run_id"],
            "GITHUB_SERVER_URL": github["server_url"],
            "GITHUB_SHA": github["sha"],
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.temp),
            **self.variables,
        }

    def _contexts(self, place: Place) -> dict[str, Value]:
        steps: dict[str, Value] = dict.fromkeys(place.ids)
        steps |= {
            name: {"outputs": Optional(step.outputs), "outcome": step.outcome, "conclusion": step.conclusion}
            for name, step in place.steps.items()
        }
        contexts: dict[str, Value] = {
            "github": self.github,
            "runner": {"temp": str(self.temp), "os": "Linux"},
            "steps": steps,
            "matrix": self.matrix,
        }
        return {**contexts, "inputs": self.dispatched if place.inputs is None else place.inputs}

    def _functions(self, place: Place) -> dict[str, Callable[..., Value]]:
        return {
            "always": lambda: True,
            "cancelled": lambda: self.cancelled,
            "failure": lambda: place.failed,
            "success": lambda: not place.failed and not self.cancelled,
        }


class StandInError(Exception):
    """What an action of somebody else says when it ends in failure."""


def assignments(file: Path) -> dict[str, str]:
    """What a step wrote into GITHUB_OUTPUT or GITHUB_ENV: `name=value`, or `name<<END`, lines, `END`."""
    found: dict[str, str] = {}
    lines = iter(file.read_text(encoding="utf-8").splitlines())
    for line in lines:
        name, sign, value = re.match(r"([^=<]+)(=|<<)(.*)", line).groups()  # type: ignore[union-attr]
        if sign == "<<":
            value = "\n".join(iter(lambda end=value: next(lines), value))  # type: ignore[misc]
        found[name] = value
    return found
