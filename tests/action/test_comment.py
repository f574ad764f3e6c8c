"""The pull request is told, in the job of the gate or by the workflow after it; the exit code stays the gate's."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import cmarkgfm
import pytest

from tests.action.hub import REPOSITORY, Hub, Pull, make_hub
from tests.action.job import Job
from tests.action.project import changed, first_project, gate, workflow
from tests.github_server import Call, GitHubServer, Refusal, read_only

STRANGER = {"head_repository": "stranger/assistant"}


@pytest.fixture
def github(hub: Hub) -> Iterator[GitHubServer]:
    """GitHub's API, which the jobs of the hub speak to."""
    with GitHubServer(REPOSITORY) as server:
        hub.api_url = server.url
        yield server


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> tuple[Hub, Pull, str]:
    """A regression from a fork, measured once for the tests that forge what its job has left. Hub, pull, run."""
    hub = make_hub(tmp_path_factory.mktemp("fork"))
    first_project(hub)
    pull = hub.open(7, changed(hub, prefix="Gladly! "), **STRANGER)
    job = gate(hub, pull)
    assert job.outputs["exit-code"] == "1", job.log.text
    return hub, pull, job.github["run_id"]


def opened(hub: Hub, github: GitHubServer, files: dict[str, str | bytes], **who: str) -> Pull:
    """Pull request 7, on the hub and in the API."""
    pull = hub.open(7, files, **who)
    fork = pull.head_repository if pull.head_repository != REPOSITORY else ""
    github.pull_request(7, head=pull.head, branch=pull.branch, fork=fork)
    return pull


def followed(hub: Hub, pull: Pull, run_id: str) -> Job:
    """The job of the workflow that comments once the other one has ended."""
    job = hub.job(hub.workflow_run(pull, run_id))
    job.run(workflow("comment")["jobs"]["comment"])
    return job


def test_the_first_push_makes_the_comment_and_the_second_edits_it(hub: Hub, github: GitHubServer) -> None:
    first_project(hub)
    job = gate(hub, opened(hub, github, changed(hub, prefix="Gladly! ")), comment="update")
    assert (job.status, job.outputs["exit-code"]) == ("failure", "1"), job.log.text
    (comment,) = github.comments(7)
    first = comment.body
    assert "the gate FAILED against origin/main" in first.splitlines()[3], first
    better = {name: text for name, text in changed(hub).items() if name.startswith("evals/")}
    rows = [json.loads(line) for line in str(better["evals/recordings/ticket-summary.jsonl"]).splitlines()]
    for row in rows:
        row["output"] = row["output"].removeprefix("Gladly! ")
    again = opened(
        hub, github, {"evals/recordings/ticket-summary.jsonl": "".join(json.dumps(r) + "\n" for r in rows[:20])}
    )
    job = gate(hub, again, comment="update")
    assert (job.status, job.outputs["exit-code"]) == ("success", "0"), job.log.text
    (edited,) = github.comments(7)
    assert edited.id == comment.id and "the gate passed against origin/main" in edited.body != first
    assert [call.method for call in github.writes()] == ["POST", "PATCH"]


@pytest.mark.parametrize(("prefix", "code"), [("", "0"), ("Gladly! ", "1")])
def test_a_comment_that_is_refused_leaves_the_exit_code_as_it_was(
    hub: Hub, github: GitHubServer, prefix: str, code: str
) -> None:
    def refused(index: int, call: Call) -> Refusal | None:
        del index
        return read_only() if call.method != "GET" else None

    github.faults = refused
    first_project(hub)
    job = gate(hub, opened(hub, github, changed(hub, prefix=prefix)), comment="update")
    assert (job.outputs["exit-code"], job.status) == (code, "failure" if code == "1" else "success")
    assert github.comments(7) == [] and len(github.writes()) == 1
    assert "403" in job.log.text


def test_a_fork_is_told_by_the_second_workflow_alone(hub: Hub, github: GitHubServer) -> None:
    first_project(hub)
    pull = opened(hub, github, changed(hub, prefix="Gladly! "), **STRANGER)
    job = gate(hub, pull, comment="update")
    assert job.outputs["exit-code"] == "1" and github.calls == []
    second = followed(hub, pull, job.github["run_id"])
    assert second.status == "success", second.log.text
    (comment,) = github.comments(7)
    assert "stranger/assistant" in comment.body
    assert not (second.workspace / ".git").exists()  # nothing of the change was checked out
    assert second.log.others == []


