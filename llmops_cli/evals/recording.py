"""Keeping the outputs of runs as a recording: how a live run is evaluated again without a key."""

from collections.abc import Sequence
from pathlib import Path

from llmops_cli.errors import InputError
from llmops_cli.evals.run import Result, Run, Side
from llmops_cli.files.atomic import write_atomic
from llmops_cli.files.json_value import Json, canonical
from llmops_cli.models.model import Label, Response, Usage
from llmops_cli.models.recorded import recording_row


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
    known = result.input_tokens is not None and result.output_tokens is not None
    response = Response(
        text=result.output or "",
        finish_reason=result.finish_reason,
        usage=Usage(result.input_tokens or 0, result.output_tokens or 0) if known else None,
        cost_usd=result.cost_usd,
        latency_ms=result.latency_ms,
        model=result.answered_by,
    )
    return recording_row(Label(side.reference, result.case, result.repeat), response, digest=side.digest)
