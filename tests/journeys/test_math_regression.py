"""A real regression, recorded: four solvers of the same 330 problems as four versions of one prompt."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from llmops_cli.cli.main import main
from tests.conftest import GitRepo

VERSIONS = {
    "6b_verification": "1.0.0",
    "175b_finetuning": "1.1.0",
    "175b_verification": "1.2.0",
    "6b_finetuning": "1.3.0",
}

PROMPT = """\
name: math-word-problems
version: {version}
description: Solves grade school problems, as {solver} would.
template_format: dollar
variables:
  question: {{type: string}}
template: |
  Solve the problem step by step, in the manner of {solver}. End with a line "A: NUMBER".

  $question
"""

SUITE = """\
prompt: math-word-problems
cases: golden/problems.jsonl
target: {recorded: recordings/solutions.jsonl}
checks:
  - {name: right, type: numeric, after: 'A:'}
gate:
  right: {max_drop: 0.02}
"""


@pytest.fixture
def problems(shared_data: Callable[[str], Path]) -> list[dict[str, object]]:
    text = (shared_data("gsm8k") / "model_solutions.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def math_repo(repo: GitRepo, problems: Sequence[dict[str, object]], monkeypatch: pytest.MonkeyPatch) -> GitRepo:
    """main holds the 6b verifier; the recording knows all four."""
    cases = [
        {"id": f"p{row['index']}", "vars": {"question": row["question"]}, "expected": row["ground_truth"]}
        for row in problems
    ]
    answers = [
        {
            "prompt": f"math-word-problems@{version}",
            "case": f"p{row['index']}",
            "repeat": 0,
            "output": row[solver]["solution"],
        }  # type: ignore[index]
        for row in problems
        for solver, version in VERSIONS.items()
    ]
    repo.commit(
        {
            "prompts/math-word-problems.yaml": PROMPT.format(version="1.0.0", solver="6b_verification"),
            "evals/math.yaml": SUITE,
            "evals/golden/problems.jsonl": "".join(json.dumps(case) + "\n" for case in cases),
            "evals/recordings/solutions.jsonl": "".join(json.dumps(answer) + "\n" for answer in answers),
            ".gitignore": ".llmops/\n",
        },
        "the verifier is live",
    )
    monkeypatch.chdir(repo.path)
    return repo


def switch(repo: GitRepo, solver: str) -> None:
    """A branch with another solver's prompt."""
    repo.git("switch", "-q", "-c", solver, "main")
    text = PROMPT.format(version=VERSIONS[solver], solver=solver)
    repo.commit({"prompts/math-word-problems.yaml": text}, f"try {solver}")


