"""The same project where the files on disk are odd: line ends, names of folders, object formats, who may write them."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import GitRepo
from tests.journeys.odd import Told, answer, at, build, clone, promotes, reads_as_everywhere
from tests.journeys.team import Shell, prompt


@pytest.mark.parametrize("said_by", ["core.autocrlf", ".gitattributes"])
def test_a_checkout_with_crlf(story: Told, shell: Shell, said_by: str) -> None:
    """Digests are those of everybody else, what is promoted is the file in git, and an edit keeps the line ends."""
    partial = '{% include "partials/safety.md" %}'
    story.plain.commit(
        {
            "prompts/other.yaml": prompt("1.0.0", f"Words.\n  {partial}", name="other"),
            "prompts/partials/safety.md": "Be careful.\n\nAlways.\n",
        }
    )
    shell.done(story.plain, "prompt", "release", "other")
    if said_by == ".gitattributes":
        story.plain.commit({".gitattributes": "* text=auto eol=crlf\n"})
    story.plain.git("push", "-q", "--tags", "origin", "HEAD:main")
    repo = clone(story, "crlf", *(["-c", "core.autocrlf=true"] if said_by == "core.autocrlf" else []))
    file = repo.path / "prompts/rag-answer.yaml"
    assert b"\r\n" in file.read_bytes() and b"\r\n" in (repo.path / "prompts/partials/safety.md").read_bytes()
    listed = answer(shell, repo, "prompt", "list")
    assert listed == answer(shell, story.plain, "prompt", "list") and "modified" not in str(listed)
    for words in (("prompt", "check"), ("prompt", "check", "--against", "main"), ("verify",)):
        shell.done(repo, *words)
    assert "already released: other@1.0.0" in shell.done(repo, "prompt", "release").err
    assert "unchanged" in shell.done(repo, "eval", "plan", "--against", "main").out
    promotes(shell, story, repo)
    file.write_bytes(file.read_bytes().replace(b"Words of", b"Other words of"))
    shell.done(repo, "prompt", "bump", "rag-answer")
    data = file.read_bytes()
    assert b"version: 1.1.1\r\n" in data and b"\n" not in data.replace(b"\r\n", b"")
    repo.commit()
    repo.git("push", "-q", "origin", "HEAD:main")
    shell.done(repo, "prompt", "release", "rag-answer", "--push")
    assert "\r" not in story.remote.git("show", "rag-answer@v1.1.1:prompts/rag-answer.yaml")
    shell.done(story.remote, "verify")


def test_a_folder_with_an_odd_name_inside_a_larger_repository(story: Told, shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "zwei Wörter 'q' #1 %20"
    story.plain.path.rename(folder)
    story.plain = at(folder)
    reads_as_everywhere(shell, story, story.plain)
    below = folder / "dienste/größe [a]"
    below.mkdir(parents=True)
    for name in ("prompts", "evals", "llmops.yaml"):
        story.plain.git("mv", name, f"dienste/größe [a]/{name}")
    story.plain.commit()
    story.plain.git("push", "-q", "origin", "HEAD:main")
    project = at(below)
    shell.done(project, "prompt", "check", "--against", "HEAD~1")
    project.commit({"prompts/new.yaml": prompt("1.0.0", name="new")})
    shell.done(project, "prompt", "release", "new", "--push")
    shell.done(project, "promote", "new", "1.0.0", "--env", "production")
    assert "Answer from the context" in shell.done(project, "prompt", "show", "new@production").out
    shell.done(project, "verify", "new")
    promotes(shell, story, project)


def test_a_repository_with_sha_256_and_its_remote(
    tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    build(tmp_path / "story", shell)
    monkeypatch.delenv("GIT_DEFAULT_HASH")
    repo, remote = GitRepo(tmp_path / "story/plain"), GitRepo(tmp_path / "story/remote.git")
    assert len(repo.git("rev-parse", "HEAD")) == 64
    for place in (repo, remote):
        shell.done(place, "verify")
        assert "rollback" in shell.done(place, "env", "log", "production").out
    promotes(shell, Told(remote, repo, {}), repo)
    shell.done(repo, "eval", "run", "--against", "HEAD~1")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_somebody_else(story: Told, shell: Shell) -> None:
    for repo in (story.remote, story.plain):
        for path in [repo.path, *repo.path.rglob("*")]:
            os.chown(path, 12345, 12345, follow_symlinks=False)
        for words in (("prompt", "list"), ("env", "list"), ("prompt", "check"), ("rollback", "rag-answer")):
            said = shell(repo, *words)
            assert said.code == 2 and "dubious ownership" in said.err and "safe.directory" in said.err, words
    story.plain.git("config", "--global", "safe.bareRepository", "explicit")
    for path in [story.remote.path, *story.remote.path.rglob("*")]:
        os.chown(path, 0, 0)
    said = shell(story.remote, "prompt", "list")
    assert said.code == 2 and "safe.bareRepository" in said.err and "GIT_DIR=" in said.err


def test_a_repository_that_nobody_can_write_to(story: Told, shell: Shell) -> None:
    """Everything that reads works; what writes says what it could not write, and nothing is half done."""
    repo = clone(story, "fixed")
    lock = repo.path / ".git/refs/heads/llmops"
    before = repo.git("for-each-ref")
    subprocess.run(["chmod", "-R", "a-w", str(repo.path)], check=True)
    try:
        if os.access(repo.path / ".git/refs", os.W_OK):
            pytest.skip("this user can write wherever it likes")
        reads_as_everywhere(shell, story, repo)
        for words in (("promote", "rag-answer", "1.1.0", "--env", "production", "--no-push"),):
            said = shell(repo, *words)
            assert said.code == 2 and "git could not write" in said.err, words
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(repo.path)], check=True)
    assert repo.git("for-each-ref") == before and not lock.exists()
