"""Trailers: the `Key: value` lines at the end of a tag's or a commit's message, which programs read."""

import re
from collections.abc import Iterable, Mapping

_TRAILER = re.compile(r"(?P<key>[A-Za-z][A-Za-z0-9-]*): (?P<value>.*)\Z")


def with_trailers(message: str, trailers: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """The message with a last paragraph of trailers; empty values are left out, every value becomes one line.

    As pairs, a key may come several times.
    """
    pairs = trailers.items() if isinstance(trailers, Mapping) else trailers
    lines = [f"{key}: {flat}" for key, value in pairs if (flat := one_line(value))]
    return message.rstrip() + "\n\n" + "\n".join(lines) + "\n"


def read_trailers(message: str) -> dict[str, str]:
    """The trailers of a message; the last of a repeated key counts."""
    return dict(all_trailers(message))


def all_trailers(message: str) -> list[tuple[str, str]]:
    """The trailers of a message in their order: its last paragraph, if every line of it is one."""
    paragraphs = re.split(r"\n[ \t]*\n", message.replace("\r\n", "\n").strip())
    matches = [_TRAILER.match(line.rstrip()) for line in paragraphs[-1].split("\n")]
    if len(paragraphs) < 2 or not all(matches):
        return []
    return [(match["key"], match["value"].strip()) for match in matches if match]


def one_line(text: str) -> str:
    """The text on one line, without control characters: nobody writes a second trailer into a reason."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
