"""The thread that asks again and again, and what happens to it when the process forks."""

import contextlib
import os
import random
import threading
import weakref
from typing import Protocol


class Polled(Protocol):
    """Whoever wants to be woken every few seconds. `poll` must not raise."""

    def poll(self) -> None:
        """Ask once."""
        ...

    def forked(self) -> None:
        """This is a new process now: no thread but this one lives, and locks may be held by threads that do not."""
        ...


class Poller:
    """Calls `poll` at once and then every `every_s` seconds, a fifth more or less, until it is stopped or forgotten.

    The jitter keeps a thousand processes that started together from asking together.
    """

    def __init__(self, polled: Polled, every_s: float) -> None:
        self._stop = threading.Event()
        self._every_s = every_s
        name = "llmops-prompts"
        # a weak reference: an application that lets go of its prompts must not keep this thread
        arguments = (weakref.ref(polled), self._stop, every_s)
        self._thread = threading.Thread(target=_run, args=arguments, name=name, daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Stop; waits for a poll that is under way, but not longer than that."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout_s)


def _run(polled: "weakref.ref[Polled]", stop: threading.Event, every_s: float) -> None:
    while not stop.is_set():
        one = polled()
        if one is None:
            return
        one.poll()
        del one
        stop.wait(every_s * random.uniform(0.8, 1.2))


_LIVING: "weakref.WeakSet[Polled]" = weakref.WeakSet()


def tell_of_forks(polled: Polled) -> None:
    """Have `forked` called in every child process that this one makes by os.fork (as gunicorn --preload does)."""
    _LIVING.add(polled)


def _in_child() -> None:
    for polled in list(_LIVING):
        with contextlib.suppress(Exception):  # nothing that goes wrong here may keep a worker from starting
            polled.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