def test_a_change_that_touched_nothing_is_not_commented(hub: Hub, github: GitHubServer) -> None:
    first_project(hub)
    pull = opened(hub, github, {"README.md": "words\n"})
    job = gate(hub, pull)
    second = followed(hub, pull, job.github["run_id"])
    assert second.status == "success" and "no comment: nothing has changed" in second.log.text
    assert github.writes() == []


def test_where_nothing_was_left_an_earlier_verdict_does_not_stay(
    hub: Hub, github: GitHubServer, fork: tuple[Hub, Pull, str]
) -> None:
    pull, run_id, folder = forged(hub, github, fork)
    followed(hub, pull, run_id)
    (folder / "outcome.json").unlink()
    second = followed(hub, pull, run_id)
    assert second.status == "success", second.log.text
    (comment,) = github.comments(7)
    assert "Nothing can be said of this change: its run has left no results" in comment.body


def forged(hub: Hub, github: GitHubServer, fork: tuple[Hub, Pull, str]) -> tuple[Pull, str, Path]:
    """The fork's pull request on this hub and in the API, its run, and a copy of what was left, to be forged."""
    theirs, pull, run_id = fork
    github.pull_request(7, head=pull.head, branch=pull.branch, fork=pull.head_repository)
    github.pull_request(1, head="1" * 40)
    hub.bare = theirs.bare
    folder = hub.folder / "left"
    shutil.copytree(theirs.artifacts[run_id]["llmops-results"], folder)
    hub.artifacts[run_id] = {"llmops-results": folder}
    return pull, run_id, folder


def test_a_forged_pull_request_number_leads_nowhere(
    hub: Hub, github: GitHubServer, fork: tuple[Hub, Pull, str]
) -> None:
    pull, run_id, folder = forged(hub, github, fork)
    outcome = json.loads((folder / "outcome.json").read_text())
    (folder / "outcome.json").write_text(json.dumps(outcome | {"pull_request": 1, "number": 1}))
    (folder / "pr-number").write_text("1")
    followed(hub, pull, run_id)
    assert github.comments(1) == []
    assert all("/issues/1/" not in call.path for call in github.calls)


def test_a_script_in_a_case_id_is_text(hub: Hub, github: GitHubServer, fork: tuple[Hub, Pull, str]) -> None:
    pull, run_id, folder = forged(hub, github, fork)
    evil = "<script>alert(1)</script> @team ![x](https://evil.example/x.png) ::error::owned"
    for path in (folder / "runs").iterdir():
        path.write_text(path.read_text().replace('"files-missing"', json.dumps(evil)))
    (folder / "runs" / "<img src=x>.json").write_text("{}")
    second = followed(hub, pull, run_id)
    (comment,) = github.comments(7)
    page = cmarkgfm.github_flavored_markdown_to_html(comment.body)
    assert "&lt;script&gt;alert(1)" in page and "<script" not in page and "<img" not in page
    assert second.log.others == [] and not any("owned" in one for one in second.log.annotations)


def test_20_megabytes_of_text_are_refused_in_a_sentence(
    hub: Hub, github: GitHubServer, fork: tuple[Hub, Pull, str]
) -> None:
    pull, run_id, folder = forged(hub, github, fork)
    (path,) = (folder / "runs").glob("*.results.jsonl")
    path.write_text(path.read_text().replace("{", '{"more": "' + "x" * 20_000_000 + '", ', 1))
    second = followed(hub, pull, run_id)
    assert second.status == "failure" and "is longer than" in second.log.text and len(second.log.text) < 1000
    (comment,) = github.comments(7)
    assert "could not be read" in comment.body and len(comment.body) < 2000


def test_links_out_of_the_folder_are_not_followed(
    hub: Hub, github: GitHubServer, fork: tuple[Hub, Pull, str], tmp_path: Path
) -> None:
    pull, run_id, folder = forged(hub, github, fork)
    secret = tmp_path / "secret.json"
    shutil.move(folder / "outcome.json", secret)
    (folder / "outcome.json").symlink_to(secret)
    second = followed(hub, pull, run_id)
    assert second.status == "failure" and "links are not followed" in second.log.text
    (comment,) = github.comments(7)
    assert "could not be read" in comment.body


def test_jobs_that_were_cancelled_or_no_pull_request_say_nothing(hub: Hub, github: GitHubServer) -> None:
    first_project(hub)
    pull = opened(hub, github, changed(hub))
    context = hub.workflow_run(pull, "9001", conclusion="cancelled")
    job = hub.job(context)
    job.run(workflow("comment")["jobs"]["comment"])
    assert job.status == "skipped"
    context = hub.workflow_run(pull, "9001")
    context["event"]["workflow_run"]["event"] = "push"
    job = hub.job(context)
    job.run(workflow("comment")["jobs"]["comment"])
    assert job.status == "skipped"
