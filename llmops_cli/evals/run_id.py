"""The id of a run, `TIME-SUITE-INPUTS`, without reading the run."""

import re

_PARTS = re.compile(r"\d{8}T\d{6}Z-(?P<suite>.+)-[0-9a-f]{6}(-\d+)?\Z")


def suite_of(run_id: str) -> str:
    """The suite in the id of a run, empty for an id of another shape."""
    match = _PARTS.match(run_id)
    return match["suite"] if match else ""
