"""Tags that moved: environments, later releases and the clone itself remember what they were."""

from collections.abc import Callable
from pathlib import Path

import pytest

from llmops_cli.errors import MeasureError
from llmops_cli.prompts.environment import Wish, move
from llmops_cli.prompts.verify.verification import verify
from tests.conftest import GitRepo
from tests.prompts.registered import opened, released
from tests.prompts.verify.test_verification import told

MakeRepo = Callable[..., GitRepo]


def move_tag(repo: GitRepo, version: str) -> None:
    """Make the tag of a release anew, with the same words on the same commit: only its object is another."""
    tag = f"rag-answer@v{version}"
    repo.git(
        "tag",
        "-f",
        "-a",
        "-m",
        repo.git("for-each-ref", "--format=%(contents)", f"refs/tags/{tag}"),
        tag,
        f"{tag}^{{}}",
    )


def clone_of(repo: GitRepo, make_repo: MakeRepo, name: str) -> GitRepo:
    """A fresh clone with the environments, which remembers nothing of its own."""
    clone = make_repo(name, clone_of=repo.path)
    clone.git("fetch", "-q", "origin", "+refs/heads/llmops/*:refs/remotes/origin/llmops/*")
    return clone


def test_an_environment_remembers_all_that_was_ever_promoted(repo: GitRepo, make_repo: MakeRepo) -> None:
    registry = released(repo, "1.0.0", "1.1.0")
    for version in ("1.0.0", "1.1.0"):
        move(registry, Wish("promote", "rag-answer", version, "staging"), tell=print)
        registry = opened(repo)
    first = repo.git("rev-parse", "rag-answer@v1.0.0")
    move_tag(repo, "1.0.0")
    clone = clone_of(repo, make_repo, "clone")
    assert told(clone) == [("tag-moved", "error", "rag-answer@v1.0.0")]
    finding = verify(opened(clone)).findings[0]
    assert f"was {first[:7]} when llmops/staging recorded it" in finding.message
    # the hint brings it back, also where its object is not here any more
    command = finding.hint.partition("its object: ")[2]
    made = clone.git("config", "alias.again", f"!{command}") or clone.git("again")
    clone.git("update-ref", "refs/tags/rag-answer@v1.0.0", made)
    assert made == first and told(clone) == []
    clone.git("tag", "-d", "rag-answer@v1.0.0")
    (clone.path / ".llmops/registry/tags.json").unlink()
    assert told(clone) == [("missing-tag", "unchecked", "rag-answer@v1.0.0")]


def test_a_release_remembers_the_one_below_it(repo: GitRepo, make_repo: MakeRepo) -> None:
    registry = released(repo, "1.0.0", "1.1.0-rc.1", "1.1.0")
    tags = {str(one.version): one.tag_id for one in registry.releases()}
    assert [one.previous for one in registry.releases()] == [
        "", f"1.0.0 {tags['1.0.0']}", f"1.1.0-rc.1 {tags['1.1.0-rc.1']}",
    ]  # fmt: skip
    move_tag(repo, "1.0.0")
    assert told(clone_of(repo, make_repo, "first")) == [("tag-moved", "error", "rag-answer@v1.0.0")]
    repo.git("tag", "-f", "rag-answer@v1.0.0", "rag-answer@v1.0.0^{}")  # now a lightweight one
    assert told(clone_of(repo, make_repo, "second")) == [
        ("tag-moved", "error", "rag-answer@v1.0.0"), ("look-alike", "warning", "tags"),
    ]  # fmt: skip
    repo.git("tag", "-d", "rag-answer@v1.0.0")
    assert told(clone_of(repo, make_repo, "third")) == [("missing-tag", "unchecked", "rag-answer@v1.0.0")]


def test_a_record_that_is_no_version_is_not_read_out_as_a_command(repo: GitRepo) -> None:
    registry = released(repo, "1.0.0", "1.1.0")
    forged = registry.releases()[1].message().replace("Previous: 1.0.0 ", "Previous: $(touch${IFS}x) ")
    repo.git("tag", "-f", "-a", "-m", forged, "rag-answer@v1.1.0", "rag-answer@v1.1.0^{}")
    assert "touch" in forged and told(repo) == []


