"""Two people at once: one wins, the other is told what happened, and nothing is lost."""

import json
from pathlib import Path

import pytest

from benchmarks.race import race as race_of_many
from benchmarks.race import uneven
from tests.journeys.team import MakeRepo, Shell, Team, files, live, prompt, refs, release, start, team

ROUNDS = 3


def race(both: Team, *arguments: str) -> list[tuple[int, str]]:
    """The same command by Ann and Bob in two processes at once: exit code and stderr of each."""
    processes = [start(repo, *arguments, "--reason", f"said by {repo.user}") for repo in (both.ann, both.bob)]
    return [(process.returncode, err) for process in processes for _, err in [process.communicate(timeout=60)]]


def test_two_rollbacks_at_once(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell)
    both.bob.write({"prompts/rag-answer.yaml": "half an edit", "notes.txt": "mine"})
    before = files(both.bob.path)
    winners = []
    for _ in range(ROUNDS):
        known = both.remote.git("rev-parse", "llmops/production")
        heads = [repo.git("rev-parse", "HEAD") for repo in (both.ann, both.bob)]
        outcome = race(both, "rollback", "rag-answer")
        assert sorted(code for code, _ in outcome) == [0, 4], outcome
        winner, loser = (0, 1) if outcome[0][0] == 0 else (1, 0)
        who = [both.ann.user, both.bob.user]
        winners.append(who[winner])
        told = outcome[loser][1]
        assert f"rag-answer was moved 1.2.0 -> 1.1.0 by {who[winner]} (reason: said by {who[winner]})" in told
        assert "nothing of yours was changed" in told

        assert live(both.remote) == "1.1.0"
        assert both.remote.git("rev-list", "--count", f"{known}..llmops/production") == "1"
        story = both.remote.git("log", "--format=%an|%s", "llmops/production")
        assert story.splitlines()[0] == f"{who[winner]}|production: rag-answer back from 1.2.0 to 1.1.0"
        for repo in (both.ann, both.bob):
            assert repo.git("log", "--format=%an|%s", "llmops/production") == story
        assert [repo.git("rev-parse", "HEAD") for repo in (both.ann, both.bob)] == heads
        shell.done(both.ann, "promote", "rag-answer", "1.2.0", "--env", "production")
        both.bob.git("fetch", "-q")
    assert files(both.bob.path) == before
    assert len(winners) == ROUNDS


def test_the_second_of_two_on_call_does_not_go_back_twice(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell)
    shell.done(both.ann, "rollback", "rag-answer", "--reason", "wrong citations")
    before = refs(both.bob)
    said = shell(both.bob, "rollback", "rag-answer")
    assert said.code == 4
    assert "production: rag-answer was moved 1.2.0 -> 1.1.0 by Ann Example (reason: wrong citations)" in said.err
    assert live(both.remote) == "1.1.0"
    moved = {ref for ref, commit in refs(both.bob).items() if before.get(ref) != commit}
    assert moved == {"refs/heads/llmops/production", "refs/remotes/origin/llmops/production"}
    shell.done(both.bob, "rollback", "rag-answer")  # now it is known, and said again
    assert live(both.remote) == "1.0.0"


def test_a_promotion_one_had_not_seen_is_rolled_back_at_once(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell, live=("1.0.0", "1.1.0"))
    shell.done(both.ann, "promote", "rag-answer", "1.2.0", "--env", "production")
    shell.done(both.bob, "rollback", "rag-answer")
    assert live(both.remote) == "1.1.0"


def test_two_different_prompts_at_once_both_win(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell)
    for version in ("1.0.0", "1.0.1"):
        release(both.ann, shell, version, f"Triage {version}.", name="triage")
        shell.done(both.ann, "promote", "triage", version, "--env", "production")
    for repo in (both.ann, both.bob):
        repo.git("fetch", "-q", "--tags", "origin")
    processes = [start(both.ann, "rollback", "rag-answer"), start(both.bob, "rollback", "triage")]
    said = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert (live(both.remote), live(both.remote, name="triage")) == ("1.1.0", "1.0.0")
    assert both.remote.git("rev-list", "--merges", "llmops/production") == ""


def test_a_push_that_comes_too_late_is_told(make_repo: MakeRepo, shell: Shell, tmp_path: Path) -> None:
    """A hook on the remote lets Ann's commit in while Bob's push waits: Bob's own view was right when he began."""
    both = team(make_repo, shell)
    shell.done(both.ann, "rollback", "rag-answer", "--no-push", "--reason", "first")
    first = both.ann.git("rev-parse", "llmops/production")
    both.ann.git("push", "-q", "origin", f"{first}:refs/heads/parked")
    hook = both.remote.path / "hooks" / "pre-receive"
    once = tmp_path / "once"
    hook.write_text(
        f"#!/bin/sh\n[ -e {once} ] && exit 0\ntouch {once}\n"
        f"unset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/llmops/production {first}\n"
    )
    hook.chmod(0o755)
    said = shell(both.bob, "rollback", "rag-answer")
    assert said.code == 4
    assert "was moved 1.2.0 -> 1.1.0 by Ann Example (reason: first) meanwhile" in said.err
    assert both.remote.git("rev-parse", "llmops/production") == first


