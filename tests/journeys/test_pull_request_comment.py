"""The comment on a pull request, from a measurement to GitHub: made once, edited after that, never somebody else's."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import GitRepo
from tests.github_server import (
    BOT,
    Call,
    GitHubServer,
    Refusal,
    bad_gateway,
    locked,
    rate_limited,
    read_only,
    secondary_limit,
)
from tests.journeys.project import PROMPT, adds_but, project
from tests.journeys.team import Shell
from tests.openai_server import OpenAIServer

MARKER = "<!-- llmops:gate:default -->"
HEAD = "c" * 40
OTHER_HEAD = "d" * 40


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    with GitHubServer("team/app") as server:
        server.pull_request(7, head=HEAD)
        monkeypatch.setenv("GITHUB_API_URL", server.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "team/app")
        monkeypatch.setenv("GITHUB_TOKEN", server.token)
        monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example")
        yield server


@pytest.fixture
def measured(repo: GitRepo, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Measure a change to these words; a model that is told to be friendly gets sums wrong. Returns the folder."""
    repo.commit(project())
    repo.git("switch", "-q", "-c", "change")

    def measure(words: str) -> Path:
        repo.commit({"prompts/adder.yaml": PROMPT.format(version="1.1.0", words=words)})
        folder = tmp_path / f"results-{words}"
        with OpenAIServer(adds_but(lambda total: total % 2 == 0, when="friendly")) as server:
            monkeypatch.setenv("OPENAI_API_BASE", server.url)
            monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
            shell(repo, "eval", "run", "--against", "main", "--results", str(folder))
        return folder

    return measure


def event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, run: int = 100, head: str = HEAD, fork: str = "") -> Path:
    """The event of a pull request, in the job `run`."""
    side = {"sha": head, "ref": "change", "repo": {"full_name": fork or "team/app"}}
    data = {"number": 7, "pull_request": {"number": 7, "head": side, "base": {"repo": {"full_name": "team/app"}}}}
    path = tmp_path / "event.json"
    path.write_text(json.dumps(data))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(path))
    monkeypatch.setenv("GITHUB_RUN_ID", str(run))
    monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "1")
    return path


Measure = Callable[[str], Path]


