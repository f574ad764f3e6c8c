"""The shared cache: one call among many workers, nothing in it is trusted, and no server can stop a run."""

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.errors import InputError
from llmops_cli.models.cached import CachedModel
from llmops_cli.models.model import Fault, Keeping, ModelError, Response
from llmops_cli.models.redis_cache import MOST_BYTES, RedisCache, Timing
from llmops_cli.models.redis_line import shown
from llmops_cli.models.scripted import ScriptedModel
from tests.models.asking import FULL, Gate, ask, settle
from tests.redis_server import RedisServer

QUICK = Timing(claim_s=2.0, first_look_s=0.005, look_s=0.01, most_waited_s=60)
ANSWER = f"llmops:1:answer:{ask().key}"
CLAIM = f"llmops:1:asking:{ask().key}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as running:
        yield running


@pytest.fixture
def caches(server: RedisServer) -> Iterator[list[RedisCache]]:
    """Three workers' caches on one server."""
    opened = [RedisCache(server.url, timing=QUICK) for _ in range(3)]
    yield opened
    for cache in opened:
        cache.close()


async def until_asked(gate: Gate) -> None:
    while not gate.requests:
        await asyncio.sleep(0)


# --- one call among many -------------------------------------------------------------------------------------------


async def test_workers_that_want_the_same_at_the_same_time_make_one_call(caches: list[RedisCache]) -> None:
    gate = Gate(lambda _: Response("x", cost_usd=0.5))
    models = [CachedModel(gate, cache) for cache in caches]
    calls = [asyncio.create_task(model.answer(ask())) for model in models]
    await until_asked(gate)
    for cache in caches:  # every worker has been at the server since: nobody else has taken it for free
        assert await cache.find("sha256:other") is None
    gate.opened.set()
    answers = await asyncio.gather(*calls)
    assert len(gate.requests) == 1
    assert {answer.text for answer in answers} == {"x"}
    assert sum(not answer.cached for answer in answers) == 1
    assert [cache.warnings for cache in caches] == [[], [], []]


async def test_a_claim_is_renewed_while_the_call_runs_and_ended_with_it(
    caches: list[RedisCache], server: RedisServer
) -> None:
    gate = Gate()
    call = asyncio.create_task(CachedModel(gate, caches[0]).answer(ask()))
    await until_asked(gate)
    left = server.client.pttl(CLAIM)
    assert 0 < left <= 2000
    renewed = False
    while not renewed:  # only a renewal can make it longer again
        now = server.client.pttl(CLAIM)
        assert now > 0, "the claim has run out"
        renewed, left = now > left, now
    gate.opened.set()
    await call
    await caches[0].find("sha256:other")
    assert server.client.exists(CLAIM) == 0
    assert server.client.ttl(ANSWER) == -1  # answers stay


async def test_two_who_ask_the_same_of_one_cache_make_one_call_and_keep_its_claim_alive(
    caches: list[RedisCache], server: RedisServer
) -> None:
    """As the two sides of a comparison may, when their pipelines run on the same code."""
    gate = Gate()
    calls = [asyncio.create_task(CachedModel(gate, caches[0]).answer(ask())) for _ in range(2)]
    await until_asked(gate)
    first = server.client.get(CLAIM)
    left, renewals = server.client.pttl(CLAIM), 0
    while renewals < 2:
        await asyncio.sleep(0)
        now = server.client.pttl(CLAIM)
        assert now > 0, "the claim has run out"
        renewals, left = renewals + (now > left), now
    assert server.client.get(CLAIM) == first
    gate.opened.set()
    assert sorted(answer.cached for answer in await asyncio.gather(*calls)) == [False, True]
    assert len(gate.requests) == 1


async def test_who_waited_for_a_call_that_failed_asks_itself(caches: list[RedisCache]) -> None:
    gate = Gate()
    failing = Gate(lambda _: Response("never"))

    async def fails() -> None:
        model = CachedModel(failing, caches[0])
        with pytest.raises(ModelError, match="down"):
            await model.answer(ask())

    def fault(_: object) -> Response:
        raise ModelError(Fault.SERVER, "down")

    failing._answer = fault
    first = asyncio.create_task(fails())
    await until_asked(failing)
    second = asyncio.create_task(CachedModel(gate, caches[1]).answer(ask()))
    await caches[1].find("sha256:other")
    assert gate.requests == []
    failing.opened.set()
    gate.opened.set()
    await first
    assert (await second).text == "re: openai/test-model"


