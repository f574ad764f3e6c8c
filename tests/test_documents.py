"""The documents are held against the code: what the code can do stands in them, and what they name exists."""

import re
from pathlib import Path
from typing import get_args

import pytest

from llmops_cli.checks.built_in_judges import built_in_judges
from llmops_cli.checks.canaries import canaries
from llmops_cli.checks.catalogue import BUILT_IN
from llmops_cli.checks.labels import LabelRow
from llmops_cli.evals.case import Case
from llmops_cli.evals.policy import MEASURED
from llmops_cli.evals.run import CaseRecord, Counts, Result, Run, Side
from llmops_cli.evals.suite import SuiteShape
from llmops_cli.evals.target import TargetShape
from llmops_cli.evals.verdict import Status
from llmops_cli.models.recorded import RecordedRow
from llmops_cli.prompts.check import Rule
from llmops_cli.prompts.jinja import FILTERS, TESTS
from llmops_cli.prompts.variable import Variable
from llmops_cli.prompts.verify.finding import Rule as VerifyRule
from llmops_cli.settings import CalibrationSettings, RunSettings, Settings, SigningSettings

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs/reference"
PAGES = [
    *ROOT.glob("*.md"),
    *(page for folder in ("docs", "evals", "judges") for page in (ROOT / folder).rglob("*.md")),
]
PAGES += ROOT.glob("examples/*/*.md")
CODE = {path: path.read_text(encoding="utf-8") for path in (ROOT / "llmops_cli").rglob("*.py")}


def quoted(page: str) -> set[str]:
    """All that stands between backticks on a page, and the words in it."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    marked = [*re.findall(r"`([^`\n]+)`", text), *re.findall(r"```.*?\n(.*?)```", text, re.DOTALL)]
    return {word for piece in marked for word in (piece, *re.findall(r"[\w.-]*\w", piece), *re.findall(r"\w+", piece))}


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("checks.md", BUILT_IN.keys()),
        ("prompt-file.md", FILTERS | TESTS),
        ("prompt-file.md", set(Variable.model_fields)),
        ("settings.md", Settings.model_fields.keys()),
        ("settings.md", {f"run.{name}" for name in RunSettings.model_fields}),
        ("settings.md", {f"calibration.{name}" for name in CalibrationSettings.model_fields}),
        ("settings.md", {f"signing.{name}" for name in SigningSettings.model_fields}),
        ("calibration.md", set(LabelRow.model_fields)),
        ("suite-file.md", SuiteShape.model_fields.keys() | TargetShape.model_fields.keys()),
        ("suite-file.md", Case.model_fields.keys() | RecordedRow.model_fields.keys()),
        ("gate.md", {"floor", "ceiling", "max_drop", "max_rise"}),
        ("gate.md", {"alpha", "max_repeats", "on_inconclusive", "max_failed"}),
        ("gate.md", {*MEASURED, *(status.value for status in Status)}),
        ("versions.md", set(get_args(Rule))),
        ("verify.md", set(get_args(VerifyRule))),
        ("run-json.md", Run.model_fields.keys() | Side.model_fields.keys() | Result.model_fields.keys()),
        ("run-json.md", CaseRecord.model_fields.keys() | Counts.model_fields.keys()),
        ("run-json.md", {"metric", "n", "change", "p", "worse", "better", "baseline_failed", "candidate_failed"}),
    ],
)  # fmt: skip
def test_what_the_code_knows_stands_in_the_reference(page: str, names: set[str]) -> None:
    assert set(names) - quoted(page) == set()


def test_every_format_of_a_document_is_listed() -> None:
    formats = {name for text in CODE.values() for name in re.findall(r'"(llmops\.[a-z]+/\d+)"', text)}
    assert len(formats) > 10
    assert formats - quoted("json.md") == set()


def test_every_variable_of_the_environment_is_explained() -> None:
    variables = {name for text in CODE.values() for name in re.findall(r'"(LLMOPS_[A-Z_]+)"', text)}
    assert variables == {
        "LLMOPS_CACHE_MODE",
        "LLMOPS_CACHE_URL",
        "LLMOPS_DEBUG",
        "LLMOPS_ENDPOINTS",
        "LLMOPS_GIT_TOKEN",
        "LLMOPS_STATE_DIR",
    }
    assert variables - quoted("settings.md") == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_reference_is_reachable_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in REFERENCE.glob("*.md") if f"docs/reference/{page.name}" not in readme] == []


def test_every_decision_has_a_number_of_its_own() -> None:
    names = sorted(path.name for path in (ROOT / "docs/decisions").glob("*.md"))
    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]
    for name in names:
        assert (ROOT / "docs/decisions" / name).read_text(encoding="utf-8").startswith(f"# {name[:4]} ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_one_concept_has_one_word(page: Path) -> None:
    text = page.read_text(encoding="utf-8").lower()
    assert re.findall(r"\b(samples?|evaluators?|scorers?|assertions?|test cases?|datapoints?)\b", text) == []


def rows(path: str) -> int:
    """The lines of a file that are not empty."""
    return sum(1 for line in (ROOT / path).read_text(encoding="utf-8").splitlines() if line.strip())


def test_what_the_documents_count_is_so() -> None:
    text = {page: " ".join((ROOT / page).read_text(encoding="utf-8").split()) for page in ("README.md", "CHANGELOG.md")}
    asks = {"judge", "similar", "python", "webhook", "check-set"}  # somebody, or whatever stands in the set
    assert "[More than forty types](docs/reference/checks.md) and their opposites need no model" in text["README.md"]
    assert 40 < len(BUILT_IN.keys() - asks) < 50
    assert "Thirteen [built-in judges](docs/reference/judges.md)" in text["README.md"]
    assert len(built_in_judges()) == 13
    assert [judge.reference for judge in built_in_judges() if f"`{judge.reference}`" not in text["CHANGELOG.md"]] == []
    assert "on about a thousand outputs" in text["README.md"]
    assert (
        900
        < sum(rows(path.relative_to(ROOT).as_posix()) for path in (ROOT / "tests/conformance").glob("*.jsonl"))
        < 1150
    )
    assert "golden sets of 50 and 66 cases" in text["README.md"]
    assert (rows("evals/golden/support-triage.jsonl"), rows("evals/golden/rag-answer.jsonl")) == (50, 66)
    assert "26 pages" in (ROOT / "examples/rag/README.md").read_text(encoding="utf-8")
    assert len(list((ROOT / "examples/rag/corpus").glob("*.md"))) == 26
    assert rows("examples/rag/evals/golden/handbook.jsonl") == 52


def test_what_the_page_of_judges_counts_is_so() -> None:
    text = " ".join((REFERENCE / "judges.md").read_text(encoding="utf-8").split())
    assert "more than 50 canaries" in text and len(canaries()) > 50
    labels = [rows(path.relative_to(ROOT).as_posix()) for path in (ROOT / "judges/evals/labels").glob("*.jsonl")]
    assert f"{min(labels)} to {max(labels)} labelled outputs each" in text and len(labels) == len(built_in_judges())


def test_the_readme_names_the_commands_without_a_json_document() -> None:
    sections = (REFERENCE / "cli.md").read_text(encoding="utf-8").split("\n## llmops ")[1:]
    without = {section.splitlines()[0] for section in sections if "`--json`" not in section}
    said = re.search(r"All but (.*?)\s+have `--json`", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert said and set(re.findall(r"`([^`]+)`", said[1])) == without
