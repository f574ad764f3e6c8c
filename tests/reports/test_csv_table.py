"""CSV for spreadsheets: a row a case, numbers that are numbers, and nothing that is computed."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.evals.analysis import Analysis
from llmops_cli.reports.csv_table import case_table
from tests.evals.runs import binary, run_of
from tests.reports.hostile import WORDS, hostile
from tests.reports.views import alone, analysis_of, failed, invalid, passed, unchanged


def table(*analyses: Analysis) -> list[dict[str, str]]:
    """The rows as another program reads them."""
    text = "".join(case_table(analyses))
    assert text.startswith("\ufeffrun,suite,") and text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def output_cell(text: str) -> str:
    """The cell of an answer."""
    run = run_of({"right": {"c0": [1.0]}})
    result = run.candidate.results[0].model_copy(update={"output": text})
    analysis = analysis_of(run)
    side = run.candidate.model_copy(update={"results": [result]})
    said = Analysis(
        analysis.run.model_copy(update={"candidate": side}), analysis.policy, analysis.metrics, None, analysis.verdict
    )
    (row,) = table(said)
    return row["answer"]


def test_a_row_says_what_became_of_a_case() -> None:
    rows = table(failed())
    assert len(rows) == 20
    row = rows[4]
    assert {key: row[key] for key in ("suite", "prompt", "case", "critical", "result", "why")} == {
        "suite": "s",
        "prompt": "p@1.1.0",
        "case": "c4",
        "critical": "critical",
        "result": "fail",
        "why": "right: does not pass, and passed at the base; the case is critical",
    }
    assert (row["asked"], row["base answer"], row["answer"]) == ("What is c4?", "a right answer", "a wrong one")
    assert (row["right base"], row["right"], row["right change"], row["right says"]) == (
        "1.0",
        "0.0",
        "-1.0",
        "by hand",
    )
    assert (rows[19]["result"], rows[19]["why"], rows[10]["result"]) == ("pass", "", "pass")


def test_repeats_are_averaged() -> None:
    run = run_of({"right": {"c0": [1.0, 0.0, 0.0]}}, {"right": {"c0": [1.0, 1.0, 1.0]}}, repeats=3)
    (row,) = table(analysis_of(run, against_main=True))
    assert float(row["right"]) == pytest.approx(1 / 3) and float(row["right change"]) == pytest.approx(-2 / 3)
    assert row["answer"] == "a wrong one"  # the repeat that lost, and not just the first


def test_what_is_unknown_is_empty() -> None:
    rows = table(invalid())
    assert (rows[0]["result"], rows[0]["right"], rows[0]["right change"]) == ("unmeasured", "", "")
    assert [row["base answer"] for row in table(alone())] == [""] * 10


def test_suites_with_other_checks_share_one_table() -> None:
    other = analysis_of(run_of({"right": binary(1, 1), "short": binary(1, 1)}))
    rows = table(passed(), unchanged(), other)
    assert len(rows) == 21
    assert rows[0]["short"] == "" and rows[20]["short"] == "1.0"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\tx", "'\tx"),
        ("\r=1", "\\r=1"),
        ("  =1", "'  =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\u200b=1", "'\u200b=1"),
        ("\uff1d1", "'\uff1d1"),
        ("fine\n=1\r\n-2", "fine\n'=1\n'-2"),
        ('=HYPERLINK("x";"y")', '\'=HYPERLINK("x";"y")'),
        ("a=b", "a=b"),
        ("a - b", "a - b"),
        ("nul \x00", "nul \\x00"),
        ('quoted "word", and more', 'quoted "word", and more'),
    ],
)
def test_no_text_is_a_formula(text: str, shown: str) -> None:
    assert output_cell(text) == shown


def test_a_cell_holds_no_more_than_a_spreadsheet_takes() -> None:
    shown = output_cell("=\n" * 40_000)
    assert len(shown) < 32_767 and shown.endswith("more characters]")


def test_hostile_words_make_one_row_each() -> None:
    rows = table(hostile())
    assert len(rows) == len(WORDS) + 13
    numbers = ("right", "right base", "right change", "cost_usd", "latency_ms change")
    for row in rows:
        for name, text in row.items():
            if name not in numbers and name not in ("<b>|`@x", "<b>|`@x base", "<b>|`@x change"):
                for line in text.split("\n"):
                    assert not line.strip().startswith(("=", "+", "-", "@")), (name, line)
        assert all(row[name] == "" or float(row[name]) <= 1_000 for name in numbers)


@given(st.text())
def test_any_text_is_one_cell(text: str) -> None:
    assert isinstance(output_cell(text), str)
