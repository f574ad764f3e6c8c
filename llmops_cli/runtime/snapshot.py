"""An environment at one moment, as bytes: what is kept on disk, and what a wheel or an image carries.

One JSON document. Files are text where they are UTF-8 (so that a person can read what is served), else base64.
"""

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from llmops_cli.errors import ServeError
from llmops_cli.prompts.served import file_of, name_at, parts_of, tag_of

FORMAT = "llmops.snapshot/1"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of an environment by path, at a commit. `taken_at`: seconds since 1970 when it was known to be live."""

    environment: str
    commit: str
    taken_at: float
    files: Mapping[str, bytes]

    @property
    def names(self) -> list[str]:
        """The prompts in it, sorted."""
        return sorted(name for path in self.files if (name := name_at(path)) and path == file_of(name))

    def of(self, name: str) -> dict[str, bytes]:
        """The files of one prompt by path; empty when it is not in it."""
        if file_of(name) not in self.files:
            return {}
        own, below = (file_of(name), tag_of(name)), parts_of(name)
        return {path: data for path, data in self.files.items() if path in own or path.startswith(below)}

    def to_bytes(self) -> bytes:
        """The document; the same snapshot gives the same bytes."""
        document = {
            "format": FORMAT,
            "environment": self.environment,
            "commit": self.commit,
            "taken_at": self.taken_at,
            "files": {path: _as_json(data) for path, data in sorted(self.files.items())},
        }
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def read_snapshot(data: bytes, *, label: str) -> Snapshot:
    """The snapshot of a document. Raises ServeError, which begins with `label`, for anything else."""
    try:
        document = json.loads(data)
        if document["format"] != FORMAT:
            raise ValueError
        taken_at = float(document["taken_at"])
        if not math.isfinite(taken_at):
            raise ValueError
        return Snapshot(
            environment=_text(document["environment"]),
            commit=_text(document["commit"]),
            taken_at=taken_at,
            files={_text(path): _as_bytes(content) for path, content in document["files"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise ServeError(f"{label} is no snapshot of an environment") from None


def _as_json(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(data).decode()}


def _as_bytes(content: object) -> bytes:
    if isinstance(content, dict):
        return b64decode(_text(content["base64"]), validate=True)
    return _text(content).encode()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
