"""What follows the merge: releases, promotion and the look for drift, as the scaffold's workflows do them."""

import pytest

from tests.action.hub import Hub
from tests.action.job import Job
from tests.action.project import PROMPT, changed, first_project, workflow

TAG = "ticket-summary@v1.0.0"


def released(hub: Hub) -> Job:
    """The job on main."""
    job = hub.job(hub.push())
    job.run(workflow("release")["jobs"]["release"])
    return job


def promoted(hub: Hub, **inputs: str) -> Job:
    """The job started by hand."""
    job = hub.job(hub.push())
    job.dispatched = {"action": "promote", "version": "", "reason": "", "environment": "production", **inputs}
    job.run(workflow("promote")["jobs"]["promote"])
    return job


def live(hub: Hub) -> str:
    """What production serves."""
    text = hub.bare.git("show", "llmops/production:prompts/ticket-summary.yaml", check=False)
    return "".join(line.split()[1] for line in text.splitlines() if line.startswith("version:"))


def test_a_release_carries_its_scores_and_is_made_once(hub: Hub) -> None:
    first_project(hub)
    job = released(hub)
    assert job.status == "success", job.log.text
    tag = hub.bare.git("cat-file", "tag", TAG)
    assert "tagger github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>" in tag
    assert f"Llmops-Eval: {job.outputs['run-ids']} pass" in tag
    before = hub.bare.git("for-each-ref")
    again = released(hub)
    assert again.status == "success", again.log.text
    assert hub.bare.git("for-each-ref") == before


def test_what_fails_on_main_is_not_released(hub: Hub) -> None:
    first_project(hub)
    hub.push_main(changed(hub, version="1.0.0", prefix="Gladly! "))
    hub.push_main({PROMPT: (hub.work.path / PROMPT).read_text().replace("version: 1.0.0", "version: 9.0.0")})
    job = released(hub)
    assert job.status == "failure" and "Release" not in job.ran
    assert hub.bare.git("tag") == ""


def test_promotion_and_the_way_back(hub: Hub) -> None:
    first_project(hub)
    released(hub)
    assert promoted(hub, prompt="ticket-summary", version="1.0.0", reason="first").status == "success"
    assert live(hub) == "1.0.0"
    hub.push_main(changed(hub))
    assert released(hub).status == "success"
    job = promoted(hub, prompt="ticket-summary", version="1.1.0")
    assert (job.status, live(hub)) == ("success", "1.1.0"), job.log.text
    job = promoted(hub, action="rollback", prompt="ticket-summary", reason='titles "are" cut; $(touch owned)')
    assert (job.status, live(hub)) == ("success", "1.0.0"), job.log.text
    log = hub.bare.git("log", "-1", "--format=%an %cn%n%B", "llmops/production")
    assert log.startswith("ann github-actions[bot]") and 'titles "are" cut; $(touch owned)' in log


@pytest.mark.parametrize(
    "inputs",
    [
        {"prompt": "ticket-summary; touch owned", "version": "1.0.0"},
        {"prompt": "ticket-summary", "version": "--no-push"},
        {"prompt": "--help", "version": "1.0.0"},
        {"prompt": "ticket-summary", "version": "1.0.0", "environment": "main"},
        {"prompt": "ticket-summary", "version": "1.0.0", "action": "delete"},
        {"prompt": "ticket-summary", "version": ""},
    ],
)
def test_inputs_that_nobody_should_send(hub: Hub, inputs: dict[str, str]) -> None:
    first_project(hub)
    hub.work.git("tag", "-a", "-m", "a release", TAG)
    hub.work.git("push", "-q", "--tags")
    before = hub.bare.git("for-each-ref")
    assert promoted(hub, **inputs).status == "failure"
    assert hub.bare.git("for-each-ref") == before
    assert not list(hub.folder.rglob("owned"))


def test_drift_of_a_recording_cannot_be_told(hub: Hub) -> None:
    first_project(hub)
    released(hub)
    job = hub.job(hub.push())
    job.run(workflow("drift")["jobs"]["drift"])
    assert job.status == "failure"
    assert "ticket-summary" in job.summary, job.summary + job.log.text
