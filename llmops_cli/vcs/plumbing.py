"""One git command, in a tamed environment, with a deadline: a reading one directly, others through GitPython's runner.

Why two ways: docs/decisions/0032-reading-commands-start-git-themselves.md.
Only plumbing and its text is used; GitPython's object API is slow, leaks processes and knows no SHA-256 repositories.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_cli.errors import InputError, MeasureError
from llmops_cli.vcs.tamed import INHERITED, NO_HOOKS, NO_SURPRISES, TAMED

if TYPE_CHECKING:
    from git.cmd import Git

READ_TIMEOUT_S = 60.0
SLOW_TIMEOUT_S = 300.0  # the network, or a person at a passphrase prompt
_INSTALL = "install git and make sure it is on the PATH"
# these write nothing, run no hook of a person's, and ask nobody
_READING = frozenset(
    {"cat-file", "diff-tree", "for-each-ref", "log", "ls-files", "ls-tree", "merge-base", "remote", "rev-parse",
     "status", "symbolic-ref"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What git said: exit status, stdout as bytes, stderr as text without the last line end."""

    status: int
    out: bytes
    err: str

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def text(self) -> str:
        """stdout as text without the last line end; bytes that are not UTF-8 are replaced."""
        return self.out.decode("utf-8", "replace").rstrip("\n")

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n") if self.out.strip() else []

    @property
    def complaint(self) -> str:
        """The line of stderr that says what is wrong, without git's prefixes."""
        told = [line for line in self.err.splitlines() if line.startswith(("fatal: ", "error: "))]
        line = told[0] if told else next((line for line in self.err.splitlines() if line.strip()), "")
        return line.removeprefix("fatal: ").removeprefix("error: ").strip() or f"git ended with status {self.status}"


def run_git(
    folder: Path,
    *arguments: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    hooks: bool = False,
    timeout: float = READ_TIMEOUT_S,
) -> Answer:
    """Run `git ARGUMENTS` in a folder. A status other than 0 is an answer, not an exception.

    Without `hooks` no hook of the repository or the person is run. `timeout` is in seconds.
    Raises InputError when git is not installed, MeasureError when the deadline passes.
    """
    overlay = {**TAMED, **(env or {})}
    if _reads(arguments) and not hooks:
        return _read(folder, ["git", *NO_SURPRISES, *NO_HOOKS, *arguments], stdin, overlay, timeout)
    stray = [name for name in INHERITED if name in os.environ and name not in overlay]
    unset = ["env", *(part for name in stray for part in ("-u", name))] if stray else []
    command = [*unset, "git", *NO_SURPRISES, *(() if hooks else NO_HOOKS), *arguments]
    deadline = None if sys.platform == "win32" else timeout  # GitPython cannot end a command there
    with tempfile.TemporaryFile() as stream:
        stream.write(stdin)
        stream.seek(0)
        status, out, err = _git(str(folder.absolute())).execute(
            command,
            istream=stream,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            env=overlay,
            kill_after_timeout=deadline,
        )
    if status < 0 and err.startswith("Timeout:"):
        raise MeasureError(f"git {arguments[0]} did not answer within {timeout:g} s")
    return Answer(status, out if isinstance(out, bytes) else b"", err)


def _reads(arguments: Sequence[str]) -> bool:
    asks = arguments[0] == "config" and any(word.startswith("--get") for word in arguments)
    return asks or arguments[0] in _READING


def _read(folder: Path, command: Sequence[str], stdin: bytes, overlay: Mapping[str, str], timeout: float) -> Answer:
    name = command[1 + len(NO_SURPRISES) + len(NO_HOOKS)]
    kept = {key: value for key, value in os.environ.items() if key not in INHERITED}
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}")
    try:
        # in a session of its own, so that at the deadline what git itself has started ends with it
        process = subprocess.Popen(
            command, cwd=folder, env={**kept, **overlay}, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
    except OSError as error:
        raise InputError(f"git cannot be run: {error.strerror}", hint=_INSTALL) from None
    with process:
        try:
            out, err = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            raise MeasureError(f"git {name} did not answer within {timeout:g} s") from None
        except BaseException:
            _end(process)
            raise
    return Answer(process.returncode, out, err.decode("utf-8", "replace").removesuffix("\n"))


def _end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


@cache
def _git(folder: str) -> "Git":
    # kept by its full path: GitPython resolves a relative one once, against the directory of that moment
    try:
        from git.cmd import Git  # a tenth of a second that --help need not pay
    except ImportError as error:
        raise InputError(f"git cannot be run: {error}", hint=_INSTALL) from None
    return Git(folder)