def evaluated(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    document = json.loads(capsys.readouterr().out)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def test_the_regression_fails_the_gate(math_repo: GitRepo, capsys: pytest.CaptureFixture[str]) -> None:
    switch(math_repo, "175b_finetuning")
    assert main(["eval", "run", "--against", "main", "--json"]) == 1
    run = evaluated(capsys)
    (effect,) = [e for e in run["comparison"] if e["metric"] == "right"]  # type: ignore[union-attr,attr-defined]
    assert effect["n"] == 330
    assert round(effect["baseline"] * 330) == 126
    assert round(effect["candidate"] * 330) == 109
    assert (len(effect["worse"]), len(effect["better"])) == (53, 36)
    assert effect["p"] == pytest.approx(0.0363, abs=5e-5)
    verdict = run["verdict"]
    assert verdict["status"] == "fail"  # type: ignore[index]
    (finding,) = verdict["findings"]  # type: ignore[index]
    assert finding["guard"] == "regression"
    assert "53 worse, 36 better of 330, p = 0.0363" in finding["text"]


def test_a_stricter_alpha_leaves_it_open(math_repo: GitRepo, capsys: pytest.CaptureFixture[str]) -> None:
    math_repo.commit({"evals/math.yaml": SUITE.replace("gate:\n", "gate:\n  alpha: 0.01\n")}, "stricter alpha")
    switch(math_repo, "175b_finetuning")
    assert main(["eval", "run", "--against", "main", "--json"]) == 0
    run = evaluated(capsys)
    assert run["verdict"]["status"] == "inconclusive"  # type: ignore[index]
    assert run["repeats"] == 1  # a recording cannot be asked again: decided on what it has


def test_an_open_verdict_fails_where_the_policy_says_so(math_repo: GitRepo, capsys: pytest.CaptureFixture[str]) -> None:
    gate = "gate:\n  alpha: 0.01\n  on_inconclusive: fail\n"
    math_repo.commit({"evals/math.yaml": SUITE.replace("gate:\n", gate)}, "stricter alpha, open means no")
    switch(math_repo, "175b_finetuning")
    assert main(["eval", "run", "--against", "main", "--json"]) == 1
    assert evaluated(capsys)["verdict"]["status"] == "inconclusive"  # type: ignore[index]


def test_the_improvement_passes(math_repo: GitRepo, capsys: pytest.CaptureFixture[str]) -> None:
    switch(math_repo, "175b_verification")
    assert main(["eval", "run", "--against", "main", "--json"]) == 0
    run = evaluated(capsys)
    (effect,) = [e for e in run["comparison"] if e["metric"] == "right"]  # type: ignore[union-attr,attr-defined]
    assert (len(effect["worse"]), len(effect["better"])) == (25, 93)
    assert run["verdict"]["status"] == "pass"  # type: ignore[index]


def test_an_unchanged_suite_costs_nothing(math_repo: GitRepo, capsys: pytest.CaptureFixture[str]) -> None:
    math_repo.git("switch", "-q", "-c", "docs", "main")
    math_repo.commit({"README.md": "words\n"}, "words only")
    assert main(["eval", "run", "--against", "main", "--json"]) == 0
    run = evaluated(capsys)
    assert run["unchanged"] is True
    assert run["candidate"]["results"] == []  # type: ignore[index]


def test_scores_agree_with_the_recorded_truth(
    math_repo: GitRepo, problems: Sequence[dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> None:
    disagreements = []
    for solver in VERSIONS:
        text = PROMPT.format(version=VERSIONS[solver], solver=solver)
        math_repo.write({"prompts/math-word-problems.yaml": text})
        main(["eval", "run", "--json"])
        run = evaluated(capsys)
        scores = {r["case"]: r["scores"]["right"]["value"] for r in run["candidate"]["results"]}  # type: ignore[index]
        for row in problems:
            said = scores[f"p{row['index']}"] == 1.0
            if said != row[solver]["is_correct"]:  # type: ignore[index]
                disagreements.append((solver, row["index"]))
    assert disagreements == []


def test_the_report_names_the_broken_cases_with_both_answers(
    math_repo: GitRepo, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    switch(math_repo, "175b_finetuning")
    summary = tmp_path / "summary.md"
    assert main(["eval", "run", "--against", "main", "--summary", str(summary)]) == 1
    text = capsys.readouterr().out
    assert text.startswith("math: the gate FAILED against main (")
    assert "53 cases turned worse (the first 5)" in text
    shown = summary.read_text(encoding="utf-8")
    assert shown.startswith("> [!CAUTION]\n> **math: the gate FAILED against main")
    assert shown.count("```diff\n") == 5
    assert main(["eval", "report", "latest"]) == 1
    assert capsys.readouterr().out == text


def test_two_stored_runs_compare_like_the_gate(math_repo: GitRepo, capsys: pytest.CaptureFixture[str]) -> None:
    ids = []
    for solver in ("6b_verification", "175b_finetuning"):
        text = PROMPT.format(version=VERSIONS[solver], solver=solver)
        math_repo.write({"prompts/math-word-problems.yaml": text})
        assert main(["eval", "run", "--json"]) == 3  # only max_drop, and nothing to compare with
        ids.append(str(evaluated(capsys)["id"]))
    assert main(["eval", "compare", *ids, "--json"]) == 1
    run = evaluated(capsys)
    (finding,) = run["verdict"]["findings"]  # type: ignore[index]
    assert "53 worse, 36 better of 330" in finding["text"]
    (effect,) = run["comparison"]  # type: ignore[misc]
    assert (effect["n"], len(effect["worse"])) == (330, 53)
    assert main(["eval", "compare", *ids]) == 1
    text = capsys.readouterr().out
    assert text.startswith(f"math: the gate FAILED against run {ids[0]}: right fell")
    assert f"again: llmops eval compare {ids[0]} {ids[1]}" in text


def test_a_stored_run_can_be_appended_to_a_summary_in_every_format(
    math_repo: GitRepo, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    switch(math_repo, "175b_finetuning")
    assert main(["eval", "run", "--against", "main"]) == 1
    for format in ("terminal", "markdown", "json"):
        summary = tmp_path / format
        assert main(["eval", "report", "--format", format, "--summary", str(summary)]) == 1
        assert summary.read_text().startswith("> [!CAUTION]\n> **math: the gate FAILED against main")


def test_a_summary_that_cannot_be_written_does_not_swallow_the_report(
    math_repo: GitRepo, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    switch(math_repo, "175b_finetuning")
    assert main(["eval", "run", "--against", "main", "--summary", str(tmp_path / "none" / "x")]) == 2
    said = capsys.readouterr()
    assert said.out.startswith("math: the gate FAILED against main")
    assert "the summary could not be written to" in said.err


def test_eight_runners_find_the_same_regression(math_repo: GitRepo, capsys: pytest.CaptureFixture[str]) -> None:
    switch(math_repo, "175b_finetuning")
    for number in range(1, 9):
        assert main(["eval", "run", "--against", "main", "--shard", f"{number}/8"]) == 0
    capsys.readouterr()
    assert main(["eval", "merge", "--json"]) == 1
    merged = evaluated(capsys)
    assert main(["eval", "run", "--against", "main", "--json"]) == 1
    single = evaluated(capsys)
    for key in ("metrics", "comparison", "verdict"):
        assert json.dumps(merged[key]) == json.dumps(single[key])
