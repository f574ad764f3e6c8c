import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmops_cli.models.answer_cache import AnswerCache
from llmops_cli.models.cached import CachedModel
from llmops_cli.models.model import Fault, Keeping, ModelError, Request, Response
from llmops_cli.models.scripted import ScriptedModel
from tests.models.asking import FULL, Gate, ask, settle


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[AnswerCache]:
    opened = AnswerCache(tmp_path / "cache")
    yield opened
    opened.close()


async def test_a_question_is_asked_once(cache: AnswerCache) -> None:
    script = ScriptedModel([FULL])
    model = CachedModel(script, cache)
    first, second = await model.answer(ask()), await model.answer(ask())
    assert (first.cached, second.cached) == (False, True)
    assert second.text == FULL.text
    assert len(script.requests) == 1


async def test_the_label_does_not_matter(cache: AnswerCache) -> None:
    script = ScriptedModel(["one"])
    model = CachedModel(script, cache)
    await model.answer(Request("m", ({"role": "user", "content": "x"},), label=None))
    assert (await model.answer(Request("m", ({"role": "user", "content": "x"},), label=ask().label))).cached
    assert len(script.requests) == 1


async def test_another_repeat_is_another_question(cache: AnswerCache) -> None:
    script = ScriptedModel(["one", "two"])
    model = CachedModel(script, cache)
    assert [(await model.answer(ask(repeat=n))).text for n in (0, 1, 0)] == ["one", "two", "one"]


async def test_an_answer_is_on_disk_when_it_is_returned(cache: AnswerCache, tmp_path: Path) -> None:
    await CachedModel(ScriptedModel(["x"]), cache).answer(ask())
    other = AnswerCache(tmp_path / "cache")
    assert other.get(ask().key) is not None
    other.close()


@pytest.mark.parametrize("fault", list(Fault))
async def test_errors_are_never_kept(cache: AnswerCache, fault: Fault) -> None:
    model = CachedModel(ScriptedModel([ModelError(fault, "no"), "fine"]), cache)
    with pytest.raises(ModelError):
        await model.answer(ask())
    assert cache.get(ask().key) is None
    assert (await model.answer(ask())).text == "fine"


@pytest.mark.parametrize(
    "response",
    [
        Response("half", "length"),
        Response("I", "content_filter"),
        Response("x", "weird"),
        Response(""),
        Response(" \n"),
    ],
)
async def test_what_is_no_whole_answer_is_returned_but_not_kept(cache: AnswerCache, response: Response) -> None:
    model = CachedModel(ScriptedModel([response]), cache)
    assert await model.answer(ask()) == response
    assert cache.get(ask().key) is None


@pytest.mark.parametrize("reason", ["stop", "end_turn", "tool_calls", "stop_sequence"])
async def test_whole_answers_are_kept_whatever_the_provider_calls_them(cache: AnswerCache, reason: str) -> None:
    await CachedModel(ScriptedModel([Response("x", reason)]), cache).answer(ask())
    assert cache.get(ask().key) is not None


async def test_a_tool_call_without_text_is_an_answer(cache: AnswerCache) -> None:
    call = Response("", "tool_calls", tool_calls=({"id": "1", "name": "f", "arguments": "{}"},))
    await CachedModel(ScriptedModel([call]), cache).answer(ask())
    kept = cache.get(ask().key)
    assert kept is not None
    assert kept.tool_calls == call.tool_calls


async def test_what_is_not_accepted_is_returned_but_not_kept(cache: AnswerCache) -> None:
    script = ScriptedModel(["no verdict in here", "PASS"])
    model = CachedModel(script, cache)
    request = ask(keeping=Keeping(lambda response: response.text in ("PASS", "FAIL")))
    assert (await model.answer(request)).text == "no verdict in here"
    assert (await model.answer(request)).text == "PASS"
    assert (await model.answer(request)).cached
    assert len(script.requests) == 2


