"""Moves: the stack of what was live, commits by hand, branches that are checked out, odd names."""

from typing import Literal

import pytest

from llmops_cli.errors import InputError
from llmops_cli.prompts.environment import Wish, move
from llmops_cli.prompts.live import version_in
from llmops_cli.prompts.moves import Action, Move, log_of, stack_of
from llmops_cli.prompts.reference import Reference
from tests.conftest import GitRepo
from tests.journeys.team import MakeRepo
from tests.prompts.registered import opened, prompt, released


def moves(*steps: tuple[Action, str]) -> list[Move]:
    """Newest first, as the log gives them; the steps are given oldest first."""
    return [Move("production", "", action, "rag-answer", "", after, "Ann", "") for action, after in reversed(steps)]


@pytest.mark.parametrize(
    ("steps", "stack"),
    [
        ([], []),
        ([("promote", "1")], ["1"]),
        ([("promote", "1"), ("promote", "2"), ("promote", "3")], ["1", "2", "3"]),
        ([("promote", "1"), ("promote", "2"), ("promote", "3"), ("rollback", "2")], ["1", "2"]),
        ([("promote", "1"), ("promote", "2"), ("promote", "3"), ("rollback", "1")], ["1"]),
        ([("promote", "1"), ("promote", "2"), ("rollback", "1"), ("promote", "3")], ["1", "3"]),
        ([("promote", "1"), ("promote", "2"), ("rollback", "0")], ["1", "0"]),
        ([("promote", "1"), ("promote", "2"), ("promote", "1")], ["1", "2", "1"]),
        ([("promote", "1"), ("promote", "2"), ("promote", "1"), ("rollback", "2")], ["1", "2"]),
        ([("promote", "1"), ("by hand", "2")], ["1", "2"]),
        ([("promote", "1"), ("by hand", "")], ["1"]),
        ([("promote", "1"), ("promote", "1")], ["1"]),
    ],
)
def test_the_stack(steps: list[tuple[Action, str]], stack: list[str]) -> None:
    assert stack_of(moves(*steps)) == stack


@pytest.mark.parametrize(
    ("data", "version"),
    [
        (b"name: x\nversion: 1.2.3\n", "1.2.3"),
        (b"version: '1.2.3' # why\r\n", "1.2.3"),
        (b'version: "1.2.3-rc.1"\n', "1.2.3-rc.1"),
        (b"template: |\n  version: 9.9.9\nversion: 1.0.0\n", "1.0.0"),
        (b"{version: 1.0.0, name: x}\n", "1.0.0"),
        (b"version: 3.1\n", None),
        (b"version: 1.0.0\nversion: 2.0.0\n", None),
        (b"nothing: here\n", None),
        (b"\xff\xfe", None),
        (None, None),
    ],
)
def test_the_version_that_a_file_states(data: bytes | None, version: str | None) -> None:
    assert (str(version_in(data)) if version else version_in(data)) == version


def test_a_commit_made_by_hand_counts_by_what_it_did(repo: GitRepo) -> None:
    registry = released(repo, "1.0.0", "1.1.0")
    move(registry, Wish("promote", "rag-answer", "1.0.0", "production"), tell=print)
    repo.git("worktree", "add", "-q", "../live", "llmops/production")
    other = GitRepo(repo.path.parent / "live", user="Cem Example")
    other.commit({"prompts/rag-answer.yaml": prompt("1.1.0", "Words of 1.1.0.")}, "hot fix by hand")
    repo.git("worktree", "remove", "--force", "../live")
    environment = opened(repo).environment("production")
    for name in ("", "rag-answer"):
        newest = log_of(opened(repo).repo, environment, name)[0]
        assert (newest.action, newest.prompt, newest.before, newest.after, newest.who, newest.reason) == (
            "by hand", "rag-answer", "1.0.0", "1.1.0", "Cem Example", "hot fix by hand",
        )  # fmt: skip
    done = move(opened(repo), Wish("rollback", "rag-answer", "", "production"), tell=print)
    assert (done.before, done.after) == ("1.1.0", "1.0.0")


def test_a_file_edited_by_hand_is_not_the_release_whose_number_it_bears(repo: GitRepo) -> None:
    registry = released(repo, "1.0.0")
    move(registry, Wish("promote", "rag-answer", "1.0.0", "production"), tell=print)
    repo.git("worktree", "add", "-q", "../live", "llmops/production")
    other = GitRepo(repo.path.parent / "live", user="Cem Example")
    other.commit({"prompts/rag-answer.yaml": prompt("1.0.0", "Something else.")}, "hot fix by hand")
    repo.git("worktree", "remove", "--force", "../live")
    live = opened(repo).resolve(Reference.parse("rag-answer@production"))
    assert live.messages[-1].content.startswith("Something else.")
    planned = move(opened(repo), Wish("promote", "rag-answer", "1.0.0", "production", dry_run=True), tell=print)
    assert (planned.changed, planned.already) == (False, False)
    done = move(opened(repo), Wish("promote", "rag-answer", "1.0.0", "production"), tell=print)
    assert (done.changed, done.already, done.before, done.after) == (True, False, "1.0.0", "1.0.0")
    path = "prompts/rag-answer.yaml"
    assert repo.git("rev-parse", f"llmops/production:{path}") == repo.git("rev-parse", f"rag-answer@v1.0.0:{path}")
    assert move(opened(repo), Wish("promote", "rag-answer", "1.0.0", "production"), tell=print).already


