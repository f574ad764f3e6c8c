"""The base of a branch, in a person's clone and in the checkouts that CI makes."""

import subprocess
from pathlib import Path

import pytest

from llmops_cli.errors import MeasureError
from llmops_cli.vcs.base import find_base
from llmops_cli.vcs.repo import Repo
from tests.conftest import GitRepo
from tests.journeys.team import MakeRepo


def history(make_repo: MakeRepo, *, ahead: int, branch: int) -> tuple[GitRepo, str, str, str]:
    """A remote whose `topic` left `main`, both of some length: remote, fork point, tip of main, tip of topic."""
    remote = make_repo("remote.git", bare=True)
    work = make_repo("work", clone_of=remote.path)
    for number in range(3):
        fork = work.commit({"a.txt": f"{number}"})
    work.git("checkout", "-q", "-b", "topic")
    for number in range(branch):
        topic = work.commit({"topic.txt": f"{number}"})
    work.git("checkout", "-q", "main")
    for number in range(ahead):
        main = work.commit({"main.txt": f"{number}"})
    work.git("push", "-q", "origin", "main", "topic")
    return remote, fork, main, topic


def checkout(remote: GitRepo, path: Path, commit: str) -> Repo:
    """What actions/checkout does by default: one commit, detached, no branches, no tags."""
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    repo = GitRepo(path)
    repo.git("remote", "add", "origin", f"file://{remote.path}")
    repo.git("fetch", "-q", "--no-tags", "--depth=1", "origin", f"+{commit}:refs/remotes/pull/1/merge")
    repo.git("checkout", "-q", "--detach", "refs/remotes/pull/1/merge")
    found = Repo.find(path)
    assert found is not None and found.is_shallow()
    return found


def test_a_local_branch_comes_before_the_remote_one(make_repo: MakeRepo) -> None:
    remote, fork, main, topic = history(make_repo, ahead=2, branch=1)
    clone = make_repo("clone", clone_of=remote.path)
    clone.git("checkout", "-q", "topic")
    repo = Repo.find(clone.path)
    assert repo is not None
    base = find_base(repo, "main", remote="origin")
    assert (base.commit, base.against_commit, base.name) == (fork, main, "main")
    assert base.label == f"main ({fork[:7]})"
    clone.git("branch", "-f", "main", fork)
    assert find_base(repo, "main", remote="origin").against_commit == main, "the local branch is merely behind"
    clone.git("checkout", "-q", "main")
    own = clone.commit({"own.txt": "own"})
    clone.git("checkout", "-q", "topic")
    assert find_base(repo, "main", remote="origin").against_commit == own
    clone.git("branch", "-D", "main")
    assert find_base(repo, "main", remote="origin").against_commit == main
    assert find_base(repo, "origin/main", remote="origin").commit == fork
    assert find_base(repo, topic, remote="origin").commit == topic
    assert find_base(repo, "HEAD~1", remote="origin").commit == fork


@pytest.mark.parametrize("length", [1, 70])
def test_a_shallow_detached_checkout_is_deepened_until_the_two_meet(
    make_repo: MakeRepo, tmp_path: Path, length: int
) -> None:
    remote, fork, main, topic = history(make_repo, ahead=length, branch=length)
    repo = checkout(remote, tmp_path / "ci", topic)
    base = find_base(repo, "main", remote="origin")
    assert (base.commit, base.against_commit) == (fork, main)


def test_a_server_that_gives_out_no_single_commits_still_works(make_repo: MakeRepo, tmp_path: Path) -> None:
    remote, fork, main, topic = history(make_repo, ahead=70, branch=70)
    repo = checkout(remote, tmp_path / "ci", topic)
    repo.git("config", "protocol.version", "0")
    base = find_base(repo, "main", remote="origin")
    assert (base.commit, base.against_commit) == (fork, main)


def test_a_missing_branch_is_fetched_without_cutting_a_full_clone(make_repo: MakeRepo, tmp_path: Path) -> None:
    remote, fork, main, _ = history(make_repo, ahead=60, branch=1)
    path = tmp_path / "single"
    command = ["git", "clone", "-q", "--single-branch", "--branch", "topic", f"file://{remote.path}", str(path)]
    subprocess.run(command, check=True)
    repo = Repo.find(path)
    assert repo is not None
    base = find_base(repo, "main", remote="origin")
    assert (base.commit, base.against_commit) == (fork, main)
    assert not repo.is_shallow()


def test_no_such_branch_says_what_ci_must_do(make_repo: MakeRepo, repo: GitRepo) -> None:
    repo.commit({"x": "x"})
    here = Repo.find(repo.path)
    assert here is not None
    for name in ("nope", "--all", "a b"):
        with pytest.raises(MeasureError, match="to compare with") as caught:
            find_base(here, name, remote="origin")
        assert "fetch-depth: 0" in caught.value.hint


def test_no_common_ancestor_says_so(repo: GitRepo) -> None:
    repo.commit({"x": "x"})
    repo.git("checkout", "-q", "--orphan", "other")
    repo.commit({"y": "y"})
    here = Repo.find(repo.path)
    assert here is not None
    with pytest.raises(MeasureError, match="no common ancestor"):
        find_base(here, "main", remote="origin")


def test_before_the_first_commit_there_is_no_base(repo: GitRepo) -> None:
    here = Repo.find(repo.path)
    assert here is not None
    with pytest.raises(MeasureError, match="no commit yet"):
        find_base(here, "main", remote="origin")
