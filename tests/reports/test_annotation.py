"""Objections at a line: of gates, of guards, of golden sets."""

from typing import get_args

from llmops_cli.errors import Problem
from llmops_cli.evals.golden.finding import RULES as GOLDEN_RULES
from llmops_cli.evals.golden.finding import Finding as GoldenFinding
from llmops_cli.evals.verdict import Finding, Remark, Status, Verdict
from llmops_cli.prompts.check import Checked
from llmops_cli.prompts.check import Finding as GuardFinding
from llmops_cli.prompts.check import Rule as GuardRule
from llmops_cli.reports.annotation import (
    FAILED_CASE,
    INVALID_FILE,
    MOST_CASES,
    NOT_MEASURED,
    of_check,
    of_golden_lint,
    of_runs,
)
from llmops_cli.reports.rule_names import RULES, sentence_about
from tests.evals.runs import binary, policy, rule, run_of
from tests.reports.views import GATE, alone, analysis_of, failed, inconclusive, passed, unchanged

GUARDS = {"validity", "floor", "ceiling", "regression", "noninferior", "critical", "anchor", "change"}


def test_every_rule_has_a_sentence() -> None:
    known = {*GUARDS, *get_args(GuardRule), *GOLDEN_RULES, FAILED_CASE, NOT_MEASURED, INVALID_FILE}
    assert known == RULES.keys()
    assert all(sentence.endswith(".") and sentence[0].isupper() for sentence in RULES.values())
    assert sentence_about("of-a-later-version") == "llmops objects: of a later version."


def test_good_news_are_no_objections() -> None:
    assert of_runs([passed(), unchanged()]) == []
    analysis = passed()
    remarks = tuple(Finding(status, "change", "right", "x") for status in (Remark.IMPROVED, Status.PASS))
    told = type(analysis)(analysis.run, GATE, analysis.metrics, None, Verdict(Status.PASS, remarks))
    assert of_runs([told]) == []


def test_how_loud_an_objection_is() -> None:
    analysis = alone()
    statuses = [Status.FAIL, Status.INVALID, Status.INCONCLUSIVE, Remark.ACCEPTED, Remark.WORSENED]
    findings = tuple(Finding(status, "floor", f"m{i}", "x") for i, status in enumerate(statuses))
    told = type(analysis)(analysis.run, GATE, analysis.metrics, None, Verdict(Status.FAIL, findings))
    found = [one.level for one in of_runs([told]) if one.rule != FAILED_CASE]
    assert found == ["error", "error", "warning", "warning", "warning"]


def test_the_worst_of_all_suites_come_first() -> None:
    found = of_runs([inconclusive(), failed()])
    gates = [one for one in found if one.rule != FAILED_CASE]
    assert [one.level for one in gates] == ["error", "error", "warning"]
    assert [one.rule for one in found[len(gates) :]] == [FAILED_CASE] * (len(found) - len(gates))


def test_an_older_run_points_at_its_suite() -> None:
    assert {(one.path, one.line) for one in of_runs([failed()])} == {("evals/s.yaml", 1)}


def test_of_many_failing_cases_the_critical_ones_are_told_first() -> None:
    count = MOST_CASES + 10
    last = f"c{count - 1}"
    run = run_of({"right": binary(0, count)}, {"right": binary(count, count)}, critical=[last])
    cases = [one for one in of_runs([analysis_of(run, against_main=True)]) if one.rule == FAILED_CASE]
    assert len(cases) == MOST_CASES
    assert cases[0].text.startswith(f"case {last}: right: does not pass, and passed at the base; the case is critical")
    assert {one.level for one in cases} == {"warning"}


def test_a_case_that_the_gate_tolerates_is_a_notice_and_one_that_always_failed_is_nothing() -> None:
    run = run_of({"right": binary(18, 20)}, {"right": binary(19, 20)})
    found = of_runs([analysis_of(run, policy(rule("right", bound=0.5)), against_main=True)])
    (case,) = [one for one in found if one.rule == FAILED_CASE]
    assert case.level == "notice" and case.text.startswith("case c18: right: does not pass, and passed at the base")


def test_without_a_base_the_cases_that_a_floor_is_missed_by_are_told() -> None:
    cases = [one for one in of_runs([alone()]) if one.rule == FAILED_CASE]
    assert [one.text.split(":")[0] for one in cases] == [f"case c{i}" for i in range(4, 10)]
    assert "base:" not in cases[0].text and "this change: a wrong one" in cases[0].text


def test_guards_point_below_the_top_of_the_repository() -> None:
    finding = GuardFinding("needs-bump", "p", "prompts/p.yaml", 2, "p: changed", "run: llmops prompt bump p")
    problem = Problem("prompts/q.yaml", 3, "version", "is missing")
    one, other = of_check(Checked(("p",), (finding,), (problem,)), prefix="services/bot/")
    assert (one.rule, one.path, one.line) == ("needs-bump", "services/bot/prompts/p.yaml", 2)
    assert one.text == "p: changed (run: llmops prompt bump p)"
    assert (other.rule, other.path, other.line) == (INVALID_FILE, "services/bot/prompts/q.yaml", 3)
    assert other.text == "version: is missing" and {one.level, other.level} == {"error"}


def test_a_lint_has_two_levels_and_the_same_objection_twice_is_two() -> None:
    twin = GoldenFinding("near-duplicate", "warning", "evals/g.jsonl", 4, "alike", case="a", other="b")
    found = of_golden_lint([twin, twin, GoldenFinding("empty", "error", "evals/g.jsonl", 0, "no cases")], prefix="")
    assert [one.level for one in found] == ["warning", "warning", "error"]
    assert len({one.fingerprint for one in found}) == 3