async def test_what_the_one_does_not_accept_the_other_asks_for(caches: list[RedisCache]) -> None:
    rambling, plain = Gate(lambda _: Response("hmm")), Gate(lambda _: Response("PASS"))
    request = ask(keeping=Keeping(lambda response: response.text == "PASS"))
    first = asyncio.create_task(CachedModel(rambling, caches[0]).answer(request))
    await until_asked(rambling)
    second = asyncio.create_task(CachedModel(plain, caches[1]).answer(request))
    rambling.opened.set()
    plain.opened.set()
    assert ((await first).text, (await second).text) == ("hmm", "PASS")


async def test_a_worker_that_vanishes_holds_nobody_up_for_long(caches: list[RedisCache], server: RedisServer) -> None:
    server.client.set(CLAIM, "of a worker that was killed", px=300)
    model = CachedModel(ScriptedModel(["mine"]), caches[0])
    assert (await model.answer(ask())).text == "mine"
    await caches[0].find("sha256:other")  # what is sent after the end of the claim
    assert server.client.exists(CLAIM) == 0


async def test_a_call_that_is_cancelled_ends_its_claim(caches: list[RedisCache], server: RedisServer) -> None:
    gate = Gate()
    call = asyncio.create_task(CachedModel(gate, caches[0]).answer(ask()))
    await until_asked(gate)
    call.cancel()
    await settle()
    await caches[0].find("sha256:other")
    assert server.client.exists(CLAIM) == 0


async def test_an_answer_that_was_paid_for_is_kept_when_nobody_waits_for_it(
    caches: list[RedisCache], server: RedisServer
) -> None:
    keeping = [asyncio.create_task(caches[0].keep(ask(str(n)), FULL)) for n in range(50)]
    await asyncio.sleep(0)
    for task in keeping:
        task.cancel()
    await asyncio.gather(*keeping, return_exceptions=True)
    caches[0].close()
    assert len(server.client.keys("llmops:1:answer:*")) == 50


async def test_nobody_ends_another_s_claim(caches: list[RedisCache], server: RedisServer) -> None:
    gate = Gate()
    call = asyncio.create_task(CachedModel(gate, caches[0]).answer(ask()))
    await until_asked(gate)
    server.client.set(CLAIM, "another's by now", px=60_000)
    gate.opened.set()
    await call
    await caches[0].find("sha256:other")
    assert server.client.get(CLAIM) == b"another's by now"


@pytest.mark.parametrize("expiry", [{}, {"px": 86_400_000}])
async def test_a_claim_that_is_not_like_ours_is_not_waited_for(
    caches: list[RedisCache], server: RedisServer, expiry: dict[str, int]
) -> None:
    server.client.set(CLAIM, "for ever", **expiry)
    assert (await CachedModel(ScriptedModel(["mine"]), caches[0]).answer(ask())).text == "mine"


async def test_an_answer_is_waited_for_only_so_long(server: RedisServer) -> None:
    cache = RedisCache(server.url, timing=Timing(claim_s=30, first_look_s=0.001, look_s=0.001, most_waited_s=0.05))
    server.client.set(CLAIM, "slow", px=29_000)
    assert (await CachedModel(ScriptedModel(["mine"]), cache).answer(ask())).text == "mine"
    cache.close()


async def test_different_questions_do_not_wait_for_each_other(caches: list[RedisCache]) -> None:
    model = CachedModel(ScriptedModel(lambda request: f"re: {request.messages[0]['content']}"), caches[0])
    other = CachedModel(ScriptedModel(lambda request: "not asked again"), caches[1])
    questions = [ask(str(n)) for n in range(500)]
    answers = await asyncio.gather(*(model.answer(question) for question in questions))
    again = await asyncio.gather(*(other.answer(question) for question in questions))
    assert [answer.text for answer in again] == [answer.text for answer in answers]
    assert all(answer.cached for answer in again)


# --- nothing in it is trusted --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"key": "sha256:of-another-question"},
        {"v": 2},
        {"text": None},
        {"extra": 1},
        {"usage": {"input_tokens": -1, "output_tokens": 1}},
        {"text": "x" * MOST_BYTES},
    ],
)
async def test_an_entry_that_does_not_fit_is_a_miss(
    caches: list[RedisCache], server: RedisServer, change: dict[str, Any]
) -> None:
    await caches[0].keep(ask(), FULL)
    kept = json.loads(server.client.get(ANSWER))
    server.client.set(ANSWER, json.dumps({**kept, **change}))
    assert await caches[0].find(ask().key) is None
    assert caches[0].warnings == []


