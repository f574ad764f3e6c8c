"""A tag as git knows it: one of a listing, or read from the bytes of the tag object itself, which needs no git."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

_TAGGER = re.compile(r"(?P<name>.*) <[^<>]*> (?P<seconds>[0-9]{1,12}) (?P<zone>[+-][0-9]{4})\Z")
Kind = Literal["", "ssh", "gpg", "x509"]
# whatever the kind of the signature, git appends it to the message, and takes the last line that begins with one of
# these; see gpg-interface.c of git
_BEGINS: dict[bytes, Kind] = {
    b"-----BEGIN SSH SIGNATURE-----": "ssh",
    b"-----BEGIN PGP SIGNATURE-----": "gpg",
    b"-----BEGIN PGP MESSAGE-----": "gpg",
    b"-----BEGIN SIGNED MESSAGE-----": "x509",
}


@dataclass(frozen=True, slots=True)
class TagRef:
    """A tag. `kind` is empty for a lightweight one, else what the annotated tag points at: `commit`, if it is ours."""

    name: str
    tag_id: str
    kind: str
    target: str
    tagger: str
    date: str  # RFC 3339; for people, never for order
    subject: str
    body: str


def split_signature(data: bytes) -> tuple[bytes, bytes, Kind]:
    """What is signed of a tag object, its signature, and how it is signed; empty when it is not."""
    position, kind = max((data.rfind(b"\n" + begin), kind) for begin, kind in _BEGINS.items())
    return (data[: position + 1], data[position + 1 :], kind) if position >= 0 else (data, b"", "")


def kind_of(data: bytes) -> Kind:
    """How a tag object is signed, empty when it is not."""
    return split_signature(data)[2]


def parse_tag(data: bytes) -> TagRef:
    """The tag whose object (`git cat-file tag ID`) has these bytes. Its id is computed, by the hash of its target's.

    Only what a signature covers is read, neither it nor what follows. Raises ValueError for what is no tag object.
    """
    head, _, message = split_signature(data)[0].decode("utf-8", "replace").partition("\n\n")
    said = dict(line.partition(" ")[::2] for line in reversed(head.split("\n")))  # of two, git takes the first
    target = said.get("object", "")
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", target) or not said.get("type") or not said.get("tag"):
        raise ValueError("this is not a tag object")
    subject, _, body = message.strip("\n").partition("\n\n")
    hashed = hashlib.sha1(usedforsecurity=False) if len(target) == 40 else hashlib.sha256()
    hashed.update(b"tag %d\0" % len(data) + data)
    tagger = _TAGGER.match(said.get("tagger", ""))
    return TagRef(
        name=said["tag"],
        tag_id=hashed.hexdigest(),
        kind=said["type"],
        target=target,
        tagger=tagger["name"] if tagger else "",
        date=_date(int(tagger["seconds"]), tagger["zone"]) if tagger else "",
        subject=" ".join(subject.split("\n")),
        body=body + "\n" if body else "",
    )


def _date(seconds: int, zone: str) -> str:
    """RFC 3339, as git's `iso-strict` writes it; empty for a time that is none."""
    minutes = int(zone[1:3]) * 60 + int(zone[3:])
    offset = timedelta(minutes=-minutes if zone[0] == "-" else minutes)
    try:
        here = datetime.fromtimestamp(seconds, UTC).astimezone(timezone(offset))
    except (ValueError, OverflowError, OSError):
        return ""
    return here.isoformat()
