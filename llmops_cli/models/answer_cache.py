"""The store of answers on disk. The only door to diskcache.

In CI the database comes from elsewhere, so nothing in it is trusted: diskcache would unpickle what a row's mode tells
it to (CVE-2025-69872, also under its JSONDisk) and open or delete files that a row names. Our Disk does neither.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, cast

import diskcache

from llmops_cli.files.json_value import Json, parse_json
from llmops_cli.models.cache_entry import CacheEntry, entry_of, read_entry
from llmops_cli.models.model import Request, Response

DATABASE = "cache.db"
_INLINE = 1  # diskcache's MODE_RAW: the value itself stands in the row
_SETTINGS: dict[str, Any] = {
    "eviction_policy": "none",  # diskcache evicts silently at 1 GiB otherwise
    "cull_limit": 0,
    "size_limit": 2**62,
    "statistics": 0,
    "tag_index": 0,
    "sqlite_journal_mode": "wal",
    "sqlite_synchronous": 1,  # a commit survives the death of the process, if perhaps not that of the machine
}
_COUNTERS = frozenset({"count", "size", "hits", "misses"})
_TABLES = frozenset({"Cache", "Settings"})
_CORRUPT = frozenset({1, 11, 26})  # SQLITE_ERROR (other tables or columns than ours), SQLITE_CORRUPT, SQLITE_NOTADB


class _RefusedError(Exception):
    """The database holds something that we never write."""


class _InlineDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """Text keys, bytes as values, all of it inside the row; whatever else a row says is refused, never followed."""

    def put(self, key: object) -> tuple[str, bool]:
        """The key as a column value."""
        if type(key) is not str:
            raise TypeError("keys of the cache are text")
        return key, True

    def get(self, key: object, raw: object) -> str:
        """The key of a row."""
        if not raw or type(key) is not str:
            raise _RefusedError("a key that is not text")
        return key

    def store(self, value: object, read: bool, key: object = None) -> tuple[int, int, None, bytes]:
        """The columns size, mode, filename, value."""
        if read or type(value) is not bytes:
            raise TypeError("values of the cache are bytes")
        return len(value), _INLINE, None, value

    def fetch(self, mode: object, filename: object, value: object, read: bool) -> bytes:
        """The value of a row."""
        if read or mode != _INLINE or filename is not None or type(value) is not bytes:
            raise _RefusedError("an entry that is not plain bytes")
        return value

    def filename(self, key: object = None, value: object = None) -> NoReturn:
        """No value is a file of its own."""
        raise _RefusedError("an entry in a file")

    def remove(self, file_path: object) -> None:
        """No file is ours to delete, whatever a row says."""


class AnswerCache:
    """The store of answers in a folder (see `Cache`). Safe to share between processes.

    It never stands in the way of a run: a database that is corrupt or was tampered with is moved aside, a folder that
    cannot be written means a run without cache. `warnings` says so, in sentences for people.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warnings: list[str] = []
        self._store: Any = self._open()
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="llmops-cache")
        self._writable = True
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, bytes, asyncio.Future[None]]] = []

    def get(self, key: str) -> Response | None:
        """The answer to the request with this key, `cached=True`; None when there is none that can be believed."""
        entry = self._read(key)
        return entry.response() if entry else None

    async def find(self, key: str) -> Response | None:
        """`get`, which is quick enough not to stop the event loop."""
        return self.get(key)

    def put(self, request: Request, response: Response, *, index: Mapping[str, str] | None = None) -> None:
        """Keep an answer; it is on disk when this returns. `index` is stored beside it, for people who look for it.

        An answer that cannot be kept becomes a warning, not an error.
        """
        self._write([(request.key, entry_of(request, response, index or {}))])

    async def keep(self, request: Request, response: Response, *, index: Mapping[str, str] | None = None) -> None:
        """`put` on a thread of its own, because another process may hold the lock of the database.

        What comes in while that thread is busy is written in one transaction: four times faster than one by one.
        """
        if self._store is None:
            return
        value = entry_of(request, response, index or {})
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        with self._lock:
            self._waiting.append((request.key, value, done))
            first = len(self._waiting) == 1
        if first:
            self._writer.submit(self._write_waiting, loop)
        await done

    def _write_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        try:
            self._write([(key, value) for key, value, _ in waiting])
        finally:
            loop.call_soon_threadsafe(_release, [done for _, _, done in waiting])

    def _write(self, rows: Sequence[tuple[str, bytes]]) -> None:
        for _ in range(2):  # a second time when the database had to be replaced
            store = self._store
            if store is None or not self._writable:
                return
            try:
                with store.transact():
                    for key, value in rows:
                        store.set(key, value)
                return
            except (diskcache.Timeout, sqlite3.DatabaseError, OSError) as error:
                if not self._replaced(store, error):
                    self._writable = False  # a lock that was waited for in vain would be waited for every time
                    self._warn(f"answers are not kept in {self.folder} any more: {_reason(error)}")
                    return

    def claim(self, key: str) -> AbstractAsyncContextManager[bool]:
        """Always ours: other processes are not told what this one asks."""
        return nullcontext(True)

    def entry(self, key: str) -> dict[str, Json] | None:
        """All that is stored for a key, as data: for people."""
        entry = self._read(key)
        return cast(dict[str, Json], parse_json(entry.model_dump_json())) if entry else None

    def close(self) -> None:
        """Let go of the database; safe to call twice. A closed cache has no answers and keeps none."""
        store, self._store = self._store, None
        if store is not None:
            self._writer.submit(store.close).result()  # connections belong to threads
            store.close()
        self._writer.shutdown()

    def _read(self, key: str) -> CacheEntry | None:
        store = self._store
        if store is None:
            return None
        try:
            data = store.get(key)
        except _RefusedError as error:
            self._warn(f"the cache in {self.folder} holds {error}; it was not read. Was the file changed by others?")
            return None
        except (diskcache.Timeout, sqlite3.DatabaseError) as error:
            if not self._replaced(store, error):
                self._warn(f"the cache in {self.folder} cannot be read: {_reason(error)}")
            return None
        return None if data is None else read_entry(data, key)

    def _open(self) -> Any:
        """diskcache's Cache, or None when the folder cannot be used."""
        database = self.folder / DATABASE
        error: Exception
        for _ in range(3):
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                if database.exists():
                    _inspect(database)
                return diskcache.Cache(str(self.folder), timeout=60, disk=_InlineDisk, **_SETTINGS)
            except (_RefusedError, sqlite3.DatabaseError, OSError) as caught:
                error = caught
                if not _is_corrupt(error):
                    break
                try:
                    self._move_aside(error)
                except OSError as stuck:
                    error = stuck
                    break
        self._warn(f"running without a cache: {self.folder} cannot be used ({_reason(error)})")
        return None

    def _replaced(self, store: Any, error: Exception) -> bool:
        """Whether the database was corrupt and a fresh one stands in its place."""
        if not _is_corrupt(error):
            return False
        if store is self._store:  # the other thread may have been faster
            store.close()
            self._store = None
            try:
                self._move_aside(error)
            except OSError as stuck:
                self._warn(f"running without a cache: {self.folder} cannot be used ({_reason(stuck)})")
                return False
            self._store = self._open()
        return self._store is not None

    def _move_aside(self, error: Exception) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = self.folder / f"{DATABASE}.corrupt-{stamp}"
        number = 1
        while aside.exists():
            number += 1
            aside = aside.with_name(f"{DATABASE}.corrupt-{stamp}-{number}")
        for suffix in ("-wal", "-shm", ""):  # its log goes with it, or sqlite would replay it into the next one
            part = self.folder / (DATABASE + suffix)
            if part.exists():
                part.replace(aside.with_name(aside.name + suffix))
        self._warn(f"the cache was unusable ({_reason(error)}); it was moved to {aside} and a new one begun")

    def _warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)


