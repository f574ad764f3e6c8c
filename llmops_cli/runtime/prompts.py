"""The prompts of an environment, for a service that runs for months: the way from memory down to an error.

    memory -> background poll -> last known good on disk -> bundled snapshot -> error

`get` answers from memory; it waits for the network only while nothing at all is known, once in the life of a process.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from llmops_cli.errors import ServeError
from llmops_cli.runtime.contract import Contract
from llmops_cli.runtime.poller import Poller, tell_of_forks
from llmops_cli.runtime.served_prompt import ServedPrompt, Source
from llmops_cli.runtime.surroundings import cache_folder, token_of

if TYPE_CHECKING:
    from llmops_cli.runtime.acceptance import Held
    from llmops_cli.runtime.memory import Bundle
    from llmops_cli.runtime.remote import Remote

LOG = logging.getLogger("llmops.runtime")
_CLOSE_S = 1.0  # how long whoever closes waits for a poll that is under way


@dataclass(frozen=True, slots=True)
class _Polled:
    """What the last poll said: empty `fault` when it came through. `confirmed_at`: when one last did, 0 for never."""

    fault: str = ""
    confirmed_at: float = 0.0


class Prompts:
    """The prompts that an environment serves, wherever the repository is. Safe for threads, and across a fork.

    remote          `https://HOST/PATH.git`, a folder, `git@HOST:PATH.git`
    environment     whose branch `llmops/ENVIRONMENT` is read
    cache_dir       where the last known good is kept (default: the person's cache folder)
    bundled         a snapshot that `llmops export` wrote: a path, or a file of a package (importlib.resources)
    poll_s          seconds between polls, a fifth more or less; 0: only `refresh` asks
    first_timeout_s how long the first `get` of the process waits for the remote
    timeout_s       how long one poll may take; a fetch three times that
    signers         a file of those who may sign releases (ssh-keygen(1), ALLOWED SIGNERS); others are refused
    gpg_keys        whole fingerprints of the GPG keys that may, too
    contract        per prompt the variables that the application passes, or a Contract with output fields too
    token           for https; default: the environment variable LLMOPS_GIT_TOKEN
    on_change       called with the new version when a prompt in use changed, in the thread that polls
    clock           seconds since 1970
    """

    def __init__(  # noqa: PLR0913 - an application writes each by its name
        self,
        remote: str | os.PathLike[str],
        *,
        environment: str = "production",
        cache_dir: str | os.PathLike[str] | None = None,
        bundled: "str | os.PathLike[str] | Bundle | None" = None,
        poll_s: float = 5.0,
        first_timeout_s: float = 5.0,
        timeout_s: float = 10.0,
        signers: str | os.PathLike[str] | None = None,
        gpg_keys: Collection[str] | None = None,
        contract: "Mapping[str, Contract | Iterable[str]] | None" = None,
        token: str = "",
        on_change: Callable[[ServedPrompt], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Raises InputError for an address, a name, a time or a contract that is none. Waits for no network."""
        # here, and not in the thread that polls: a process that forks while a module is half imported breaks its child
        from llmops_cli.runtime.acceptance import checked_environment, checked_name
        from llmops_cli.runtime.disk import Disk
        from llmops_cli.runtime.limits import checked_seconds
        from llmops_cli.runtime.memory import Memory, Rules
        from llmops_cli.runtime.remote import open_remote
        from llmops_cli.runtime.signature import Signers

        checked_seconds("poll_s", poll_s, zero=True)
        checked_seconds("first_timeout_s", first_timeout_s, zero=True)
        checked_seconds("timeout_s", timeout_s, zero=False)
        self.environment = checked_environment(environment)
        self._checked_name = checked_name
        self._open: Callable[[], Remote] = partial(
            open_remote, os.fspath(remote), token=token_of(token), timeout_s=timeout_s
        )
        self._remote = self._open()
        declared = {checked_name(name, environment): Contract.of(name, one) for name, one in (contract or {}).items()}
        who = Signers.of(signers, gpg_keys)
        checked = signers is not None or gpg_keys is not None  # an empty list is nobody, and not everybody
        rules = Rules(environment, who if checked else None, declared)
        # absolute: a service that goes to another folder later must not lose its way down
        folder = Path(cache_dir).expanduser().absolute() if cache_dir is not None else cache_folder()
        place = Path(bundled).expanduser().absolute() if isinstance(bundled, (str, os.PathLike)) else bundled
        disk = Disk(folder, remote=self._remote.shown, environment=environment)
        self._memory = Memory(rules, disk=disk, bundled=place)
        self._poll_s, self._timeout_s = poll_s, timeout_s
        self._on_change, self._clock = on_change, clock
        self._polled = _Polled()
        self._poll_lock = threading.Lock()
        self._answered = threading.Event()  # the first poll has ended, one way or the other
        self._until = time.monotonic() + first_timeout_s
        self._closed = threading.Event()
        self._poller = Poller(self, poll_s) if poll_s else None
        tell_of_forks(self)

    def get(self, reference: str) -> ServedPrompt:
        """The prompt `NAME` (or `NAME@ENVIRONMENT`, for this environment) as it is served now.

        Raises InputError for another environment or a version, ServeError when no place has one that may be served.
        """
        name = self._checked_name(reference, self.environment)
        held = self._memory.state.held.get(name)
        if held is None or not self._memory.application(name).handed:
            self._settle()
            held = self._memory.first(name, remote=self._remote.shown, fault=self._polled.fault)
        return self._served(name, held)

    __getitem__ = get

    def names(self) -> list[str]:
        """The prompts of the environment as of the last fetch; empty when it never came through."""
        self._settle()
        snapshot = self._memory.state.snapshot
        return snapshot.names if snapshot else []

    def refresh(self) -> str:
        """Ask the remote now, in this thread, at most `timeout_s` and the time of a fetch. Returns what went wrong."""
        return self._refreshed(first=False)

    def _refreshed(self, *, first: bool) -> str:
        """`first`: only when no poll has ended so far, else what the last one said."""
        if self._closed.is_set():
            return "closed"
        with self._poll_lock:
            before = self._polled
            if first and self._answered.is_set():
                return before.fault
            try:
                changed = self._ask()
            except ServeError as error:
                changed = []
                fault = error.message
            except Exception as error:  # the fence of the thread that polls: it must outlive everything
                LOG.exception("a poll failed in a way that nobody foresaw")
                changed = []
                fault = f"a bug in llmops ({type(error).__name__}: {error})"
            else:
                fault = ""
            if self._closed.is_set():
                return "closed"
            self._polled = _Polled(fault, before.confirmed_at if fault else self._clock())
            if fault and fault != before.fault:
                LOG.warning("the prompts of %s are not confirmed; %s: %s", self.environment, self._remote.shown, fault)
            if before.fault and not fault:
                LOG.info("%s answers again", self._remote.shown)
            self._answered.set()
        for name in changed:
            self._announce(name)
        return fault

    def poll(self) -> None:
        """What the thread does every few seconds."""
        if not self._closed.is_set():
            self.refresh()

    def close(self) -> None:
        """Stop asking. What is in memory can still be read, as `stale`."""
        self._closed.set()
        if self._poller is not None:
            self._poller.stop(_CLOSE_S)
        self._polled = _Polled("closed", self._polled.confirmed_at)
        self._answered.set()
        if self._poll_lock.acquire(timeout=_CLOSE_S):  # else a poll is under way; its thread ends with the process
            self._remote.close()
            self._poll_lock.release()

    def forked(self) -> None:
        """In a child process: a connection, locks and a thread of its own."""
        self._inherited = self._remote  # kept, not closed: a thread that is not here may have been reading from it
        self._remote = self._open()
        self._memory.forked()
        self._poll_lock = threading.Lock()
        answered, self._answered = self._answered.is_set(), threading.Event()
        if answered:
            self._answered.set()
        if self._poller is not None and not self._closed.is_set():
            self._poller = Poller(self, self._poll_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self) -> list[str]:
        """One poll; the names of prompts that changed. Raises ServeError."""
        branch = f"refs/heads/llmops/{self.environment}"
        tip = self._remote.tip(branch)
        if tip is None:
            raise ServeError(f"there is no branch llmops/{self.environment}")
        known = self._memory.state.snapshot
        if known is not None and known.commit == tip:
            return self._memory.confirm()
        files, now = self._remote.files(tip), self._clock()
        return self._memory.take(tip, files, now=now, confirmed_at=self._polled.confirmed_at)

    def _settle(self) -> None:
        """Nothing is known yet: wait for the first poll, but all `get` of the process together no longer than said."""
        if self._answered.is_set():
            return
        if self._poller is None:
            self._refreshed(first=True)  # one of the threads that want to know asks; the others wait for its answer
        else:
            self._answered.wait(max(0.0, self._until - time.monotonic()))

    def _served(self, name: str, held: "Held") -> ServedPrompt:
        polled = self._polled
        seen_at = polled.confirmed_at if held.current and polled.confirmed_at else held.seen_at
        passed_s = self._clock() - seen_at
        fault = f"{self._remote.shown}: {polled.fault}" if polled.fault and not self._closed.is_set() else polled.fault
        why = held.why or fault or self._doubt(held, passed_s)
        origin = "stale" if held.origin == "remote" else held.origin
        return ServedPrompt(
            name=name,
            version=str(held.prompt.version),
            digest=held.prompt.digest,
            environment=self.environment,
            source=cast(Source, origin) if why else "live",
            age_s=max(0.0, passed_s),
            why=why,
            commit=held.commit,
            _prompt=held.prompt,
            _application=self._memory.application(name),
        )

    def _doubt(self, held: "Held", passed_s: float) -> str:
        if not held.current:
            return f"{self._remote.shown} has not answered yet"
        if self._poll_s and abs(passed_s) > 3 * self._poll_s + self._timeout_s:
            if passed_s < 0:
                return f"the clock went back since {self._remote.shown} was asked"
            return f"{self._remote.shown} was last asked {passed_s:.0f} s ago"
        return ""

    def _announce(self, name: str) -> None:
        held = self._memory.state.held[name]
        LOG.info("%s: %s is served now", self.environment, held.prompt.reference)
        if self._on_change is not None:
            try:
                self._on_change(self._served(name, held))
            except Exception:  # the fence around what the application does with the news
                LOG.exception("on_change failed for %s", held.prompt.reference)
