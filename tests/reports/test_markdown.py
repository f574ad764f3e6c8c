"""Runs as markdown for the summary of a step: bounded in bytes, the headline always there."""

from pathlib import Path

import pytest

from llmops_cli.cli.run_report import append_summary
from llmops_cli.evals.results_folder import StoppedRecord
from llmops_cli.reports.markdown import LONGEST, markdown_report
from tests.reports import views
from tests.reports.github_markdown import NOTIFIES, REFERS, seen
from tests.reports.hostile import hostile
from tests.reports.test_comment import long_answers, renamed

NO_KEY = StoppedRecord(message="there is no key", hint="set one", exit_code=3)


def test_one_suite_begins_with_its_verdict() -> None:
    lines = markdown_report([views.failed()]).split("\n")
    assert lines[0] == "> [!CAUTION]"
    assert lines[1].startswith("> **s: the gate FAILED against main")
    assert markdown_report([views.passed()]).startswith("**s: the gate passed against main (`a1b2c3d`);")


def test_several_suites_begin_with_the_worst() -> None:
    text = markdown_report([views.passed(), renamed(views.failed(), "b")])
    assert text.split("\n")[1].startswith("> **1 of 2 suites FAILED: b: the gate FAILED")
    assert "### `s`" in text and "### `b`" in text


def test_what_was_not_measured_is_told() -> None:
    text = markdown_report([], stopped=[NO_KEY])
    assert text.startswith("> [!CAUTION]\n> **nothing was measured: there is no key**")
    assert "- exit code 3: there is no key (set one)" in text.replace("\\", "")


def test_a_hostile_run_stays_text() -> None:
    found = seen(markdown_report([hostile()], cases=40))
    assert {"script", "img", "a", "style", "svg", "b"} & set(found.tags) == set()
    assert found.unclosed == [] and found.declarations == []
    assert not NOTIFIES.search(found.text) and not REFERS.search(found.text)
    assert {len(row) for row in found.rows} == {10}


@pytest.mark.parametrize("limit", [LONGEST, 100_000, 5_000])
def test_it_is_bounded_in_bytes(limit: int) -> None:
    many = [renamed(long_answers(60, 2_000), f"suite-{number}") for number in range(12)]
    text = markdown_report(many, cases=60, limit=limit)
    assert len(text.encode()) <= limit
    assert text.split("\n")[1].startswith("> **12 of 12 suites FAILED: suite-0: the gate FAILED")
    assert "answers of cases" in text.split("Left out, for a summary takes no more: ")[1]


def test_a_summary_that_others_write_to_is_not_overfilled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("x" * 990_000)
    append_summary([long_answers(60, 2_000)], summary, cases=60)
    assert 990_500 < summary.stat().st_size <= LONGEST
    assert "the gate FAILED" in summary.read_text(encoding="utf-8")[990_000:]
    summary.write_text("x" * 999_990)
    append_summary([views.failed()], summary, cases=1)
    assert summary.stat().st_size == 999_990
    assert "is full, so the report is not in it" in capsys.readouterr().err