@pytest.mark.parametrize("value", [b"{", b"null", b"\xff\xfe", b'{"cost_usd": NaN}', b"[" * 100_000, b"\x80\x04."])
async def test_an_entry_that_is_no_json_is_a_miss(caches: list[RedisCache], server: RedisServer, value: bytes) -> None:
    server.client.set(ANSWER, value)
    assert await caches[0].find(ask().key) is None


async def test_a_key_of_another_type_is_told_and_asked_for(caches: list[RedisCache], server: RedisServer) -> None:
    server.client.lpush(ANSWER, "a", "list")
    server.client.lpush(CLAIM, "a", "list")
    model = CachedModel(ScriptedModel(["mine", "again"]), caches[0])
    assert [(await model.answer(ask())).text, (await model.answer(ask())).text] == ["mine", "mine"]
    (warning,) = caches[0].warnings
    assert "cannot be read: WRONGTYPE" in warning or "wrong kind of value" in warning


async def test_an_answer_that_is_too_large_is_not_kept(caches: list[RedisCache], server: RedisServer) -> None:
    model = CachedModel(ScriptedModel([Response("x" * MOST_BYTES)]), caches[0])
    assert len((await model.answer(ask())).text) == MOST_BYTES
    assert server.client.exists(ANSWER) == 0
    assert caches[0].warnings == ["an answer of more than 4,194,304 bytes is not kept in the shared cache"]


# --- no server can stop a run --------------------------------------------------------------------------------------


async def goes_on(url: str) -> list[str]:
    """Ask twice the same and once another; what the person hears."""
    cache = RedisCache(url)
    model = CachedModel(ScriptedModel(["one", "two", "three"]), cache)
    texts = [(await model.answer(question)).text for question in (ask(), ask(), ask("other"))]
    assert texts == ["one", "two", "three"]
    assert cache.entry(ask().key) is None
    cache.close()
    return cache.warnings


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


async def test_a_server_that_is_down(tmp_path: Path) -> None:
    (warning,) = await goes_on(f"redis://ann:hush-hush@127.0.0.1:{free_port()}/0")
    assert warning.startswith("running without the shared cache redis://127.0.0.1:")
    assert "refused" in warning
    assert "hush" not in warning and "ann" not in warning
    (warning,) = await goes_on(f"unix://{tmp_path}/none.sock")
    assert "No such file" in warning


@pytest.mark.parametrize("url_password", ["", ":wrong-one@", "nobody:wrong-one@"])
async def test_a_wrong_password(tmp_path: Path, url_password: str) -> None:
    with RedisServer(tmp_path, password="right-one") as server:
        (warning,) = await goes_on(server.url.replace("://", f"://{url_password}"))
        assert "uthentication" in warning or "password" in warning
        assert "wrong-one" not in warning and "right-one" not in warning


async def test_the_right_password_is_never_shown(tmp_path: Path) -> None:
    with RedisServer(tmp_path, password="right-one") as server:
        cache = RedisCache(server.url.replace("://", "://:right-one@"))
        await cache.keep(ask(), FULL)
        assert await cache.find(ask().key) is not None
        server.close()
        await cache.find(ask().key)
        (warning,) = cache.warnings
        assert "right-one" not in warning
        cache.close()


