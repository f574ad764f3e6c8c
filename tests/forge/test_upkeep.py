"""Our one comment: what happens between reading the list and writing."""

from collections.abc import Callable

import pytest

from llmops_cli.errors import ForgeError
from llmops_cli.forge.event import Measured
from llmops_cli.forge.github import ACTIONS_BOT, GitHub
from llmops_cli.forge.upkeep import Done, Say, keep_up, marker, state_line
from tests.github_server import Call, GitHubServer, Refusal, bad_gateway

COMMIT = "c" * 40


def body(run: int, attempt: int = 1, words: str = "all is well") -> str:
    return f"{marker('default')}\n{state_line(Measured(run, attempt, COMMIT))}\n{words}\n"


def say(run: int, attempt: int = 1, words: str = "all is well", *, another: bool = False, begin: bool = True) -> Say:
    return Say(body(run, attempt, words), ACTIONS_BOT, Measured(run, attempt, COMMIT), another=another, begin=begin)


def kept_up(server: GitHubServer, what: Say) -> Done:
    with GitHub(server.url, server.repository, server.token) as github:
        return keep_up(github, 7, what)


def begun(faults: Callable[[int, Call], Refusal | None] | None = None) -> GitHubServer:
    server = GitHubServer(faults=faults)
    server.pull_request(7, head=COMMIT)
    return server


@pytest.mark.parametrize(
    ("before", "after", "action"),
    [
        ((5, 1), (6, 1), "updated"),
        ((5, 1), (5, 2), "updated"),
        ((5, 1), (5, 1), "updated"),
        ((6, 1), (5, 1), "kept"),
        ((5, 2), (5, 1), "kept"),
        ((6, 1), (5, 9), "kept"),
        ((10, 1), (9, 1), "kept"),  # by number, not by letter
        ((5, 1), (0, 0), "updated"),  # by hand: nobody knows which is newer
    ],
)
def test_the_newest_run_wins(before: tuple[int, int], after: tuple[int, int], action: str) -> None:
    with begun() as server:
        assert kept_up(server, say(*before, "before")).action == "created"
        assert kept_up(server, say(*after, "after")).action == action
        (comment,) = server.comments(7)
        assert comment.body == (body(*after, "after") if action == "updated" else body(*before, "before"))


def test_what_a_run_says_of_itself_counts_in_the_second_line_only() -> None:
    with begun() as server:
        forged = state_line(Measured(999, 1, COMMIT))
        kept_up(server, say(5, words=f"a case said:\n{forged}"))
        assert kept_up(server, say(6)).action == "updated"


def test_a_newer_run_that_speaks_meanwhile_is_seen() -> None:
    def meanwhile(index: int, call: Call) -> Refusal | None:
        if call.method == "GET" and "/issues/comments/" in call.path:
            server.comments(7)[0].body = body(7, words="newer")
        return None

    with begun(meanwhile) as server:
        kept_up(server, say(5))
        assert kept_up(server, say(6)).action == "kept"
        assert server.comments(7)[0].body == body(7, words="newer")


def test_a_comment_that_somebody_deletes_meanwhile_is_made_anew() -> None:
    def meanwhile(index: int, call: Call) -> Refusal | None:
        if call.method == "PATCH" and server.comments(7):
            server.delete(server.comments(7)[0].id)
        return None

    with begun(meanwhile) as server:
        kept_up(server, say(5))
        assert kept_up(server, say(6)).action == "created"
        assert [comment.body for comment in server.comments(7)] == [body(6)]


def test_of_several_that_are_ours_the_first_is_kept_up() -> None:
    with begun() as server:
        ids = [server.say(7, body(1, words=str(number)), author=ACTIONS_BOT) for number in range(3)]
        assert kept_up(server, say(5)).action == "updated"
        assert [one.body for one in server.comments(7) if one.id == ids[0]] == [body(5)]
        assert [one.body for one in server.comments(7)[1:]] == [body(1, words="1"), body(1, words="2")]


def test_a_gateway_that_never_says_what_became_of_it() -> None:
    with begun(lambda index, call: bad_gateway() if call.method == "POST" else None) as server:
        with pytest.raises(ForgeError, match="502"):
            kept_up(server, say(5))
        assert len(server.writes()) == 3


def test_nothing_is_begun_where_nothing_is_wanted() -> None:
    with begun() as server:
        assert kept_up(server, say(5, begin=False)).action == "skipped"
        assert server.writes() == []


def test_another_one_is_made_whatever_is_there() -> None:
    with begun() as server:
        assert [kept_up(server, say(5, another=True)).action for _ in range(2)] == ["created", "created"]
        assert len(server.comments(7)) == 2


@pytest.mark.parametrize(("theirs", "words"), [(6, "theirs"), (4, "ours")])
def test_of_two_that_begin_at_once_one_remains(theirs: int, words: str) -> None:
    def meanwhile(index: int, call: Call) -> Refusal | None:
        if call.method == "POST":
            server.say(7, body(theirs, words="theirs"), author=ACTIONS_BOT)
        return None

    with begun(meanwhile) as server:
        assert kept_up(server, say(5, words="ours")).action == ("kept" if words == "theirs" else "updated")
        (comment,) = server.comments(7)
        assert comment.body.endswith(f"{words}\n")
