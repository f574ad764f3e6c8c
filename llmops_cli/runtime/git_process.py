"""Repositories that are read with git itself: folders of this machine, and remotes behind ssh.

A folder is read as it is. Of another remote the one commit is fetched, without history, into a repository that lives
only as long as that takes: so nothing grows, and any number of processes may do it at once.
"""

import contextlib
import os
import re
import selectors
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import IO, cast
from urllib.parse import unquote, urlsplit

from llmops_cli.errors import InputError, ServeError
from llmops_cli.runtime.limits import MAX_TALK, MAX_UNPACKED, Deadline
from llmops_cli.runtime.pkt_line import shown
from llmops_cli.runtime.surroundings import for_git
from llmops_cli.runtime.tree_files import FOLDERS
from llmops_cli.vcs.tamed import NO_HOOKS, NO_SURPRISES

_ID = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\Z")
_PIECE = 1 << 16


class LocalRepository:
    """A repository in a folder of this machine, with or without a work tree."""

    def __init__(self, folder: Path, *, poll_timeout_s: float, fetch_timeout_s: float) -> None:
        self.shown = str(folder)
        self._folder = folder
        self._poll_timeout_s = poll_timeout_s
        self._fetch_timeout_s = fetch_timeout_s

    def tip(self, branch: str) -> str | None:
        """The commit of a branch (`refs/heads/...`), None when there is no such branch. Raises ServeError.

        In a clone what origin is known to have counts, unless the own branch is ahead of it: as for `llmops env list`.
        """
        deadline = Deadline(self._poll_timeout_s)
        tracking = branch.replace("refs/heads/", "refs/remotes/origin/", 1)
        out = run(self._folder, deadline, "for-each-ref", "--format=%(objectname) %(refname)", branch, tracking)
        known = {name: commit for commit, _, name in (line.partition(" ") for line in out.decode().splitlines())}
        own, theirs = known.get(branch), known.get(tracking)
        if own is None or theirs is None or own == theirs:
            return own or theirs
        ahead = run(self._folder, deadline, "rev-list", "--max-count=1", f"{own}..{theirs}")
        return theirs if ahead.strip() else own

    def files(self, commit: str) -> dict[str, bytes]:
        """The files of a commit by path. Raises ServeError."""
        return read_files(self._folder, commit, Deadline(self._fetch_timeout_s))

    def close(self) -> None:
        """There is nothing to hang up."""


class FetchedRepository:
    """A repository that git reaches by ssh."""

    def __init__(self, address: str, *, poll_timeout_s: float, fetch_timeout_s: float) -> None:
        if address.startswith("-") or any(character < " " for character in address):
            raise InputError("the address of the remote is none; write git@HOST:PATH.git")
        self._address = address
        self.shown = re.sub(r"(?<=://)[^/@]*:[^/@]*@", "", address)
        self._poll_timeout_s = poll_timeout_s
        self._fetch_timeout_s = fetch_timeout_s

    def tip(self, branch: str) -> str | None:
        """The commit of a branch (`refs/heads/...`), None when there is no such branch. Raises ServeError."""
        deadline = Deadline(self._poll_timeout_s)
        # --heads lets the server leave out tags; a pattern alone filters only what has arrived
        out = run(Path("/"), deadline, "ls-remote", "--heads", "--end-of-options", self._address, branch)
        for line in out.decode("utf-8", "replace").splitlines():
            commit, _, name = line.partition("\t")
            if name == branch and _ID.match(commit):
                return commit
        return None

    def files(self, commit: str) -> dict[str, bytes]:
        """The files of a commit by path. Raises ServeError."""
        deadline = Deadline(self._fetch_timeout_s)
        with tempfile.TemporaryDirectory(prefix="llmops-fetch-") as name:
            folder = Path(name)
            kind = "sha256" if len(commit) == 64 else "sha1"
            run(folder, deadline, "init", "-q", "--bare", f"--object-format={kind}", "--template=")
            options = ("--depth=1", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "-q")
            run(folder, deadline, "-c", "transfer.fsckObjects=true", "fetch", *options, "--end-of-options",
                self._address, commit)  # fmt: skip
            return read_files(folder, commit, deadline)

    def close(self) -> None:
        """There is nothing to hang up."""


