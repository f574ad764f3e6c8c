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
from tests.reports.github_markdown import NOTIFIES, seen

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
    repo.commit(project(8))
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


# ---- the second job of two, which may write and trusts nothing


def finished(tmp_path: Path, *, fork: str = "mallory/app", run: int = 55) -> Path:
    """The event of the job that comments on what another one has measured."""
    data = {
        "workflow_run": {
            "id": run,
            "run_attempt": 1,
            "event": "pull_request",
            "head_sha": HEAD,
            "head_branch": "change",
            "head_repository": {"full_name": fork},
            "html_url": f"https://github.example/team/app/actions/runs/{run}",
            "pull_requests": [],
        }
    }
    path = tmp_path / "workflow_run.json"
    path.write_text(json.dumps(data))
    return path


@pytest.fixture
def fork(github: GitHubServer) -> GitHubServer:
    """Number 7 is of a fork, and number 666 is another one, of this repository."""
    github.pull_request(7, head=HEAD, fork="mallory/app")
    github.pull_request(666, head=OTHER_HEAD, branch="important")
    return github


def elsewhere(repo: GitRepo, tmp_path: Path) -> GitRepo:
    """A folder without a checkout."""
    path = tmp_path / "empty"
    path.mkdir(exist_ok=True)
    return GitRepo(path)


def test_what_a_fork_measured_is_told_where_it_belongs(
    fork: GitHubServer, measured: Measure, repo: GitRepo, shell: Shell, tmp_path: Path
) -> None:
    folder = measured("Be friendly.")
    (folder / "pr-number").write_text("666")
    said = shell.done(elsewhere(repo, tmp_path), "report", "comment", str(folder), "--event", str(finished(tmp_path)))
    assert said.err == "comment created on #7\n"
    (comment,) = fork.comments(7)
    assert fork.comments(666) == []
    assert "> Measured by an untrusted run: the code came from `mallory/app`" in comment.body
    assert f"measured at `{HEAD[:12]}` · [the run](https://github.example/team/app/actions/runs/55)" in comment.body


def test_a_branch_that_has_moved_on_is_left_to_the_next_run(
    fork: GitHubServer, measured: Measure, repo: GitRepo, shell: Shell, tmp_path: Path
) -> None:
    fork.pull_request(7, head=OTHER_HEAD, fork="mallory/app")
    said = shell.done(repo, "report", "comment", str(measured("Be brief.")), "--event", str(finished(tmp_path)))
    assert said.err == "no comment: no open pull request is at the commit that was measured\n"
    assert fork.writes() == []


def forge_number(folder: Path) -> None:
    change(folder / "outcome.json", lambda outcome: outcome.update(pull_request=666))


def forge_verdict(folder: Path) -> None:
    change(folder / "outcome.json", lambda outcome: outcome.update(exit_code=0))


def forge_size(folder: Path) -> None:
    (path,) = (folder / "runs").glob("*.jsonl")
    lines = path.read_text().split("\n")
    lines[0] = json.dumps({**json.loads(lines[0]), "output": "x" * 20_000_000})
    path.write_text("\n".join(lines))


def forge_path(folder: Path) -> None:
    change(folder / "outcome.json", lambda outcome: outcome.update(runs=["../../../etc/passwd"]))


def forge_link(folder: Path) -> None:
    (folder / "outcome.json").rename(folder.parent / "real.json")
    (folder / "outcome.json").symlink_to(folder.parent / "real.json")


def forge_depth(folder: Path) -> None:
    (folder / "outcome.json").write_text('{"stopped": ' + "[" * 5_000 + "]" * 5_000 + "}")


def forge_nan(folder: Path) -> None:
    (folder / "outcome.json").write_text('{"exit_code": NaN}')


def forge_command(folder: Path) -> None:
    words = "\n::add-mask::x\n##[error]y @team <img src=x>"
    change(folder / "outcome.json", lambda outcome: outcome.update({words: 1}))


