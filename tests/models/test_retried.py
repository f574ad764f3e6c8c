import asyncio
import random

import pytest

from llmops_cli.models.model import RETRYABLE, Fault, ModelError, Request, Response
from llmops_cli.models.retried import RetriedModel, RetryPolicy
from llmops_cli.models.scripted import Answer, ScriptedModel
from tests.models.asking import Clock, ask


def retried(
    *answers: Answer, attempts: int = 4, backoff_s: float = 0.5, seed: int = 1
) -> tuple[RetriedModel, ScriptedModel, Clock]:
    script, clock = ScriptedModel(answers), Clock()
    policy = RetryPolicy(attempts=attempts, backoff_s=backoff_s)
    return RetriedModel(script, policy, sleep=clock.sleep, now=clock.now, rng=random.Random(seed)), script, clock


@pytest.mark.parametrize("fault", sorted(RETRYABLE))
async def test_a_fault_that_may_pass_is_tried_again(fault: Fault) -> None:
    model, script, _ = retried(ModelError(fault, "x"), ModelError(fault, "x"), "fine")
    assert (await model.answer(ask())).text == "fine"
    assert len(script.requests) == 3


@pytest.mark.parametrize("fault", sorted(set(Fault) - RETRYABLE))
async def test_a_fault_that_stays_is_not_tried_again(fault: Fault) -> None:
    model, script, clock = retried(ModelError(fault, "no"), "never asked for")
    with pytest.raises(ModelError) as caught:
        await model.answer(ask())
    assert caught.value.fault is fault
    assert (len(script.requests), clock.slept) == (1, [])


async def test_attempts_count_the_first_call_and_the_last_fault_is_told() -> None:
    model, script, _ = retried(
        ModelError(Fault.SERVER, "1"), ModelError(Fault.SERVER, "2"), ModelError(Fault.EMPTY, "3"), "late", attempts=3
    )
    with pytest.raises(ModelError, match="empty answer: 3"):
        await model.answer(ask())
    assert len(script.requests) == 3


async def test_waits_are_drawn_from_a_doubling_range_and_never_pass_the_cap() -> None:
    down = [ModelError(Fault.SERVER, "") for _ in range(12)]
    model, _, clock = retried(*down, "up", attempts=13, backoff_s=1.0)
    await model.answer(ask())
    ceilings = [min(60.0, 2.0**n) for n in range(12)]
    assert len(clock.slept) == 12
    assert all(0 <= wait <= ceiling for wait, ceiling in zip(clock.slept, ceilings, strict=True))
    assert max(clock.slept) > 8  # it does grow
    assert len(set(clock.slept)) == 12  # and it is spread


async def test_a_thousand_attempts_do_not_overflow() -> None:
    down = [ModelError(Fault.SERVER, "") for _ in range(1100)]
    model, _, clock = retried(*down, "up", attempts=2000)
    await model.answer(ask())
    assert max(clock.slept) <= 60


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.SERVER])
async def test_the_time_the_provider_names_is_waited_for(fault: Fault) -> None:
    model, _, clock = retried(ModelError(fault, "", retry_after=7.0), "fine")
    await model.answer(ask())
    assert 7.0 <= clock.time - 1000 <= 8.5


async def test_a_time_longer_than_a_minute_is_not_waited_for() -> None:
    model, script, clock = retried(ModelError(Fault.RATE_LIMITED, "tomorrow", retry_after=86400), "never")
    with pytest.raises(ModelError, match="tomorrow"):
        await model.answer(ask())
    assert (len(script.requests), clock.slept) == (1, [])


async def test_all_callers_slow_down_when_one_is_told_to() -> None:
    model, _, clock = retried(ModelError(Fault.RATE_LIMITED, "", retry_after=20), "b", "c", attempts=1)
    with pytest.raises(ModelError):
        await model.answer(ask("a"))
    assert clock.slept == []
    assert (await model.answer(ask("b"))).text == "b"
    reopened = clock.time
    assert 20 <= reopened - 1000 <= 21
    assert (await model.answer(ask("c"))).text == "c"
    assert clock.time == reopened  # the gate is open again


async def test_all_callers_slow_down_a_little_without_a_named_time() -> None:
    model, _, clock = retried(ModelError(Fault.RATE_LIMITED, ""), "b", attempts=1, backoff_s=8.0)
    with pytest.raises(ModelError):
        await model.answer(ask("a"))
    await model.answer(ask("b"))
    assert 0 < clock.time - 1000 <= 9


async def test_forty_callers_at_once_all_get_their_answer_after_one_storm() -> None:
    clock = Clock()
    told: set[str] = set()

    def answer(request: Request) -> Answer:
        name = str(request.messages[0]["content"])
        if name in told:
            return f"re: {name}"
        told.add(name)
        return ModelError(Fault.RATE_LIMITED, "", retry_after=2)

    script = ScriptedModel(answer)
    model = RetriedModel(script, RetryPolicy(), sleep=clock.sleep, now=clock.now, rng=random.Random(3))
    answers = await asyncio.gather(*(model.answer(ask(f"q{n}")) for n in range(40)))
    assert [answer.text for answer in answers] == [f"re: q{n}" for n in range(40)]
    assert len(script.requests) <= 80


async def test_the_same_seed_waits_the_same() -> None:
    waits = []
    for _ in range(2):
        model, _, clock = retried(ModelError(Fault.SERVER, ""), ModelError(Fault.SERVER, ""), "x", seed=9)
        await model.answer(ask())
        waits.append(clock.slept)
    assert waits[0] == waits[1]


async def test_what_is_no_model_error_passes_untouched() -> None:
    class Broken:
        async def answer(self, request: object) -> Response:
            raise KeyError("a bug")

        async def close(self) -> None: ...

    with pytest.raises(KeyError):
        await RetriedModel(Broken(), RetryPolicy(), sleep=Clock().sleep).answer(ask())
