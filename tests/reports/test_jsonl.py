"""JSON lines: every trial, whole."""

import json

from llmops_cli.evals.run import Result
from llmops_cli.reports.jsonl import FORMAT, trial_lines
from tests.reports.hostile import hostile
from tests.reports.views import alone, failed, unchanged


def test_a_line_for_every_trial_of_every_side() -> None:
    rows = [json.loads(line) for line in trial_lines([failed(), alone(), unchanged()])]
    assert [row["side"] for row in rows] == ["candidate"] * 20 + ["baseline"] * 20 + ["candidate"] * 10
    first = rows[0]
    assert (first["format"], first["suite"], first["prompt"], first["version"]) == (FORMAT, "s", "p", "1.1.0")
    assert (first["case"], first["repeat"], first["output"]) == ("c0", 0, "a wrong one")
    assert first["scores"]["right"] == {"status": "scored", "value": 0.0, "passed": False, "reason": "by hand"}


def test_nothing_is_lost_and_no_line_is_broken() -> None:
    analysis = hostile()
    text = "".join(trial_lines([analysis]))
    assert text.isascii()
    lines = text.splitlines()
    stored = [result for side in analysis.run.sides for result in side.results]
    assert len(lines) == len(stored)
    for line, result in zip(lines, stored, strict=True):
        row = json.loads(line)
        assert Result(**{name: row[name] for name in Result.model_fields}) == result
