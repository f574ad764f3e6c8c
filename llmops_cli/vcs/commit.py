"""A commit written by plumbing: a temporary index, no checkout, no hook, nothing left in the work tree."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from llmops_cli.errors import InputError
from llmops_cli.vcs.plumbing import SLOW_TIMEOUT_S, Answer
from llmops_cli.vcs.repo import Repo, check_id


def commit_files(repo: Repo, parent: str | None, files: Mapping[str, str | bytes | None], message: str) -> str:
    """A commit on `parent` (None: a first commit) in which these paths hold these blobs (an id, or the bytes).

    A path that stands for None is gone. Returns the id of the commit.

    Nothing refers to the commit yet. Signed when `commit.gpgsign` says so. Raises InputError with git's
    words when there is no identity or the signature cannot be made.
    """
    blobs = {path: _write_blob(repo, blob) if isinstance(blob, bytes) else blob for path, blob in files.items()}
    with tempfile.TemporaryDirectory(prefix="llmops-index-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        if parent:
            _must(repo.git("read-tree", check_id(parent), env=index))
        # removals first: a file may stand where a folder was
        nothing = "0" * len(parent or "")  # as long as the ids of this repository are
        gone = "".join(f"0 {nothing}\t{path}\0" for path, blob in blobs.items() if blob is None and parent)
        held = "".join(f"100644 {blob}\t{path}\0" for path, blob in blobs.items() if blob is not None)
        stdin = (gone + held).encode("utf-8", "surrogateescape")
        _must(repo.git("update-index", "--add", "-z", "--index-info", stdin=stdin, env=index))
        tree = _must(repo.git("write-tree", env=index)).text
    sign = ["-S"] if repo.git("config", "--type=bool", "--get", "commit.gpgsign").text == "true" else []
    parents = ["-p", parent] if parent else []
    answer = repo.git("commit-tree", *sign, *parents, "-F", "-", tree, stdin=message.encode(), timeout=SLOW_TIMEOUT_S)
    return _must(answer).text


def refused_write(answer: Answer, what: str) -> InputError:
    """Why git could not write a commit or a tag, with what to do where we know it."""
    if any(words in answer.err for words in ("tell me who you are", "empty ident", "auto-detect")):
        hint = 'git config --global user.name "Your Name"; git config --global user.email you@example.org'
        return InputError("git does not know who you are", hint=hint)
    return InputError(f"git could not write the {what}: {answer.complaint}")


def _must(answer: Answer) -> Answer:
    if answer.ok:
        return answer
    raise refused_write(answer, "commit")


def _write_blob(repo: Repo, data: bytes) -> str:
    return _must(repo.git("hash-object", "-w", "--no-filters", "--stdin", stdin=data)).text