def test_a_move_that_would_stay_here_unasked_is_refused(repo: GitRepo) -> None:
    registry = released(repo, "1.0.0")
    repo.git("remote", "add", "upstream", "../elsewhere.git")
    with pytest.raises(InputError, match="there is no remote 'origin' to push to, only upstream; nothing was changed"):
        move(registry, Wish("promote", "rag-answer", "1.0.0", "production"), tell=print)
    assert repo.git("branch", "--list", "llmops/*") == ""
    assert not move(registry, Wish("promote", "rag-answer", "1.0.0", "production", push=False), tell=print).pushed


def test_a_checked_out_environment_is_not_moved_under_your_feet(repo: GitRepo) -> None:
    registry = released(repo, "1.0.0", "1.1.0")
    move(registry, Wish("promote", "rag-answer", "1.0.0", "production"), tell=print)
    repo.git("checkout", "-q", "llmops/production")
    tip = repo.git("rev-parse", "llmops/production")
    with pytest.raises(InputError, match="llmops/production is checked out in"):
        move(opened(repo), Wish("promote", "rag-answer", "1.1.0", "production"), tell=print)
    assert repo.git("rev-parse", "llmops/production") == tip and repo.git("status", "--porcelain") == ""


def test_other_prompts_of_the_environment_stay_as_they_are(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0")
    registry = released(repo, "0.1.0", name="judges/grounded")
    move(registry, Wish("promote", "judges/grounded", "0.1.0", "production"), tell=print)
    move(opened(repo), Wish("promote", "rag-answer", "1.0.0", "production"), tell=print)
    done = move(opened(repo), Wish("promote", "rag-answer", "1.1.0", "production"), tell=print)
    changed = repo.git("diff", "--name-only", f"{done.commit}~1", done.commit).split("\n")
    assert changed == ["prompts/rag-answer.yaml", "releases/rag-answer.tag"]
    live = opened(repo).live("production")
    assert {name: str(one.version) for name, one in live.items()} == {"judges/grounded": "0.1.0", "rag-answer": "1.1.0"}


def test_what_is_not_live_cannot_be_rolled_back(repo: GitRepo) -> None:
    registry = released(repo, "1.0.0")
    with pytest.raises(InputError, match="rag-answer is not live on production"):
        move(registry, Wish("rollback", "rag-answer", "", "production"), tell=print)
    with pytest.raises(InputError, match="cannot be rolled back") as caught:
        move(registry, Wish("rollback", "rag-answer", "1.0.0", "production"), tell=print)
    assert "llmops promote rag-answer 1.0.0 --env production" in caught.value.hint


@pytest.mark.parametrize("name", ["a b", "../main", "x..y", "x.lock"])
def test_an_environment_must_be_a_possible_branch(repo: GitRepo, name: str) -> None:
    released(repo, "1.0.0")
    repo.commit({"llmops.yaml": f"environments: ['{name}']\n"})
    with pytest.raises(InputError, match="git allows no such branch"):
        move(opened(repo), Wish("promote", "rag-answer", "1.0.0", name), tell=print)
    assert repo.git("branch", "--list", "llmops/*") == ""


def test_a_forged_path_in_a_tag_moves_nothing(repo: GitRepo) -> None:
    repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0")})
    digest = "sha256:" + "0" * 64
    repo.git("tag", "-a", "-m", f"x\n\nLlmops-Digest: {digest}\nLlmops-Path: nowhere.yaml", "rag-answer@v1.0.0")
    with pytest.raises(InputError, match="does not hold nowhere"):
        move(opened(repo), Wish("promote", "rag-answer", "1.0.0", "production"), tell=print)
    assert repo.git("branch", "--list", "llmops/*") == ""


def test_a_range_means_the_highest_release_that_the_remote_has(make_repo: MakeRepo) -> None:
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    released(ann, "1.0.0", "1.1.0")
    ann.git("push", "-q", "--tags", "origin", "main")
    bob = make_repo("bob", clone_of=remote.path, user="Bob Example")
    released(ann, "1.2.0", "2.0.0-rc.1")
    ann.git("push", "-q", "--tags", "origin", "main")

    def moved(action: Literal["promote", "rollback"], version: str) -> str:
        return move(opened(bob), Wish(action, "rag-answer", version, "production"), tell=print).after

    assert moved("promote", "latest") == "1.2.0", "bob has not fetched it yet"
    assert moved("promote", "^2.0.0-rc.1") == "2.0.0-rc.1"
    assert moved("rollback", "~1.0") == "1.0.0"
    with pytest.raises(InputError, match="no release of rag-answer is in >=3"):
        moved("promote", ">=3")
