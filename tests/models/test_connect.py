"""The whole way from a name to an answer, through HTTP."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from llmops_cli.errors import InputError
from llmops_cli.models.answer_cache import AnswerCache
from llmops_cli.models.budgeted import Budget
from llmops_cli.models.connect import ConnectOptions, connect
from llmops_cli.models.model import Fault, Keeping, Model, ModelError, Response
from llmops_cli.models.retried import RetryPolicy
from tests import openai_server as server_side
from tests.models.asking import ask
from tests.openai_server import OpenAIServer

ROOT = Path(__file__).resolve().parents[2]
QUICK = RetryPolicy(attempts=3, backoff_s=0.001)
NAME = "openai/test-model"
Connect = Callable[..., Model]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[AnswerCache]:
    opened = AnswerCache(tmp_path / "cache")
    yield opened
    opened.close()


@pytest.fixture
async def desk() -> AsyncIterator[Connect]:
    """`connect` with quick retries; what it made is closed afterwards."""
    made: list[Model] = []

    def make(name: str = NAME, **options: object) -> Model:
        made.append(connect(name, ConnectOptions(**{"retry": QUICK, **options})))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for model in made:
        await model.close()


async def test_an_answer_is_fetched_once_and_then_kept(server: OpenAIServer, desk: Connect, cache: AnswerCache) -> None:
    model = desk(cache=cache)
    first = await model.answer(ask())
    again = await model.answer(ask())
    assert (first.text, first.cached, again.cached) == ("answer to: hi", False, True)
    assert len(server.calls) == 1


async def test_faults_that_pass_are_ridden_out(server: OpenAIServer, desk: Connect, cache: AnswerCache) -> None:
    server.faults = {0: server_side.server_error(503), 1: server_side.content("")}
    assert (await desk(cache=cache).answer(ask())).text == "answer to: hi"
    assert len(server.calls) == 3


async def test_what_the_provider_asks_for_is_waited_for(server: OpenAIServer, desk: Connect) -> None:
    server.faults = {0: server_side.rate_limited(None, "300")}
    await desk().answer(ask())
    assert server.calls[1].at - server.calls[0].at >= 0.3


@pytest.mark.parametrize(
    ("misbehaviour", "fault", "calls"),
    [
        (server_side.quota(), Fault.QUOTA, 1),
        (server_side.unauthorised(), Fault.UNAUTHORISED, 1),
        (server_side.no_such_model(), Fault.NO_SUCH_MODEL, 1),
        (server_side.finish("length"), Fault.TRUNCATED, 1),
        (server_side.filtered_request(), Fault.FILTERED, 1),
        (server_side.server_error(500), Fault.SERVER, 3),
        (server_side.malformed(), Fault.BAD_REPLY, 3),
        (server_side.RESET, Fault.CONNECTION, 3),
    ],
)
async def test_faults_that_stay_are_told_and_nothing_is_kept(
    server: OpenAIServer,
    desk: Connect,
    cache: AnswerCache,
    misbehaviour: server_side.Misbehaviour,
    fault: Fault,
    calls: int,
) -> None:
    server.faults = lambda number, body: misbehaviour
    with pytest.raises(ModelError) as caught:
        await desk(cache=cache).answer(ask())
    assert caught.value.fault is fault
    assert len(server.calls) == calls
    assert cache.get(ask().key) is None


async def test_a_hang_costs_no_more_than_the_timeout_and_is_tried_again(server: OpenAIServer, desk: Connect) -> None:
    await desk().answer(ask("warm"))  # the import is not part of a call's time, but the first call of all is slow
    server.faults = {1: server_side.HANG, 2: server_side.HANG_AFTER_HEADERS}
    assert (await desk(timeout_s=0.3).answer(ask())).text == "answer to: hi"


async def test_no_more_calls_at_once_than_allowed(server: OpenAIServer, desk: Connect) -> None:
    server.delay_s = 0.02
    model = desk(concurrency=4)
    await asyncio.gather(*(model.answer(ask(str(n))) for n in range(16)))
    assert server.most_at_once == 4


async def test_identical_questions_at_once_are_one_call(server: OpenAIServer, desk: Connect) -> None:
    model = desk()
    answers = await asyncio.gather(*(model.answer(ask("same")) for _ in range(10)))
    assert len(server.calls) == 1
    assert sum(not answer.cached for answer in answers) == 1


async def test_a_budget_stops_the_calls_and_keeps_what_was_paid_for(
    server: OpenAIServer, desk: Connect, cache: AnswerCache
) -> None:
    server.faults = lambda number, body: server_side.usage(1000, 1000)  # $0.00075 each
    budget = Budget(0.002)
    model = desk("openai/gpt-4o-mini", budget=budget, cache=cache, concurrency=1)
    questions = [ask(str(n), model="openai/gpt-4o-mini", params={"max_tokens": 1000}) for n in range(10)]
    results = await asyncio.gather(*(model.answer(question) for question in questions), return_exceptions=True)
    answered = [result for result in results if isinstance(result, Response)]
    refused = [result for result in results if isinstance(result, ModelError) and result.fault is Fault.BUDGET]
    assert (len(answered), len(refused), len(server.calls)) == (2, 8, 2)
    assert budget.spent_usd == pytest.approx(0.0015)
    assert sum(cache.get(question.key) is not None for question in questions) == 2


async def test_a_kept_answer_costs_no_budget(server: OpenAIServer, desk: Connect, cache: AnswerCache) -> None:
    cache.put(ask(), Response("kept"))
    assert (await desk(budget=Budget(0.0), cache=cache).answer(ask())).text == "kept"


async def test_unparsable_verdicts_are_not_kept(server: OpenAIServer, desk: Connect, cache: AnswerCache) -> None:
    server.answer = lambda body: "hmm" if len(server.calls) == 1 else "PASS"
    judge = desk(cache=cache)
    request = ask(keeping=Keeping(lambda response: response.text == "PASS", {"a": "b"}))
    texts = [(await judge.answer(request)).text for _ in range(3)]
    assert texts == ["hmm", "PASS", "PASS"]
    assert len(server.calls) == 2
    entry = cache.entry(ask().key)
    assert entry is not None
    assert entry["index"] == {"a": "b"}


async def test_an_endpoint_is_part_of_the_question(desk: Connect, cache: AnswerCache, server: OpenAIServer) -> None:
    with OpenAIServer(lambda body: "the other one") as other:
        plain, elsewhere = desk(cache=cache), desk(cache=cache, endpoint=other.url)
        assert (await plain.answer(ask())).text == "answer to: hi"
        assert (await elsewhere.answer(ask())).text == "the other one"
        assert (await plain.answer(ask())).text == "answer to: hi"
        assert (len(server.calls), len(other.calls)) == (1, 1)


async def test_secrets_do_not_reach_a_message(server: OpenAIServer, desk: Connect) -> None:
    server.faults = {0: server_side.unauthorised("correct-horse-battery")}
    with pytest.raises(ModelError) as caught:
        await desk(secrets=("correct-horse-battery",)).answer(ask())
    assert "correct-horse" not in str(caught.value)
    assert "correct-horse" not in repr(ConnectOptions(secrets=("correct-horse-battery",)))


def test_a_model_must_be_named() -> None:
    with pytest.raises(InputError, match="no model is named"):
        connect(" ", ConnectOptions())


async def test_a_name_that_leads_nowhere_is_bad_input_and_not_a_fault(desk: Connect) -> None:
    with pytest.raises(InputError, match="no provider is known for the model 'gpt'"):
        await desk("gpt").answer(ask(model="gpt"))


async def test_closing_before_the_first_call_is_fine() -> None:
    await connect(NAME, ConnectOptions()).close()


CACHED_RUN = """
import asyncio, sys
from pathlib import Path
from llmops_cli.models.answer_cache import AnswerCache
from llmops_cli.models.connect import ConnectOptions, connect
from tests.models.asking import ask

