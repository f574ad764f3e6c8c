import asyncio

import pytest

from llmops_cli.models.limited import LimitedModel
from llmops_cli.models.model import Fault, ModelError, Request, Response
from llmops_cli.models.scripted import ScriptedModel
from tests.models.asking import Gate, ask, settle


async def test_no_more_calls_at_once_than_there_are_places() -> None:
    gate = Gate()
    model = LimitedModel(gate, concurrency=3, timeout_s=60)
    calls = [asyncio.create_task(model.answer(ask(str(n)))) for n in range(10)]
    await settle()
    assert gate.inside == 3
    gate.opened.set()
    await asyncio.gather(*calls)
    assert (len(gate.requests), gate.most_inside) == (10, 3)


async def test_a_call_that_hangs_ends_and_frees_its_place() -> None:
    gate = Gate()
    model = LimitedModel(gate, concurrency=1, timeout_s=0.01)
    with pytest.raises(ModelError) as caught:
        await model.answer(ask())
    assert caught.value.fault is Fault.TIMEOUT
    assert caught.value.message == "no answer within 0.01 s"
    assert (gate.inside, gate.cancelled) == (0, 1)
    gate.opened.set()
    assert (await model.answer(ask())).text == "re: openai/test-model"


async def test_the_wait_for_a_place_is_not_counted() -> None:
    gate = Gate()
    model = LimitedModel(gate, concurrency=1, timeout_s=0.02)
    results = await asyncio.gather(*(model.answer(ask(str(n))) for n in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [ModelError] * 3
    assert len(gate.requests) == 3  # each was really made, and had its own time


async def test_cancelling_is_not_a_timeout() -> None:
    gate = Gate()
    call = asyncio.create_task(LimitedModel(gate, concurrency=1, timeout_s=60).answer(ask()))
    await settle()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert gate.inside == 0


async def test_a_timeout_that_is_not_ours_passes_untouched() -> None:
    class Broken:
        async def answer(self, request: Request) -> Response:
            raise TimeoutError("a lock of somebody else's")

        async def close(self) -> None: ...

    with pytest.raises(TimeoutError, match="somebody else's"):
        await LimitedModel(Broken(), concurrency=1, timeout_s=60).answer(ask())


async def test_closing_closes_the_inner_model() -> None:
    script = ScriptedModel([])
    await LimitedModel(script, concurrency=1, timeout_s=1).close()
    assert script.closed
