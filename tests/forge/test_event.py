"""What started a job: of which pull request it is, and whether of a fork."""

import json
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.errors import ForgeError, InputError
from llmops_cli.forge.event import Event, Measured, find_pull_request, is_page, read_event
from llmops_cli.forge.github import GitHub
from tests.github_server import GitHubServer

HEAD = "c" * 40
JOB = {"GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_SERVER_URL": "https://github.example"}


def event(tmp_path: Path, data: Any, *, repository: str = "team/app") -> Event:
    path = tmp_path / "event.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return read_event(path, repository=repository, env=JOB)


def pull_request(**changes: Any) -> dict[str, Any]:
    data = {
        "number": 7,
        "head": {"sha": HEAD, "repo": {"full_name": "team/app"}},
        "base": {"repo": {"full_name": "Team/App"}},
    }
    return {"pull_request": {**data, **changes}}


def workflow_run(**changes: Any) -> dict[str, Any]:
    data = {
        "id": 55,
        "run_attempt": 3,
        "event": "pull_request",
        "head_sha": HEAD,
        "head_branch": "change",
        "head_repository": {"full_name": "mallory/app"},
        "html_url": "https://github.example/team/app/actions/runs/55",
        "pull_requests": [],
    }
    return {"workflow_run": {**data, **changes}}


def test_a_pull_request_is_that_of_the_event(tmp_path: Path) -> None:
    found = event(tmp_path, pull_request())
    page = "https://github.example/team/app/actions/runs/77"
    assert found == Event(7, Measured(77, 2, HEAD, page), untrusted="")


def test_code_of_a_fork_is_named(tmp_path: Path) -> None:
    fork = pull_request(head={"sha": HEAD, "repo": {"full_name": "mallory/app"}})
    assert event(tmp_path, fork).untrusted == "mallory/app"
    gone = pull_request(head={"sha": HEAD, "repo": None})
    assert event(tmp_path, gone).untrusted == "a repository that is gone"


def test_a_pull_request_of_another_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"of a pull request of Team/App, not of team/other"):
        event(tmp_path, pull_request(), repository="team/other")


@pytest.mark.parametrize("number", [None, "7", True, 0, -1, 1.0])
def test_a_number_is_a_number(tmp_path: Path, number: Any) -> None:
    with pytest.raises(InputError, match="no 'number' that is a number"):
        event(tmp_path, pull_request(number=number))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"pull_request": {}, "pull_request": {}}'])
def test_what_is_no_event_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        event(tmp_path, text)


def test_the_run_that_was_finished_says_commit_and_branch(tmp_path: Path) -> None:
    found = event(tmp_path, workflow_run())
    page = "https://github.example/team/app/actions/runs/55"
    assert found == Event(0, Measured(55, 3, HEAD, page), source=("mallory/app", "change"), untrusted="mallory/app")
    assert event(tmp_path, workflow_run(head_repository={"full_name": "team/app"})).untrusted == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"event": "push"},
        {"event": "merge_group"},
        {"event": None},
        {"head_sha": "abc"},
        {"head_branch": ""},
        {"head_repository": None},
        {"head_repository": {"full_name": "../.."}},
    ],
)
def test_a_run_without_a_pull_request_has_nothing_to_say(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert event(tmp_path, workflow_run(**changes)).nothing


def test_addresses_are_linked_only_where_they_need_no_escaping(tmp_path: Path) -> None:
    assert is_page("https://github.example/team/app/actions/runs/55?x=1#artifacts")
    for url in ("javascript:alert(1)", "https://a b", "https://a/)", "https://a/<", "https://a/\n", "//a", "https://"):
        assert not is_page(url)
    assert event(tmp_path, workflow_run(html_url="https://x/) ![y](https://z/b.png")).measured.url == ""


FROM_A_FORK = Event(0, Measured(55, 1, HEAD), source=("mallory/app", "change"), untrusted="mallory/app")


def found(server: GitHubServer, event: Event = FROM_A_FORK) -> int:
    with GitHub(server.url, server.repository, server.token) as github:
        return find_pull_request(github, event)


def test_the_pull_request_of_a_fork_is_asked_for() -> None:
    with GitHubServer("team/app") as server:
        server.pull_request(6, head=HEAD, branch="change", fork="ann/app")
        server.pull_request(7, head=HEAD, branch="change", fork="mallory/app")
        server.pull_request(8, head="d" * 40, branch="other", fork="mallory/app")
        assert found(server) == 7


def test_it_is_found_by_its_commit_where_the_branch_has_another_name() -> None:
    with GitHubServer("team/app") as server:
        server.pull_request(7, head=HEAD, branch="renamed", fork="mallory/app")
        assert found(server) == 7


@pytest.mark.parametrize(
    "changes",
    [
        {"head": "d" * 40, "fork": "mallory/app"},  # it has moved on
        {"head": HEAD, "fork": "mallory/app", "state": "closed"},
        {"head": HEAD, "fork": "mallory/app", "base": "team/other"},
        {"head": HEAD, "fork": "ann/app"},
        {"head": HEAD},
    ],
)
def test_what_does_not_fit_is_not_it(changes: dict[str, str]) -> None:
    with GitHubServer("team/app") as server:
        server.pull_request(7, branch="change", **changes)
        assert found(server) == 0


def test_where_several_fit_none_is_guessed() -> None:
    with GitHubServer("team/app") as server:
        server.pull_request(7, head=HEAD, branch="change", fork="mallory/app")
        server.pull_request(9, head=HEAD, branch="change", fork="mallory/app")
        with pytest.raises(ForgeError, match="#7, #9") as refused:
            found(server)
    assert refused.value.hint == "say which: --pr NUMBER"


def test_a_number_that_is_known_is_not_asked_for() -> None:
    with GitHubServer("team/app") as server:
        assert found(server, Event(3)) == 3
        assert server.calls == []


def test_a_branch_with_odd_letters_stays_one_value() -> None:
    odd = Event(0, Measured(55, 1, HEAD), source=("mallory/app", "a&state=all#x y/ü"), untrusted="mallory/app")
    with GitHubServer("team/app") as server:
        server.pull_request(7, head=HEAD, branch="a&state=all#x y/ü", fork="mallory/app")
        assert found(server, odd) == 7
        assert len(server.calls) == 1
