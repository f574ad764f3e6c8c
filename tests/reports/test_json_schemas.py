"""The schemas are what the code writes, no less and no more."""

import json
from typing import Any

import pytest

from llmops_cli.cli.main import main
from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.policy import Rule
from llmops_cli.evals.run_store import RunStore
from llmops_cli.reports.formats import FORMATS
from llmops_cli.reports.json_schemas import SCHEMAS
from tests.evals.runs import binary, policy, rule, run_of
from tests.reports.hostile import hostile
from tests.reports.schema_check import faults
from tests.reports.views import alone, analysis_of, failed, inconclusive, invalid, passed, unchanged

KINDS = [passed, failed, inconclusive, invalid, unchanged, alone, hostile]


@pytest.mark.parametrize("make", KINDS)
def test_the_document_of_json_fits(make: Any) -> None:
    assert faults("eval", json.loads(FORMATS["json"]([make()]))) == []


@pytest.mark.parametrize("make", KINDS)
def test_every_line_of_jsonl_fits(make: Any) -> None:
    assert [
        fault for line in FORMATS["jsonl"]([make()]).splitlines() for fault in faults("trial", json.loads(line))
    ] == []


@pytest.mark.parametrize("make", KINDS)
def test_what_is_stored_fits(make: Any, tmp_path: Any) -> None:
    analysis: Analysis = make()
    path = RunStore(tmp_path).save(analysis.run)
    assert faults("run", json.loads(path.read_bytes())) == []
    lines = path.with_suffix(".results.jsonl").read_bytes().splitlines()
    assert len(lines) == sum(len(side.results) for side in analysis.run.sides)
    assert [fault for line in lines for fault in faults("result", json.loads(line))] == []


def test_slices_and_tags_fit() -> None:
    run = run_of({"right": binary(18, 20)}, {"right": binary(20, 20)})
    cases = [case.model_copy(update={"tags": ["odd" if i % 2 else "even"]}) for i, case in enumerate(run.cases)]
    given = policy(rule("right", bound=0.5, tolerance=0.1), Rule("right", 0.2, None, "odd"))
    analysis = analysis_of(run.model_copy(update={"cases": cases}), given)
    document = json.loads(FORMATS["json"]([analysis]))
    assert document["runs"][0]["comparison"][0]["slices"] and document["runs"][0]["metrics"][0]["slices"]
    assert faults("eval", document) == []


def test_the_schemas_refuse() -> None:
    document = json.loads(FORMATS["json"]([failed()]))
    document["runs"][0]["verdict"]["status"] = "fine"
    document["runs"][0]["candidate"]["results"][0]["repeat"] = "first"
    del document["runs"][0]["metrics"]
    assert {fault.split(":")[0] for fault in faults("eval", document)} == {
        "$.runs[0]",
        "$.runs[0].candidate.results[0].repeat",
        "$.runs[0].verdict.status",
    }


def test_the_published_ones_let_new_keys_appear() -> None:
    for make in SCHEMAS.values():
        assert '"additionalProperties": false' not in json.dumps(make())


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_command_prints_them(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "schema", name]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == SCHEMAS[name]() and document["$id"].startswith("urn:llmops:")


def test_there_is_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "schema", "runs"]) == 2
    assert "did you mean 'run'?" in capsys.readouterr().err
