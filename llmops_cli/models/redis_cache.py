"""The store of answers that machines share: the entries of the cache on disk, in a Redis, and who is asking what.

Whoever can write to that Redis can write here, so nothing in it is trusted: an entry is read up to a size, must have
the shape of one, and must say that it answers the very request. It can still be a lie (SECURITY.md).
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, cast

from llmops_cli.files.json_value import Json, parse_json
from llmops_cli.models.cache_entry import CacheEntry, entry_of, read_entry
from llmops_cli.models.model import Request, Response
from llmops_cli.models.redis_line import Command, LineError, RedisLine, Refused, Reply

_PREFIX: Final = "llmops:1:"  # the 1 is the version of what stands behind it
MOST_BYTES: Final = 4 * 1024 * 1024
# only the one who holds a claim may prolong it or end it
_PROLONG: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end"
_END: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"


@dataclass(frozen=True, slots=True)
class Timing:
    """All in seconds. A claim lives `claim_s` after its last renewal; others look after it every `first_look_s`, then
    ever more seldom up to `look_s`, and ask themselves when the answer has not come after `most_waited_s`. `reply_s` is
    for a server that sends a little all the time; one that is silent is given up sooner."""

    claim_s: float = 10.0
    first_look_s: float = 0.02
    look_s: float = 0.25
    most_waited_s: float = 600.0
    reply_s: float = 30.0


class RedisCache:
    """The store of answers in a Redis (see `Cache`). Nothing is sent before the first question.

    A Redis that cannot be reached means a run without cache, one that cannot be written a run that keeps nothing:
    `warnings` says so once. Raises InputError for a URL that cannot be one.
    """

    def __init__(self, url: str, *, timing: Timing = Timing()) -> None:
        self._timing = timing
        self._claims: dict[str, str] = {}  # what we are asking: the name of the claim and our token in it
        self._line = RedisLine(url, regular=self._renewals, every_s=timing.claim_s / 3)
        self._writable = True
        self._closed = False
        self.warnings: list[str] = []

    async def find(self, key: str) -> Response | None:
        """The answer to the request with this key, `cached=True`; None when there is none that can be believed."""
        entry = self._believed(await self._ask(_reading(key)), key)
        return entry.response() if entry else None

    async def keep(self, request: Request, response: Response, *, index: Mapping[str, str] | None = None) -> None:
        """Keep an answer; the server has it when this returns."""
        value = entry_of(request, response, index or {})
        if len(value) > MOST_BYTES:
            self._warn(f"an answer of more than {MOST_BYTES:,} bytes is not kept in the shared cache")
            return
        if self._writable:
            self._written(await self._ask(("SET", _answer(request.key), value), surely=True))

    @asynccontextmanager
    async def claim(self, key: str) -> AsyncIterator[bool]:
        """Held while the question with this key is asked (see `Cache`).

        A claim is a key that expires, with a token of ours in it; it is renewed while it is held, so a worker that was
        killed holds others up for `claim_s` seconds at most.
        """
        name, token = f"{_PREFIX}asking:{key}", secrets.token_hex(16)
        try:
            yield not self._writable or await self._take(name, token)
        finally:
            if self._claims.get(name) == token:
                del self._claims[name]
            if self._writable:
                self._line.send(("EVAL", _END, 1, name, token))  # sent in order, whether or not somebody waits for it

    def entry(self, key: str) -> dict[str, Json] | None:
        """All that is stored for a key, as data: for people."""
        try:
            entry = self._believed(self._line.send(_reading(key)).result(self._timing.reply_s), key)
        except (LineError, TimeoutError) as error:
            self._lost(error)
            return None
        return cast(dict[str, Json], parse_json(entry.model_dump_json())) if entry else None

    def close(self) -> None:
        """Hang up, after what is still to be written; safe to call twice."""
        self._closed = True
        self._line.close()

    async def _take(self, name: str, token: str) -> bool:
        """Whether the claim is ours; False after another's has come to an end."""
        replies = await self._ask(("SET", name, token, "NX", "PX", round(self._timing.claim_s * 1000)))
        if not self._written(replies):
            return True  # nobody can be kept from asking where nothing can be written
        if replies[0]:
            self._claims[name] = token
            return True
        return not await self._ended(name)

    async def _ended(self, name: str) -> bool:
        """Wait for the end of another's claim; False when that is nothing to wait for."""
        loop = asyncio.get_running_loop()
        wait, until = self._timing.first_look_s, loop.time() + self._timing.most_waited_s
        while loop.time() < until:
            replies = await self._ask(("PTTL", name))
            left = replies[0] if replies else None
            if left == -2:  # gone
                return True
            if not isinstance(left, int) or not 0 <= left <= self._timing.claim_s * 1000:
                return False  # no claim of ours ever reads like that
            await asyncio.sleep(wait)
            wait = min(self._timing.look_s, wait * 1.5)
        return False

    def _renewals(self) -> Sequence[Command]:
        expiry = round(self._timing.claim_s * 1000)
        return [("EVAL", _PROLONG, 1, name, token, expiry) for name, token in list(self._claims.items())]

    async def _ask(self, command: Command, *, surely: bool = False) -> list[Reply]:
        """The reply to a command as a list of one; empty when there is nobody to give it.

        With `surely` it is sent also when nobody waits for it any more.
        """
        try:
            return await asyncio.wait_for(
                asyncio.wrap_future(self._line.send(command, surely=surely)), self._timing.reply_s
            )
        except (LineError, TimeoutError) as error:
            self._lost(error)
            return []

    def _believed(self, replies: Sequence[Reply], key: str) -> CacheEntry | None:
        for reply in replies:
            if isinstance(reply, Refused):
                self._warn(f"the shared cache {self._line.shown} cannot be read: {reply.reason}")
            if isinstance(reply, bytes):
                return read_entry(reply, key)
        return None

    def _written(self, replies: Sequence[Reply]) -> bool:
        """Whether the server took what it was given; what it refuses is the last that it is given."""
        for reply in replies:
            if isinstance(reply, Refused) and self._writable:
                self._writable = False
                self._warn(f"answers are not kept in the shared cache {self._line.shown}: {reply.reason}")
        return bool(replies) and not isinstance(replies[0], Refused)

    def _lost(self, error: Exception) -> None:
        self._writable = False
        reason = str(error) or "no whole answer in time"
        self._line.give_up(reason)
        if not self._closed:
            self._warn(f"running without the shared cache {self._line.shown}: {reason}")

    def _warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)


def _answer(key: str) -> str:
    return f"{_PREFIX}answer:{key}"


def _reading(key: str) -> Command:
    """One byte more than an entry may have, so that one that is too long cannot be whole."""
    return "GETRANGE", _answer(key), 0, MOST_BYTES
