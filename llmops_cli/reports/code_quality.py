"""Annotations as GitLab's code quality report, which merge requests show beside the change.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import json
from collections.abc import Sequence

from llmops_cli.reports.annotation import Annotation, Level
from llmops_cli.reports.visible import visible

_SEVERITY: dict[Level, str] = {"error": "critical", "warning": "major", "notice": "info"}


def code_quality(annotations: Sequence[Annotation]) -> str:
    """One JSON array; the fingerprint of an objection is the same in every run that makes it."""
    document = [
        {
            "description": visible(one.text),
            "check_name": f"llmops {one.rule}",
            "fingerprint": one.fingerprint,
            "severity": _SEVERITY[one.level],
            "location": {"path": one.path or ".", "lines": {"begin": max(one.line, 1)}},
        }
        for one in annotations
    ]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