def _inspect(database: Path) -> None:
    """Look at a database before diskcache does, which turns the rows of Settings into attributes and pragmas.

    Raises _RefusedError when it says anything we would not have written, sqlite3.DatabaseError when it is none.
    """
    expected = {**diskcache.DEFAULT_SETTINGS, **_SETTINGS}
    connection = sqlite3.connect(database, timeout=60)
    try:
        for kind, table in connection.execute("SELECT type, tbl_name FROM sqlite_master").fetchall():
            if kind not in ("table", "index", "trigger") or table not in _TABLES:
                raise _RefusedError(f"a {kind} of {table!r}, which is not ours")
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'Settings'").fetchall():
            return
        for key, value in connection.execute("SELECT key, value FROM Settings").fetchall():
            ours = isinstance(value, int) if key in _COUNTERS else key in expected and expected[key] == value
            if not ours:
                raise _RefusedError(f"the setting {key!r}, which is not ours")
    finally:
        connection.close()


def _is_corrupt(error: Exception) -> bool:
    return isinstance(error, _RefusedError) or (
        isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _CORRUPT
    )


def _reason(error: Exception) -> str:
    if isinstance(error, diskcache.Timeout):  # what diskcache makes of every failure to begin a transaction
        return "the database is locked by another process or cannot be written"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()


def _release(waiting: Sequence["asyncio.Future[None]"]) -> None:
    for done in waiting:
        if not done.done():  # cancelled meanwhile
            done.set_result(None)
