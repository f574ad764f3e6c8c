"""Refs are read in one go, and moved only from where they were."""

from llmops_cli.vcs.commit import commit_files
from llmops_cli.vcs.push import Outcome, push
from llmops_cli.vcs.refs import checked_out, create_tag, delete_ref, read_refs, read_tags, update_ref
from llmops_cli.vcs.repo import Repo
from tests.conftest import GitRepo
from tests.journeys.team import MakeRepo


def found(repo: GitRepo) -> Repo:
    here = Repo.find(repo.path)
    assert here is not None
    return here


def test_tags_of_every_kind(repo: GitRepo) -> None:
    commit = repo.commit({"x": "x"})
    repo.git("tag", "light")
    repo.git("tag", "-a", "-m", "Subject\nstill subject\n\nbody line\n\nKey: value", "full")
    repo.git("tag", "-a", "-m", "nested", "nested", "full")
    repo.git("tag", "-a", "-m", "of a tree", "tree", "HEAD^{tree}")
    repo.git("branch", "llmops/production")
    repo.git("branch", "other")
    refs = read_refs(found(repo), folder="llmops/", remote="origin")
    assert {tag.name: tag.kind for tag in refs.tags} == {
        "light": "commit", "full": "tag", "nested": "tag", "tree": "tag",
    }  # fmt: skip
    tags = read_tags(found(repo), refs.tags)
    assert {tag.name: tag.kind for tag in tags} == {"light": "", "full": "commit", "nested": "tag", "tree": "tree"}
    full = next(tag for tag in tags if tag.name == "full")
    assert (full.target, full.tagger, full.subject, full.body) == (
        commit,
        "Ann Example",
        "Subject still subject",
        "body line\n\nKey: value\n",
    )
    assert full.date.startswith("2025-06-15T")
    assert (refs.local, refs.remote) == ({"production": commit}, {})


def test_a_ref_moves_only_from_where_it_was(repo: GitRepo) -> None:
    first, second = repo.commit({"x": "1"}), repo.commit({"x": "2"})
    here = found(repo)
    assert update_ref(here, "refs/heads/llmops/a", first, before=None) == ""
    assert "already exists" in update_ref(here, "refs/heads/llmops/a", second, before=None)
    assert f"is at {first} but expected {second}" in update_ref(here, "refs/heads/llmops/a", first, before=second)
    assert update_ref(here, "refs/heads/llmops/a", second, before=first) == ""
    assert not delete_ref(here, "refs/heads/llmops/a", before=first)
    assert delete_ref(here, "refs/heads/llmops/a", before=second)
    assert here.commit_of("refs/heads/llmops/a") is None


def test_a_tag_is_made_once_and_keeps_every_line(repo: GitRepo) -> None:
    commit = repo.commit({"x": "x"})
    here = found(repo)
    made = create_tag(here, "a/b@v1.0.0", commit, "Subject\n\n# not a comment\n\nKey: value\n")
    assert made == repo.git("rev-parse", "refs/tags/a/b@v1.0.0")
    assert repo.git("tag", "-l", "--format=%(contents)", "a/b@v1.0.0") == "Subject\n\n# not a comment\n\nKey: value"
    assert create_tag(here, "a/b@v1.0.0", commit, "again") is None


def test_a_commit_without_a_checkout(repo: GitRepo) -> None:
    repo.commit({"x": "x"})
    here = found(repo)
    blob = repo.git("rev-parse", "HEAD:x")
    repo.write({"x": "dirty"})
    status = repo.git("status", "--porcelain")
    first = commit_files(here, None, {"prompts/deep/er.yaml": blob}, "first")
    second = commit_files(here, first, {"prompts/a.yaml": blob}, "second\n\nKey: ä")
    assert repo.git("ls-tree", "-r", "--name-only", second).splitlines() == ["prompts/a.yaml", "prompts/deep/er.yaml"]
    assert repo.git("log", "--format=%an %s", second).splitlines() == ["Ann Example second", "Ann Example first"]
    assert repo.git("log", "-1", "--format=%B", second) == "second\n\nKey: ä"
    assert repo.git("status", "--porcelain") == status


def test_where_a_branch_is_checked_out(repo: GitRepo) -> None:
    repo.commit({"x": "x"})
    assert checked_out(found(repo), "refs/heads/main") == str(repo.path.resolve())
    assert checked_out(found(repo), "refs/heads/other") == ""


def test_pushes_are_told_apart(make_repo: MakeRepo) -> None:
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    first, second = ann.commit({"x": "1"}), ann.commit({"x": "2"})
    here = found(ann)
    assert push(here, "origin", [f"{second}:refs/heads/main"], hooks=False).outcome is Outcome.DONE
    behind = push(here, "origin", [f"{first}:refs/heads/main", f"{first}:refs/heads/new"], hooks=False)
    assert behind.outcome is Outcome.BEHIND
    assert "new" not in remote.git("branch"), "all or nothing"
    lock = remote.path / "refs" / "heads" / "busy.lock"
    lock.write_text("")
    assert push(here, "origin", [f"{second}:refs/heads/busy"], hooks=False).outcome is Outcome.BUSY
    lock.unlink()
    hook = remote.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho not on a friday\nexit 1\n")
    hook.chmod(0o755)
    refused = push(here, "origin", [f"{second}:refs/heads/busy"], hooks=False)
    assert refused.outcome is Outcome.REFUSED and "not on a friday" in refused.words
    ann.git("remote", "set-url", "origin", "/nowhere")
    assert push(here, "origin", [f"{second}:refs/heads/main"], hooks=False).outcome is Outcome.UNREACHABLE


def test_a_server_that_cannot_do_all_or_none_gets_them_one_by_one(make_repo: MakeRepo) -> None:
    remote = make_repo("remote.git", bare=True)
    remote.git("config", "receive.advertiseAtomic", "false")
    ann = make_repo("ann", clone_of=remote.path)
    first, second = ann.commit({"x": "1"}), ann.commit({"x": "2"})
    here = found(ann)
    assert push(here, "origin", [f"{second}:refs/heads/main"], hooks=False).outcome is Outcome.DONE
    assert push(here, "origin", [f"{first}:refs/heads/main"], hooks=False).outcome is Outcome.BEHIND