def test_a_clone_remembers_what_it_saw(repo: GitRepo, tmp_path: Path) -> None:
    released(repo, "1.0.0")
    released(repo, "1.0.0", name="other")
    assert told(repo) == []
    first = repo.git("rev-parse", "rag-answer@v1.0.0")
    move_tag(repo, "1.0.0")
    for _ in range(2):  # it is not forgotten by being told
        assert told(repo) == [("tag-moved", "error", "rag-answer@v1.0.0")]
    assert told(repo, "other") == []
    repo.git("tag", "-d", "rag-answer@v1.0.0")
    assert told(repo) == [("missing-tag", "error", "rag-answer@v1.0.0")]
    repo.git("update-ref", "refs/tags/rag-answer@v1.0.0", first)
    assert told(repo) == []
    repo.git("tag", "-a", "-m", "wrong", "other@v1.0.0!", "other@v1.0.0^{}")
    assert told(repo) == []
    repo.git("tag", "-f", "-a", "-m", "wrong, as somebody else said first", "other@v1.0.0!", "other@v1.0.0^{}")
    assert told(repo) == []
    repo.git("tag", "-f", "other@v1.0.0!", "other@v1.0.0^{}")  # a lightweight one says nothing, so the yank is undone
    assert ("tag-moved", "error", "other@v1.0.0!") in told(repo)
    repo.git("tag", "-d", "other@v1.0.0!")
    assert told(repo) == [("missing-tag", "error", "other@v1.0.0!")]
    kept = repo.path / ".llmops/registry/tags.json"
    kept.write_text("[")  # whoever breaks it is not believed, and stops nothing
    assert told(repo) == [] and first in kept.read_text()


def test_a_clone_remembers_where_the_environments_were(make_repo: MakeRepo) -> None:
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    registry = released(ann, "1.0.0", "1.1.0")
    ann.git("push", "-q", "--tags", "origin", "main")
    first = move(registry, Wish("promote", "rag-answer", "1.0.0", "production"), tell=print).commit
    second = move(opened(ann), Wish("promote", "rag-answer", "1.1.0", "production"), tell=print).commit
    assert told(ann) == []
    # a move that is only here may give way to what others push, and is no reason to cry
    move(opened(ann), Wish("rollback", "rag-answer", "", "production", push=False), tell=print)
    assert told(ann) == []
    ann.git("branch", "-f", "llmops/production", second)
    assert told(ann) == []
    bob = make_repo("bob", clone_of=remote.path, user="Bob Example")
    bob.git("push", "-q", "--force", "origin", f"{first}:refs/heads/llmops/production")
    ann.git("branch", "-D", "llmops/production")
    ann.git("fetch", "-q", "origin", "+refs/heads/llmops/*:refs/remotes/origin/llmops/*")
    for _ in range(2):
        assert told(ann) == [("log-rewritten", "error", "llmops/production")]
    assert told(ann, environment="staging") == [("unknown-version", "unchecked", "llmops/staging")]
    ann.git("update-ref", "-d", "refs/remotes/origin/llmops/production")
    assert told(ann) == [("log-rewritten", "error", "llmops/production")]
    ann.git("update-ref", "refs/remotes/origin/llmops/production", second)
    assert told(ann) == []


def test_the_remote_is_asked(make_repo: MakeRepo) -> None:
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    registry = released(ann, "1.0.0")
    ann.git("push", "-q", "--tags", "origin", "main")
    move(registry, Wish("promote", "rag-answer", "1.0.0", "production"), tell=print)
    released(ann, "1.1.0")  # and not pushed, which is nobody's fault
    assert verify(opened(ann), remote=True).findings == ()
    bob = make_repo("bob", clone_of=remote.path, user="Bob Example")
    released(bob, "1.2.0")
    move(opened(bob), Wish("promote", "rag-answer", "1.2.0", "staging", push=False), tell=print)
    bob.git("push", "-q", "--tags", "origin", "llmops/staging", "main")
    move_tag(bob, "1.0.0")
    bob.git("push", "-q", "--force", "origin", "rag-answer@v1.0.0")
    found = verify(opened(ann), remote=True).findings
    assert [(one.rule, one.level, one.where) for one in found] == [
        ("tag-moved", "error", "rag-answer@v1.0.0"),
        ("not-fetched", "unchecked", "rag-answer@v1.2.0"),
        ("not-fetched", "unchecked", "llmops/staging"),
    ]
    assert [one.where for one in verify(opened(ann), remote=True, environment="production").findings] == [
        "rag-answer@v1.0.0"
    ]
    assert told(ann) == []  # this clone holds what it always held
    ann.git("remote", "set-url", "origin", str(remote.path / "gone"))
    with pytest.raises(MeasureError, match="origin cannot be reached"):
        verify(opened(ann), remote=True)
