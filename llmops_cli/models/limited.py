"""At most so many calls at once, and none of them for ever."""

import asyncio

from llmops_cli.models.model import Fault, Model, ModelError, Request, Response


class LimitedModel:
    """A Model whose calls wait for one of `concurrency` places and end after `timeout_s` seconds, whatever hangs.

    The time counts from the moment a call has its place, and covers the whole call: connecting, waiting, reading.
    """

    def __init__(self, inner: Model, *, concurrency: int, timeout_s: float) -> None:
        self._inner = inner
        self._places = asyncio.Semaphore(concurrency)
        self._timeout_s = timeout_s

    async def answer(self, request: Request) -> Response:
        """The answer of the inner model. Raises ModelError, TIMEOUT when it took too long."""
        async with self._places:
            try:
                async with asyncio.timeout(self._timeout_s) as deadline:
                    return await self._inner.answer(request)
            except TimeoutError:
                if not deadline.expired():
                    raise
                raise ModelError(Fault.TIMEOUT, f"no answer within {self._timeout_s:g} s") from None

    async def close(self) -> None:
        """Close the inner model."""
        await self._inner.close()
