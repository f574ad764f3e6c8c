"""A change with four suites, each of another fate, for stories in which many runners do what one would have done."""

import json
from collections.abc import Mapping
from typing import Any

from tests.conftest import GitRepo
from tests.journeys.project import PROMPT, SETTINGS, adds, sum_in

STILL = PROMPT.replace("name: adder", "name: still")
TOLD = PROMPT.replace("name: adder", "name: told")

# open at every look: two of forty turn wrong, which is more than allowed and could be chance
OPEN = """\
prompt: adder
cases: golden/open.jsonl
checks:
  - {name: right, type: equals}
  - {name: concise, type: judge, judge: conciseness@1, model: openai/judge-2026-01-01}
gate:
  right: {max_drop: 0.02}
  concise: {floor: 0.5}
"""
# the critical case fails now, and is asked again
CRITICAL = """\
prompt: adder
cases: golden/critical.jsonl
checks:
  - {name: right, type: equals}
gate:
  right: {floor: 0.1, max_drop: 0.9}
"""
RECORDED = """\
prompt: told
cases: golden/recorded.jsonl
target: {recorded: recordings/told.jsonl}
checks:
  - {name: right, type: equals}
gate:
  right: {floor: 0.5, max_drop: 0.1}
"""
UNCHANGED = """\
prompt: still
cases: golden/recorded.jsonl
checks:
  - {name: right, type: equals}
gate:
  right: {floor: 0.9}
"""


def _cases(count: int, *, plus: int = 3, **of_some: Any) -> str:
    """Sums; the first ten lie in two clusters. Case 7 has `of_some`."""
    rows = []
    for i in range(count):
        row: dict[str, Any] = {"id": f"sum-{i}", "vars": {"left": i, "right": plus}, "expected": str(i + plus)}
        row |= {"cluster": f"page-{i % 2}"} if i < 10 else {}
        rows.append(row | (of_some if i == 7 else {}))
    return "".join(json.dumps(row) + "\n" for row in rows)


def _recording(count: int) -> str:
    rows = [
        {"prompt": f"told@{version}", "case": f"sum-{i}", "repeat": 0, "latency_ms": 10 + i, "cost_usd": 0.001,
         "output": str(i + 3) if version == "1.0.0" or i % 5 else "many"}
        for version in ("1.0.0", "1.1.0") for i in range(count)
    ]  # fmt: skip
    return "".join(json.dumps(row) + "\n" for row in rows)


def commit_change(repo: GitRepo) -> None:
    """The suites on main, and a branch `change` with new versions of two of their three prompts."""
    files: dict[str, str | bytes] = {
        "prompts/adder.yaml": PROMPT.format(version="1.0.0", words="Add."),
        "prompts/still.yaml": STILL.format(version="1.0.0", words="Add."),
        "prompts/told.yaml": TOLD.format(version="1.0.0", words="Add."),
        "evals/critical.yaml": CRITICAL,
        "evals/open.yaml": OPEN,
        "evals/recorded.yaml": RECORDED,
        "evals/unchanged.yaml": UNCHANGED,
        "evals/golden/critical.jsonl": _cases(9, plus=103, critical=True),
        "evals/golden/open.jsonl": _cases(40),
        "evals/golden/recorded.jsonl": _cases(20),
        "evals/recordings/told.jsonl": _recording(20),
        "llmops.yaml": SETTINGS,
        ".gitignore": ".llmops/\n",
    }
    repo.commit(files, "four suites")
    repo.git("switch", "-q", "-c", "change")
    changed: dict[str, str | bytes] = {
        "prompts/adder.yaml": PROMPT.format(version="1.1.0", words="Please add."),
        "prompts/told.yaml": TOLD.format(version="1.1.0", words="Please add."),
    }
    repo.commit(changed, "be polite")


def answers(body: Mapping[str, Any]) -> str:
    """Wrong for two of the sums where it is asked politely; the judge takes long answers for wordy."""
    if str(body["model"]).startswith("judge"):
        label = "wordy" if "glad" in str(body["messages"]) else "concise"
        return json.dumps({"reasons": "its length", "verdict": label})
    if "Please" in str(body["messages"]) and sum_in(body) in (10, 25, 110):
        return "I am glad you asked!"
    return adds(body)
