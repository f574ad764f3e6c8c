"""A small project for stories: one prompt, a golden set of arithmetic, and a suite that asks a model over HTTP."""

import json
from collections.abc import Callable, Mapping
from typing import Any

PROMPT = """\
name: adder
version: {version}
model: openai/test-model
params: {{temperature: 0}}
template_format: dollar
variables:
  left: {{type: integer}}
  right: {{type: integer}}
template: |
  {words}
  $left + $right = ?
"""

SUITE = """\
prompt: adder
cases: golden/adder.jsonl
checks:
  - {name: right, type: equals}
gate:
  right: {floor: 0.9, max_drop: 0.02}
"""

SETTINGS = "run: {backoff_s: 0.01, concurrency: 8, timeout_s: 20}\n"


def cases(count: int, **more: Any) -> str:
    """`count` cases as JSONL; `more` is added to each."""
    rows = [
        {"id": f"sum-{i}", "vars": {"left": i, "right": i * 7 % 11}, "expected": str(i + i * 7 % 11), **more}
        for i in range(count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def project(
    count: int = 20, *, suite: str = SUITE, version: str = "1.0.0", words: str = "Add."
) -> dict[str, str | bytes]:
    """The files of the project."""
    return {
        "prompts/adder.yaml": PROMPT.format(version=version, words=words),
        "evals/adder.yaml": suite,
        "evals/golden/adder.jsonl": cases(count),
        "llmops.yaml": SETTINGS,
        ".gitignore": ".llmops/\n",
    }


def sum_in(body: Mapping[str, Any]) -> int:
    """The sum that a request asks for."""
    line = str(body["messages"][-1]["content"]).strip().splitlines()[-1]
    left, _, right, *_ = line.split()
    return int(left) + int(right)


def adds(body: Mapping[str, Any]) -> str:
    """A model that can add."""
    return str(sum_in(body))


def adds_but(wrong: Callable[[int], bool], *, when: str = "") -> Callable[[Mapping[str, Any]], str]:
    """A model that is wrong for some sums, where the request holds the words `when`."""

    def answer(body: Mapping[str, Any]) -> str:
        total = sum_in(body)
        if when in str(body["messages"]) and wrong(total):
            return "I am glad you asked!"
        return str(total)

    return answer
