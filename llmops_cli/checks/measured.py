"""Checks of what the call itself took: latency and cost."""

from typing import Literal

from pydantic import Field

from llmops_cli.checks.check import CheckContext, CheckShape, Failed, Score, Scored


class Latency(CheckShape):
    """Scores 1 when the answer took at most `max_ms` milliseconds, else 0.

    For an answer from the cache or a recording this is the time the real call took. Unknown latency cannot be measured.
    """

    type: Literal["latency"]
    max_ms: int | float = Field(gt=0)

    def score(self, context: CheckContext) -> Score:
        if context.latency_ms is None:
            return Failed("the latency of this answer is not known")
        return Scored(
            float(context.latency_ms <= self.max_ms), f"{context.latency_ms:,.0f} ms, at most {self.max_ms:,g}"
        )


class Cost(CheckShape):
    """Scores 1 when the answer cost at most `max_usd` US dollars, else 0.

    Unknown cost (no usage reported, or no price for the model) cannot be measured; it is not free.
    """

    type: Literal["cost"]
    max_usd: int | float = Field(gt=0)

    def score(self, context: CheckContext) -> Score:
        if context.cost_usd is None:
            return Failed("the cost of this answer is not known")
        return Scored(float(context.cost_usd <= self.max_usd), f"${context.cost_usd:.6g}, at most ${self.max_usd:.6g}")
