import asyncio

import pytest

from llmops_cli.models.budgeted import Budget, BudgetedModel
from llmops_cli.models.model import Fault, ModelError, Request, Response
from llmops_cli.models.price import estimate
from llmops_cli.models.scripted import ScriptedModel
from tests.models.asking import Gate, ask, settle

PRICED = "gpt-4o-mini"


def question(text: str = "hi") -> Request:
    return ask(text, model=PRICED, params={"max_tokens": 1000})


EACH = estimate(question()) or 0.0  # $0.00060015


def costing(usd: float | None) -> Response:
    return Response("fine", cost_usd=usd)


async def test_real_costs_are_booked() -> None:
    budget = Budget(1.0)
    model = BudgetedModel(ScriptedModel([costing(0.25), costing(0.5)]), budget)
    await model.answer(question())
    await model.answer(question())
    assert budget.spent_usd == pytest.approx(0.75)


async def test_a_call_that_would_pass_the_limit_is_not_made() -> None:
    script = ScriptedModel([costing(0.9999), costing(0.1)])
    budget = Budget(1.0)
    model = BudgetedModel(script, budget)
    await model.answer(question())
    with pytest.raises(ModelError) as caught:
        await model.answer(question())
    assert caught.value.fault is Fault.BUDGET
    assert caught.value.message == "$0.9999 of $1.0000 are spent and the next call may cost $0.0006"
    assert len(script.requests) == 1


async def test_the_last_cent_may_be_spent() -> None:
    budget = Budget(3 * EACH)
    model = BudgetedModel(ScriptedModel(lambda _: costing(None)), budget)
    for _ in range(3):
        await model.answer(question())
    with pytest.raises(ModelError):
        await model.answer(question())
    assert budget.spent_usd == pytest.approx(3 * EACH)


async def test_a_budget_of_nothing_makes_no_call() -> None:
    script = ScriptedModel([costing(0.0)])
    with pytest.raises(ModelError):
        await BudgetedModel(script, Budget(0.0)).answer(question())
    assert script.requests == []


async def test_a_budget_cannot_be_kept_without_a_price() -> None:
    script = ScriptedModel(["never"])
    with pytest.raises(
        ModelError, match=r"price of 'openai/test-model' is unknown, so a budget cannot be kept"
    ) as caught:
        await BudgetedModel(script, Budget(100.0)).answer(ask())
    assert caught.value.fault is Fault.BUDGET
    assert script.requests == []


@pytest.mark.parametrize(
    ("fault", "charged"),
    [
        (Fault.RATE_LIMITED, False),
        (Fault.UNAUTHORISED, False),
        (Fault.SERVER, False),
        (Fault.TIMEOUT, True),
        (Fault.CONNECTION, True),
        (Fault.TRUNCATED, True),
        (Fault.FILTERED, True),
        (Fault.EMPTY, True),
        (Fault.BAD_REPLY, True),
    ],
)
async def test_calls_that_failed_are_booked_when_they_may_have_been_charged(fault: Fault, charged: bool) -> None:
    budget = Budget(1.0)
    with pytest.raises(ModelError):
        await BudgetedModel(ScriptedModel([ModelError(fault, "")]), budget).answer(question())
    assert budget.spent_usd == pytest.approx(EACH if charged else 0.0)


async def test_a_cancelled_call_is_booked_and_gives_its_reservation_back() -> None:
    budget = Budget(1.5 * EACH)
    gate = Gate()
    call = asyncio.create_task(BudgetedModel(gate, budget).answer(question()))
    await settle()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert budget.spent_usd == pytest.approx(EACH)
    with pytest.raises(ModelError):
        await budget.reserve(EACH)
    await budget.reserve(0.4 * EACH)


async def test_calls_in_flight_hold_others_back_but_do_not_fail_them() -> None:
    """Ten calls might cost twice the budget; they really cost next to nothing, so all ten are made, five at a time."""
    gate = Gate(lambda _: costing(EACH / 100))
    budget = Budget(5 * EACH)
    model = BudgetedModel(gate, budget)
    calls = [asyncio.create_task(model.answer(question(f"q{n}"))) for n in range(10)]
    await settle()
    assert gate.inside == 5
    gate.opened.set()
    assert len(await asyncio.gather(*calls)) == 10
    assert budget.spent_usd == pytest.approx(EACH / 10)


async def test_the_limit_holds_for_all_models_and_all_calls_at_once() -> None:
    budget = Budget(5 * EACH)
    scripts = [ScriptedModel(lambda _: costing(EACH)) for _ in range(2)]
    models = [BudgetedModel(script, budget) for script in scripts]
    calls = (models[n % 2].answer(question(str(n))) for n in range(40))
    results = await asyncio.gather(*calls, return_exceptions=True)
    refused = [result for result in results if isinstance(result, ModelError) and result.fault is Fault.BUDGET]
    assert (len(refused), sum(len(script.requests) for script in scripts)) == (35, 5)
    assert budget.spent_usd <= budget.limit_usd + 1e-9
