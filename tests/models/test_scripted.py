import pytest

from llmops_cli.models.model import Fault, ModelError, Response
from llmops_cli.models.scripted import ScriptedModel
from tests.models.asking import FULL, ask


async def test_a_list_answers_in_order_and_keeps_the_requests() -> None:
    model = ScriptedModel(["one", FULL])
    assert await model.answer(ask("a")) == Response("one", model="openai/test-model")
    assert await model.answer(ask("b")) is FULL
    assert model.requests == [ask("a"), ask("b")]


async def test_a_function_answers_by_request() -> None:
    model = ScriptedModel(lambda request: f"re: {request.messages[0]['content']}")
    assert (await model.answer(ask("x"))).text == "re: x"


async def test_errors_are_raised_fresh_each_time() -> None:
    error = ModelError(Fault.SERVER, "down", retry_after=3)
    model = ScriptedModel(lambda _: error)
    for _ in range(2):
        with pytest.raises(ModelError) as caught:
            await model.answer(ask())
        assert (caught.value.fault, caught.value.message, caught.value.retry_after) == (Fault.SERVER, "down", 3)
        assert caught.value is not error


async def test_a_script_that_has_run_out_says_so() -> None:
    model = ScriptedModel(["one"])
    await model.answer(ask())
    with pytest.raises(ModelError, match="the script has 1 answers, this is call 2"):
        await model.answer(ask())
