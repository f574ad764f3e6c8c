"""docs/reference/ci.md: its tables are those of action.yml, its examples are valid, and they do what they say."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.action.hub import Hub, llmops_on_path
from tests.action.job import ROOT
from tests.action.project import changed, first_project
from tests.conftest import GitRepo

PAGE = (ROOT / "docs/reference/ci.md").read_text(encoding="utf-8")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def example(beginning: str) -> str:
    """The example that begins so."""
    (found,) = [text for _, text in BLOCKS if text.startswith(beginning)]
    return str(found)


def one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def test_inputs_and_outputs_stand_in_the_tables_as_the_action_declares_them() -> None:
    defaults = {
        name: f"`{about['default']}`" if about["default"] else "empty" for name, about in ACTION["inputs"].items()
    }
    rows = [
        f"| `{name}` | {one_line(about['description'])} | {defaults[name]} |"
        for name, about in ACTION["inputs"].items()
    ]
    rows += [f"| `{name}` | {one_line(about['description'])} |" for name, about in ACTION["outputs"].items()]
    assert [row for row in rows if row not in PAGE.splitlines()] == []
    assert len(re.findall(r"^\| `[\w-]+` \|", PAGE, re.MULTILINE)) == len(rows)


def test_the_pins_of_the_examples_are_those_of_the_workflows() -> None:
    files = [ROOT / "action.yml", *(ROOT / ".github").rglob("*.yml")]
    pinned = r"uses: ([\w.-]+/[\w./-]+@[0-9a-f]{40}) # (v[\d.]+)"
    used = {pair for path in files for pair in re.findall(pinned, path.read_text(encoding="utf-8"))}
    assert set(re.findall(pinned, PAGE)) <= used
    assert len({name.split("@")[0] for name, _ in used}) == len(used), "one action at two commits"


@pytest.mark.parametrize(
    ("beginning", "schema"), [("name: llmops eval", "vendor.github-workflows"), ("llmops:\n", "vendor.gitlab-ci")]
)
def test_the_examples_fit_their_schemas(tmp_path: Path, beginning: str, schema: str) -> None:
    file = tmp_path / "example.yml"
    file.write_text(example(beginning))
    programs = Path(sys.executable).parent
    if not (programs / "zizmor").exists():
        pytest.skip("zizmor and check-jsonschema are in the dependency group `dev`")
    commands = [[str(programs / "check-jsonschema"), "--builtin-schema", schema, str(file)]]
    if "github" in schema:
        commands.append([str(programs / "zizmor"), "-q", "--offline", "--persona", "pedantic", str(file)])
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_shards_in_a_matrix_come_to_the_verdict_of_one_job(hub: Hub) -> None:
    jobs: dict[str, Any] = yaml.safe_load(example("name: llmops eval"))["jobs"]
    first_project(hub)
    github = hub.pull_request(hub.open(7, changed(hub, prefix="Gladly! ")))
    jobs["shard"]["steps"][1]["id"] = jobs["gate"]["steps"][2]["id"] = "gate"
    for shard in jobs["shard"]["strategy"]["matrix"]["shard"]:
        job = hub.job(github)
        job.matrix = {"shard": shard}
        job.run(jobs["shard"])
        assert (job.status, job.outputs["verdict"]) == ("success", "measured"), job.log.text
    assert sorted(hub.artifacts[github["run_id"]]) == [f"llmops-shard-{number}" for number in (1, 2, 3, 4)]
    gate = hub.job(github)
    gate.run(jobs["gate"])
    assert (gate.status, gate.outputs["verdict"], gate.outputs["exit-code"]) == ("failure", "fail", "1"), gate.log.text
    assert "origin/main" in gate.summary
    del hub.artifacts[github["run_id"]]["llmops-shard-3"]
    less = hub.job(github | {"run_attempt": "2"})
    less.run(jobs["gate"])
    assert less.outputs["exit-code"] == "3" and "what was not measured cannot be decided" in less.log.text


def ran(hub: Hub, script: str, **variables: str) -> tuple[int, GitRepo]:
    """The exit code of a script of the page in a shallow clone of the change, and the clone."""
    path = hub.folder / "clone"
    depth = ["--depth=1", "--branch=change", "--no-single-branch"]
    subprocess.run(["git", "clone", "-q", *depth, f"file://{hub.bare.path}", str(path)], check=True)
    hub.bare.git("config", "uploadpack.allowAnySHA1InWant", "true")
    environment = {"PATH": f"{llmops_on_path(hub.folder)}:/usr/bin:/bin", "HOME": str(hub.folder), **variables}
    done = subprocess.run(["bash", "-e", "-c", script], cwd=path, env=environment, capture_output=True, check=False)
    return done.returncode, GitRepo(path)


@pytest.mark.parametrize(("prefix", "code"), [("", 0), ("Gladly! ", 1)])
def test_the_plain_commands_come_to_the_gate_s_exit_code(hub: Hub, prefix: str, code: int) -> None:
    first_project(hub)
    hub.open(7, changed(hub, prefix=prefix))
    hub.work.git("push", "-q", "origin", "change")
    status, clone = ran(hub, example("git fetch --quiet --tags"))
    assert status == code
    assert "ticket-summary" in (clone.path / "junit.xml").read_text()
    assert "ticket-summary" in (clone.path / "summary.md").read_text()


def test_gitlab_gets_its_reports_and_the_gate_s_exit_code(hub: Hub) -> None:
    first_project(hub)
    hub.open(7, changed(hub, prefix="Gladly! "))
    hub.work.git("push", "-q", "origin", "change")
    job = yaml.safe_load(example("llmops:\n"))["llmops"]
    script = "\n".join(line for line in job["script"] if not line.startswith("pip "))
    status, clone = ran(hub, script, CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    assert status == 1
    reports = [*job["artifacts"]["reports"]["codequality"], job["artifacts"]["reports"]["junit"], "report.html"]
    assert [name for name in reports if not (clone.path / name).is_file()] == []
