"""A result that another machine wrote, held against the trial it claims to be of, before anything is made of it."""

import math
from collections.abc import Sequence

from llmops_cli.evals.plan import Trial
from llmops_cli.evals.run import Result, ScoreRecord

_MOST = 1e12  # of tokens, US dollars, milliseconds: what is more was not measured


class ForeignResultError(Exception):
    """Why it cannot be the result of that trial."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def check_foreign(result: Result, trial: Trial, checks: Sequence[str]) -> None:
    """See that a result of this trial, whose checks have these names, could have come to be.

    Raises ForeignResultError.
    """
    if result.request != trial.request.key:
        raise ForeignResultError(
            "it was asked something else there",
            hint="the same files, and the same addresses in the environment (such as OPENAI_API_BASE), are needed",
        )
    if list(result.scores) != list(checks):
        raise ForeignResultError("it was not measured with this case's checks")
    if not result.answered and any(record.status != "failed" for record in result.scores.values()):
        raise ForeignResultError("an answer that is not there has a score")
    if not result.answered and not result.error:
        raise ForeignResultError("it has no answer, and nothing says why")
    for name, record in result.scores.items():
        _check_score(name, record)
    numbers = (
        result.cost_usd,
        result.judge_cost_usd,
        result.latency_ms,
        result.input_tokens,
        result.output_tokens,
    )
    if not all(number is None or 0 <= number <= _MOST for number in numbers):
        raise ForeignResultError("its cost, time or tokens are no measurements")


def _check_score(name: str, record: ScoreRecord) -> None:
    """A score has a value from 0 to 1 exactly when it was scored."""
    scored = record.status == "scored"
    value = record.value
    if scored != (value is not None) or scored != (record.passed is not None):
        raise ForeignResultError(f"the score of {name} is neither there nor missing")
    if value is not None and not (math.isfinite(value) and 0 <= value <= 1):
        raise ForeignResultError(f"the score of {name} is not a number from 0 to 1")
