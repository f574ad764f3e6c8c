"""A hard limit on money: what a call may cost is set aside before it is made, and settled afterwards."""

import asyncio

from llmops_cli.models.model import Fault, Model, ModelError, Request, Response
from llmops_cli.models.price import estimate

# the provider worked before the call went wrong, so it may have charged for it
_PERHAPS_CHARGED = frozenset(
    {Fault.TIMEOUT, Fault.CONNECTION, Fault.BAD_REPLY, Fault.EMPTY, Fault.TRUNCATED, Fault.FILTERED, Fault.INTERRUPTED}
)
_ROUNDING_USD = 1e-12


class Budget:
    """US dollars that may be spent, shared by all models of a run. For one event loop; not for threads.

    `spent_usd` counts real costs where they are known and estimates where not. Calls in flight may end above their
    estimate when their params set no limit on the answer: by that much, and no more, can the limit be passed.
    """

    def __init__(self, limit_usd: float) -> None:
        self.limit_usd = limit_usd
        self.spent_usd = 0.0
        self._reserved_usd = 0.0
        self._settled = asyncio.Event()

    async def reserve(self, amount_usd: float) -> None:
        """Set money aside. While only calls in flight stand in the way, their settlement is waited for.

        Raises ModelError(BUDGET) when the limit would be passed even if the calls in flight were free.
        """
        while True:
            if self.spent_usd + amount_usd > self.limit_usd + _ROUNDING_USD:
                raise ModelError(
                    Fault.BUDGET,
                    f"${self.spent_usd:.4f} of ${self.limit_usd:.4f} are spent and the next call may cost "
                    f"${amount_usd:.4f}",
                )
            if self.spent_usd + self._reserved_usd + amount_usd <= self.limit_usd + _ROUNDING_USD:
                self._reserved_usd += amount_usd
                return
            self._settled.clear()
            await self._settled.wait()

    def settle(self, reserved_usd: float, spent_usd: float) -> None:
        """Give a reservation back and book what was really spent."""
        self._reserved_usd -= reserved_usd
        self.spent_usd += spent_usd
        self._settled.set()


class BudgetedModel:
    """A Model that makes no call its budget might not cover.

    A call is estimated with the most tokens its params allow for the answer, else with a typical length. Afterwards its
    real cost is booked, or the estimate where the provider did not tell, also for calls that failed after the provider
    may have charged for them.
    """

    def __init__(self, inner: Model, budget: Budget) -> None:
        self._inner = inner
        self._budget = budget

    async def answer(self, request: Request) -> Response:
        """The answer. Raises ModelError, BUDGET when the limit is reached or the price is not known."""
        amount = estimate(request)
        if amount is None:
            raise ModelError(
                Fault.BUDGET,
                f"the price of {request.model!r} is unknown, so a budget cannot be kept; run it without a budget",
            )
        await self._budget.reserve(amount)
        spent = amount  # also when the call is cancelled: the provider may go on and charge for it
        try:
            response = await self._inner.answer(request)
            spent = amount if response.cost_usd is None else response.cost_usd
            return response
        except ModelError as error:
            spent = amount if error.fault in _PERHAPS_CHARGED else 0.0
            raise
        finally:
            self._budget.settle(amount, spent)

    async def close(self) -> None:
        """Close the inner model."""
        await self._inner.close()
