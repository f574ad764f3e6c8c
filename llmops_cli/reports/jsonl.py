"""Runs as JSON lines, one for every trial: lossless, for data frames and databases."""

import json
from collections.abc import Iterator, Sequence

from llmops_cli.evals.analysis import Analysis
from llmops_cli.files.json_value import Json

FORMAT = "llmops.trial/1"


def trial_lines(analyses: Sequence[Analysis]) -> Iterator[str]:
    """A line for every trial of every side: what it belongs to, then everything that is stored of it.

    Raises InputError when the log of a run cannot be read.
    """
    for analysis in analyses:
        run = analysis.run
        for side in run.sides:
            belongs: dict[str, Json] = {
                "format": FORMAT,
                "run": run.id,
                "suite": run.suite,
                "created_at": run.created_at,
                "side": side.role,
                "prompt": side.prompt,
                "version": side.version,
                "digest": side.digest,
                "model": side.model,
            }
            for result in side.results:
                row = belongs | run.full(result).model_dump(mode="json")
                # ASCII alone: some readers end a line at U+2028 or U+0085
                yield json.dumps(row, allow_nan=False) + "\n"
