"""What every Cache promises, asked of every Cache there is; and the wrapper that only reads."""

import asyncio
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llmops_cli.errors import InputError
from llmops_cli.models.answer_cache import AnswerCache
from llmops_cli.models.cache import Cache, ReadOnlyCache, open_shared
from llmops_cli.models.cached import CachedModel
from llmops_cli.models.model import Fault, Keeping, ModelError, Response, RetrievedContext
from llmops_cli.models.redis_cache import RedisCache
from llmops_cli.models.scripted import ScriptedModel
from tests.models.asking import FULL, Gate, ask, settle
from tests.redis_server import RedisServer

Open = Callable[[], Cache]


@pytest.fixture(params=["folder", "redis", "unix socket"])
def open_cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same store again and again; what it opened is closed afterwards."""
    opened: list[Cache] = []
    server = None if request.param == "folder" else RedisServer(tmp_path)

    def make() -> Cache:
        if server is None:
            opened.append(AnswerCache(tmp_path / "cache"))
        elif request.param == "redis":
            opened.append(RedisCache(server.url))
        else:
            opened.append(RedisCache(f"unix://{server.socket_path}?db=3"))
        return opened[-1]

    yield make
    for cache in opened:
        cache.close()
    if server is not None:
        server.close()


@pytest.fixture
def cache(open_cache: Open) -> Iterator[Cache]:
    opened = open_cache()
    yield opened
    assert opened.warnings == []


async def test_an_answer_comes_back_whole_and_is_marked_as_cached(cache: Cache) -> None:
    assert await cache.find(ask().key) is None
    await cache.keep(ask(), FULL)
    assert await cache.find(ask().key) == dataclasses.replace(FULL, cached=True)


async def test_contexts_and_vectors_come_back(cache: Cache) -> None:
    for n, more in enumerate([{"contexts": (RetrievedContext("a § b", "doc-1"),)}, {"vector": (0.1, -2.5, 3e-9)}]):
        response = dataclasses.replace(FULL, **more)  # type: ignore[arg-type]
        await cache.keep(ask(str(n)), response)
        assert await cache.find(ask(str(n)).key) == dataclasses.replace(response, cached=True)


async def test_what_is_kept_is_there_for_others(open_cache: Open) -> None:
    await open_cache().keep(ask(), FULL)
    assert await open_cache().find(ask().key) is not None


async def test_every_repeat_has_its_own_answer_and_the_later_replaces_the_earlier(cache: Cache) -> None:
    for text in ("first", "second"):
        await cache.keep(ask(repeat=0), Response(text))
    await cache.keep(ask(repeat=1), Response("other"))
    found = [await cache.find(ask(repeat=repeat).key) for repeat in (0, 1, 2)]
    assert [answer and answer.text for answer in found] == ["second", "other", None]


async def test_thousands_are_looked_for_at_once(cache: Cache) -> None:
    await asyncio.gather(*(cache.keep(ask(str(n)), Response(f"re: {n}")) for n in range(0, 2000, 2)))
    found = await asyncio.gather(*(cache.find(ask(str(n)).key) for n in range(2000)))
    assert [answer and answer.text for answer in found] == [None if n % 2 else f"re: {n}" for n in range(2000)]


async def test_the_index_and_what_was_asked_stand_beside_the_answer(cache: Cache) -> None:
    await cache.keep(ask("secret question", repeat=3), FULL, index={"judge_model": "openai/gpt-5"})
    entry = cache.entry(ask("secret question", repeat=3).key)
    assert entry is not None
    assert entry["index"] == {"judge_model": "openai/gpt-5"}
    assert isinstance(entry["request"], dict) and entry["request"]["repeat"] == 3
    assert "secret question" not in json.dumps(entry)
    assert cache.entry("sha256:nothing") is None


async def test_a_closed_cache_has_no_answers_and_keeps_none(open_cache: Open) -> None:
    cache = open_cache()
    await cache.keep(ask(), FULL)
    cache.close()
    cache.close()
    assert await cache.find(ask().key) is None
    await cache.keep(ask("other"), FULL)
    assert cache.warnings == []
    assert await open_cache().find(ask("other").key) is None


def test_it_serves_one_event_loop_after_another(cache: Cache) -> None:
    asyncio.run(cache.keep(ask(), FULL))
    assert asyncio.run(cache.find(ask().key)) is not None


async def test_a_claim_is_given_to_who_asks_alone(cache: Cache) -> None:
    for _ in range(2):
        async with cache.claim(ask().key) as ours:
            assert ours


async def test_identical_questions_of_one_process_make_one_call(cache: Cache) -> None:
    gate = Gate()
    model = CachedModel(gate, cache)
    calls = [asyncio.create_task(model.answer(ask())) for _ in range(10)]
    while not gate.requests:
        await asyncio.sleep(0)
    gate.opened.set()
    answers = await asyncio.gather(*calls)
    assert len(gate.requests) == 1
    assert sum(not answer.cached for answer in answers) == 1


@pytest.mark.parametrize("fault", [Fault.SERVER, Fault.REFUSED, Fault.BUDGET])
async def test_errors_are_never_kept(cache: Cache, fault: Fault) -> None:
    model = CachedModel(ScriptedModel([ModelError(fault, "no"), "fine"]), cache)
    with pytest.raises(ModelError):
        await model.answer(ask())
    assert (await model.answer(ask())).text == "fine"


async def test_what_is_not_accepted_is_neither_kept_nor_believed(cache: Cache) -> None:
    await cache.keep(ask(), Response("forged"))
    model = CachedModel(ScriptedModel(["hmm", "PASS", "never"]), cache)
    request = ask(keeping=Keeping(lambda response: response.text == "PASS", {"judge_model": "m"}))
    assert [(await model.answer(request)).text for _ in range(3)] == ["hmm", "PASS", "PASS"]
    entry = cache.entry(ask().key)
    assert entry is not None and entry["index"] == {"judge_model": "m"}


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others(cache: Cache) -> None:
    gate = Gate()
    model = CachedModel(gate, cache)
    first, second = (asyncio.create_task(model.answer(ask())) for _ in range(2))
    while not gate.requests:
        await asyncio.sleep(0)
    first.cancel()
    await settle()
    gate.opened.set()
    assert (await second).text == "re: openai/test-model"


async def test_a_read_only_cache_answers_and_keeps_nothing(open_cache: Open) -> None:
    await open_cache().keep(ask("known"), Response("kept"))
    cache = ReadOnlyCache(open_cache())
    model = CachedModel(ScriptedModel(["new", "newer"]), cache)
    texts = [(await model.answer(ask(text))).text for text in ("known", "unknown", "unknown")]
    assert texts == ["kept", "new", "newer"]
    assert await open_cache().find(ask("unknown").key) is None
    assert cache.entry(ask("known").key) is not None
    cache.close()
    assert cache.warnings == []


def test_without_the_package_a_person_hears_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("redis", "llmops_cli.models.redis"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(InputError, match="the package redis is not installed") as caught:
        open_shared("redis://127.0.0.1:1/0")
    assert "pip install 'llmops-cli[redis]'" in caught.value.hint
