"""The same project in repositories of every kind: each command says what it says in a plain clone, or why it cannot."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.odd import Told, answer, at, clone, promotes, reads_as_everywhere, snapshot
from tests.journeys.team import Shell, live, prompt


def test_a_bare_repository(story: Told, shell: Shell) -> None:
    """On the server itself: HEAD stands in for the work tree, its llmops.yaml for the settings; nothing is written."""
    bare = story.remote
    reads_as_everywhere(shell, story, bare)
    before = snapshot(bare.path)
    for words in (
        ("init",),
        ("prompt", "new", "other"),
        ("eval", "run"),
        ("golden", "add", "rag-answer", "--var", "question=why", "--expected", "x"),
    ):
        said = shell(bare, *words)
        assert said.code == 2 and "is a bare repository" in said.err and "git worktree add" in said.err, words
    assert snapshot(bare.path) == before
    promotes(shell, story, bare)

    story.plain.commit({"prompts/rag-answer.yaml": prompt("1.2.0", "Words of 1.2.0.")})
    story.plain.git("push", "-q", "origin", "HEAD:main")
    assert "rag-answer@1.2.0" in shell.done(bare, "prompt", "release").out
    assert bare.git("rev-parse", "rag-answer@v1.2.0^{commit}") == story.plain.git("rev-parse", "HEAD")
    bare.git("symbolic-ref", "HEAD", "refs/heads/elsewhere")
    said = shell(bare, "prompt", "list")
    assert said.code == 2 and "names elsewhere, which has no commit" in said.err
    shell.done(bare, "rollback", "rag-answer", "1.1.0", "--reason", "still possible")
    # a bare clone of it passes on what it does, also one that mirrors
    bare.git("symbolic-ref", "HEAD", "refs/heads/main")
    mirror = clone(story, "mirror.git", "--mirror")
    shell.done(mirror, "promote", "rag-answer", "1.2.0", "--env", "production")
    assert live(bare) == "1.2.0"
    # a folder of work trees around it, as some keep them
    folder = bare.path.parent / "project"
    folder.mkdir()
    bare.git("worktree", "add", "-q", str(folder / "topic"), "-b", "topic")
    (folder / ".git").write_text(f"gitdir: {bare.path}\n")
    assert answer(shell, at(folder), "prompt", "list") == answer(shell, bare, "prompt", "list")
    at(folder / "topic").git("reset", "-q", "--hard", "HEAD~1")
    shell.done(at(folder / "topic"), "eval", "run", "--against", "HEAD~1")


def test_another_repository_in_git_dir(story: Told, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in one folder, the repository in another; and the variables of a hook, which say nothing new."""
    files = clone(story, "files")
    git_dir = files.path.parent / "apart.git"
    (files.path / ".git").rename(git_dir)
    assert shell(files, "env", "log").code == 2, "no repository is no empty log"
    listing = ("prompt", "list")
    monkeypatch.setenv("GIT_DIR", str(story.remote.path))
    assert answer(shell, files, *listing) == story.said[listing]
    monkeypatch.setenv("GIT_DIR", str(files.path / "nowhere"))
    said = shell(files, "prompt", "list")
    assert said.code == 2 and "GIT_DIR names" in said.err
    (story.plain.path / "below").mkdir()
    monkeypatch.setenv("GIT_DIR", str(story.plain.path / ".git"))
    assert answer(shell, at(story.plain.path / "below"), *listing) == story.said[listing]
    monkeypatch.setenv("GIT_DIR", str(git_dir))
    monkeypatch.setenv("GIT_WORK_TREE", str(files.path))
    assert answer(shell, at(files.path.parent), *listing) == story.said[listing]
    reads_as_everywhere(shell, story, files)
    shell.done(files, "eval", "run", "--against", "main")
    shell.done(files, "promote", "rag-answer", "1.1.0", "--env", "production")
    for name in ("GIT_DIR", "GIT_WORK_TREE"):
        monkeypatch.delenv(name)
    assert live(story.remote) == "1.1.0"


def test_a_sparse_checkout(story: Told, shell: Shell) -> None:
    """Prompts that were left out are not on disk, and nobody deleted them."""
    sparse = clone(story, "sparse")
    sparse.git("sparse-checkout", "set", "evals")
    assert not (sparse.path / "prompts").exists()
    reads_as_everywhere(shell, story, sparse)
    shell.done(sparse, "eval", "run", "--against", "main")
    promotes(shell, story, sparse)
    said = shell(sparse, "prompt", "new", "rag-answer")
    assert said.code == 2 and "exists already" in said.err
    sparse.git("sparse-checkout", "set", "--no-cone", "/evals/*.yaml")
    one_more = ("--var", "question=one more?", "--expected", "yes")
    shell.done(sparse, "golden", "add", "rag-answer", *one_more)
    assert (sparse.path / "evals/golden/rag-answer.jsonl").read_text().count("\n") == 5, "those that were left out too"
    (sparse.path / "evals/golden/rag-answer.jsonl").unlink()
    sparse.git("sparse-checkout", "disable")
    (sparse.path / "prompts/rag-answer.yaml").unlink()
    said = shell(sparse, "prompt", "check")
    assert said.code == 1 and "deleted-while-live" in said.out


def test_a_linked_work_tree_beside_one_that_shows_what_is_live(story: Told, shell: Shell, tmp_path: Path) -> None:
    """The branch of an environment is checked out elsewhere: it moves on the remote, and that work tree is let be."""
    repo = story.plain
    repo.git("worktree", "add", "-q", str(tmp_path / "live"), "llmops/production")
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "topic"))
    repo.git("pack-refs", "--all")
    topic, shown = at(tmp_path / "topic"), at(tmp_path / "live")
    reads_as_everywhere(shell, story, topic)
    said = shell.done(topic, "promote", "rag-answer", "1.1.0", "--env", "production")
    assert "it is checked out in" in said.err and shown.git("status", "--porcelain") == ""
    assert live(story.remote) == "1.1.0"
    said = shell(topic, "rollback", "rag-answer", "--no-push")
    assert said.code == 2 and "is checked out in" in said.err
    said = shell(shown, "prompt", "check", "--against", "main")
    assert said.code == 3 and "no common ancestor" in said.err


def test_a_project_in_a_submodule_and_prompts_in_one(story: Told, shell: Shell, tmp_path: Path) -> None:
    outer = at(tmp_path / "outer")
    story.plain.git("init", "-q", str(outer.path))
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(story.remote.path), "inner")
    outer.commit()
    inner = at(outer.path / "inner")
    inner.git("fetch", "-q", "origin", "llmops/production:llmops/production")
    reads_as_everywhere(shell, story, inner)
    promotes(shell, story, inner)
    # the work tree knows the prompts, and no commit of this repository does
    (outer.path / "llmops.yaml").write_text("prompts: inner/prompts\n")
    outer.commit()
    assert answer(shell, outer, "prompt", "show", "rag-answer") is not None
    for words in (("prompt", "check"), ("prompt", "check", "--against", "HEAD"), ("prompt", "release")):
        said = shell(outer, *words)
        assert said.code == 2 and "inner at HEAD: is a submodule" in said.err, words


def test_before_the_first_commit_and_detached_before_a_release(story: Told, shell: Shell, tmp_path: Path) -> None:
    repo = story.plain
    repo.git("checkout", "-q", "--detach", "HEAD~1")
    assert "1.0.0" in shell.done(repo, "prompt", "show", "rag-answer").out
    assert "already released: rag-answer@1.0.0" in shell.done(repo, "prompt", "release").err
    repo.git("checkout", "-q", "--orphan", "fresh", "main")
    for words, code in ((("prompt", "release"), 2), (("prompt", "check", "--against", "main"), 3)):
        said = shell(repo, *words)
        assert said.code == code and "there is no commit yet" in said.err
    assert answer(shell, repo, "env", "list") == story.said["env", "list"]
    shell.done(repo, "promote", "rag-answer", "1.1.0", "--env", "production")
    empty = at(tmp_path / "empty")
    repo.git("init", "-q", str(empty.path))
    assert shell(empty, "prompt", "show", "rag-answer").code == 2
    assert "there are no prompts" in shell(empty, "prompt", "check").err


def test_two_projects_with_one_name_in_a_repository(story: Told, shell: Shell) -> None:
    """Tags are of the repository: the second project is told, before it takes the numbers of the first."""
    repo = story.plain
    text = prompt("2.0.0", "Something else entirely.")
    repo.commit({"other/llmops.yaml": "", "other/prompts/rag-answer.yaml": text, "other/prompts/own.yaml": ""})
    (repo.path / "other/prompts/own.yaml").write_text(prompt("1.0.0", name="own"))
    repo.commit()
    other = at(repo.path / "other")
    before = repo.git("tag", "--list")
    for words, code in ((("prompt", "check"), 1), (("prompt", "release", "rag-answer"), 4)):
        said = shell(other, *words)
        assert said.code == code, words
        assert "name-taken: rag-answer: the releases of this name are of prompts/rag-answer.yaml" in said.out + said.err
    assert repo.git("tag", "--list") == before
    shell.done(other, "prompt", "release", "own")
    shell.done(repo, "prompt", "check")
    # a project that moves as a whole keeps its releases
    repo.git("rm", "-q", "-r", "--cached", "other")
    shutil.rmtree(other.path)
    (repo.path / "services").mkdir()
    for name in ("prompts", "evals", "llmops.yaml"):
        repo.git("mv", name, f"services/{name}")
    repo.commit()
    moved = at(repo.path / "services")
    shell.done(moved, "prompt", "check")
    assert "1.0.0" in shell.done(moved, "prompt", "show", "rag-answer@1.0.0").out
    promotes(shell, story, moved)


def test_hooks_of_a_server_and_of_a_person(story: Told, shell: Shell) -> None:
    """Git says GIT_DIR to both; the server's reads what a push is about to bring, before anybody else can see it."""
    llmops = f"{sys.executable} -m llmops_cli"
    hooks = {
        story.remote.path / "hooks/pre-receive": f'read old new ref; {llmops} prompt show "rag-answer@$new" >&2',
        story.plain.path / ".git/hooks/pre-commit": f"cd services/a && {llmops} env list >&2",
    }
    for path, line in hooks.items():
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
    repo = story.plain
    repo.write({"services/a/llmops.yaml": "", "prompts/rag-answer.yaml": prompt("1.2.0", "Words of 1.2.0.")})
    repo.git("add", "-A")
    for place, step in ((repo, ("commit", "-q", "-m", "next")), (repo, ("push", "origin", "HEAD:main"))):
        done = subprocess.run(["git", *step], cwd=place.path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert ("rag-answer 1.2.0" if step[0] == "push" else "production   rag-answer") in done.stderr
