"""Requests and models that several tests of this room use."""

import asyncio
from collections.abc import Awaitable, Callable

from llmops_cli.models.model import Label, Request, Response, Usage


def ask(text: str = "hi", *, model: str = "openai/test-model", repeat: int = 0, **more: object) -> Request:
    """A request with one user message."""
    label = Label("greeter@1.0.0", text, repeat)
    return Request(model, ({"role": "user", "content": text},), repeat=repeat, label=label, **more)  # type: ignore[arg-type]


FULL = Response(
    text='{"answer": "§ 12 “ja”"}',
    finish_reason="stop",
    usage=Usage(12, 7),
    cost_usd=0.00125,
    latency_ms=812.5,
    model="test-model-2026-04-01",
    tool_calls=({"id": "call-1", "name": "look_up", "arguments": '{"q": 1}'},),
    answered_at="2026-11-21T12:00:00Z",
)


class Gate:
    """A model whose calls wait until they are let through, and that counts how many wait at once."""

    def __init__(
        self, answer: Callable[[Request], Response] = lambda request: Response(f"re: {request.model}")
    ) -> None:
        self.opened = asyncio.Event()
        self.inside = 0
        self.most_inside = 0
        self.requests: list[Request] = []
        self.cancelled = 0
        self._answer = answer

    async def answer(self, request: Request) -> Response:
        self.requests.append(request)
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.inside -= 1
        return self._answer(request)

    async def close(self) -> None:
        self.opened.set()


async def settle(turns: int = 20) -> None:
    """Let every task that can run do so."""
    for _ in range(turns):
        await asyncio.sleep(0)


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> Awaitable[None]:
        self.slept.append(seconds)
        self.time += seconds
        return asyncio.sleep(0)