def local_folder(address: str) -> Path | None:
    """The folder that an address means, None when it is on another machine; told as git tells it."""
    if address.startswith("file://"):
        return Path(unquote(urlsplit(address).path))
    before, colon, _ = address.partition(":")
    return Path(address).expanduser().absolute() if not colon or "/" in before else None


def read_files(folder: Path, commit: str, deadline: Deadline) -> dict[str, bytes]:
    """The regular files below `prompts/` and `releases/` of a commit that the repository has. Raises ServeError."""
    folders = [each.rstrip("/") for each in FOLDERS]
    listed = run(folder, deadline, "ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--", *folders)
    blobs: list[tuple[str, str]] = []
    room = MAX_UNPACKED
    for line in listed.split(b"\0")[:-1]:
        entry, _, raw = line.partition(b"\t")
        mode, _, blob, size = entry.decode().split()
        with contextlib.suppress(UnicodeDecodeError):  # no prompt can own a file with such a name
            if mode.startswith("100"):
                blobs.append((raw.decode(), blob))
                room -= int(size)
        if room < 0:
            raise ServeError("the files of the environment are larger than the limit")
    asked = "".join(f"{blob}\n" for _, blob in blobs).encode()
    out = run(folder, deadline, "cat-file", "--batch", "--buffer", stdin=asked, limit=2 * MAX_UNPACKED)
    found: dict[str, bytes] = {}
    position = 0
    for path, blob in blobs:
        end = out.find(b"\n", position)
        head = out[position:end].split()
        if end < 0 or len(head) != 3 or head[0].decode() != blob or head[1] != b"blob":
            raise ServeError(f"{path} of the environment cannot be read")
        found[path] = out[end + 1 : end + 1 + int(head[2])]
        position = end + 2 + int(head[2])
    return found


def run(folder: Path, deadline: Deadline, *arguments: str, stdin: bytes = b"", limit: int = MAX_TALK * 64) -> bytes:
    """What git writes to stdout, at most `limit` bytes. Raises ServeError with git's words, also past the deadline."""
    command = ["git", *NO_SURPRISES, *NO_HOOKS, *arguments]
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as said:
        asked.write(stdin)
        asked.seek(0)
        try:
            process = subprocess.Popen(
                command, cwd=folder, stdin=asked, stdout=subprocess.PIPE, stderr=said, env=for_git(),
                start_new_session=True,  # no terminal to ask for a password, and one group to end
            )  # fmt: skip
        except OSError as error:
            raise ServeError("git is not installed" if error.filename == "git" else str(error.strerror)) from None
        try:
            out = _all_of(cast(IO[bytes], process.stdout), deadline, limit)
            status = process.wait(deadline.left())
        except (ServeError, subprocess.TimeoutExpired):
            _end(process)
            raise ServeError(
                f"git {arguments[0]} had no end within {deadline.seconds:g} s and {limit:,} bytes"
            ) from None
        except BaseException:
            _end(process)
            raise
        finally:
            cast(IO[bytes], process.stdout).close()
        said.seek(0)
        if status:
            raise ServeError(_complaint(said.read(_PIECE), status))
        return out


def _all_of(stream: IO[bytes], deadline: Deadline, limit: int) -> bytes:
    out = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if not selector.select(deadline.left()):
                continue
            piece = os.read(stream.fileno(), _PIECE)
            if not piece:
                return bytes(out)
            out += piece
            if len(out) > limit:
                raise ServeError("too much")


def _end(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _complaint(said: bytes, status: int) -> str:
    lines = [line for line in said.split(b"\n") if line.strip()]
    told = next((line for line in lines if line.startswith((b"fatal: ", b"error: "))), lines[0] if lines else b"")
    words = shown(re.sub(rb"^(fatal|error): ", b"", told))
    return f"git says: {words}" if words else f"git ended with status {status}"
