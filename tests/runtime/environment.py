"""A bare repository with an environment's branch, written by git's own plumbing: what it holds is up to the test."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

BRANCH = "refs/heads/llmops/production"


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git, which must succeed."""
    return subprocess.run(["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=True).stdout


def bare(folder: Path, *, object_format: str = "sha1") -> Path:
    """An empty bare repository that can be read over HTTP."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--bare", f"--object-format={object_format}")
    return folder


def put(folder: Path, files: Mapping[str, bytes], *, branch: str = BRANCH) -> str:
    """One more commit on the branch, which then holds these files and no others; its id."""
    lines = []
    for path, data in files.items():
        blob = git(folder, "hash-object", "-w", "--stdin", stdin=data).decode().strip()
        lines.append(f"100644 {blob}\t{path}\n")
    index = {"GIT_INDEX_FILE": str(folder / "test-index"), "PATH": "/usr/bin:/bin"}
    for arguments, stdin in (
        (["read-tree", "--empty"], ""),
        (["update-index", "--add", "--index-info"], "".join(lines)),
    ):
        subprocess.run(["git", *arguments], cwd=folder, env=index, input=stdin.encode(), check=True)
    tree = subprocess.run(["git", "write-tree"], cwd=folder, env=index, capture_output=True, check=True).stdout
    parent = subprocess.run(
        ["git", "rev-parse", "-q", "--verify", branch], cwd=folder, capture_output=True, check=False
    )
    before = ["-p", parent.stdout.decode().strip()] if parent.returncode == 0 else []
    commit = git(folder, "commit-tree", *before, "-m", "move", tree.decode().strip()).decode().strip()
    git(folder, "update-ref", branch, commit)
    return commit
