"""Keeping the outputs of runs as a recording: how a live run is evaluated again without a key."""

from collections.abc import Sequence
from pathlib import Path

from llmops_cli.errors import InputError
from llmops_cli.evals.run import Result, Run, Side
from llmops_cli.files.atomic import write_atomic
from llmops_cli.files.json_value import Json, canonical


def write_recording(path: Path, runs: Sequence[Run]) -> None:
    """Write every output of both sides as JSONL, one row a trial, in one step.

    Raises InputError when the file cannot be written, or there is no output to keep.
    """
    rows: dict[tuple[str, str, int], dict[str, Json]] = {}
    for run in runs:
        for side in (run.baseline, run.candidate):
            for result in side.results if side else []:
                if side is not None and result.output is not None:
                    rows[(side.reference, result.case, result.repeat)] = _row(side, result)
    if not rows:
        raise InputError("there is no output to record (nothing was run)")
    try:
        write_atomic(path, "".join(canonical(row) + "\n" for row in rows.values()).encode())
    except OSError as error:
        raise InputError(f"{path} could not be written: {error.strerror}") from None


def _row(side: Side, result: Result) -> dict[str, Json]:
    row: dict[str, Json] = {
        "prompt": side.reference,
        "case": result.case,
        "repeat": result.repeat,
        "output": result.output,
        "finish_reason": result.finish_reason,
        "digest": side.digest,
    }
    if result.input_tokens is not None and result.output_tokens is not None:
        row["usage"] = {"input_tokens": result.input_tokens, "output_tokens": result.output_tokens}
    optional = {"latency_ms": result.latency_ms, "cost_usd": result.cost_usd}
    return row | {name: value for name, value in optional.items() if value is not None}
