"""Our checks against promptfoo's, row by row: they agree, or the row names a deviation that docs/reference explains."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.checks.catalogue import shape_of_check
from llmops_cli.checks.check import Check, Scored
from llmops_cli.errors import FileError, InputError
from llmops_cli.evals.promptfoo.checks import check_of
from llmops_cli.evals.promptfoo.sets import set_of
from llmops_cli.prompts.formats.note import LeftOutError
from tests.checks.scoring import InMemory, context
from tests.conformance.inputs import ROWS
from tests.conformance.make_table import question, table_rows

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/promptfoo.md"
DATA = table_rows()


@dataclass(frozen=True)
class Said:
    """A verdict. `refused`: there is none, because the question itself is not taken, or cannot be measured."""

    passed: bool
    score: float
    refused: str = ""

    def agrees(self, theirs: "Said") -> bool:
        if self.refused or theirs.refused:
            return bool(self.refused) and bool(theirs.refused)
        return self.passed == theirs.passed and self.score == pytest.approx(theirs.score, abs=1e-6)


def theirs(row: dict[str, Any]) -> Said:
    said = row["promptfoo"]
    return Said(said["pass"], said["score"], said.get("error", ""))


def ours(row: dict[str, Any]) -> Said:
    """What our checks say, through the translation that the import uses."""
    values = row.get("vars", {})
    try:
        if "type" in row:
            entry = {key: row[key] for key in ("type", "value", "threshold", "weight") if key in row}
            made = check_of(entry, values, name="it")
        else:
            made = set_of(row["assert"], row.get("test_threshold"), values, name="it", tell=_raise)
        shape = shape_of_check(made, path="suite.yaml")
        check = shape.bind(InMemory())
    except (LeftOutError, FileError, InputError) as error:
        return Said(False, 0, str(error))
    assert isinstance(check, Check)
    answer = row.get("answer", {})
    score = check.score(
        context(
            row["output"],
            vars=values,
            cost_usd=answer.get("cost"),
            latency_ms=answer.get("latencyMs"),
            finish_reason=answer.get("finishReason", ""),
            tool_calls=tuple({"id": call["id"], **call["function"]} for call in _calls(answer.get("output"))),
        )
    )
    if not isinstance(score, Scored):
        return Said(False, 0, score.reason)
    return Said(shape.passes(score), score.value)


def _calls(output: Any) -> list[dict[str, Any]]:
    return output["tool_calls"] if isinstance(output, dict) else []


def _raise(error: LeftOutError, index: int) -> None:
    del index
    raise error


@pytest.mark.parametrize("kind", sorted({str(row.get("type", "several")) for row in DATA}))
def test_we_say_what_promptfoo_says_or_deviate_by_name(kind: str) -> None:
    wrong: list[str] = []
    for row in DATA:
        if row.get("type", "several") != kind:
            continue
        mine, wanted = ours(row), theirs(row)
        if mine.agrees(wanted) and "deviates" in row:
            wrong.append(f"no deviation any more: {question(row)}: {mine}")
        if not mine.agrees(wanted) and "deviates" not in row:
            wrong.append(f"{question(row)}: ours {mine}, promptfoo {wanted}")
    assert wrong == []


def test_the_table_holds_what_was_asked_and_enough_of_it() -> None:
    assert [question(row) for row in DATA] == [question(row.as_json()) for row in ROWS]
    assert len(DATA) >= 300
    assert len({question(row) for row in DATA}) == len(DATA)
    agreeing = sum("deviates" not in row for row in DATA)
    assert agreeing / len(DATA) > 0.8


def test_every_deviation_is_explained_and_none_is_stale() -> None:
    used = {row["deviates"] for row in DATA if "deviates" in row}
    section = PAGE.read_text(encoding="utf-8").split("## Deviations")[1].split("\n## ")[0]
    explained = set(re.findall(r"^\| `([a-z0-9-]+)` \|", section, re.MULTILINE))
    assert used == explained