async def test_a_kept_answer_that_is_not_accepted_is_asked_for_again(cache: AnswerCache) -> None:
    cache.put(ask(), Response("forged or from before the rule"))
    script = ScriptedModel(["PASS"])
    model = CachedModel(script, cache)
    request = ask(keeping=Keeping(lambda response: response.text == "PASS"))
    assert (await model.answer(request)).text == "PASS"
    kept = cache.get(ask().key)
    assert kept is not None
    assert kept.text == "PASS"


async def test_the_index_is_stored_beside_the_answer(cache: AnswerCache) -> None:
    model = CachedModel(ScriptedModel(["PASS"]), cache)
    await model.answer(ask(keeping=Keeping(lambda _: True, {"judge_model": "openai/test-model"})))
    entry = cache.entry(ask().key)
    assert entry is not None
    assert entry["index"] == {"judge_model": "openai/test-model"}


async def test_identical_questions_at_once_make_one_call(cache: AnswerCache) -> None:
    gate = Gate(lambda _: Response("x", cost_usd=0.5))
    model = CachedModel(gate, cache)
    calls = [asyncio.create_task(model.answer(ask())) for _ in range(10)]
    await settle()
    gate.opened.set()
    answers = await asyncio.gather(*calls)
    assert len(gate.requests) == 1
    assert {answer.text for answer in answers} == {"x"}
    assert sum(not answer.cached for answer in answers) == 1  # only one of them was paid for


async def test_single_flight_holds_without_a_cache() -> None:
    gate = Gate()
    model = CachedModel(gate, None)
    calls = [asyncio.create_task(model.answer(ask("same"))) for _ in range(5)]
    await settle()
    gate.opened.set()
    await asyncio.gather(*calls)
    assert len(gate.requests) == 1
    await model.answer(ask("same"))
    assert len(gate.requests) == 2


async def test_a_fault_reaches_all_who_wait_and_the_next_may_try_again(cache: AnswerCache) -> None:
    answers = iter([ModelError(Fault.SERVER, "down"), "up"])
    model = CachedModel(ScriptedModel(lambda _: next(answers)), cache)
    results = await asyncio.gather(*(model.answer(ask()) for _ in range(3)), return_exceptions=True)
    assert [str(result) for result in results] == ["server error: down"] * 3
    assert (await model.answer(ask())).text == "up"


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others(cache: AnswerCache) -> None:
    gate = Gate()
    model = CachedModel(gate, cache)
    first, second = (asyncio.create_task(model.answer(ask())) for _ in range(2))
    await settle()
    first.cancel()
    await settle()
    assert gate.cancelled == 0
    gate.opened.set()
    assert (await second).text == "re: openai/test-model"
    assert len(gate.requests) == 1


async def test_when_all_give_up_the_call_is_cancelled_and_a_late_comer_asks_anew(cache: AnswerCache) -> None:
    gate = Gate()
    model = CachedModel(gate, cache)
    calls = [asyncio.create_task(model.answer(ask())) for _ in range(2)]
    await settle()
    for call in calls:
        call.cancel()
    late = asyncio.create_task(model.answer(ask()))
    await settle()
    assert gate.cancelled == 1
    gate.opened.set()
    assert (await late).text == "re: openai/test-model"
    assert len(gate.requests) == 2


async def test_a_thousand_different_questions_at_once(cache: AnswerCache) -> None:
    model = CachedModel(ScriptedModel(lambda request: f"re: {request.messages[0]['content']}"), cache)
    answers = await asyncio.gather(*(model.answer(ask(str(n))) for n in range(1000)))
    assert [answer.text for answer in answers] == [f"re: {n}" for n in range(1000)]
    assert all(cache.get(ask(str(n)).key) is not None for n in range(1000))


async def test_closing_leaves_the_cache_open(cache: AnswerCache) -> None:
    script = ScriptedModel(["x"])
    model = CachedModel(script, cache)
    await model.close()
    assert script.closed
    cache.put(ask("still"), FULL)
    assert cache.get(ask("still").key) is not None
