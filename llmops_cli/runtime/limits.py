"""What a remote may take of us: bytes, objects, seconds. A server that lies meets these before it meets the process."""

import time

from llmops_cli.errors import InputError, ServeError

MAX_TALK = 256 << 10  # bytes of an answer that names capabilities or a branch
MAX_PACK = 64 << 20  # bytes of a pack on the wire
MAX_OBJECTS = 200_000
MAX_UNPACKED = 256 << 20  # bytes of all objects of a pack together
MAX_DEPTH = 64  # folders in folders


_MAX_S = 86400.0


def checked_seconds(name: str, given: float, *, zero: bool) -> float:
    """A time that the application chose. Raises InputError for what nobody can wait for; NaN is such a time."""
    if not (0 < given <= _MAX_S or (zero and given == 0)):
        least = "0" if zero else "more than 0"
        raise InputError(f"{name}={given} is no time to wait", hint=f"give {least} to {_MAX_S:,.0f} seconds")
    return given


class Deadline:
    """A moment after which nothing is waited for any more."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left, more than 0. Raises ServeError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise ServeError(f"no whole answer within {self.seconds:g} s")
        return left
