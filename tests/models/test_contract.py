"""What every Model promises, asked of every Model there is."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from llmops_cli.models.answer_cache import AnswerCache
from llmops_cli.models.budgeted import Budget, BudgetedModel
from llmops_cli.models.cached import CachedModel
from llmops_cli.models.connect import ConnectOptions, connect
from llmops_cli.models.limited import LimitedModel
from llmops_cli.models.model import Fault, Model, ModelError, Request, Response
from llmops_cli.models.recorded import RecordedModel, read_recording, recording_row
from llmops_cli.models.retried import RetriedModel, RetryPolicy
from llmops_cli.models.scripted import ScriptedModel
from llmops_cli.models.via_litellm import LitellmModel
from tests import openai_server as server_side
from tests.models.asking import Clock, ask
from tests.openai_server import OpenAIServer

NAME = "openai/gpt-4o-mini"
QUESTIONS = [ask(f"q{n}", model=NAME, params={"temperature": 0}) for n in range(20)]
BAD = ask("bad", model=NAME)


def script() -> ScriptedModel:
    def answer(request: Request) -> Response | ModelError:
        text = str(request.messages[0]["content"])
        return ModelError(Fault.REFUSED, "no") if text == "bad" else Response(f"answer to: {text}")

    return ScriptedModel(answer)


def recorded() -> RecordedModel:
    rows = []
    for question in QUESTIONS:
        assert question.label is not None
        response = Response(f"answer to: {question.messages[0]['content']}")
        rows.append(json.dumps(recording_row(question.label, response)))
    return RecordedModel(read_recording("\n".join(rows), path="r.jsonl"))


MODELS: dict[str, Callable[[AnswerCache], Model]] = {
    "scripted": lambda cache: script(),
    "recorded": lambda cache: recorded(),
    "limited": lambda cache: LimitedModel(script(), concurrency=3, timeout_s=20),
    "retried": lambda cache: RetriedModel(script(), RetryPolicy(), sleep=Clock().sleep),
    "budgeted": lambda cache: BudgetedModel(script(), Budget(1.0)),
    "cached": lambda cache: CachedModel(script(), cache),
    "single flight": lambda cache: CachedModel(script(), None),
    "litellm": lambda cache: LitellmModel(timeout_s=20),
    "connected": lambda cache: connect(NAME, ConnectOptions(cache=cache)),
}


@pytest.fixture(params=list(MODELS))
async def model(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Model]:
    with OpenAIServer(faults=lambda n, body: server_side.bad_request() if "bad" in str(body) else None) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        cache = AnswerCache(tmp_path)
        made = MODELS[request.param](cache)
        yield made
        await made.close()
        cache.close()


async def test_it_answers_what_was_asked(model: Model) -> None:
    response = await model.answer(QUESTIONS[7])
    assert response.text == "answer to: q7"
    assert response.finish_reason == "stop"
    assert response.cached is False


async def test_it_answers_many_at_once_each_with_its_own(model: Model) -> None:
    answers = await asyncio.gather(*(model.answer(question) for question in QUESTIONS))
    assert [answer.text for answer in answers] == [f"answer to: q{n}" for n in range(20)]


async def test_it_says_no_with_a_model_error(model: Model) -> None:
    with pytest.raises(ModelError) as caught:
        await model.answer(BAD)
    assert caught.value.fault in (Fault.REFUSED, Fault.NOT_RECORDED)
    assert str(caught.value).startswith(f"{caught.value.fault}: ")


async def test_it_still_answers_after_an_error(model: Model) -> None:
    with pytest.raises(ModelError):
        await model.answer(BAD)
    assert (await model.answer(QUESTIONS[0])).text == "answer to: q0"


async def test_it_can_be_cancelled(model: Model) -> None:
    call = asyncio.create_task(model.answer(QUESTIONS[1]))
    await asyncio.sleep(0)
    call.cancel()
    results = await asyncio.gather(call, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError | Response)
    assert (await model.answer(QUESTIONS[2])).text == "answer to: q2"


async def test_it_does_not_change_the_request(model: Model) -> None:
    before = QUESTIONS[3].key
    await model.answer(QUESTIONS[3])
    fresh = ask("q3", model=NAME, params={"temperature": 0})
    assert fresh == QUESTIONS[3]
    assert fresh.key == before


async def test_it_can_be_closed_twice(model: Model) -> None:
    await model.answer(QUESTIONS[4])
    await model.close()
    await model.close()
