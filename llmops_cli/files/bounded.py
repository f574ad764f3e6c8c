"""Files that somebody else may have written to harm: plain files of a bounded size, and nothing else."""

import os
import re
import stat
from itertools import accumulate
from pathlib import Path

from llmops_cli.errors import FileError, Problem

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))


def read_bounded(path: Path, *, most: int, shown: str) -> bytes:
    """The bytes of a plain file, at most `most` of them. Links, pipes and devices are refused. Raises FileError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if path.is_symlink():
            raise FileError([Problem(shown, 0, "", "is a link, and links are not followed here")])
        handle = os.open(path, flags)
    except FileNotFoundError:
        raise FileError([Problem(shown, 0, "", "no such file")]) from None
    except (OSError, ValueError) as error:
        raise FileError([Problem(shown, 0, "", f"cannot be read: {getattr(error, 'strerror', error)}")]) from None
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise FileError([Problem(shown, 0, "", "is not a plain file")])
        data = stream.read(most + 1)
    if len(data) > most:
        raise FileError([Problem(shown, 0, "", f"is larger than {most:,} bytes")])
    return data


def json_depth(text: bytes) -> int:
    """How deep lists and objects are nested in a JSON text; no more than a guess where the text is not JSON."""
    brackets = _STRING.sub(b"", text).translate(None, _NO_BRACKET)
    return max(accumulate(1 if one in b"[{" else -1 for one in brackets), default=0)
