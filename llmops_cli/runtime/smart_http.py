"""git's smart HTTP protocol, version 2, as much of it as reading one branch takes (gitprotocol-v2(5)).

A poll is one POST of `ls-refs` with the prefix of one branch. Only when the branch moved is the commit itself
fetched, without its history.
"""

from collections.abc import Iterator
from itertools import islice, takewhile

from llmops_cli.errors import ServeError
from llmops_cli.runtime.http_line import Body, HttpLine
from llmops_cli.runtime.limits import MAX_PACK, MAX_TALK, Deadline
from llmops_cli.runtime.pack import read_pack
from llmops_cli.runtime.pkt_line import Mark, mark, packet, packets, shown
from llmops_cli.runtime.tree_files import files_of

_ADVERT, _SERVICE = "/info/refs?service=git-upload-pack", "/git-upload-pack"
_WIDTHS = {"sha1": 40, "sha256": 64}
_MAX_BEFORE_PACK = 100  # packets; a line or two of what is shallow are to be expected
_PACK, _PROGRESS, _ERROR = 1, 2, 3


class SmartHttp:
    """A repository behind http or https. Not for several threads at once."""

    def __init__(self, address: str, *, token: str = "", poll_timeout_s: float, fetch_timeout_s: float) -> None:
        self._line = HttpLine(address, token=token)
        self._poll_timeout_s = poll_timeout_s
        self._fetch_timeout_s = fetch_timeout_s
        self._format = ""  # of the object ids; empty before the server was asked
        self._head: list[bytes] = []  # what every command says of it

    @property
    def shown(self) -> str:
        """The address without secrets."""
        return self._line.shown

    def tip(self, branch: str) -> str | None:
        """The commit of a branch (`refs/heads/...`), None when there is no such branch. Raises ServeError."""
        try:
            return self._tip(branch)
        except ServeError:
            self._format = ""  # whoever answers next time may be another server, or in another place
            raise

    def files(self, commit: str) -> dict[str, bytes]:
        """The files of a commit by path, each checked against the ids that lead to it. Raises ServeError."""
        deadline = Deadline(self._fetch_timeout_s)
        wishes = ["no-progress", "ofs-delta", f"want {commit}", "deepen 1", "done"]
        request = self._command("fetch", deadline, wishes)
        with self._line.post(_SERVICE, request, deadline, limit=MAX_PACK) as body:
            _must_be(body, "application/x-git-upload-pack-result")
            pack = _pack(body)
            body.end()
        return files_of(read_pack(pack, algorithm=self._format), commit)

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def _tip(self, branch: str) -> str | None:
        deadline = Deadline(self._poll_timeout_s)
        request = self._command("ls-refs", deadline, [f"ref-prefix {branch}"])
        with self._line.post(_SERVICE, request, deadline, limit=MAX_TALK) as body:
            _must_be(body, "application/x-git-upload-pack-result")
            lines = list(_message(body))
            body.end()
        for line in lines:
            commit, _, name = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
            if name.partition(" ")[0] == branch:
                return self._checked(commit)
        return None

    def _command(self, name: str, deadline: Deadline, arguments: list[str]) -> bytes:
        if not self._format:
            self._greet(deadline)
        head = [packet(f"command={name}"), *self._head, mark(Mark.DELIM)]
        return b"".join([*head, *map(packet, arguments), mark(Mark.FLUSH)])

    def _greet(self, deadline: Deadline) -> None:
        """Ask once what the server speaks. Raises ServeError when that is not version 2."""
        with self._line.get(_ADVERT, deadline, limit=MAX_TALK) as body:
            _must_be(body, "application/x-git-upload-pack-advertisement")
            lines = list(_message(body))
            if lines and lines[0].startswith(b"# service="):
                lines = list(_message(body))
            if not lines or lines[0].strip() != b"version 2":
                raise ServeError("the server does not speak version 2 of git's protocol (git 2.18 or later does)")
            body.end()
        said = {
            key: value for key, _, value in (line.decode("ascii", "replace").strip().partition("=") for line in lines)
        }
        known = said.get("object-format", "sha1")
        if known not in _WIDTHS:
            raise ServeError(f"the server has object ids of an unknown kind: {shown(known.encode())}")
        self._head = [packet(f"object-format={known}")] if "object-format" in said else []
        self._format = known

    def _checked(self, commit: str) -> str:
        if len(commit) != _WIDTHS[self._format] or set(commit) - set("0123456789abcdef"):
            raise ServeError("the server names a commit by what is no id")
        return commit


def _message(body: Body) -> Iterator[bytes]:
    """The packets up to the next flush."""
    for one in takewhile(lambda each: each is not Mark.FLUSH, packets(body.read)):
        if isinstance(one, bytes):
            yield one


def _pack(body: Body) -> bytes:
    """The pack in the answer to a fetch, after the parts of the answer that are of no interest here."""
    stream = packets(body.read)
    for one in islice(stream, _MAX_BEFORE_PACK):
        if one is Mark.FLUSH:
            raise ServeError("the server did not send the commit")
        if isinstance(one, bytes) and one.rstrip(b"\n") == b"packfile":
            break
    else:
        raise ServeError("the answer is not git's protocol")
    pack = bytearray()
    for one in stream:
        if one is Mark.FLUSH:
            return bytes(pack)
        if not isinstance(one, bytes) or not one:
            raise ServeError("the answer is not git's protocol")
        if one[0] == _PACK:
            pack += memoryview(one)[1:]
        elif one[0] == _ERROR:
            raise ServeError(f"the server says: {shown(one[1:])}")
        elif one[0] != _PROGRESS:
            raise ServeError("the answer is not git's protocol")
    raise AssertionError("packets() has no end")


def _must_be(body: Body, kind: str) -> None:
    if body.kind != kind:
        told = f"{shown(body.kind.encode())}" if body.kind else "something"
        raise ServeError(
            f"the server answered with {told}, not with git's protocol; is this the address to clone from?"
        )
