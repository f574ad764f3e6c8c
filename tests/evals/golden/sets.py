"""Golden sets made by hand, and the project around them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from llmops_cli.evals.case import Case
from llmops_cli.evals.dataset import Row
from llmops_cli.evals.golden.lint import Lint, lint
from llmops_cli.settings import Settings
from llmops_cli.vcs.tree import WorkTree

PROMPT = """\
name: desk
version: 1.0.0
model: openai/test-model
template_format: dollar
variables:
  mail: {type: string}
  hint: {type: string, default: ""}
template: |
  Sort this mail into billing, technical or sales. $hint
  $mail
"""
SUITE = """\
prompt: desk
cases: golden/desk.jsonl
checks:
  - {name: right, type: equals}
gate:
  right: {floor: 0.9}
"""


def rows(*cases: Mapping[str, Any]) -> list[Row]:
    """Cases as rows, one a line."""
    return [Row(line, Case.model_validate(case)) for line, case in enumerate(cases, 1)]


def mails(*texts: str, expected: Any = None) -> list[Row]:
    """A case for every text."""
    return rows(*({"id": f"m{i}", "vars": {"mail": text}, "expected": expected} for i, text in enumerate(texts)))


def linted(
    root: Path,
    cases: Sequence[Mapping[str, Any]] | str,
    *,
    prompt: str = PROMPT,
    suite: str = SUITE,
    name: str = "desk",
) -> Lint:
    """The lint of a project with one suite."""
    text = cases if isinstance(cases, str) else "".join(json.dumps(case) + "\n" for case in cases)
    files = {"prompts/desk.yaml": prompt, "evals/desk.yaml": suite, "evals/golden/desk.jsonl": text}
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    return lint(WorkTree(root), Settings(), [name])


def said(found: Lint) -> list[tuple[str, str, int]]:
    """Rule, severity and line of every finding."""
    return [(finding.rule, finding.severity, finding.line) for finding in found.findings]
