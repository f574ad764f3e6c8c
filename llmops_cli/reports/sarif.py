"""Annotations as SARIF 2.1.0, for code scanning and for editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and what GitHub reads of it:
https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support
"""

import json
import re
from collections.abc import Sequence
from urllib.parse import quote

from llmops_cli import __version__
from llmops_cli.files.json_value import Json
from llmops_cli.reports.annotation import Annotation, Level
from llmops_cli.reports.rule_names import sentence_about
from llmops_cli.reports.visible import visible

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL: dict[Level, str] = {"error": "error", "warning": "warning", "notice": "note"}


def sarif_log(annotations: Sequence[Annotation], category: str) -> str:
    """One SARIF log with one run, also where there is nothing to object to: that closes what was open.

    `category` tells what looked (`eval`, `prompt-check`): the logs of two of them are about different things.
    """
    placed = [one for one in annotations if one.path]
    rules = list(dict.fromkeys(one.rule for one in annotations))
    driver: dict[str, Json] = {
        "name": "llmops",
        "version": __version__,
        "rules": [_rule(rule) for rule in rules],
    }
    run: dict[str, Json] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"llmops/{category}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, rules.index(one.rule)) for one in placed],
    }
    if unplaced := [_notification(one, rules.index(one.rule)) for one in annotations if not one.path]:
        run["invocations"] = [{"executionSuccessful": False, "toolExecutionNotifications": unplaced}]
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: str) -> dict[str, Json]:
    text: dict[str, Json] = {"text": sentence_about(rule)}
    return {"id": rule, "name": rule, "shortDescription": text, "fullDescription": text, "help": text}


def _notification(one: Annotation, index: int) -> Json:
    """An objection to no file: that the work itself was not done."""
    return {
        "level": _LEVEL[one.level],
        "message": {"text": _message(f"{one.title}: {one.text}")},
        "associatedRule": {"id": one.rule, "index": index},
    }


def _result(one: Annotation, index: int) -> dict[str, Json]:
    place: dict[str, Json] = {
        "artifactLocation": {"uri": quote(one.path, errors="surrogateescape"), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": max(one.line, 1)},
    }
    return {
        "ruleId": one.rule,
        "ruleIndex": index,
        "level": _LEVEL[one.level],
        "message": {"text": _message(f"{one.title}: {one.text}")},
        "locations": [{"physicalLocation": place}],
        # the one name that GitHub looks for; by it an alert stays the same alert while lines move
        "partialFingerprints": {"primaryLocationLineHash": one.fingerprint},
    }


def _message(text: str) -> str:
    """Text in which nothing is a link (`[words](target)`) or a placeholder (`{0}`)."""
    return re.sub(r"\{(?=\d+\})", "{\u200b", visible(text).replace("](", "]\u200b("))
