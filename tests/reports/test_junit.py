"""JUnit XML: legal whatever was said, read alike by others, and never better news than the gate's."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from lxml import etree

from llmops_cli.evals.analysis import Analysis, exit_code_of
from llmops_cli.evals.results_folder import StoppedRecord
from llmops_cli.reports.junit import GATE, junit_report
from tests.evals.runs import binary, policy, rule, run_of
from tests.reports.hostile import WORDS, hostile
from tests.reports.views import alone, analysis_of, failed, inconclusive, invalid, passed, unchanged

TestCase.__test__ = TestSuite.__test__ = False  # they are not tests of ours
SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit.xsd")))


def read(*analyses: Analysis) -> list[TestSuite]:
    """The suites as another program reads them, after a look by the schema."""
    text = junit_report(analyses)
    SCHEMA.assertValid(etree.fromstring(text.encode()))
    return list(JUnitXml.fromstring(text.encode()))


def told(case: TestCase) -> str:
    kinds = {Failure: "failure", Error: "error", Skipped: "skipped"}
    return ", ".join(kinds[type(one)] for one in case.result) or "passed"


def gate_and_cases(analysis: Analysis) -> tuple[str, dict[str, str]]:
    (suite,) = read(analysis)
    gate, *cases = list(suite)
    assert (gate.classname, gate.name) == (GATE, analysis.run.suite)
    return told(gate), {case.name: told(case) for case in cases}


def test_a_gate_that_fails_is_a_failure_and_so_are_the_cases_that_made_it_fail() -> None:
    gate, cases = gate_and_cases(failed())
    assert gate == "failure"
    assert [name for name, what in cases.items() if what == "failure"] == [f"c{i}" for i in range(6)]
    assert len(cases) == 20 and set(cases.values()) == {"failure", "passed"}


@pytest.mark.parametrize(
    ("make", "gate"),
    [(passed, "passed"), (inconclusive, "passed"), (invalid, "error"), (unchanged, "passed"), (alone, "failure")],
)
def test_the_gate_says_what_the_exit_code_says(make: object, gate: str) -> None:
    analysis: Analysis = make()  # type: ignore[operator]
    found, _ = gate_and_cases(analysis)
    assert found == gate
    assert (found in ("failure", "error")) == (exit_code_of([analysis]) != 0)


def test_what_could_not_be_measured_is_an_error_and_no_pass() -> None:
    _, cases = gate_and_cases(invalid())
    assert [name for name, what in cases.items() if what == "error"] == ["c0", "c1"]


def test_without_a_base_what_does_not_pass_is_a_failure() -> None:
    _, cases = gate_and_cases(alone())
    assert [name for name, what in cases.items() if what == "failure"] == [f"c{i}" for i in range(4, 10)]


def test_what_the_gate_tolerates_turns_nothing_red() -> None:
    run = run_of({"right": binary(19, 20)}, {"right": binary(20, 20)})
    gate, cases = gate_and_cases(analysis_of(run, policy(rule("right", bound=0.5)), against_main=True))
    assert gate == "passed"
    assert {name: what for name, what in cases.items() if what != "passed"} == {"c19": "skipped"}


def test_what_did_not_pass_before_either_is_no_news() -> None:
    run = run_of({"right": binary(18, 20)}, {"right": binary(18, 20)})
    _, cases = gate_and_cases(analysis_of(run, against_main=True))
    assert {name: what for name, what in cases.items() if what != "passed"} == {"c18": "skipped", "c19": "skipped"}


def test_what_was_not_measured_is_an_error() -> None:
    stopped = [StoppedRecord(message="the key is \x00 refused", hint="set another", exit_code=3)]
    text = junit_report([passed()], stopped).encode()
    SCHEMA.assertValid(etree.fromstring(text))
    document = JUnitXml.fromstring(text)
    assert document.errors == 1
    (case,) = list(document)[-1]
    assert told(case) == "error" and case.result[0].message == "the key is \\x00 refused"


def test_counts_are_of_what_is_there() -> None:
    for suite in read(failed(), invalid(), unchanged()):
        kinds = [told(case) for case in suite]
        assert suite.tests == len(kinds)
        assert (suite.failures, suite.errors, suite.skipped) == tuple(
            kinds.count(kind) for kind in ("failure", "error", "skipped")
        )


def test_the_figures_stand_in_the_properties() -> None:
    (suite,) = read(failed())
    found = {one.name: one.value for one in suite.properties()}
    assert (found["llmops.candidate"], found["llmops.baseline"], found["llmops.exit_code"]) == (
        "p@1.1.0",
        "p@1.0.0",
        "1",
    )
    assert (found["metric.right.mean"], found["metric.right.n"], found["metric.right.change"]) == ("0.7", "20", "-0.25")
    assert float(found["metric.right.low"]) < 0.7 < float(found["metric.right.high"])


def test_hostile_words_stay_words() -> None:
    (suite,) = read(hostile())
    cases = list(suite)[1:]
    assert len(cases) == len(WORDS) + 1 + 12
    by_word = {case.name.split(" ")[0]: case for case in cases}
    assert WORDS["comment"] in by_word["comment"].result[0].text
    assert r"nul \x00 bell \x07" in by_word["controls"].result[0].text
    assert r"\u202egnp.exe" in by_word["bidi"].result[0].text
    assert "\\ufffe \\uffff" in by_word["not-characters"].result[0].text
    assert len(junit_report([hostile()])) < 500_000


@given(st.text())
def test_any_text_can_be_written_and_read(text: str) -> None:
    run = run_of({"right": {"c0": [0.0]}})
    side = run.candidate
    side = side.model_copy(update={"results": [side.results[0].model_copy(update={"output": text})]})
    analysis = analysis_of(run.model_copy(update={"suite": text}))
    analysis = Analysis(
        analysis.run.model_copy(update={"candidate": side, "notes": [text]}),
        analysis.policy,
        analysis.metrics,
        None,
        analysis.verdict,
    )
    SCHEMA.assertValid(etree.fromstring(junit_report([analysis]).encode()))
