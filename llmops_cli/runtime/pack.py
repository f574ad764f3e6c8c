"""A pack as a server sends it, taken apart: every object whole, by its id (gitformat-pack(5)).

Each id is computed here, from the bytes that came; nothing is believed of what the server says that they are.
"""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from llmops_cli.errors import ServeError
from llmops_cli.runtime.limits import MAX_OBJECTS, MAX_UNPACKED

_KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_OFS_DELTA, _REF_DELTA = 6, 7
_HEADER = 12
_STEP = 16 << 10
_ORDER = 32  # bytes that an order of a delta counts for: 200 kB on the wire can hold 80 million, a minute of work


@dataclass(frozen=True, slots=True)
class GitObject:
    """A kind (`commit`, `tree`, `blob`, `tag`) and the bytes after git's header."""

    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Entry:
    """What stands at one place of the pack: an object, or how it differs from one at another place or of an id."""

    kind: int
    data: bytes
    base: int | bytes | None = None


def object_id(algorithm: str, kind: str, data: bytes) -> str:
    """The id of an object in hex; `algorithm` is `sha1` or `sha256`."""
    return hashlib.new(algorithm, b"%s %d\0" % (kind.encode(), len(data)) + data, usedforsecurity=False).hexdigest()


def read_pack(pack: bytes, *, algorithm: str, max_unpacked: int = MAX_UNPACKED) -> dict[str, GitObject]:
    """Every object of a whole pack (none of its bases may be missing), by id. Raises ServeError for any other bytes."""
    width = hashlib.new(algorithm, usedforsecurity=False).digest_size
    body, said = pack[:-width], pack[-width:]
    if len(pack) < _HEADER + width or body[:4] != b"PACK" or int.from_bytes(body[4:8]) not in (2, 3):
        raise ServeError("the answer holds no pack")
    if hashlib.new(algorithm, body, usedforsecurity=False).digest() != said:
        raise ServeError("the pack is damaged: its checksum does not fit")
    count = int.from_bytes(body[8:12])
    if count > MAX_OBJECTS:
        raise ServeError(f"the pack has {count:,} objects; {MAX_OBJECTS:,} are the limit")
    return _Unpacking(memoryview(body), algorithm, width, max_unpacked).objects(count)


class _Unpacking:
    def __init__(self, body: memoryview, algorithm: str, width: int, room: int) -> None:
        self._body = body
        self._algorithm = algorithm
        self._width = width
        self._room = room
        self._position = _HEADER

    def objects(self, count: int) -> dict[str, GitObject]:
        ready: list[tuple[int, GitObject]] = []
        deltas: dict[int | bytes, list[tuple[int, bytes]]] = {}  # base -> what differs from it
        for _ in range(count):
            place = self._position
            entry = self._entry(place)
            if entry.base is None:
                ready.append((place, GitObject(_KINDS[entry.kind], entry.data)))
            else:
                deltas.setdefault(entry.base, []).append((place, entry.data))
        if self._position != len(self._body):
            raise ServeError("the pack goes on after its last object")
        found: dict[str, GitObject] = {}
        while ready:
            place, one = ready.pop()
            name = object_id(self._algorithm, one.kind, one.data)
            found[name] = one
            for other, delta in (*deltas.pop(place, ()), *deltas.pop(bytes.fromhex(name), ())):
                ready.append((other, GitObject(one.kind, apply_delta(one.data, delta, self._take))))
        if deltas:
            raise ServeError("the pack has a delta without its base")
        return found

    def _entry(self, start: int) -> _Entry:
        byte = self._byte()
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 128:
            byte = self._byte()
            size |= (byte & 127) << shift
            shift += 7
            if shift > 60:
                raise ServeError("the pack names an object without end")
        base: int | bytes | None = None
        if kind == _OFS_DELTA:
            base = start - self._distance()
        elif kind == _REF_DELTA:
            base = bytes(self._body[self._position : self._position + self._width])
            self._position += self._width
        elif kind not in _KINDS:
            raise ServeError(f"the pack has an object of the unknown kind {kind}")
        return _Entry(kind, self._inflated(size), base)

    def _distance(self) -> int:
        """The number of an offset delta: seven bits a byte, each further byte counting one more."""
        byte = self._byte()
        distance = byte & 127
        while byte & 128:
            byte = self._byte()
            distance = (distance + 1 << 7) | (byte & 127)
            if distance > len(self._body):
                break
        return distance

    def _byte(self) -> int:
        if self._position >= len(self._body):
            raise ServeError("the pack ends early")
        self._position += 1
        return self._body[self._position - 1]

    def _take(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise ServeError("the objects of the pack are larger than the limit")

    def _inflated(self, size: int) -> bytes:
        """The next zlib stream, which must unpack to `size` bytes and no more."""
        self._take(size)
        stream = zlib.decompressobj()
        out = bytearray()
        while not stream.eof:
            piece = self._body[self._position : self._position + _STEP]
            if not piece:
                raise ServeError("the pack ends early")
            try:
                out += stream.decompress(piece, size + 1 - len(out))
            except zlib.error:
                raise ServeError("the pack is damaged: an object cannot be unpacked") from None
            if len(out) > size:
                break
            self._position += len(piece) - len(stream.unused_data) - len(stream.unconsumed_tail)
        if len(out) != size:
            raise ServeError("the pack is damaged: an object has not the size it names")
        return bytes(out)


def apply_delta(base: bytes, delta: bytes, take: Callable[[int], None]) -> bytes:
    """The object that a delta makes of its base; `take` is asked for the room before any is used. Raises ServeError."""
    position, base_size = _number(delta, 0)
    position, size = _number(delta, position)
    if base_size != len(base):
        raise ServeError("the pack is damaged: a delta is for another base")
    take(size)
    out = bytearray()
    while position < len(delta) and len(out) <= size:
        take(_ORDER)
        order = delta[position]
        position += 1
        if order & 128:
            position, start, length = _copy(delta, position, order)
            if start + length > len(base):
                raise ServeError("the pack is damaged: a delta reaches beyond its base")
            out += base[start : start + length]
        elif order:
            out += delta[position : position + order]
            position += order
        else:
            raise ServeError("the pack is damaged: a delta has an order that does not exist")
    if len(out) != size or position != len(delta):
        raise ServeError("the pack is damaged: a delta does not make what it says")
    return bytes(out)


def _copy(delta: bytes, position: int, order: int) -> tuple[int, int, int]:
    """Where the next order stands, and the start and length of the piece of the base to copy."""
    values = [0, 0]
    for bit in range(7):
        if order & 1 << bit:
            if position >= len(delta):
                raise ServeError("the pack is damaged: a delta ends early")
            which, shift = (0, 8 * bit) if bit < 4 else (1, 8 * (bit - 4))
            values[which] |= delta[position] << shift
            position += 1
    return position, values[0], values[1] or 0x10000


def _number(delta: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(delta) or shift > 60:
            raise ServeError("the pack is damaged: a delta ends early")
        byte = delta[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            return position, value
