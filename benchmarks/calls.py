"""What a call costs us: every wrapper, the answer cache, and litellm itself against a server on the loopback.

    python -m benchmarks.calls [--calls 2000] [--concurrency 64]

Absolute figures depend on the machine; the ratios within one run do not.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from llmops_cli.models.answer_cache import AnswerCache
from llmops_cli.models.budgeted import Budget, BudgetedModel
from llmops_cli.models.cached import CachedModel
from llmops_cli.models.connect import ConnectOptions, connect
from llmops_cli.models.limited import LimitedModel
from llmops_cli.models.model import Model, Request, Response, Usage
from llmops_cli.models.retried import RetriedModel, RetryPolicy
from llmops_cli.models.scripted import ScriptedModel

ROOT = Path(__file__).resolve().parent.parent
ANSWER = Response("a" * 800, usage=Usage(400, 200), cost_usd=0.0002, model="gpt-4o-mini", latency_ms=1.0)


def requests(count: int, run: str) -> list[Request]:
    """Requests of about 1.5 kB with their keys made, as the plan of a run makes them."""
    made = [
        Request("openai/gpt-4o-mini", ({"role": "user", "content": f"{run} {n} " + "q" * 1500},)) for n in range(count)
    ]
    assert len({request.key for request in made}) == count
    return made


async def ask_all(model: Model, asked: Sequence[Request], concurrency: int) -> float:
    """Seconds for all requests by `concurrency` workers."""
    queue = iter(asked)

    async def worker() -> None:
        for request in queue:
            await model.answer(request)

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    return time.perf_counter() - began


def row(name: str, seconds: float, calls: int, reference: float | None = None) -> float:
    """Print one line; returns the microseconds a call."""
    each = seconds / calls * 1e6
    ratio = f"{each / reference:8.2f} x" if reference else ""
    print(f"{name:44} {each:10.1f} us {calls / seconds:12,.0f} /s {ratio}")
    return each


async def wrappers(calls: int, concurrency: int, folder: Path) -> None:
    """Each wrapper around the scripted model, then all of them."""
    print("\nwrappers, against the bare scripted model")
    asked = requests(calls, "wrappers")

    def bare() -> Model:
        return ScriptedModel(lambda _: ANSWER)

    store = AnswerCache(folder / "wrappers")
    made: list[tuple[str, Model]] = [
        ("limited", LimitedModel(bare(), concurrency=concurrency, timeout_s=60)),
        ("retried", RetriedModel(bare(), RetryPolicy())),
        ("budgeted", BudgetedModel(bare(), Budget(1e9))),
        ("single flight, no cache", CachedModel(bare(), None)),
        ("cached, miss and kept", CachedModel(bare(), store)),
        ("cached, hit", CachedModel(bare(), store)),
    ]
    await ask_all(bare(), asked, concurrency)  # warm
    reference = row("bare", await ask_all(bare(), asked, concurrency), calls)
    await BudgetedModel(bare(), Budget(1e9)).answer(asked[0])  # reads the price map, once
    for name, model in made:
        row(name, await ask_all(model, asked, concurrency), calls, reference)
    store.close()


def store(calls: int, folder: Path) -> None:
    """The answer cache alone, against rows put one by one into sqlite."""
    print("\nanswer cache, against bare sqlite (WAL, one commit a row)")
    asked = requests(calls, "store")
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("CREATE TABLE t (key TEXT PRIMARY KEY, value BLOB)")
    value = b"a" * 1200

    def timed(name: str, work: Callable[[Request], object], reference: float | None = None) -> float:
        began = time.perf_counter()
        for request in asked:
            work(request)
        return row(name, time.perf_counter() - began, calls, reference)

    put = timed("sqlite insert", lambda r: connection.execute("INSERT INTO t VALUES (?, ?)", (r.key, value)))
    get = timed("sqlite select", lambda r: connection.execute("SELECT value FROM t WHERE key=?", (r.key,)).fetchall())
    connection.close()
    cache = AnswerCache(folder / "store")
    timed("put", lambda request: cache.put(request, ANSWER), put)
    timed("get", lambda request: cache.get(request.key), get)
    cache.close()


@contextlib.contextmanager
def server() -> Iterator[None]:
    """The loopback server in a process of its own, with the environment leading there."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.openai_server", "--answer", "a" * 800],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    url = program.stdout.readline().strip()
    os.environ.update({"OPENAI_API_BASE": url, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-test"})
    try:
        yield
    finally:
        program.communicate(timeout=20)


async def over_http(calls: int, concurrency: int, folder: Path) -> None:
    """litellm bare, then the whole way through the front desk: first empty, then full cache."""
    from llmops_cli.models.via_litellm import LitellmModel

    print(f"\nover HTTP to the loopback, {concurrency} at once, against bare litellm")
    began = time.perf_counter()
    bare = await LitellmModel(timeout_s=60).open()
    print(f"{'import of litellm':44} {time.perf_counter() - began:10.2f} s")
    await ask_all(bare, requests(concurrency, "warm"), concurrency)
    reference = row("litellm", await ask_all(bare, requests(calls, "bare"), concurrency), calls)
    cache = AnswerCache(folder / "http")
    options = ConnectOptions(concurrency=concurrency, cache=cache, budget=Budget(1e9))
    desk = connect("openai/gpt-4o-mini", options)
    asked = requests(calls, "desk")
    row("front desk, cache empty", await ask_all(desk, asked, concurrency), calls, reference)
    row("front desk, cache full", await ask_all(desk, asked, concurrency), calls, reference)
    await desk.close()
    await bare.close()
    cache.close()


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--no-http", action="store_true", help="leave the part with litellm out")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="llmops-bench-"))
    try:
        asyncio.run(wrappers(options.calls, options.concurrency, folder))
        store(options.calls, folder)
        if not options.no_http:
            with server():
                asyncio.run(over_http(options.calls, options.concurrency, folder))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