def change(path: Path, how: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    how(document)
    path.write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize(
    "forge",
    [forge_number, forge_verdict, forge_size, forge_path, forge_link, forge_depth, forge_nan, forge_command],
)
def test_a_forged_folder_is_refused_and_the_verdict_before_it_does_not_stay(
    fork: GitHubServer, measured: Measure, repo: GitRepo, shell: Shell, tmp_path: Path, forge: Callable[[Path], None]
) -> None:
    before = measured("Be brief.")
    shell.done(repo, "report", "comment", str(before), "--event", str(finished(tmp_path)))
    folder = measured("Be friendly.")
    forge(folder)
    said = shell(repo, "report", "comment", str(folder), "--event", str(finished(tmp_path, run=56)))
    assert said.code == 2
    assert said.err.startswith("error: ") and "comment updated on #7" in said.err
    assert len(said.err) < 1_500
    assert not [line for line in said.err.split("\n") if line.strip().startswith("::")]
    (comment,) = fork.comments(7)
    assert fork.comments(666) == []
    found = seen(comment.body)
    assert "Nothing can be said of this change" in found.text and "passed" not in found.text
    assert set(found.tags) <= {"blockquote", "p", "strong", "code", "sub", "a"}
    assert found.links == ["https://github.example/team/app/actions/runs/56"]


def test_a_script_in_a_case_is_shown_as_text(
    fork: GitHubServer, measured: Measure, repo: GitRepo, shell: Shell, tmp_path: Path
) -> None:
    folder = measured("Be friendly.")
    script = "<script>alert(1)</script> @team #1 ![x](https://evil.example/b.png)"
    for path in (folder / "runs").iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('"sum-0"', json.dumps(script)), encoding="utf-8")
    shell.done(repo, "report", "comment", str(folder), "--event", str(finished(tmp_path)), "--cases", "20")
    (comment,) = fork.comments(7)
    found = seen(comment.body)
    assert any(script in code for code in found.code)
    assert {"script", "img"} & set(found.tags) == set()
    assert not NOTIFIES.search(found.text)


def test_a_project_in_a_folder_has_a_comment_of_its_own(
    github: GitHubServer,
    measured: Measure,
    repo: GitRepo,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event(tmp_path, monkeypatch)
    folder = str(measured("Be brief."))
    shell.done(repo, "report", "comment", folder)
    repo.write({"apps/my bot/llmops.yaml": "main: main\n"})
    shell.done(GitRepo(repo.path / "apps/my bot"), "report", "comment", folder)
    shell.done(repo, "report", "comment", folder, "--config-id", "other")
    firsts = [one.body.split("\n")[0] for one in github.comments(7)]
    assert firsts == [MARKER, "<!-- llmops:gate:apps/my-bot -->", "<!-- llmops:gate:other -->"]
    for name in ("a--b", "a -->", "", " ", "-x", "x" * 101):
        assert shell(repo, "report", "comment", folder, "--config-id", name or "/").code == 2


def test_printing_needs_nobody(
    measured: Measure, repo: GitRepo, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    said = shell.done(repo, "report", "comment", str(measured("Be brief.")), "--print")
    assert said.out.startswith(f"{MARKER}\n<!-- llmops:run 0/0 - -->\n**adder: the gate passed")
    assert said.err == ""
    assert shell(repo, "report", "comment", str(tmp_path / "nowhere"), "--print").code == 2
    assert "GITHUB_REPOSITORY" in shell(repo, "report", "comment", str(tmp_path)).err


def test_where_nothing_was_left_only_an_older_comment_is_told_so(
    fork: GitHubServer, measured: Measure, repo: GitRepo, shell: Shell, tmp_path: Path
) -> None:
    nowhere, event = str(tmp_path / "nowhere"), ("--event", str(finished(tmp_path, run=60)))
    said = shell(repo, "report", "comment", nowhere, *event, "--mode", "on-change")
    assert said.code == 0 and "is not a folder" in said.err
    assert fork.comments(7) == []
    shell.done(repo, "report", "comment", str(measured("Be brief.")), *event)
    shell.done(repo, "report", "comment", nowhere, *event, "--mode", "on-change")
    (comment,) = fork.comments(7)
    assert "Nothing can be said of this change: its run has left no results" in comment.body
    assert shell(repo, "report", "comment", nowhere, *event).code == 2
