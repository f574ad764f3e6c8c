"""No question is paid for twice: a Model that answers from the store, and keeps in it what it had to ask."""

import asyncio
import dataclasses
import functools

from llmops_cli.models.cache import Cache
from llmops_cli.models.model import COMPLETE, Model, Request, Response


class _Flight:
    """A call under way, and how many wait for it."""

    def __init__(self, call: "asyncio.Task[Response]") -> None:
        self.call = call
        self.waiting = 0


class CachedModel:
    """A Model that answers from a Cache, and puts into it what the inner model answers.

    Kept are complete answers (`COMPLETE` finish reasons, and not empty) that the request's `keeping` does not refuse;
    for a judge that is "the verdict can be parsed". What would not be kept is not believed from the cache
    either. A kept answer is stored before it is returned. Identical requests at the same time make one call, also
    those of other processes where the cache is shared: who did not start it gets the answer as `cached`, because it
    cost nothing. A process that waited for another's call, which failed, asks for itself. Without a cache only the
    single call of this process remains.
    """

    def __init__(self, inner: Model, cache: Cache | None) -> None:
        self._inner = inner
        self._cache = cache
        self._flights: dict[str, _Flight] = {}

    async def answer(self, request: Request) -> Response:
        """The kept answer, else that of the inner model. Raises its ModelError; errors are never kept."""
        key = request.key
        flight = self._flights.get(key)
        started = flight is None
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(self._call(request)))
            flight.call.add_done_callback(functools.partial(self._landed, key))
        flight.waiting += 1
        try:
            response = await asyncio.shield(flight.call)
        finally:
            flight.waiting -= 1
            if not flight.waiting:  # nobody wants the answer any more; who comes now must not find a cancelled call
                self._landed(key, flight.call)
                flight.call.cancel()
        return response if started or response.cached else dataclasses.replace(response, cached=True)

    async def close(self) -> None:
        """Close the inner model; the cache belongs to whoever opened it."""
        await self._inner.close()

    async def _call(self, request: Request) -> Response:
        if self._cache is None:
            return await self._inner.answer(request)
        response = await self._kept(request, self._cache)
        while response is None:
            async with self._cache.claim(request.key) as ours:
                response = await self._kept(request, self._cache)  # it may have come just before the claim
                if response is None and ours:
                    return await self._asked(request, self._cache)
        return response

    async def _kept(self, request: Request, cache: Cache) -> Response | None:
        kept = await cache.find(request.key)
        return kept if kept is not None and self._acceptable(request, kept) else None

    async def _asked(self, request: Request, cache: Cache) -> Response:
        response = await self._inner.answer(request)
        if not response.cached and self._acceptable(request, response):
            await cache.keep(request, response, index=request.keeping.index if request.keeping else {})
        return response

    def _acceptable(self, request: Request, response: Response) -> bool:
        if response.finish_reason not in COMPLETE or not response.says_something:
            return False
        return request.keeping is None or request.keeping.accept(response)

    def _landed(self, key: str, call: "asyncio.Task[Response]") -> None:
        flight = self._flights.get(key)
        if flight is not None and flight.call is call:
            del self._flights[key]
        if call.done() and not call.cancelled():
            call.exception()  # fetched, so that asyncio does not complain when everybody had left