def test_the_first_push_creates_the_comment_and_the_second_edits_it(
    github: GitHubServer,
    measured: Measure,
    repo: GitRepo,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event(tmp_path, monkeypatch)
    said = shell.done(repo, "report", "comment", str(measured("Be friendly.")))
    assert said.err == "comment created on #7\n"
    (first,) = github.comments(7)
    assert first.author == BOT
    lines = first.body.split("\n")
    assert lines[0] == MARKER
    assert lines[1] == f"<!-- llmops:run 100/1 {HEAD} -->"
    assert lines[2] == "> [!CAUTION]"
    assert lines[3].startswith("> **adder: the gate FAILED against main ([`")
    assert "https://github.example/team/app/commit/" in lines[3]
    assert "right" in lines[3] and "below its floor" in lines[3]
    assert "1.0.0 -&gt; 1.1.0" in first.body and "a minor step" in first.body
    assert "+I am glad you asked!" in first.body  # the diff of both answers
    assert "[the run](https://github.example/team/app/actions/runs/100)" in first.body

    event(tmp_path, monkeypatch, run=101, head=OTHER_HEAD)
    said = shell.done(repo, "report", "comment", str(measured("Be brief.")))
    assert said.err == "comment updated on #7\n"
    (second,) = github.comments(7)
    assert second.id == first.id
    assert second.body.split("\n")[2].startswith("**adder: the gate passed against main (")
    assert "right 100.0 % \\(no case changed\\)" in second.body.split("\n")[2]

    before = len(github.writes())
    assert "comment unchanged" in shell.done(repo, "report", "comment", str(tmp_path / "results-Be brief.")).err
    assert len(github.writes()) == before


def test_somebody_who_quotes_the_marker_is_left_alone(
    github: GitHubServer,
    measured: Measure,
    repo: GitRepo,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event(tmp_path, monkeypatch)
    others = [
        github.say(7, f"{MARKER}\nmine now", author="mallory"),
        github.say(7, f"{MARKER}\nmine now", author="github-actions"),
        github.say(7, f"look:\n{MARKER}\n", author=BOT),
        github.say(7, "<!-- llmops:gate:other -->\nof another project", author=BOT),
        github.say(7, "<!-- llmops:gate:default --> and more", author=BOT),
    ]
    before = {one.id: one.body for one in github.comments(7)}
    shell.done(repo, "report", "comment", str(measured("Be brief.")))
    after = {one.id: one.body for one in github.comments(7)}
    assert {id: after[id] for id in others} == before
    assert len(after) == len(others) + 1


def test_ours_is_found_among_hundreds(
    github: GitHubServer,
    measured: Measure,
    repo: GitRepo,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event(tmp_path, monkeypatch)
    for number in range(240):
        github.say(7, f"remark {number}")
    ours = github.say(7, f"{MARKER}\r\nof yesterday", author=BOT)
    for number in range(10):
        github.say(7, f"answer {number}")
    assert "updated" in shell.done(repo, "report", "comment", str(measured("Be brief."))).err
    assert len(github.comments(7)) == 251
    assert [one.id for one in github.comments(7) if "adder: the gate passed" in one.body] == [ours]


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (read_only(), "pull-requests: write"),
        (Refusal(404, "Not Found"), "answered 404"),
        (locked(), "the conversation is locked"),
        (Refusal(422, "Validation Failed"), "answered 422"),
    ],
)
def test_a_refusal_is_a_warning_and_the_exit_code_stays(
    github: GitHubServer, measured: Measure, repo: GitRepo, shell: Shell, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, refusal: Refusal, words: str,
) -> None:  # fmt: skip
    event(tmp_path, monkeypatch)
    github.faults = lambda index, call: refusal if call.method == "POST" else None
    folder = str(measured("Be friendly."))
    said = shell(repo, "report", "comment", folder)
    assert said.code == 0
    assert "warning: there is no comment: " in said.err and words in said.err
    assert github.token not in said.err
    assert shell(repo, "report", "comment", folder, "--strict").code == 3
    assert len(github.writes()) == 2  # a no is not asked again


@pytest.mark.parametrize("fault", [rate_limited(), secondary_limit(), bad_gateway(), Refusal(503)])
def test_what_passes_is_tried_again(
    github: GitHubServer, measured: Measure, repo: GitRepo, shell: Shell, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, fault: Refusal,
) -> None:  # fmt: skip
    event(tmp_path, monkeypatch)
    seen: dict[str, int] = {}

    def once(_: int, call: Call) -> Refusal | None:
        seen[call.method + call.path] = seen.get(call.method + call.path, 0) + 1
        return fault if seen[call.method + call.path] == 1 and call.path != "/user" else None

    github.faults = once
    assert "created" in shell.done(repo, "report", "comment", str(measured("Be brief."))).err
    assert len(github.comments(7)) == 1


def test_a_comment_that_a_failing_gateway_has_made_is_not_made_twice(
    github: GitHubServer,
    measured: Measure,
    repo: GitRepo,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event(tmp_path, monkeypatch)
    github.faults = lambda index, call: bad_gateway(done_first=True) if call.method == "POST" else None
    said = shell.done(repo, "report", "comment", str(measured("Be brief.")))
    assert len(github.comments(7)) == 1
    assert said.err == "comment unchanged on #7\n"


def test_an_older_run_does_not_overwrite_a_newer_one(
    github: GitHubServer,
    measured: Measure,
    repo: GitRepo,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event(tmp_path, monkeypatch, run=200)
    shell.done(repo, "report", "comment", str(measured("Be brief.")))
    (newest,) = [one.body for one in github.comments(7)]
    event(tmp_path, monkeypatch, run=199)
    said = shell.done(repo, "report", "comment", str(measured("Be friendly.")))
    assert "comment kept on #7: run 200 is newer than this one" in said.err
    assert [one.body for one in github.comments(7)] == [newest]


def test_the_token_of_a_person_edits_only_its_own(
    github: GitHubServer,
    measured: Measure,
    repo: GitRepo,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event(tmp_path, monkeypatch)
    github.login = "ann"
    of_the_bot = github.say(7, f"{MARKER}\nof the bot", author=BOT)
    folder = str(measured("Be brief."))
    shell.done(repo, "report", "comment", folder)
    assert [one.author for one in github.comments(7)] == [BOT, "ann"]
    assert github.comments(7)[0].id == of_the_bot and github.comments(7)[0].body.endswith("of the bot")
    assert "unchanged" in shell.done(repo, "report", "comment", folder, "--author", "Ann").err


def test_modes(
    github: GitHubServer,
    measured: Measure,
    repo: GitRepo,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event(tmp_path, monkeypatch)
    folder = str(measured("Be brief."))
    assert "comments are off" in shell.done(repo, "report", "comment", folder, "--mode", "off").err
    assert github.calls == []
    shell.done(repo, "report", "comment", folder, "--mode", "new")
    shell.done(repo, "report", "comment", folder, "--mode", "new")
    assert len(github.comments(7)) == 2
    assert shell(repo, "report", "comment", folder, "--mode", "sometimes").code == 2


def test_on_change_begins_no_comment_without_news(
    github: GitHubServer,
    measured: Measure,
    repo: GitRepo,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event(tmp_path, monkeypatch)
    folder = tmp_path / "unchanged"
    shell.done(repo, "eval", "run", "--against", "main", "--results", str(folder))
    said = shell.done(repo, "report", "comment", str(folder), "--mode", "on-change")
    assert "no comment: nothing has changed" in said.err
    assert github.comments(7) == []
    ours = github.say(7, f"{MARKER}\nof yesterday", author=BOT)
    shell.done(repo, "report", "comment", str(folder), "--mode", "on-change")
    (comment,) = github.comments(7)
    assert comment.id == ours and "unchanged against main" in comment.body


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"merge_group": {"head_sha": HEAD}}, "this is a merge queue"),
        ({"pusher": {}, "ref": "refs/heads/main"}, "this is a push"),
        ({"workflow_run": {"event": "push", "head_sha": HEAD}}, "the run was started by push"),
        ({"action": "x"}, "this event is not of a pull request"),
    ],
)
def test_where_there_is_no_pull_request_nothing_is_said(
    github: GitHubServer,
    measured: Measure,
    repo: GitRepo,
    shell: Shell,
    tmp_path: Path,
    data: dict[str, Any],
    words: str,
) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(data))
    said = shell.done(repo, "report", "comment", str(measured("Be brief.")), "--event", str(path))
    assert words in said.err
    assert github.calls == []


def test_one_document_says_what_was_done(
    github: GitHubServer,
    measured: Measure,
    repo: GitRepo,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event(tmp_path, monkeypatch)
    document = json.loads(shell.done(repo, "report", "comment", str(measured("Be brief.")), "--json").out)
    assert document["format"] == "llmops.comment/1"
    assert (document["action"], document["pull_request"], document["readable"]) == ("created", 7, True)
    assert document["url"].startswith("https://github.example/team/app/pull/7#issuecomment-")