async def test_a_full_server_is_still_read(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as server:
        cache = RedisCache(server.url)
        await cache.keep(ask("known"), FULL)
        server.client.config_set("maxmemory", "1")
        model = CachedModel(ScriptedModel(["one", "two"]), cache)
        assert [(await model.answer(ask())).text for _ in range(2)] == ["one", "two"]
        assert (await model.answer(ask("known"))).text == FULL.text
        (warning,) = cache.warnings
        assert warning.startswith(f"answers are not kept in the shared cache redis://127.0.0.1:{server.port}/0: ")
        assert "maxmemory" in warning
        cache.close()


async def test_a_replica_that_cannot_be_written_is_still_read(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as server:
        cache = RedisCache(server.url)
        await cache.keep(ask("known"), FULL)
        server.client.replicaof("127.0.0.1", free_port())
        model = CachedModel(ScriptedModel(["one", "two"]), cache)
        assert [(await model.answer(ask())).text for _ in range(2)] == ["one", "two"]
        assert (await model.answer(ask("known"))).text == FULL.text
        assert len(cache.warnings) == 1
        cache.close()


async def test_a_user_who_may_only_read(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as server:
        writer = RedisCache(server.url)
        await writer.keep(ask("known"), FULL)
        writer.close()
        server.client.execute_command("ACL", "SETUSER", "reader", "on", ">just-look", "~llmops:*", "+getrange")
        cache = RedisCache(f"redis://reader:just-look@127.0.0.1:{server.port}/0")
        model = CachedModel(ScriptedModel(["one", "two"]), cache)
        assert (await model.answer(ask("known"))).text == FULL.text
        assert [(await model.answer(ask())).text for _ in range(2)] == ["one", "two"]
        (warning,) = cache.warnings
        assert "answers are not kept" in warning and "permission" in warning.lower()
        cache.close()


@contextmanager
def stranger(reply: bytes | None) -> Iterator[int]:
    """A server that is no Redis: it says `reply` to whatever it hears, None nothing at all."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_ones: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_ones.append(connection)
            if reply is not None:
                connection.recv(65536)
                connection.sendall(reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)
    for connection in open_ones:
        connection.close()


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"+OK\r\n*-5\r\n$zz\r\n",
        b":notanumber\r\n" * 20,
        b"*1000000\r\n" * 20,
        b"\x15\x03\x01\x00\x02\x02F",
        b"",
    ],
)
async def test_a_server_that_speaks_rubbish(reply: bytes) -> None:
    with stranger(reply) as port:
        (warning,) = await goes_on(f"redis://127.0.0.1:{port}/0")
        assert warning.startswith(f"running without the shared cache redis://127.0.0.1:{port}/0: ")
        assert "\r" not in warning and len(warning) < 400


async def test_a_server_that_says_nothing_is_given_up_soon() -> None:
    with stranger(None) as port:
        (warning,) = await goes_on(f"redis://127.0.0.1:{port}/0")
        assert "imeout" in warning or "timed out" in warning


async def test_a_server_that_trickles_is_given_up_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                while not ended.wait(0.05):
                    connection.sendall(b"+")

        ended = threading.Event()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        cache = RedisCache(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", timing=Timing(reply_s=0.3))
        model = CachedModel(ScriptedModel(lambda request: f"re: {request.messages[0]['content']}"), cache)
        answers = [await model.answer(ask(str(n))) for n in range(100)]
        assert [answer.text for answer in answers] == [f"re: {n}" for n in range(100)]
        assert [warning.rpartition(": ")[2] for warning in cache.warnings] == ["no whole answer in time"]
        cache.close()
        ended.set()
        thread.join(10)


async def test_a_server_that_dies_in_the_middle(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as server:
        cache = RedisCache(server.url)
        model = CachedModel(ScriptedModel(lambda request: f"re: {request.messages[0]['content']}"), cache)
        await model.answer(ask("before"))
        server.close()
        assert (await model.answer(ask("after"))).text == "re: after"
        assert len(cache.warnings) == 1
        cache.close()


async def test_a_server_that_hangs_in_the_middle_is_given_up_once(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as server:
        cache = RedisCache(server.url)
        model = CachedModel(ScriptedModel(lambda request: f"re: {request.messages[0]['content']}"), cache)
        await model.answer(ask("before"))
        server.stop()
        answers = await asyncio.gather(*(model.answer(ask(str(n))) for n in range(100)))
        assert [answer.text for answer in answers] == [f"re: {n}" for n in range(100)]
        assert len(cache.warnings) == 1
        cache.close()


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://127.0.0.1:6379",
        "redis://",
        "redis://:hush-hush@/0",
        "redis://host:port/0",
        "redis://:hush-hush@host:99999999/0",
        "redis://host/database",
        "redis://host/0?socket_timeout=soon",
        "redis://host/0?no_such_option=hush-hush",
        "redis://[::1/0",
        "unix://",
        "redis://host/0#hush-hush",
    ],
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(InputError, match="LLMOPS_CACHE_URL is no address of a Redis") as caught:
        RedisCache(url)
    assert "redis://HOST:PORT/DB" in caught.value.hint
    assert "hush" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://ann:secret@example.org:6380/2?x=secret", "redis://example.org:6380/2"),
        ("rediss://:secret@[::1]:6380/2", "rediss://[::1]:6380/2"),
        ("unix:///run/redis.sock?password=secret", "unix:///run/redis.sock"),
        ("redis://:12/secret@example.org", "the address in LLMOPS_CACHE_URL"),
        ("redis://ann:12/secret@example.org", "the address in LLMOPS_CACHE_URL"),
        ("redis://ann:12?secret@example.org", "the address in LLMOPS_CACHE_URL"),
        ("redis://ann:12#secret@example.org", "the address in LLMOPS_CACHE_URL"),
        ("unix://ann:sec/ret@/run/redis.sock", "the address in LLMOPS_CACHE_URL"),
        ("redis://:sec/ret@example.org", "the address in LLMOPS_CACHE_URL"),
        ("redis://host/secret", "redis://host"),
    ],
)
def test_what_is_shown_of_an_address(url: str, told: str) -> None:
    assert shown(url) == told
