"""Every format of every kind of run."""

import json

import pytest

from llmops_cli.evals.analysis import Analysis
from llmops_cli.reports.formats import FORMATS
from tests.conftest import ROOT
from tests.reports.hostile import LONG, WORDS, hostile
from tests.reports.views import alone, failed, inconclusive, invalid, passed, unchanged

KINDS = {
    "passed": passed,
    "failed": failed,
    "inconclusive": inconclusive,
    "invalid": invalid,
    "unchanged": unchanged,
    "alone": alone,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_hold_every_kind_of_run(name: str, kind: str) -> None:
    FORMATS[name]([KINDS[kind]()]).encode()


@pytest.mark.parametrize("name", FORMATS)
def test_several_suites_make_one_text(name: str) -> None:
    text = FORMATS[name]([passed(), failed(), unchanged()])
    assert text.endswith("\n") and len(text) > len(FORMATS[name]([passed()]))


@pytest.mark.parametrize("name", FORMATS)
def test_a_hostile_run_can_be_written(name: str) -> None:
    FORMATS[name]([hostile()], cases=100).encode()


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_one_line_to_choose_it_by(name: str) -> None:
    assert 10 < len(FORMATS[name].summary) < 80 and not FORMATS[name].summary.endswith(".")


def test_the_reference_and_the_help_name_every_format() -> None:
    page = (ROOT / "docs/reference/formats.md").read_text(encoding="utf-8")
    rows = {
        name: f"\n| `{name}` | {format.summary} | {'people' if format.for_people else 'programs'}"
        for name, format in FORMATS.items()
    }
    assert [name for name, row in rows.items() if row not in page] == []
    commands = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    names = list(FORMATS)
    assert f"| {', '.join(names[:-1])} or {names[-1]}. Default: `terminal`. |" in commands


def test_json_holds_every_word() -> None:
    analysis: Analysis = hostile()
    document = json.loads(FORMATS["json"]([analysis]))
    said = [result["output"] for result in document["runs"][0]["candidate"]["results"]]
    assert said[: len(WORDS)] == list(WORDS.values())
    assert len(said[len(WORDS)]) == LONG
