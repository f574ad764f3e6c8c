"""The seam to a store of answers, which of its doors is opened, and the wrapper that only reads."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from llmops_cli.errors import InputError
from llmops_cli.files.json_value import Json
from llmops_cli.models.answer_cache import AnswerCache
from llmops_cli.models.model import Request, Response


class Cache(Protocol):
    """A store of answers, keyed by `Request.key`: in a folder, or one that machines share.

    It never stands in the way of a run: what cannot be read or kept is a sentence in `warnings`, not an error.
    """

    warnings: list[str]

    async def find(self, key: str) -> Response | None:
        """The answer to the request with this key, `cached=True`; None when there is none that can be believed.

        Many that are looked for at the same time cost one round trip.
        """
        ...

    async def keep(self, request: Request, response: Response, *, index: Mapping[str, str] | None = None) -> None:
        """Keep an answer; it is stored when this returns. `index` is stored beside it, for people who look for it."""
        ...

    def claim(self, key: str) -> AbstractAsyncContextManager[bool]:
        """Held while the question with this key is asked, so that no other process asks it as well.

        True: it is ours to ask (look once more before). False: another process was asking it and has come to an end.
        """
        ...

    def entry(self, key: str) -> dict[str, Json] | None:
        """All that is stored for a key, as data: for people."""
        ...

    def close(self) -> None:
        """Let go of the store; safe to call twice. A closed cache has no answers and keeps none."""
        ...


class ReadOnlyCache:
    """A Cache that answers from another and never writes into it: for jobs whose answers nobody else may believe."""

    def __init__(self, inner: Cache) -> None:
        self._inner = inner
        self.warnings = inner.warnings

    async def find(self, key: str) -> Response | None:
        """What the inner cache has."""
        return await self._inner.find(key)

    async def keep(self, request: Request, response: Response, *, index: Mapping[str, str] | None = None) -> None:
        """Nothing is kept."""

    def claim(self, key: str) -> AbstractAsyncContextManager[bool]:
        """Always ours: to claim is to write."""
        return nullcontext(True)

    def entry(self, key: str) -> dict[str, Json] | None:
        """What the inner cache has."""
        return self._inner.entry(key)

    def close(self) -> None:
        """Close the inner cache."""
        self._inner.close()


def open_folder(folder: Path) -> Cache:
    """The cache in a folder of this machine."""
    return AnswerCache(folder)


def open_shared(url: str) -> Cache:
    """The cache that machines share. Nothing is sent before the first question.

    Raises InputError for an address that cannot be one, and when the package that speaks to it is not installed.
    """
    try:
        from llmops_cli.models.redis_cache import RedisCache
    except ModuleNotFoundError as error:
        if error.name != "redis":
            raise
        hint = "pip install 'llmops-cli[redis]', or unset LLMOPS_CACHE_URL"
        raise InputError("LLMOPS_CACHE_URL is set, and the package redis is not installed", hint=hint) from None
    return RedisCache(url)
