"""git's pkt-lines: four hex digits that count themselves and the bytes after them (gitprotocol-common(5))."""

from collections.abc import Callable, Iterator
from enum import Enum

from llmops_cli.errors import ServeError

_MAX = 65520


class Mark(Enum):
    """The packets without bytes: `0000` ends a message, `0001` a part of it, `0002` an answer."""

    FLUSH = 0
    DELIM = 1
    END = 2


def packet(text: str) -> bytes:
    """A line of text as a packet, with the line end that git likes."""
    line = text.encode() + b"\n"
    return b"%04x" % (len(line) + 4) + line


def mark(kind: Mark) -> bytes:
    """A packet without bytes."""
    return b"%04x" % kind.value


def packets(read: Callable[[int], bytes]) -> Iterator[bytes | Mark]:
    """The packets of a stream, without end; `read(n)` gives exactly n bytes, or raises.

    Raises ServeError for what is no packet, and with the server's words for an error packet.
    """
    while True:
        head = read(4)
        try:
            size = int(head, 16) if head.isalnum() else -1
        except ValueError:
            size = -1
        if size in (0, 1, 2):
            yield Mark(size)
            continue
        if not 4 <= size <= _MAX:
            raise ServeError("the answer is not git's protocol")
        body = read(size - 4) if size > 4 else b""
        if body.startswith(b"ERR "):
            raise ServeError(f"the server says: {shown(body[4:])}")
        yield body


def shown(data: bytes) -> str:
    """What a server said, fit for a message: one short line of printable characters."""
    line = data.decode("utf-8", "replace").strip().split("\n")[0][:200]
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)
