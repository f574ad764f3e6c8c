"""The verdict of the action, whose steps are run unchanged, as the job of the scaffold's workflow runs them."""

import json
import subprocess

from tests.action.hub import Hub
from tests.action.job import ROOT
from tests.action.project import changed, first_project, gate, measured, workflow

HOSTILE = (
    "Gladly!\n::error::owned\n::add-mask::a\n ::set-output name=verdict::pass\n##[error]owned\n::stop-commands::x\n"
)


def test_a_good_change_is_green(hub: Hub) -> None:
    first_project(hub)
    job = gate(hub, hub.open(7, changed(hub)))
    assert job.status == "success", job.log.text
    assert job.log.others == []
    assert (job.outputs["verdict"], job.outputs["exit-code"]) == ("pass", "0")
    assert len(job.outputs["run-ids"].split()) == 1
    assert "ticket-summary" in job.summary
    kept = hub.artifacts[job.github["run_id"]]["llmops-results"]
    outcome = json.loads((kept / "outcome.json").read_text())
    assert outcome["runs"] == job.outputs["run-ids"].split()
    assert json.loads((kept / "check.json").read_text())["findings"] == []


def test_a_regression_is_red_and_its_words_are_no_commands(hub: Hub) -> None:
    first_project(hub)
    job = gate(hub, hub.open(7, changed(hub, prefix=HOSTILE)))
    assert job.status == "failure"
    assert (job.outputs["verdict"], job.outputs["exit-code"]) == ("fail", "1")
    assert job.log.others == []
    assert [one for one in job.log.annotations if "owned" in one.splitlines()[0][:20]] == []
    assert any("valid_json" in one for one in job.log.annotations)


def test_a_prompt_without_a_bump_is_red_although_its_answers_are_good(hub: Hub) -> None:
    first_project(hub)
    job = gate(hub, hub.open(7, changed(hub, version="1.0.0")))
    assert (job.status, job.outputs["exit-code"]) == ("failure", "1")
    assert "needs-bump" in job.log.text


def test_what_cannot_be_measured_stays_3(hub: Hub) -> None:
    """The recording does not know the new version, and a mistake in a suite is another matter."""
    first_project(hub)
    files = changed(hub)
    unknown = gate(hub, hub.open(7, {name: text for name, text in files.items() if name.startswith("prompts/")}))
    assert (unknown.status, unknown.outputs["verdict"], unknown.outputs["exit-code"]) == ("failure", "invalid", "3")
    assert any(one.startswith("error: nothing was measured") for one in unknown.log.annotations), unknown.log.text
    broken = gate(hub, hub.open(8, {"evals/ticket-summary.yaml": "prompt: [\n"}, branch="other"))
    assert (broken.status, broken.outputs["verdict"], broken.outputs["exit-code"]) == ("failure", "error", "2")


def test_a_change_of_something_else_ends_at_once(hub: Hub) -> None:
    first_project(hub)
    job = gate(hub, hub.open(7, {"README.md": "words\n", "src/prompts/x.py": "pass\n"}))
    assert (job.status, job.outputs["verdict"], job.outputs["exit-code"]) == ("success", "untouched", "0")
    assert "Install llmops" not in job.ran and "Measure" not in job.ran
    assert len(job.log.annotations) == 1 and "nothing to measure" in job.log.annotations[0]


def test_a_prompt_that_is_only_moved_away_is_a_change(hub: Hub) -> None:
    first_project(hub)
    pull = hub.open(7, {"README.md": "words\n"})
    hub.work.git("switch", "-q", "change")
    hub.work.git("mv", "evals/ticket-summary.yaml", "kept.yaml")
    pull = hub.open(7, {})
    assert gate(hub, pull).outputs["exit-code"] == "3"  # a suite is gone


