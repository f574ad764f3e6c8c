"""What a remote may take of us: bytes, objects, seconds. A server that lies meets these before it meets the process."""

import time

from llmops_cli.errors import ServeError

MAX_TALK = 256 << 10  # bytes of an answer that names capabilities or a branch
MAX_PACK = 64 << 20  # bytes of a pack on the wire
MAX_OBJECTS = 200_000
MAX_UNPACKED = 256 << 20  # bytes of all objects of a pack together
MAX_DEPTH = 64  # folders in folders


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
