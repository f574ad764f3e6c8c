"""A whole project under the lint: what it finds, where, and what it does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.errors import FileError, InputError
from llmops_cli.evals.golden.finding import RULES
from llmops_cli.evals.golden.lint import lint
from llmops_cli.settings import Settings
from llmops_cli.vcs.tree import WorkTree
from tests.evals.golden.sets import SUITE, linted, said

NAMES = [
    "invoice",
    "password",
    "discount",
    "router",
    "contract",
    "crash",
    "receipt",
    "upgrade",
    "tax",
    "login",
    "price",
]


def cases(count: int = 4, **more: Any) -> list[dict[str, Any]]:
    labels = ("billing", "technical", "sales")
    return [
        {"id": f"c{i}", "vars": {"mail": f"About my {NAMES[i % 11]} {i}"}, "expected": labels[i % 3], **more}
        for i in range(count)
    ]


def test_a_good_set_has_no_findings(tmp_path: Path) -> None:
    found = linted(tmp_path, cases())
    assert found.findings == ()
    assert found.suites == (("evals/desk.yaml", "evals/golden/desk.jsonl", 4),)


def test_every_bad_row_is_told_at_its_line(tmp_path: Path) -> None:
    text = "\n".join([json.dumps(cases()[0]), '{"id": 7}', '{"id": "x", "varz": {}}', json.dumps(cases()[0])])
    found = linted(tmp_path, text + "\n")
    assert said(found) == [("malformed", "error", 2), ("malformed", "error", 3), ("duplicate-id", "error", 4)]
    assert said(linted(tmp_path, '{"id": \n')) == [("malformed", "error", 1)]
    assert said(linted(tmp_path, "\n")) == [("empty", "error", 0)]


def test_vars_must_fit_the_prompt(tmp_path: Path) -> None:
    found = linted(tmp_path, [*cases(), {"id": "x", "vars": {"mial": "?"}, "expected": "sales"}])
    assert said(found) == [("vars", "error", 5)]
    assert "'mail' is missing; 'mial' is not a variable" in found.findings[0].message


def test_the_checks_are_graded_by_what_the_cases_expect(tmp_path: Path) -> None:
    suite = SUITE.replace("type: equals}", "type: numeric}")
    found = linted(tmp_path, cases(1), suite=suite)
    assert said(found) == [("check-rejects-expected", "error", 1)]
    assert "check 'right' does not take what 'c0' expects" in found.findings[0].message


def test_a_case_that_a_check_cannot_measure(tmp_path: Path) -> None:
    found = linted(tmp_path, [*cases(1), {"id": "x", "vars": {"mail": "hello"}}])
    assert said(found) == [("no-expected", "error", 2)]


def test_no_answer_can_pass_two_checks_that_contradict(tmp_path: Path) -> None:
    suite = SUITE.replace("gate:", "  - {name: short, type: max-words, value: 1}\ngate:")
    one = {"id": "x", "vars": {"mail": "hello"}, "expected": "billing and sales"}
    found = linted(tmp_path, [one], suite=suite)
    assert said(found) == [("check-rejects-expected", "error", 1)]
    assert "which check 'short' does not take" in found.findings[0].message
    contains = suite.replace("type: equals", "type: contains")  # a longer answer may be right as well
    assert said(linted(tmp_path, [one], suite=contains)) == []


def test_a_case_that_an_empty_answer_passes(tmp_path: Path) -> None:
    suite = SUITE.replace("type: equals}", "type: not-contains, value: sorry}")
    assert said(linted(tmp_path, cases(2), suite=suite)) == [
        ("check-passes-nothing", "warning", 1),
        ("check-passes-nothing", "warning", 2),
    ]


def test_cases_nobody_looks_at_or_decides_by(tmp_path: Path) -> None:
    own = {"checks": [{"name": "right", "type": "contains"}]}
    suite = SUITE.replace("  - {name: right, type: equals}\n", "").replace("checks:\n", "")
    assert said(linted(tmp_path, [{**cases(1)[0], **own}, cases(2)[1]], suite=suite)) == [("unchecked", "error", 2)]
    other = {"checks": [{"name": "else", "type": "contains"}]}
    found = linted(tmp_path, [{**cases(1)[0], **own}, {**cases(2)[1], **other}], suite=suite)
    assert said(found) == [("ungated", "warning", 2)]


def test_checks_of_a_case_replace_those_of_the_suite(tmp_path: Path) -> None:
    own = {"checks": [{"name": "right", "type": "regex", "value": "bill"}], "expected": None}
    assert said(linted(tmp_path, [{**cases(1)[0], **own}])) == []


def test_a_check_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    suite = SUITE.replace("type: equals}", "type: is-json, schema: nowhere.json}")
    found = linted(tmp_path, cases(1), suite=suite)
    assert [finding.rule for finding in found.findings] == ["check"]
    bad = [{**cases(1)[0], "checks": [{"name": "x", "type": "equls"}]}]
    assert [finding.rule for finding in linted(tmp_path, bad).findings] == ["check"]


def test_judges_are_not_asked(tmp_path: Path) -> None:
    judge = "name: judges/kind\nversion: 1.0.0\nmodel: openai/x\nvariables: {output: {}}\ntemplate: Kind? $output\n"
    (tmp_path / "prompts/judges").mkdir(parents=True)
    (tmp_path / "prompts/judges/kind.yaml").write_text(judge)
    suite = SUITE.replace("type: equals}", "type: judge, judge: judges/kind}")
    assert said(linted(tmp_path, cases(), suite=suite)) == []


def test_the_balance_of_tags_and_critical_cases(tmp_path: Path) -> None:
    many = cases(30, tags=["billing"])
    many[3]["tags"], many[4]["tags"] = ["biling"], ["vip"]
    for case in many[:16]:
        case["critical"] = True
    found = linted(tmp_path, many)
    assert said(found) == [
        ("tag-spelling", "warning", 0),
        ("rare-tag", "warning", 0),
        ("mostly-critical", "warning", 0),
    ]
    spelling, rare, critical = found.findings
    assert spelling.hint == "did you mean 'billing'?"
    assert "2 of 3 tags stand at fewer than 3 cases: biling (1), vip (1)" in rare.message
    assert "16 of 30 cases are critical" in critical.message


def test_a_file_is_looked_at_with_the_suite_that_uses_it(tmp_path: Path) -> None:
    bad = [{"id": "x", "vars": {"mial": "?"}, "expected": "sales"}]
    assert said(linted(tmp_path, bad, name="evals/golden/desk.jsonl")) == [("vars", "error", 1)]
    (tmp_path / "other.jsonl").write_text(json.dumps(bad[0]) + "\n")
    found = lint(WorkTree(tmp_path), Settings(), ["other.jsonl"])
    assert (found.findings, found.suites) == ((), (("", "other.jsonl", 1),))


def test_what_cannot_be_read_is_no_finding(tmp_path: Path) -> None:
    linted(tmp_path, cases())
    with pytest.raises(InputError, match="neither a suite nor a file"):
        lint(WorkTree(tmp_path), Settings(), ["dusk"])
    (tmp_path / "evals/golden/desk.jsonl").unlink()
    with pytest.raises(FileError, match="no such file"):
        lint(WorkTree(tmp_path), Settings())
    with pytest.raises(InputError, match="there is no suite"):
        lint(WorkTree(tmp_path / "prompts"), Settings())


def test_the_document_says_what_was_found(tmp_path: Path) -> None:
    found = linted(tmp_path, [*cases(), {**cases()[0], "id": "again"}])
    document = found.as_json(strict=False)
    assert (document["passed"], document["errors"], document["warnings"]) == (False, 1, 0)
    assert document["sets"] == [{"suite": "evals/desk.yaml", "path": "evals/golden/desk.jsonl", "cases": 5}]
    (finding,) = document["findings"]  # type: ignore[misc]
    assert finding == {
        "rule": "duplicate", "severity": "error", "path": "evals/golden/desk.jsonl", "line": 5, "case": "again",
        "other": "c0", "similarity": 1.0, "hint": "remove one of them, or give both one `cluster`",
        "message": "'again' asks the same as 'c0' (line 1) and counts as evidence of its own",
    }  # fmt: skip


def test_every_rule_stands_in_the_reference() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/golden-sets.md").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f"| `{rule}` |" not in page] == []