def test_the_queue_is_measured_against_the_commit_the_entry_stands_on(hub: Hub) -> None:
    first_project(hub)
    pull = hub.open(7, changed(hub))
    merged, base = (hub.bare.git("rev-parse", f"refs/pull/7/merge{at}") for at in ("", "^1"))
    hub.push_main({"README.md": "main has moved on\n"})
    job = measured(hub, hub.merge_group(merged, base), depth="1")
    assert (job.status, job.outputs["verdict"]) == ("success", "pass"), job.log.text
    assert base[:7] in job.log.text
    assert pull.head


def test_main_is_held_against_its_floors(hub: Hub) -> None:
    first_project(hub)
    job = measured(hub, hub.push(), depth="1")
    assert (job.status, job.outputs["verdict"]) == ("success", "pass"), job.log.text


def test_a_project_below_the_top_of_the_repository_with_flags(hub: Hub) -> None:
    first_project(hub, "services/desk")
    pull = hub.open(7, changed(hub, folder="services/desk/", prefix="Gladly! "))
    where = {"working-directory": "services/desk", "paths": "services/desk/**"}
    flags = {"suites": "\n  ticket-summary\n", "repeats": "1", "budget": "5", "allow-removed": "true"}
    job = gate(hub, pull, **where, **flags)
    assert (job.outputs["verdict"], job.outputs["exit-code"]) == ("fail", "1"), job.log.text


def test_a_name_of_a_suite_that_nobody_knows_is_no_command(hub: Hub) -> None:
    first_project(hub)
    job = gate(hub, hub.open(7, changed(hub)), suites="tickets; touch owned $(touch owned)")
    assert job.outputs["exit-code"] == "2"
    assert not list(job.folder.rglob("owned"))


def test_cancelled_jobs_say_nothing(hub: Hub) -> None:
    first_project(hub)
    job = hub.job(hub.pull_request(hub.open(7, changed(hub))))
    job.cancelled = True
    job.run(workflow("eval")["jobs"]["gate"])
    assert job.ran == [] and job.log.text == ""


def test_a_report_that_cannot_be_written_changes_no_verdict(hub: Hub) -> None:
    """The program that reads the statuses is missing on this machine: green stays green, and is not called a pass."""
    first_project(hub)
    job = hub.job(hub.pull_request(hub.open(7, changed(hub))))
    broken = job.folder / "broken"
    broken.mkdir()
    (broken / "python3").write_text("#!/bin/sh\nexit 9\n")
    (broken / "python3").chmod(0o755)
    job.path.insert(0, str(broken))
    steps = workflow("eval")["jobs"]["gate"]["steps"]
    steps[1]["id"] = "gate"
    job.run({"steps": steps})
    assert job.inside["report"].outcome == "failure"
    assert (job.status, job.outputs["verdict"], job.outputs["exit-code"]) == ("success", "unknown", "0"), job.log.text


def test_what_was_not_measured_is_told_beside_what_was(hub: Hub) -> None:
    """One suite is fine and another one has no answers: the annotations and report.json say so too."""
    first_project(hub)
    suite = (hub.work.path / "evals/ticket-summary.yaml").read_text()
    other = suite.replace("recordings/ticket-summary.jsonl", "recordings/nobody.jsonl")
    job = gate(hub, hub.open(7, changed(hub) | {"evals/other.yaml": other}))
    assert job.outputs["verdict"] in ("invalid", "error"), job.log.text
    assert len(job.outputs["run-ids"].split()) == 1
    assert any(one.startswith("error: ") and "nobody.jsonl" in one for one in job.log.annotations), job.log.text
    kept = hub.artifacts[job.github["run_id"]]["llmops-results"]
    assert json.loads((kept / "report.json").read_text())["exit_code"] == int(job.outputs["exit-code"])


def test_what_is_printed_as_an_error_stays_within_what_is_text() -> None:
    """The runner reads the two streams apart, so that of the second one lines could come after the end of the text."""
    script = '. "$1"; quietly bash -c "echo ::error::one; echo ::error::two >&2"'
    say = str(ROOT / ".github/action/say.sh")
    done = subprocess.run(["bash", "-c", script, "-", say], capture_output=True, text=True, check=True)
    lines = done.stdout.split()
    assert (lines[1:3], done.stderr) == (["::error::one", "::error::two"], "")
