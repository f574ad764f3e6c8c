"""Ask again where that helps: exponential back-off with full jitter; all slow down when the provider says so."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from llmops_cli.models.model import RETRYABLE, Fault, Model, ModelError, Request, Response

LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts` counts the first call too; waits grow from `backoff_s` and no wait is longer than `cap_s` seconds."""

    attempts: int = 4
    backoff_s: float = 0.5
    cap_s: float = LONGEST_WAIT_S


class RetriedModel:
    """A Model that asks again after a fault that may pass (`RETRYABLE`), at most `policy.attempts` times in all.

    The wait before attempt n + 1 is uniform in [0, min(cap_s, backoff_s * 2^(n-1))] ("full jitter",
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), on top of what the provider asks for.
    When the provider says that it is asked too often, or names a time after which to come again, all callers of this
    model wait for it, not only the one that was told. A time longer than `cap_s` is not waited for: the fault stands.
    """

    def __init__(
        self,
        inner: Model,
        policy: RetryPolicy,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self._inner = inner
        self._policy = policy
        self._sleep = sleep
        self._now = now
        self._rng = rng or random.Random()
        self._not_before = 0.0  # nobody calls before this time

    async def answer(self, request: Request) -> Response:
        """The first answer. Raises the last ModelError."""
        attempt = 1
        while True:
            await self._wait_for_gate()
            try:
                return await self._inner.answer(request)
            except ModelError as error:
                if error.fault not in RETRYABLE or not self._worth_waiting(error):
                    raise
                wait = self._jitter(attempt)
                if error.retry_after is not None or error.fault is Fault.RATE_LIMITED:
                    self._not_before = max(self._not_before, self._now() + (error.retry_after or wait))
                if attempt >= self._policy.attempts:
                    raise
            await self._sleep(wait)
            attempt += 1

    async def close(self) -> None:
        """Close the inner model."""
        await self._inner.close()

    def _worth_waiting(self, error: ModelError) -> bool:
        return error.retry_after is None or error.retry_after <= self._policy.cap_s

    def _jitter(self, attempt: int) -> float:
        # the exponent is bounded because 2.0 ** 1100 is an OverflowError
        ceiling = min(self._policy.cap_s, self._policy.backoff_s * 2.0 ** min(attempt - 1, 60))
        return self._rng.uniform(0.0, ceiling)

    async def _wait_for_gate(self) -> None:
        while (wait := self._not_before - self._now()) > 0:
            # spread over a little more than asked, or all callers would come back in the same instant
            await self._sleep(wait + self._rng.uniform(0.0, min(self._policy.backoff_s, 1.0)))
