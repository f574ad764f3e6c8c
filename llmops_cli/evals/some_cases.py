"""Some cases of one suite, for those who look at a few: measured as always, not decided, and not stored."""

import asyncio
from collections.abc import Collection
from dataclasses import replace

from llmops_cli.evals.evaluate import measure
from llmops_cli.evals.preparation import Preparation
from llmops_cli.evals.run import Counts, Run
from llmops_cli.evals.run_making import RunName, make_run
from llmops_cli.evals.session import Session


def measure_cases(session: Session, cases: Collection[str]) -> Run:
    """The run of those cases of the session's one suite; it holds no results where nothing changed since the base.

    Raises what `Session.prepare` raises, MeasureError when a fault stopped it, Interrupted on Ctrl-C.
    """
    prepared, refused = session.prepare()
    for error in refused:
        raise error
    return asyncio.run(_measured(session, prepared[0], cases))


async def _measured(session: Session, prepared: Preparation, cases: Collection[str]) -> Run:
    lab = replace(session.lab(prepared), open_log=None)
    repeats = session.first_repeats(prepared)
    try:
        if prepared.unchanged:
            run = make_run(prepared, RunName.of(prepared, lab.now()), {}, repeats, Counts())
            return run.model_copy(update={"unchanged": True})
        return await measure(prepared, lab, repeats, only=lambda case: case.id in cases)
    finally:
        await session.close([prepared])
