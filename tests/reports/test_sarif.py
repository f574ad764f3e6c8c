"""SARIF: legal, tracked from run to run, and nothing that was said becomes a link."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sarif_pydantic import Sarif

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.results_folder import StoppedRecord
from llmops_cli.reports.annotation import Annotation, of_runs
from llmops_cli.reports.sarif import sarif_log
from tests.reports.hostile import hostile
from tests.reports.views import alone, failed, inconclusive, invalid, passed, unchanged

SCHEMA = Draft202012Validator(json.loads(Path(__file__).with_name("sarif.schema.json").read_text(encoding="utf-8")))


def results(*analyses: Analysis) -> list[dict[str, Any]]:
    """The results, after a look by the schema and by another program."""
    text = sarif_log(of_runs(analyses), "eval")
    document = json.loads(text)
    assert [error.message for error in SCHEMA.iter_errors(document)] == []
    Sarif.model_validate_json(text)
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    found: list[dict[str, Any]] = run["results"]
    assert [rules[one["ruleIndex"]] for one in found] == [one["ruleId"] for one in found]
    return found


@pytest.mark.parametrize("make", [passed, failed, inconclusive, invalid, unchanged, alone, hostile])
def test_every_kind_of_run_is_legal(make: Any) -> None:
    results(make())
    results(make(), passed(), make())


def test_findings_come_first_and_cases_after_them() -> None:
    found = [(one["ruleId"], one["level"]) for one in results(failed())]
    assert found == [
        ("regression", "error"),
        ("critical", "error"),
        *[("case-fails", "warning")] * 6,
    ]


def test_nothing_to_object_to_is_an_empty_log_which_closes_what_was_open() -> None:
    assert results(passed()) == [] == results(unchanged())


def test_an_inconclusive_gate_is_a_warning() -> None:
    assert {one["level"] for one in results(inconclusive()) if one["ruleId"] != "case-fails"} == {"warning"}


def test_an_alert_stays_the_same_alert_while_lines_and_words_change() -> None:
    def keys(analysis: Analysis) -> list[str]:
        return [one["partialFingerprints"]["primaryLocationLineHash"] for one in results(analysis)]

    analysis = failed()
    side = analysis.run.candidate.model_copy(update={"path": "prompts/p.yaml", "line": 7})
    placed = Analysis(
        analysis.run.model_copy(update={"candidate": side, "id": "another"}),
        analysis.policy,
        analysis.metrics,
        analysis.comparison,
        analysis.verdict,
    )
    moved = Analysis(
        placed.run.model_copy(update={"candidate": side.model_copy(update={"line": 9, "version": "1.2.0"})}),
        analysis.policy,
        analysis.metrics,
        analysis.comparison,
        analysis.verdict,
    )
    assert keys(placed) == keys(moved)
    assert len(set(keys(placed))) == len(keys(placed))
    place = results(moved)[0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("prompts/p.yaml", 9)


def test_what_was_not_measured_is_no_success() -> None:
    stopped = [StoppedRecord(message="the key is refused", hint="set another", exit_code=3)]
    text = sarif_log(of_runs([passed()], stopped), "eval")
    assert [error.message for error in SCHEMA.iter_errors(json.loads(text))] == []
    Sarif.model_validate_json(text)
    (run,) = json.loads(text)["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False and run["results"] == []
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == "not measured: the key is refused (set another)"


def test_a_path_is_a_uri_and_a_message_holds_no_link() -> None:
    odd = Annotation("floor", "error", "[t](u)", "see [here](javascript:x) {0}", "a b/ü#1?.yaml", 0, ())
    (result,) = json.loads(sarif_log([odd], "eval"))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/%C3%BC%231%3F.yaml" and place["region"]["startLine"] == 1
    assert "](" not in result["message"]["text"] and "{0}" not in result["message"]["text"]
