"""A small project with two releases, live, and a suite that a recording answers; odd repositories are made of it."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import GitRepo
from tests.journeys.team import Shell, prompt

SUITE = """\
prompt: rag-answer
cases: golden/rag-answer.jsonl
target: {recorded: recordings/rag-answer.jsonl}
checks:
  - {name: right, type: equals}
gate:
  right: {floor: 0.9}
"""
READ = (
    ("prompt", "list"),
    ("prompt", "show", "rag-answer"),
    ("prompt", "show", "rag-answer@1.0.0"),
    ("prompt", "show", "rag-answer@^1"),
    ("prompt", "show", "rag-answer@production"),
    ("prompt", "show", "rag-answer@main"),
    ("prompt", "log", "rag-answer"),
    ("prompt", "diff", "rag-answer", "1.0.0"),
    ("env", "list"),
    ("env", "log", "production"),
)
# what these say is told on stderr, or is not the same in every clone
JUDGE = (("prompt", "check"), ("prompt", "check", "--against", "main"), ("verify",), ("prompt", "release", "--dry-run"))


@dataclass
class Told:
    """What a story needs: the bare remote, a plain clone of it, and what every command says in that one."""

    remote: GitRepo
    plain: GitRepo
    said: dict[tuple[str, ...], object]


def project_files(version: str) -> dict[str, str | bytes]:
    """The project as it is at a version, with answers of both of them."""
    rows = [
        {"prompt": f"rag-answer@{each}", "case": f"q-{i}", "repeat": 0, "output": str(i)}
        for each in ("1.0.0", "1.1.0")
        for i in range(4)
    ]
    cases = [{"id": f"q-{i}", "vars": {"question": f"{i}?"}, "expected": str(i)} for i in range(4)]
    return {
        "prompts/rag-answer.yaml": prompt(version, f"Words of {version}."),
        "evals/rag-answer.yaml": SUITE,
        "evals/golden/rag-answer.jsonl": "".join(json.dumps(case) + "\n" for case in cases),
        "evals/recordings/rag-answer.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        "llmops.yaml": "environments: [production]\n",
        ".gitignore": ".llmops/\n",
    }


def build(folder: Path, shell: Shell) -> None:
    """`remote.git` and `plain`: 1.0.0 and 1.1.0 are merged, released and pushed; production went back to 1.0.0.

    `said.json` holds what every reading command says in the plain clone.
    """
    folder.mkdir()
    subprocess.run(["git", "init", "-q", "--bare", str(folder / "remote.git")], check=True)
    remote, plain = GitRepo(folder / "remote.git"), GitRepo(folder / "plain")
    for setting in ("allowFilter", "allowAnySHA1InWant"):
        remote.git("config", f"uploadpack.{setting}", "true")
    remote.git("clone", "-q", str(remote.path), str(plain.path))
    for version in ("1.0.0", "1.1.0"):
        plain.commit(project_files(version), version)
        plain.git("push", "-q", "origin", "HEAD:main")
        shell.done(plain, "prompt", "release", "--push")
        shell.done(plain, "promote", "rag-answer", version, "--env", "production")
    shell.done(plain, "rollback", "rag-answer", "--reason", "an incident")
    plain.git("remote", "set-head", "origin", "main")
    said = [[words, answer(shell, plain, *words)] for words in READ]
    (folder / "said.json").write_text(json.dumps(said))


def told(seed: Path, folder: Path, shell: Shell) -> Told:
    """A copy of what `build` built, which is built once in a session."""
    if not seed.exists():
        build(seed, shell)
    for name in ("remote.git", "plain"):
        shutil.copytree(seed / name, folder / name, symlinks=True)
    remote, plain = GitRepo(folder / "remote.git"), GitRepo(folder / "plain")
    plain.git("remote", "set-url", "origin", str(remote.path))
    said = json.loads((seed / "said.json").read_text())
    return Told(remote, plain, {tuple(words): answer for words, answer in said})


def answer(shell: Shell, repo: GitRepo, *words: str) -> object:
    """The JSON document that a reading command prints."""
    return json.loads(shell.done(repo, *words, "--json").out)


def reads_as_everywhere(shell: Shell, story: Told, repo: GitRepo) -> None:
    """Every reading command says what it says in a plain clone, and the guards find everything in order."""
    for words in READ:
        assert answer(shell, repo, *words) == story.said[words], words
    for words in JUDGE:
        shell.done(repo, *words)


def promotes(shell: Shell, story: Told, repo: GitRepo, *options: str) -> None:
    """1.1.0 goes live and comes back; what was served is the released file to the byte."""
    tip = "llmops/production"
    shell.done(repo, "promote", "rag-answer", "1.1.0", "--env", "production", *options)
    where = repo if options else story.remote
    released = where.git("rev-parse", "rag-answer@v1.1.0:prompts/rag-answer.yaml")
    assert where.git("rev-parse", f"{tip}:prompts/rag-answer.yaml") == released
    shell.done(repo, "rollback", "rag-answer", "--reason", "back", *options)
    first = where.git("rev-parse", "rag-answer@v1.0.0:prompts/rag-answer.yaml")
    assert where.git("rev-parse", f"{tip}:prompts/rag-answer.yaml") == first


def at(path: Path) -> GitRepo:
    """Any folder as a place to call commands in."""
    return GitRepo(path)


def clone(story: Told, name: str, *options: str) -> GitRepo:
    """A clone of the remote over git's own protocol, where filters and depths mean something."""
    path = story.remote.path.parent / name
    address = f"file://{story.remote.path}"
    subprocess.run(["git", "clone", "-q", *options, address, str(path)], check=True, capture_output=True)
    return GitRepo(path)


def snapshot(folder: Path) -> set[str]:
    """Every path below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
