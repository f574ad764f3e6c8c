"""The same project in repositories of every kind: each command says what it says in a plain clone, or why it cannot."""

import pytest

from tests.journeys.odd import answer, at, clone, promotes, reads_as_everywhere, snapshot, told
from tests.journeys.team import MakeRepo, Shell, live, prompt


def test_a_bare_repository(make_repo: MakeRepo, shell: Shell) -> None:
    """On the server itself: HEAD stands in for the work tree, its llmops.yaml for the settings; nothing is written."""
    story = told(make_repo, shell)
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
    # a folder of work trees around it, as some keep them
    folder = bare.path.parent / "project"
    folder.mkdir()
    bare.git("symbolic-ref", "HEAD", "refs/heads/main")
    bare.git("worktree", "add", "-q", str(folder / "topic"), "-b", "topic")
    (folder / ".git").write_text(f"gitdir: {bare.path}\n")
    assert answer(shell, at(folder), "prompt", "list") == answer(shell, bare, "prompt", "list")
    at(folder / "topic").git("reset", "-q", "--hard", "HEAD~1")
    shell.done(at(folder / "topic"), "eval", "run", "--against", "HEAD~1")


def test_another_repository_in_git_dir(make_repo: MakeRepo, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in one folder, the repository in another; and the variables of a hook, which say nothing new."""
    story = told(make_repo, shell)
    files = clone(story, "files")
    git_dir = files.path.parent / "apart.git"
    (files.path / ".git").rename(git_dir)
    assert shell(files, "env", "log").code == 2, "no repository is no empty log"
    monkeypatch.setenv("GIT_DIR", str(story.remote.path))
    reads_as_everywhere(shell, story, files)
    monkeypatch.setenv("GIT_DIR", str(files.path / "nowhere"))
    said = shell(files, "prompt", "list")
    assert said.code == 2 and "GIT_DIR names" in said.err
    (story.plain.path / "below").mkdir()
    monkeypatch.setenv("GIT_DIR", str(story.plain.path / ".git"))
    reads_as_everywhere(shell, story, at(story.plain.path / "below"))
    monkeypatch.setenv("GIT_DIR", str(git_dir))
    monkeypatch.setenv("GIT_WORK_TREE", str(files.path))
    for place in (files, at(files.path.parent)):
        reads_as_everywhere(shell, story, place)
    shell.done(files, "eval", "run", "--against", "main")
    shell.done(files, "promote", "rag-answer", "1.1.0", "--env", "production")
    for name in ("GIT_DIR", "GIT_WORK_TREE"):
        monkeypatch.delenv(name)
    assert live(story.remote) == "1.1.0"


def test_a_sparse_checkout(make_repo: MakeRepo, shell: Shell) -> None:
    """Prompts that were left out are not on disk, and nobody deleted them."""
    story = told(make_repo, shell)
    sparse = clone(story, "sparse")
    sparse.git("sparse-checkout", "set", "evals")
    assert not (sparse.path / "prompts").exists()
    reads_as_everywhere(shell, story, sparse)
    shell.done(sparse, "eval", "run", "--against", "main")
    promotes(shell, story, sparse)
    sparse.git("sparse-checkout", "disable")
    (sparse.path / "prompts/rag-answer.yaml").unlink()
    said = shell(sparse, "prompt", "check")
    assert said.code == 1 and "deleted-while-live" in said.out