async def main():
    cache = AnswerCache(Path(sys.argv[1]))
    model = connect("openai/test-model", ConnectOptions(cache=cache))
    answers = [await model.answer(ask(str(n))) for n in range(5)]
    await model.close()
    cache.close()
    heavy = [name for name in ("litellm", "openai", "aiohttp", "httpx", "numpy") if name in sys.modules]
    sys.stdout.write(f"{[answer.text for answer in answers]} {heavy}")

asyncio.run(main())
"""


def run_python(code: str, *arguments: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_a_run_that_the_cache_answers_never_imports_litellm(tmp_path: Path, cache: AnswerCache) -> None:
    for n in range(5):
        cache.put(ask(str(n)), Response(f"kept {n}"))
    told = run_python(CACHED_RUN, str(tmp_path / "cache"), env={})
    assert told == "['kept 0', 'kept 1', 'kept 2', 'kept 3', 'kept 4'] []"


def test_the_server_runs_as_a_program_and_the_environment_leads_there(tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.openai_server", "--answer", "yes", "--log", str(log)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    url = program.stdout.readline().strip()
    told = run_python(CACHED_RUN, str(tmp_path / "cache"), env={"OPENAI_API_BASE": url, "OPENAI_API_KEY": "sk-test"})
    program.communicate(timeout=20)
    assert program.returncode == 0
    assert told.startswith("['yes', 'yes', 'yes', 'yes', 'yes'] ['litellm'")
    asked = [json.loads(line)["messages"][0]["content"] for line in log.read_text().splitlines()]
    assert asked == ["0", "1", "2", "3", "4"]


async def test_litellm_is_imported_once_when_many_call_first(server: OpenAIServer) -> None:
    model = connect(NAME, ConnectOptions(concurrency=64))
    calls: list[Awaitable[Response]] = [model.answer(ask(str(n))) for n in range(64)]
    assert len(await asyncio.gather(*calls)) == 64
    await model.close()
    await model.close()
