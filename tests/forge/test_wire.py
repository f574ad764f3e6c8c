"""HTTP to a forge: where the token goes, what is tried again, and what is too much."""

import json
import socket
from collections.abc import Callable

import pytest

from llmops_cli.errors import ForgeError
from llmops_cli.forge.github import ACTIONS_BOT, GitHub, is_repository
from llmops_cli.forge.wire import Patience
from tests.github_server import Call, GitHubServer, Refusal, bad_gateway, rate_limited, secondary_limit

HEAD = "c" * 40


class Waits:
    """What would have been waited for, without waiting."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    @property
    def patience(self) -> Patience:
        return Patience(attempts=4, backoff_s=0.5, sleep=self.seconds.append)


def github(server: GitHubServer, waits: Waits | None = None, *, url: str = "", token: str = "ghs_test") -> GitHub:
    return GitHub(url or server.url, server.repository, token, timeout_s=10, patience=(waits or Waits()).patience)


def first_time(refusal: Refusal, times: int = 1) -> Callable[[int, Call], Refusal | None]:
    return lambda index, call: refusal if index < times else None


@pytest.mark.parametrize(
    "url", ["http://github.example", "ftp://github.example", "github.example", "https://", "x:\\y"]
)
def test_the_token_goes_nowhere_else(url: str) -> None:
    with pytest.raises(ForgeError, match=r"https://|not a URL"):
        GitHub(url, "team/app", "ghs_secret")


@pytest.mark.parametrize(
    "name", ["", "app", "team/..", "team/.", "../../user", "team/app/x", "team app/x", "te\nam/app"]
)
def test_a_repository_leads_no_path_elsewhere(name: str) -> None:
    assert not is_repository(name)
    with pytest.raises(ForgeError):
        GitHub("https://api.github.example", name, "t")


def test_without_a_token_nothing_is_said() -> None:
    with pytest.raises(ForgeError, match="no GITHUB_TOKEN"):
        GitHub("https://api.github.example", "team/app", "")


def test_pages_are_followed_to_the_end() -> None:
    with GitHubServer() as server:
        server.pull_request(7, head=HEAD)
        ids = [server.say(7, f"remark {number}") for number in range(250)]
        with github(server) as hub:
            assert [comment.id for comment in hub.comments(7)] == ids
        assert len(server.calls) == 3


def test_a_next_page_elsewhere_is_not_followed() -> None:
    with GitHubServer() as trap, GitHubServer() as server:
        link = {"Link": f'<{trap.url}/repos/team/app/issues/7/comments>; rel="next"'}
        server.faults = first_time(Refusal(200, headers=link, raw=b"[]"))
        with github(server) as hub, pytest.raises(ForgeError, match="leads to another host"):
            list(hub.comments(7))
        assert trap.calls == []


def test_pages_in_a_circle_end() -> None:
    with GitHubServer() as server:
        link = {"Link": f'<{server.url}/repos/team/app/issues/7/comments>; rel="next"'}
        server.faults = first_time(Refusal(200, headers=link, raw=b"[]"), times=10_000)
        with github(server) as hub, pytest.raises(ForgeError, match="more than 200 pages"):
            list(hub.comments(7))


def test_redirects_stay_on_the_host() -> None:
    with GitHubServer() as trap, GitHubServer() as server:
        server.pull_request(7, head=HEAD)
        server.say(7, "remark")
        away = Refusal(301, headers={"Location": f"{trap.url}/repos/team/app/issues/7/comments"})
        home = Refusal(301, headers={"Location": "/repos/team/app/issues/7/comments"})
        server.faults = first_time(home)
        with github(server) as hub:
            assert [comment.body for comment in hub.comments(7)] == ["remark"]
        server.calls.clear()
        server.faults = first_time(away)
        with github(server) as hub, pytest.raises(ForgeError, match="leads to another host"):
            list(hub.comments(7))
        server.calls.clear()
        server.faults = first_time(home, times=100)
        with github(server) as hub, pytest.raises(ForgeError, match="redirects in a circle"):
            list(hub.comments(7))
        assert trap.calls == []


@pytest.mark.parametrize("refusal", [rate_limited("7"), secondary_limit("7")])
def test_what_is_asked_for_is_waited(refusal: Refusal) -> None:
    waits = Waits()
    with GitHubServer(login="ann", faults=first_time(refusal, times=2)) as server, github(server, waits) as hub:
        assert hub.login() == "ann"
    assert waits.seconds == [7.0, 7.0]


def test_nobody_waits_for_an_hour() -> None:
    waits = Waits()
    with (
        GitHubServer(faults=first_time(rate_limited("3600"))) as server,
        github(server, waits) as hub,
        pytest.raises(ForgeError, match="answered 429"),
    ):
        hub.login()
        assert len(server.calls) == 1
    assert waits.seconds == []


def test_a_gateway_is_asked_again_with_growing_waits() -> None:
    waits = Waits()
    with (
        GitHubServer(faults=first_time(bad_gateway(), times=100)) as server,
        github(server, waits) as hub,
        pytest.raises(ForgeError, match="answered 502 to GET /user"),
    ):
        hub.login()
        assert len(server.calls) == 4
    assert len(waits.seconds) == 3
    assert all(0 <= wait <= 0.5 * 2**number for number, wait in enumerate(waits.seconds, 1))


def test_a_change_of_unknown_outcome_is_not_made_twice() -> None:
    with GitHubServer(faults=first_time(bad_gateway(done_first=True))) as server, github(server) as hub:
        server.pull_request(7, head=HEAD)
        with pytest.raises(ForgeError) as failed:
            hub.create_comment(7, "hello")
        assert failed.value.unknown_outcome
        assert len(server.comments(7)) == 1
        id = server.comments(7)[0].id
        server.calls.clear()  # the first call of all that follow is refused again
        assert hub.update_comment(id, "other").body == "other"  # doing that twice is doing it once


def test_a_limit_says_that_nothing_was_done() -> None:
    with GitHubServer(faults=first_time(secondary_limit())) as server, github(server) as hub:
        server.pull_request(7, head=HEAD)
        hub.create_comment(7, "hello")
        assert len(server.comments(7)) == 1


def test_a_port_where_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with GitHub(url, "team/app", "t", patience=Waits().patience) as hub:
        with pytest.raises(ForgeError, match=r"127\.0\.0\.1 could not be reached") as failed:
            hub.create_comment(7, "hello")
        assert not failed.value.unknown_outcome


@pytest.mark.parametrize(
    "raw", [b"<html>Sign in to the Wi-Fi</html>", b'{"login": "a', b"[1]", b'{"login": 5}', b'"x"']
)
def test_what_is_no_answer_is_an_error(raw: bytes) -> None:
    with (
        GitHubServer(faults=first_time(Refusal(200, raw=raw), 9)) as server,
        github(server) as hub,
        pytest.raises(ForgeError),
    ):
        hub.login()


def test_an_answer_is_bounded() -> None:
    huge = json.dumps({"login": "a" * 49_000_000}).encode()
    with (
        GitHubServer(faults=first_time(Refusal(200, raw=huge), 9)) as server,
        github(server) as hub,
        pytest.raises(ForgeError, match="more than 48,000,000 bytes"),
    ):
        hub.login()


def test_the_token_of_a_job_writes_as_the_bot() -> None:
    with GitHubServer() as server, github(server) as hub:
        assert hub.login() == ACTIONS_BOT
    with (
        GitHubServer() as server,
        github(server, token="wrong") as hub,
        pytest.raises(ForgeError, match="answered 401 to GET /user: Bad credentials"),
    ):
        hub.login()


def test_no_message_holds_the_token() -> None:
    with (
        GitHubServer(faults=first_time(Refusal(400, "no"), 9)) as server,
        github(server, token="ghs_secret") as hub,
        pytest.raises(ForgeError) as failed,
    ):
        hub.login()
    assert "ghs_secret" not in failed.value.message + repr(hub.__dict__)
