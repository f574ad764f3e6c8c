"""The line to a Redis: commands in the order they are given, many in one round trip. The only door to redis-py.

One thread speaks, so that a slow server never stops the event loop, and a cache can serve one loop after another.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from llmops_cli.errors import InputError
from llmops_cli.models.secret import redact

Command = tuple[str | bytes | int, ...]
_CONNECT_S = 2.0
_REPLY_S = 3.0
_CLOSING_S = 5.0
_MOST_AT_ONCE = 64  # commands in one round trip: it bounds what their replies may hold at a time
_MOST_SAID = 200  # characters of a stranger's complaint
_FORMS = "redis://HOST:PORT/DB, rediss://HOST:PORT/DB or unix:///PATH/TO/SOCKET?db=DB"


@dataclass(frozen=True, slots=True)
class Refused:
    """The server's reply that it does not do what it is told, and why."""

    reason: str


Reply = bytes | int | bool | Refused | None


class LineError(Exception):
    """Nobody can be reached at the other end any more; the message says why."""


@dataclass(frozen=True, slots=True)
class _Job:
    commands: tuple[Command, ...]
    done: Future[list[Reply]] = field(default_factory=Future)

    def is_wanted(self) -> bool:
        """Whether to send it: nobody has given it up before. From here on nobody can."""
        return self.done.running() or self.done.set_running_or_notify_cancel()


class RedisLine:
    """One connection to the Redis at a URL, made at the first command.

    The first failure of the connection ends it: a server that is down or slow would be waited for again and again.
    `regular` gives commands that are sent every `every_s` seconds, whatever else there is to send.
    Raises InputError for a URL that cannot be one.
    """

    def __init__(self, url: str, *, regular: Callable[[], Sequence[Command]], every_s: float) -> None:
        self.shown = shown(url)
        self._client = _client(url)
        self._secret = unquote(urlsplit(url).password or "")
        self._regular, self._every_s = regular, every_s
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._end = ""  # why there is no line any more

    def send(self, *commands: Command, surely: bool = False) -> "Future[list[Reply]]":
        """The replies to some commands; an error reply is one of them. The future raises LineError.

        Who cancels it before its turn takes the commands back, unless they are `surely` to be sent.
        """
        job = _Job(commands)
        if surely:
            job.is_wanted()
        with self._lock:
            if self._end:
                job.done.set_exception(LineError(self._end))
                return job.done
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="llmops-redis", daemon=True)
                self._thread.start()
            self._jobs.put(job)
        return job.done

    def close(self) -> None:
        """Send what waits, then hang up; safe to call twice. One who has given up is not waited for."""
        with self._lock:
            thread, self._thread = self._thread, None
            has_ended, self._end = bool(self._end), self._end or "the cache is closed"
            self._jobs.put(None)
        if thread is not None and not has_ended:
            thread.join(_CLOSING_S)  # a server may be slow to the last; the thread is a daemon

    def _serve(self) -> None:
        last = False
        due = time.monotonic() + self._every_s
        while not last:
            jobs, last = self._next(max(0.0, due - time.monotonic()))
            commands = [command for job in jobs for command in job.commands]
            if time.monotonic() >= due:
                commands += self._regular()
                due = time.monotonic() + self._every_s
            try:
                replies = iter(self._exchange(commands))
            except Exception as error:  # the fence: what is no Redis makes the client raise anything
                self.give_up(self._told(error), jobs)
                break
            for job in jobs:
                job.done.set_result([next(replies) for _ in job.commands])
        with contextlib.suppress(Exception):  # the same fence
            self._client.close()

    def _next(self, wait_s: float) -> tuple[list[_Job], bool]:
        """The next jobs that are still wanted, none after `wait_s` seconds of silence; and whether they are the last.

        Whoever came into the queue while a round trip was made goes with the next one.
        """
        jobs: list[_Job] = []
        count = 0
        while count < _MOST_AT_ONCE:
            try:
                job = self._jobs.get_nowait() if jobs else self._jobs.get(timeout=wait_s)
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            if job.is_wanted():
                jobs.append(job)
                count += len(job.commands)
        return jobs, False

    def _exchange(self, commands: Sequence[Command]) -> list[Reply]:
        if not commands:
            return []
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)  # type: ignore[no-untyped-call]
        replies = pipeline.execute(raise_on_error=False)
        return [Refused(self._told(reply)) if isinstance(reply, redis.ResponseError) else reply for reply in replies]

    def _told(self, error: Exception) -> str:
        """The words of the client or the server, for a warning."""
        said = redact(str(error), [self._secret] if self._secret else [])
        return " ".join(said.split())[:_MOST_SAID] or type(error).__name__

    def give_up(self, reason: str, jobs: Sequence[_Job] = ()) -> None:
        """Say nothing any more: all commands that wait, and all that come, have the reason as their reply."""
        with self._lock:
            self._end = self._end or reason
            left = list(jobs)
            with contextlib.suppress(queue.Empty):
                while (job := self._jobs.get_nowait()) is not None:
                    if job.is_wanted():
                        left.append(job)
                self._jobs.put(None)  # the thread is to end all the same
        for job in left:
            job.done.set_exception(LineError(reason))


def shown(url: str) -> str:
    """The address as people may see it: without user, password and options."""
    somewhere = "the address in LLMOPS_CACHE_URL"
    try:
        parts = urlsplit(url)
        if "@" in f"{parts.path}{parts.query}{parts.fragment}":  # the password is not escaped, and may be anywhere
            return somewhere
        if parts.scheme == "unix":
            return f"unix://{parts.path}"
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return somewhere
    database = parts.path if parts.path.strip("/").isdigit() else ""
    return f"{parts.scheme}://{host}{port}{database}" if host else somewhere


def _client(url: str) -> "redis.Redis":
    try:
        parts = urlsplit(url)
        whole = parts.path if parts.scheme == "unix" else parts.hostname
        numbered = parts.scheme == "unix" or not parts.path.strip("/") or parts.path.strip("/").isdigit()
        if parts.scheme not in ("redis", "rediss", "unix") or not whole or not numbered or parts.fragment:
            raise ValueError("not of a known form")
        client = redis.Redis.from_url(
            url,
            socket_connect_timeout=_CONNECT_S,
            socket_timeout=_REPLY_S,
            retry=Retry(NoBackoff(), 1, (redis.ConnectionError,)),  # the server may have closed an idle connection
            protocol=2,
            decode_responses=False,
        )
        client.connection_pool.make_connection()  # connects to nobody, but sees options that do not exist
    except (ValueError, TypeError):  # their words may hold the password
        raise InputError(f"LLMOPS_CACHE_URL is no address of a Redis ({shown(url)})", hint=f"write {_FORMS}") from None
    return client
