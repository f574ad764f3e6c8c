"""What a process serves: for every prompt in use the version that was accepted last, and why not a newer one."""

import logging
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from llmops_cli.errors import ServeError
from llmops_cli.runtime.acceptance import Held, accepted
from llmops_cli.runtime.application import Application
from llmops_cli.runtime.contract import Contract
from llmops_cli.runtime.disk import Disk
from llmops_cli.runtime.signature import Signers
from llmops_cli.runtime.snapshot import Snapshot, read_snapshot

LOG = logging.getLogger("llmops.runtime")


class Bundle(Protocol):
    """A file, or something in a package that can be read like one (importlib.resources)."""

    def read_bytes(self) -> bytes:
        """Its bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every prompt of the environment. `signers` None: signatures are not looked at."""

    environment: str
    signers: Signers | None
    contracts: Mapping[str, Contract]


@dataclass(frozen=True, slots=True)
class State:
    """The environment as the remote gave it last, and what is served; replaced as a whole, so never half changed."""

    snapshot: Snapshot | None = None
    held: Mapping[str, Held] = field(default_factory=dict)


class Memory:
    """Safe to be used by many threads: `state` can be read at any time, everything else takes the lock."""

    def __init__(self, rules: Rules, *, disk: Disk, bundled: Bundle | None) -> None:
        self.state = State()
        self._rules = rules
        self._disk = disk
        self._bundled = bundled
        self._lock = threading.RLock()
        self._applications: dict[str, Application] = {}
        self._told: dict[str, str] = {}

    def forked(self) -> None:
        """In a child process: whoever held the lock does not live here."""
        self._lock = threading.RLock()

    def application(self, name: str) -> Application:
        """How this process uses a prompt."""
        known = self._applications.get(name)
        return known or self._applications.setdefault(name, Application(self._rules.contracts.get(name)))

    def take(self, commit: str, files: Mapping[str, bytes], *, now: float, confirmed_at: float) -> list[str]:
        """The remote serves these files now: every prompt in use follows, or says why not. Returns those that changed.

        `confirmed_at`: when what is held was last known to be live.
        """
        snapshot = Snapshot(self._rules.environment, commit, now, files)
        with self._lock:
            changed = self._follow(snapshot, {*self.state.held, *self._rules.contracts}, confirmed_at)
            self._disk.keep_all(snapshot)
            return changed

    def confirm(self) -> list[str]:
        """The remote still serves what it did. Returns the prompts that changed all the same.

        What was refused is looked at again: a full disk, a slow gpg, a list of signers that was not there yet must not
        keep a rollback away until the branch moves once more.
        """
        with self._lock:
            held, changed = self.state.held, list[str]()
            served = [name for name, one in held.items() if one.current]
            refused = {*held, *self._rules.contracts} - set(served)
            if refused and self.state.snapshot is not None:
                changed = self._follow(self.state.snapshot, refused, confirmed_at=0.0)
        self._disk.confirm((name, self._contract(name)) for name in served)
        return changed

    def first(self, name: str, *, remote: str, fault: str) -> Held:
        """A prompt that nobody asked for so far: from the remote's environment, the disk, or the bundled snapshot.

        `remote` and `fault` are for the message: where it was looked for, and what came of it.
        Raises ServeError that says what was tried, and what each place said.
        """
        with self._lock:
            held = self.state.held.get(name)
            if held is None:
                held = self._found(name, remote, fault)
                self.state = State(self.state.snapshot, {**self.state.held, name: held})
                if held.current and self.state.snapshot is not None:
                    self._keep(name, held, self.state.snapshot)
            self.application(name).gets(held.prompt, live=held.current)
            return held

    def _follow(self, snapshot: Snapshot, names: Collection[str], confirmed_at: float) -> list[str]:
        """These prompts become what the snapshot holds of them, where that may be served; those that changed."""
        held = dict(self.state.held)
        before = {name: one.prompt.reference for name, one in held.items()}
        for name in sorted(names):
            one = self._next(snapshot, name, held.get(name), confirmed_at)
            if one is not None:
                held[name] = one
        self.state = State(snapshot, held)
        for name in held.keys() & set(names):
            one = held[name]
            if one.current:
                self._keep(name, one, snapshot)
            if self.application(name).handed:
                self.application(name).gets(one.prompt, live=one.current)
        return [name for name, one in held.items() if name in before and one.prompt.reference != before[name]]

    def _found(self, name: str, remote: str, fault: str) -> Held:
        snapshot, refused = self.state.snapshot, ""
        tried = [f"{remote}: {fault or 'no answer yet'}"]
        if snapshot is not None:
            if not snapshot.of(name):
                raise self._absent(name, snapshot)
            try:
                return self._accepted(snapshot, name, "remote", None)
            except ServeError as error:
                refused = f"what {self._rules.environment} serves now is refused: {error.message}"
                tried = [f"{remote}: {refused}"]
        for origin, place, found in self._kept(name):
            try:
                if isinstance(found, ServeError):
                    raise found
                held = replace(self._accepted(found, name, origin, None), why=refused)
            except ServeError as error:
                tried.append(f"{place}: {error.message}")
                continue
            self._tell(name, refused)
            return held
        raise ServeError(
            f"{name} cannot be served for {self._rules.environment}; " + "; ".join(tried),
            hint="see that the remote can be reached from here, or carry a snapshot: llmops export, bundled=...",
        )

    def _kept(self, name: str) -> Iterator[tuple[str, str, Snapshot | ServeError]]:
        """Origin, place and content of what is kept: on disk, then in the bundled snapshot."""
        on_disk = 0
        for found in self._disk.read(name, contract=self._contract(name)):
            if isinstance(found, ServeError) or found.of(name):
                on_disk += 1
                yield "disk", "the disk", found
        if not on_disk:
            yield "disk", "the disk", ServeError(f"nothing of it in {self._disk.shown}")
        yield "bundled", "the bundled snapshot", self._bundle(name)

    def _bundle(self, name: str) -> Snapshot | ServeError:
        if self._bundled is None:
            return ServeError("there is none")
        try:
            found = read_snapshot(self._bundled.read_bytes(), label=str(self._bundled))
        except OSError as error:
            return ServeError(f"{self._bundled}: {error.strerror}")
        except ServeError as error:
            return error
        except Exception as error:  # the fence around a file of the application's, which may lie in an archive
            return ServeError(f"{self._bundled}: {type(error).__name__}: {error}")
        if found.environment != self._rules.environment:
            return ServeError(f"it is one of {found.environment}")
        return found if found.of(name) else ServeError("it does not hold this prompt")

    def _next(self, snapshot: Snapshot, name: str, held: Held | None, confirmed_at: float) -> Held | None:
        """What is served of a prompt from now on; None when there is nothing that could be."""
        files = snapshot.of(name)
        try:
            if not files:
                raise ServeError(f"{self._rules.environment} does not hold {name}" + (" any more" if held else ""))
            if held is not None and held.files == files:
                one = replace(held, current=True, origin="remote", commit=snapshot.commit, why="")
            else:
                one = self._accepted(snapshot, name, "remote", held)
        except ServeError as error:
            why = (
                f"{name} as {self._rules.environment} serves it now is refused: {error.message}"
                if files
                else error.message
            )
            self._tell(name, why)
            if held is None:
                return None
            return replace(held, current=False, why=why, seen_at=confirmed_at if held.current else held.seen_at)
        self._tell(name, "")
        return one

    def _accepted(self, snapshot: Snapshot, name: str, origin: str, held: Held | None) -> Held:
        files = snapshot.of(name)
        prompt = accepted(
            files, name,
            signers=self._rules.signers, application=self.application(name), now=held.prompt if held else None,
        )  # fmt: skip
        return Held(prompt, files, snapshot.commit, origin, snapshot.taken_at, current=origin == "remote")

    def _keep(self, name: str, held: Held, snapshot: Snapshot) -> None:
        self._disk.keep(name, replace(snapshot, files=held.files), contract=self._contract(name))

    def _contract(self, name: str) -> str:
        """What sets apart the files of those who may hold on to other versions; also that they ask for signatures."""
        declared = self._rules.contracts.get(name)
        said = [*sorted(declared.variables), ">", *sorted(declared.output)] if declared else []
        return " ".join([*said, *(["!"] if self._rules.signers else [])])

    def _absent(self, name: str, snapshot: Snapshot) -> ServeError:
        names = snapshot.names
        shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
        place = self._rules.environment
        return ServeError(
            f"{place} does not hold {name!r} (commit {snapshot.commit[:7]}); it holds {shown or 'nothing'}",
            hint=f"run: llmops promote {name} VERSION --env {place}",
        )

    def _tell(self, name: str, why: str) -> None:
        """One warning for each thing that goes wrong, and not one every few seconds."""
        if self._told.get(name, "") != why:
            self._told[name] = why
            if why:
                LOG.warning("%s", why)