def test_others_who_move_other_prompts_only_delay(make_repo: MakeRepo, shell: Shell, tmp_path: Path) -> None:
    """A hook lets another move of Ann's in before each of Bob's first five pushes; the sixth is in time."""
    both = team(make_repo, shell)
    release(both.ann, shell, "1.0.0", "Triage.", name="triage")
    release(both.ann, shell, "1.1.0", "Triage again.", name="triage")
    both.ann.git("push", "-q", "--tags", "origin", "main")
    parked = tmp_path / "parked"
    with parked.open("w") as lines:
        for version in ("1.0.0", "1.1.0", "1.0.0", "1.1.0", "1.0.0"):
            shell.done(both.ann, "promote", "triage", version, "--env", "production", "--no-push")
            lines.write(both.ann.git("rev-parse", "llmops/production") + "\n")
    both.ann.git("push", "-q", "origin", "llmops/production:refs/heads/parked")
    hook = both.remote.path / "hooks" / "pre-receive"
    hook.write_text(
        f"#!/bin/sh\nread next < {parked} || exit 0\nsed -i 1d {parked}\n"
        "unset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/llmops/production $next\n"
    )
    hook.chmod(0o755)
    said = shell.done(both.bob, "rollback", "rag-answer")
    assert said.err.count("trying again on top of that") == 5
    assert parked.read_text() == ""
    assert (live(both.remote), live(both.remote, name="triage")) == ("1.1.0", "1.0.0")


def test_a_rule_of_the_remote_is_not_retried(make_repo: MakeRepo, shell: Shell, tmp_path: Path) -> None:
    both = team(make_repo, shell)
    count = tmp_path / "count"
    hook = both.remote.path / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\necho x >> {count}\necho production is protected\nexit 1\n")
    hook.chmod(0o755)
    before = refs(both.bob)
    said = shell(both.bob, "rollback", "rag-answer")
    assert said.code == 4 and "production is protected" in said.err
    followed = {"refs/heads/llmops/production": before["refs/remotes/origin/llmops/production"]}
    assert refs(both.bob) == before | followed
    assert count.read_text() == "x\n"


def test_the_same_release_twice_at_once_is_one_release(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell)
    both.ann.commit({"prompts/rag-answer.yaml": prompt("1.3.0", "Words of 1.3.0.")})
    both.ann.git("push", "-q", "origin", "main")
    both.bob.git("pull", "-q", "origin", "main")
    processes = [start(repo, "prompt", "release", "--push", "--json") for repo in (both.ann, both.bob)]
    said = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    documents = [json.loads(out) for out, _ in said]
    assert sorted(len(document["released"]) for document in documents) == [0, 1]
    tags = {refs(repo)["refs/tags/rag-answer@v1.3.0"] for repo in (both.ann, both.bob, both.remote)}
    assert len(tags) == 1


def test_a_release_taken_by_other_content_leaves_no_tag(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell)
    both.bob.commit({"prompts/rag-answer.yaml": prompt("1.3.0", "Bob's words.")})
    both.ann.commit({"prompts/rag-answer.yaml": prompt("1.3.0", "Ann's words.")})
    shell.done(both.ann, "prompt", "release", "--push")
    said = shell(both.bob, "prompt", "release", "--push")
    assert said.code == 4 and "changed since 1.3.0 was released" in said.err
    assert refs(both.bob)["refs/tags/rag-answer@v1.3.0"] == refs(both.ann)["refs/tags/rag-answer@v1.3.0"]


@pytest.mark.parametrize("reachable", [True, False])
def test_a_failed_push_takes_its_tag_back(make_repo: MakeRepo, shell: Shell, reachable: bool) -> None:
    both = team(make_repo, shell)
    both.bob.commit({"prompts/rag-answer.yaml": prompt("1.3.0", "Bob's words.")})
    if reachable:
        hook = both.remote.path / "hooks" / "pre-receive"
        hook.write_text("#!/bin/sh\necho no tags today\nexit 1\n")
        hook.chmod(0o755)
    else:
        both.bob.git("remote", "set-url", "origin", str(both.remote.path.parent / "gone.git"))
    before = refs(both.bob)
    said = shell(both.bob, "prompt", "release", "--push")
    assert said.code == (4 if reachable else 3)
    assert "nothing was released" in said.err
    assert refs(both.bob) == before


def test_a_branch_that_is_in_the_way_is_named(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell, live=())
    both.remote.git("branch", "llmops", "main")
    said = shell(both.bob, "promote", "rag-answer", "1.0.0", "--env", "production")
    assert said.code == 4 and "could not be moved in 4 attempts" in said.err and "refs/heads/llmops" in said.err


def test_many_clones_promote_at_once(tmp_path: Path) -> None:
    """Four clones, 12 promotions, each a process; `python -m benchmarks.race` has 20 and 200."""
    account = race_of_many(tmp_path, clones=4, each=3, prompts=3)
    assert account.problems == []
    assert {answer.code for answer in account.answers} <= {0, 4} and len(account.answers) == 12
    done = account.acknowledged
    assert done and sorted(done) == sorted(reason for reason, *_ in account.log[1:])
    # the account can come out wrong
    first, *rest = account.log
    assert any("not in the log" in each for each in uneven(account.answers, [first, *rest[:-1]], account.live))
    assert any("2 times" in each for each in uneven(account.answers, [*account.log, account.log[-1]], account.live))
    assert any("live is" in each for each in uneven(account.answers, account.log, {}))
