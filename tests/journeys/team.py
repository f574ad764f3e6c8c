"""A team around one remote: Ann's and Bob's clones, a prompt with three releases, and how to call llmops there."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from llmops_cli.cli.main import main
from tests.conftest import GitRepo

MakeRepo = Callable[..., GitRepo]

PROMPT = """\
# what people read does not count
name: {name}
version: {version}
owner: search-team
template_format: dollar
variables:
{variables}
template: |
  {words}
  $question
"""
QUESTION = "  question: {type: string}"


def prompt(
    version: str, words: str = "Answer from the context.", *, name: str = "rag-answer", variables: str = QUESTION
) -> str:
    """The text of a prompt file."""
    return PROMPT.format(name=name, version=version, words=words, variables=variables)


@dataclass
class Said:
    """What one command said."""

    code: int
    out: str
    err: str


class Shell:
    """Calls llmops in this process, in the folder of a repository."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, repo: GitRepo, *arguments: str) -> Said:
        self._monkeypatch.chdir(repo.path)
        self._capsys.readouterr()
        code = main(arguments)
        said = self._capsys.readouterr()
        return Said(code, said.out, said.err)

    def done(self, repo: GitRepo, *arguments: str) -> Said:
        """A command that must succeed."""
        said = self(repo, *arguments)
        assert said.code == 0, said.err + said.out
        return said


def start(repo: GitRepo, *arguments: str) -> "subprocess.Popen[str]":
    """llmops as a process of its own."""
    command = [sys.executable, "-m", "llmops_cli", *arguments]
    return subprocess.Popen(command, cwd=repo.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def release(repo: GitRepo, shell: Shell, version: str, words: str, *, name: str = "rag-answer") -> None:
    """Write, commit and release one version here."""
    repo.commit({f"prompts/{name}.yaml": prompt(version, words, name=name)}, f"{name} {version}")
    shell.done(repo, "prompt", "release", name)


@dataclass
class Team:
    """The remote and two clones of it."""

    remote: GitRepo
    ann: GitRepo
    bob: GitRepo


def team(make_repo: MakeRepo, shell: Shell, *, live: tuple[str, ...] = ("1.0.0", "1.1.0", "1.2.0")) -> Team:
    """rag-answer 1.0.0, 1.1.0 and 1.2.0 are released and pushed, and were promoted to production as `live` says."""
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        release(ann, shell, version, f"Words of {version}.")
    ann.git("push", "-q", "--tags", "origin", "main")
    for version in live:
        shell.done(ann, "promote", "rag-answer", version, "--env", "production")
    bob = make_repo("bob", clone_of=remote.path, user="Bob Example")
    return Team(remote, ann, bob)


def refs(repo: GitRepo) -> dict[str, str]:
    """Every ref of a repository."""
    lines = repo.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return {line.split()[0]: line.split()[1] for line in lines}


def live(repo: GitRepo, environment: str = "production", name: str = "rag-answer") -> str:
    """The version in the file that an environment's branch holds."""
    text = repo.git("show", f"llmops/{environment}:prompts/{name}.yaml")
    return next(line.split()[1] for line in text.splitlines() if line.startswith("version:"))


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a work tree but git's own."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }
