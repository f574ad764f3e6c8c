"""Packs that git made are taken apart to the same objects; packs that nobody should have made are refused."""

import hashlib
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmops_cli.errors import ServeError
from llmops_cli.runtime.pack import apply_delta, object_id, read_pack
from tests.runtime.environment import bare, git

# texts that have much in common, so that git finds deltas
LINES = st.lists(
    st.sampled_from([b"one line\n", b"another line of the prompt\n", b"\x00\xff", b"x" * 300]), max_size=60
)


def pack_of(folder: Path, contents: list[bytes], *options: str) -> tuple[bytes, set[str]]:
    """A pack of these blobs, and their ids."""
    ids = [git(folder, "hash-object", "-w", "--stdin", stdin=each).decode().strip() for each in contents]
    named = "".join(f"{each} f\n" for each in dict.fromkeys(ids)).encode()
    return git(folder, "pack-objects", "--stdout", "-q", "--window=50", *options, stdin=named), set(ids)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_what_git_packs_is_unpacked(tmp_path: Path, algorithm: str) -> None:
    folder = bare(tmp_path / "r.git", object_format=algorithm)

    @given(parts=st.lists(LINES, min_size=1, max_size=6), offsets=st.booleans())
    @settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
    def unpacked(parts: list[list[bytes]], offsets: bool) -> None:
        contents = [b"".join(each) for each in parts]
        pack, ids = pack_of(folder, contents, *(["--delta-base-offset"] if offsets else []))
        found = read_pack(pack, algorithm=algorithm)
        assert found.keys() == ids
        assert {one.data for one in found.values()} == set(contents)

    unpacked()


@pytest.mark.parametrize("options", [(), ("--delta-base-offset",)])
def test_both_kinds_of_deltas_are_followed(tmp_path: Path, options: tuple[str, ...]) -> None:
    texts = [b"".join(b"line %d of it\n" % (line * 7919) for line in range(400 + step)) for step in range(12)]
    pack, ids = pack_of(bare(tmp_path / "r.git"), texts, *options)
    assert len(pack) < 2 * len(zlib.compress(texts[-1]))  # so these are deltas, on deltas
    assert read_pack(pack, algorithm="sha1").keys() == ids


@given(data=st.binary(max_size=300))
def test_rubbish_is_refused_and_nothing_else_happens(data: bytes) -> None:
    body = b"PACK\0\0\0\2" + data
    with pytest.raises(ServeError):
        read_pack(body + hashlib.sha1(body).digest() + b"x", algorithm="sha1")
    sealed = body + hashlib.sha1(body).digest()
    try:
        found = read_pack(sealed, algorithm="sha1")
    except ServeError:
        return
    assert all(object_id("sha1", one.kind, one.data) == name for name, one in found.items())


def entry(kind: int, size: int, packed: bytes, base: bytes = b"") -> bytes:
    head = bytes([kind << 4 | size & 15 | (128 if size > 15 else 0)])
    size >>= 4
    while size:
        head += bytes([size & 127 | (128 if size > 127 else 0)])
        size >>= 7
    return head + base + packed


def sealed(*entries: bytes, count: int | None = None) -> bytes:
    number = len(entries) if count is None else count
    body = b"PACK\0\0\0\2" + number.to_bytes(4) + b"".join(entries)
    return body + hashlib.sha1(body).digest()


BOMB = zlib.compress(b"\0" * 50_000_000)
# a delta of 40,000 orders for a byte each: 100 bytes here, and far more work than what it makes
TOIL = entry(7, 80_004, zlib.compress(b"\x01\xc0\xb8\x02" + b"\x01a" * 40_000), hashlib.sha1(b"blob 1\0x").digest())


@pytest.mark.parametrize(
    ("pack", "words"),
    [
        (sealed(entry(3, 10, BOMB)), "not the size it names"),
        (sealed(entry(3, 50_000_000, BOMB)), "larger than the limit"),
        (sealed(entry(3, 1 << 50, BOMB)), "larger than the limit"),
        (sealed(entry(3, 3, zlib.compress(b"abc")), count=200_001), "200,001 objects"),
        (sealed(entry(3, 3, zlib.compress(b"abc")), count=7), "ends early"),
        (sealed(entry(3, 3, zlib.compress(b"abc")), b"more", count=1), "goes on after"),
        (sealed(entry(7, 4, zlib.compress(b"\1\1\1a"), b"b" * 20)), "without its base"),
        (sealed(entry(6, 4, zlib.compress(b"\1\1\1a"), b"\0")), "without its base"),  # a delta on itself
        (sealed(entry(5, 0, zlib.compress(b""))), "unknown kind 5"),
        (sealed(entry(3, 3, zlib.compress(b"abcdef"))), "not the size it names"),
        (sealed(entry(3, 1, zlib.compress(b"x")), TOIL), "larger than the limit"),
    ],
)
def test_a_pack_that_lies_is_refused_before_it_takes_room(pack: bytes, words: str) -> None:
    with pytest.raises(ServeError, match=words):
        read_pack(pack, algorithm="sha1", max_unpacked=1_000_000)


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (b"\x04\x01\x01x", "for another base"),
        (b"\x03\x01\x00", "does not exist"),
        (b"\x03\x05\x90\x05", "beyond its base"),
        (b"\x03\x02\x01x", "does not make what it says"),
        (b"\x03\x01\x02xy", "does not make what it says"),
        (b"\x03\x01\x05x", "does not make what it says"),
        (b"\x03\x01\xff\x00", "ends early"),
        (b"\x80", "ends early"),
    ],
)
def test_a_delta_that_lies_is_refused(delta: bytes, words: str) -> None:
    with pytest.raises(ServeError, match=words):
        apply_delta(b"abc", delta, lambda _: None)


def test_the_ids_are_those_of_git(tmp_path: Path) -> None:
    said = subprocess.run(
        ["git", "hash-object", "--stdin"], input=b"abc", capture_output=True, check=True, cwd=tmp_path
    )
    assert object_id("sha1", "blob", b"abc") == said.stdout.decode().strip()
