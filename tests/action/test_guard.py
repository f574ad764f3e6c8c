"""What the action refuses, in one sentence and before anything of the change is run."""

import pytest

from tests.action.hub import Hub
from tests.action.project import changed, first_project, gate, measured


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run"])
def test_events_that_hand_secrets_to_strangers_are_refused(hub: Hub, event: str) -> None:
    first_project(hub)
    job = measured(hub, hub.pull_request(hub.open(7, changed(hub)), event_name=event))
    assert (job.status, job.outputs["verdict"], job.outputs["exit-code"]) == ("failure", "error", "2")
    assert len(job.log.annotations) == 1 and "trigger the workflow with: pull_request" in job.log.annotations[0]
    assert "Measure" not in job.ran


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("cache", "yes", "cache: there is no 'yes'; say one of: auto read-only off"),
        ("comment", "always", "comment: there is no 'always'"),
        ("on-no-secrets", "pass", "on-no-secrets: there is no 'pass'"),
        ("prompt-check", "", "prompt-check: there is no ''"),
        ("against", "", "against is empty"),
        ("against", "--upload-pack=touch owned", "is no branch or commit"),
        ("working-directory", "../elsewhere", "is not a folder of the repository"),
        ("working-directory", "/etc", "is not a folder of the repository"),
        ("working-directory", "nowhere", "there is no folder 'nowhere'"),
        ("cache", "auto\nverdict=pass", "there is no 'auto\nverdict=pass'"),
    ],
)
def test_inputs_that_mean_nothing_are_refused(hub: Hub, name: str, value: str, words: str) -> None:
    first_project(hub)
    job = gate(hub, hub.open(7, changed(hub)), **{name: value})
    assert (job.status, job.outputs["verdict"], job.outputs["exit-code"]) == ("failure", "error", "2")
    assert words in job.log.annotations[0], job.log.text
    assert job.log.others == []


LIVE = "prompt: ticket-summary\ncases: golden/ticket-summary.jsonl\ntarget: {model: openai/gpt-4.1-mini}\n" + (
    "checks:\n  - {name: valid_json, type: is-json}\ngate:\n  valid_json: {floor: 0.5}\n"
)


@pytest.mark.parametrize(
    ("who", "gets_secrets"),
    [
        ({}, True),
        ({"head_repository": "stranger/assistant"}, False),
        ({"head_repository": ""}, False),
        ({"author": "dependabot[bot]"}, False),
    ],
)
def test_who_gets_no_secrets_writes_neither_cache_nor_comment(
    hub: Hub, who: dict[str, str], gets_secrets: bool
) -> None:
    first_project(hub)
    job = gate(hub, hub.open(7, changed(hub), **who), comment="update", paths=".github/**")
    said = job.inside["guard"].outputs
    assert said["gets-secrets"] == said["may-comment"] == str(gets_secrets).lower()
    assert said["cache-mode"] == ("write" if gets_secrets else "read")


def test_a_fork_that_needs_a_key_is_told_that_nothing_speaks_against_it(hub: Hub) -> None:
    """Here that is skipped; without being told so the verdict ends with 3 (`test_verdict`)."""
    first_project(hub)
    files = changed(hub) | {"evals/ticket-summary.yaml": LIVE}
    job = gate(hub, hub.open(7, files, head_repository="stranger/assistant"), **{"on-no-secrets": "skip"})
    assert (job.status, job.outputs["verdict"], job.outputs["exit-code"]) == ("success", "skipped", "0"), job.log.text
    assert any(one.startswith("notice: ") and "says nothing against it" in one for one in job.log.annotations)
    assert "Restore the cache of answers" in job.ran and "Save the cache of answers" not in job.ran


def test_a_fork_does_not_skip_what_the_gate_found(hub: Hub) -> None:
    """A case is gone: the run is invalid, and that has nothing to do with keys."""
    first_project(hub)
    golden = hub.work.path / "evals/golden/ticket-summary.jsonl"
    fewer = "".join(golden.read_text().splitlines(keepends=True)[1:])
    files = changed(hub) | {"evals/golden/ticket-summary.jsonl": fewer}
    job = gate(hub, hub.open(7, files, head_repository="stranger/assistant"), **{"on-no-secrets": "skip"})
    assert job.outputs["verdict"] == "invalid"


def test_a_suite_without_a_key_hides_no_regression_in_another_one(hub: Hub) -> None:
    """The suite that cannot be asked comes first; the recorded one after it is measured all the same."""
    first_project(hub)
    files = changed(hub, prefix="Gladly! ") | {"evals/a-live.yaml": LIVE}
    job = gate(hub, hub.open(7, files, head_repository="stranger/assistant"), **{"on-no-secrets": "skip"})
    assert (job.status, job.outputs["verdict"], job.outputs["exit-code"]) == ("failure", "fail", "1"), job.log.text
    assert any("not authorised" in one for one in job.log.annotations)
