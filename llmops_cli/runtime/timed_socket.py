"""A socket with a deadline, which http.client takes for an ordinary one."""

import io
import socket
from typing import Any

from llmops_cli.errors import ServeError
from llmops_cli.runtime.limits import Deadline


class TimedSocket:
    """A socket whose every wait is for what is left of the deadline of the moment.

    As with a socket, what was made of it can be read after it was closed: http.client hangs up before the last answer
    is read.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._readers = 0
        self._closed = False
        self.deadline = deadline
        self.room = 0  # bytes that may still arrive

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self._sock.settimeout(self.deadline.left())
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """What arrives, as a file."""
        del mode
        self._readers += 1
        return io.BufferedReader(_Reading(self))

    def receive(self, buffer: Any) -> int:
        """Fill the buffer with what has arrived; waits for something. Raises ServeError when there is no room for it.

        http.client has no limit of its own: it takes a chunk of size -1 for everything that ever comes.
        """
        self._sock.settimeout(self.deadline.left())
        size = self._sock.recv_into(buffer)
        self.room -= size
        if self.room < 0:
            raise ServeError("the answer is larger than the limit")
        return size

    def release(self) -> None:
        """One file of it was closed."""
        self._readers -= 1
        if self._closed and self._readers <= 0:
            self._sock.close()

    def close(self) -> None:
        """Close it as soon as its files are."""
        self._closed = True
        if self._readers <= 0:
            self._sock.close()


class _Reading(io.RawIOBase):
    def __init__(self, line: TimedSocket) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._line.receive(buffer)

    def close(self) -> None:
        if not self.closed:
            self._line.release()
        super().close()
