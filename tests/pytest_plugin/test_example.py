"""The repository's own example under pytest: green on main, red on the branch with the kind little sentence."""

import json
import shutil
from collections.abc import Callable

import pytest

from llmops_cli.cli.demo import ANCHOR, CARELESS
from tests.conftest import ROOT, GitRepo
from tests.pytest_plugin.conftest import Run

PROMPT = "prompts/support-triage.yaml"
# the answers that a machine can no longer read
REGRESSED = {
    "card-expired-lockout",
    "refund-unused-year",
    "bug-umlaut-paths",
    "account-rename",
    "feedback-thanks",
    "german-refund",
    "empty-body",
}


@pytest.fixture
def example(make_repo: Callable[..., GitRepo]) -> GitRepo:
    """The example on main, and the careless change on the branch friendlier."""
    repo = make_repo("example")
    for name in ("prompts", "evals"):
        shutil.copytree(ROOT / name, repo.path / name, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    repo.commit({".gitignore": ".llmops/\n"}, "the example")
    text = (repo.path / PROMPT).read_text(encoding="utf-8")
    repo.git("switch", "-q", "-c", "friendlier")
    friendly = text.replace(ANCHOR, ANCHOR + CARELESS).replace("version: 1.0.0", "version: 1.0.1")
    repo.commit({PROMPT: friendly}, "Triage: be warm and friendly")
    repo.git("switch", "-q", "main")
    return repo


def test_main_is_green(example: GitRepo, run_pytest: Run) -> None:
    ran = run_pytest(example.path, "evals")
    assert ran.code == 0
    assert ran.counts == {"passed": 107, "xfailed": 11}
    assert ran.outcomes["support-triage::gate"] == ran.outcomes["rag-answer::gate"] == "passed"
    assert ran.properties("double-charge-may")["check.valid_json"] == "pass"


@pytest.mark.parametrize("options", [[], ["--llmops-against", "main"]])
def test_the_friendly_branch_is_red(example: GitRepo, run_pytest: Run, options: list[str]) -> None:
    example.git("switch", "-q", "friendlier")
    ran = run_pytest(example.path, "evals/support-triage.yaml", *options)
    assert ran.code == 1
    failed = {name.partition("::")[2] for name, outcome in ran.outcomes.items() if outcome == "failed"}
    assert failed == REGRESSED | {"gate"}
    assert ran.counts["error"] == 0
    assert "support-triage: the gate FAILED" in ran.message("gate")
    assert "valid_json is 86.0 %, below its floor 98.0 % (n = 50)" in ran.message("gate")
    assert "again: llmops eval run support-triage" in ran.out
    told = ran.properties("gate")
    assert (told["llmops.verdict"], told["llmops.candidate"]) == ("fail", "support-triage@1.0.1")
    assert told["llmops.baseline"] == ("support-triage@1.0.0" if options else "")
    figures = json.loads(told["metric.valid_json"])
    assert (figures["mean"], figures["n"]) == (0.86, 50)
    assert figures["interval"]["low"] == pytest.approx(0.759, abs=1e-3)


def test_one_case_is_chosen_by_its_name(example: GitRepo, run_pytest: Run) -> None:
    chosen = ("evals", "-k", "refund-unused-year", "--llmops-against", "main")
    assert run_pytest(example.path, *chosen).outcomes == {"support-triage::refund-unused-year": "skipped"}
    example.git("switch", "-q", "friendlier")
    ran = run_pytest(example.path, *chosen)
    assert (ran.code, ran.outcomes) == (1, {"support-triage::refund-unused-year": "failed"})
    assert "does not pass, and passed at the base" in ran.message("refund-unused-year")
    assert "Hope this helps" in ran.out
    assert not (example.path / ".llmops/runs").exists()
