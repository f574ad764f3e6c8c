"""Stored runs shown again: which ones, in which format, and where to."""

import json
from pathlib import Path

import pytest

from tests.conftest import GitRepo
from tests.journeys.project import PROMPT, SUITE, cases, project
from tests.journeys.team import Shell
from tests.reports.schema_check import faults

RECORDED = SUITE.replace("checks:", "target: {recorded: answers.jsonl}\nchecks:")


def recording(version: str, wrong: int, count: int = 20) -> str:
    """Answers of which the first are wrong; those beyond 20 are of `more-0`, `more-1` and so on."""
    rows = [
        {
            "prompt": f"adder@{version}",
            "case": f"sum-{i}" if i < 20 else f"more-{i - 20}",
            "repeat": 0,
            "output": "no idea" if i < wrong else str(i % 20 + i % 20 * 7 % 11),
        }
        for i in range(count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def two_runs(repo: GitRepo, shell: Shell) -> GitRepo:
    """A suite that passes, and another one of the same prompt that fails, each run once."""
    files = project(suite=RECORDED)
    files["evals/answers.jsonl"] = recording("1.0.0", 0)
    files["evals/other.yaml"] = RECORDED.replace("answers.jsonl", "bad.jsonl")
    files["evals/bad.jsonl"] = recording("1.0.0", 10)
    repo.commit(files)
    assert shell(repo, "eval", "run").code == 1
    return repo


def ids(repo: GitRepo) -> list[str]:
    return sorted(path.stem for path in (repo.path / ".llmops/runs").glob("*.json"))


def test_the_latest_is_shown_when_none_is_named(two_runs: GitRepo, shell: Shell) -> None:
    shown = shell(two_runs, "eval", "report")
    assert shown.code == 1
    assert shown.out.startswith("other: the gate FAILED") and shown.out.count("again: ") == 1


def test_several_runs_are_one_report_whose_code_is_the_worst(two_runs: GitRepo, shell: Shell) -> None:
    first, second = ids(two_runs)
    shown = shell(two_runs, "eval", "report", first, second, first, "--json")
    assert shown.code == 1
    document = json.loads(shown.out)
    assert [run["suite"] for run in document["runs"]] == ["adder", "other"] and document["exit_code"] == 1
    assert shell(two_runs, "eval", "report", first).code == 0


@pytest.mark.parametrize("named", [[".llmops/runs"], [".llmops"], ["--each-suite"]])
def test_a_folder_and_each_suite(two_runs: GitRepo, shell: Shell, named: list[str]) -> None:
    document = json.loads(shell(two_runs, "eval", "report", *named, "--json").out)
    assert [run["suite"] for run in document["runs"]] == ["adder", "other"]


def test_each_suite_takes_the_newest_of_each(two_runs: GitRepo, shell: Shell) -> None:
    before = ids(two_runs)
    assert shell(two_runs, "eval", "run", "adder").code == 0
    (new,) = set(ids(two_runs)) - set(before)
    document = json.loads(shell(two_runs, "eval", "report", "--each-suite", "--json").out)
    assert {run["id"] for run in document["runs"]} == {new, before[1]}


def test_a_comparison_has_the_same_formats(two_runs: GitRepo, shell: Shell, tmp_path: Path) -> None:
    first, other = ids(two_runs)
    assert shell(two_runs, "eval", "run", "adder").code == 0
    (new,) = set(ids(two_runs)) - {first, other}
    kept = tmp_path / "junit.xml"
    said = shell(two_runs, "eval", "compare", first, new, "--format", "junit", "-o", str(kept))
    assert (said.code, said.out) == (0, "")
    assert f'name="llmops.against" value="{first}"' in kept.read_text(encoding="utf-8")
    refused = shell(two_runs, "eval", "compare", first, "--format", "junti")
    assert refused.code == 2 and "did you mean 'junit'?" in refused.err


def test_what_could_not_be_measured_is_never_left_out(two_runs: GitRepo, shell: Shell) -> None:
    (two_runs.path / "evals/bad.jsonl").unlink()
    assert shell(two_runs, "eval", "run", "--results", "out").code == 2
    said = shell(two_runs, "eval", "report", "out", "--format", "annotations")
    assert said.code == 2  # one suite passed, and the other was not measured
    assert (
        said.out.startswith("::error title=not measured::evals/bad.jsonl: no such file") and said.out.count("\n") == 1
    )
    assert said.err.startswith("warning: not measured: evals/bad.jsonl")
    assert json.loads(shell(two_runs, "eval", "report", "out", "--json").out)["exit_code"] == 2
    assert 'errors="1"' in shell(two_runs, "eval", "report", "out", "--format", "junit").out


def test_results_without_a_run_are_no_report(two_runs: GitRepo, shell: Shell) -> None:
    (two_runs.path / "evals/bad.jsonl").unlink()
    assert shell(two_runs, "eval", "run", "other", "--results", "out").code == 2
    refused = shell(two_runs, "eval", "report", "out", "--format", "sarif")
    assert (refused.code, refused.out) == (3, "") and "evals/bad.jsonl: no such file" in refused.err


def test_a_file_is_written_whole_and_stdout_stays_empty(two_runs: GitRepo, shell: Shell, tmp_path: Path) -> None:
    printed = shell(two_runs, "eval", "report", "--format", "markdown")
    kept = shell(two_runs, "eval", "report", "--format", "markdown", "-o", str(tmp_path / "deep/report.md"))
    assert (kept.code, kept.out) == (1, "")
    assert (tmp_path / "deep/report.md").read_text(encoding="utf-8") == printed.out
    assert shell(two_runs, "eval", "report", "--format", "terminal", "-o", "-").out.startswith("other: the gate FAILED")


def test_several_formats_at_once_are_those_of_each_alone(two_runs: GitRepo, shell: Shell, tmp_path: Path) -> None:
    """Starting a process takes longer than writing a report: a job asks for all of them together."""
    files = {name: tmp_path / f"deep/report.{name}" for name in ("json", "markdown", "junit")}
    write = [word for name, path in files.items() for word in ("--write", f"{name}={path}")]
    together = shell(two_runs, "eval", "report", "--format", "annotations", *write)
    alone = shell(two_runs, "eval", "report", "--format", "annotations")
    assert (together.code, together.out) == (alone.code, alone.out) and alone.out.startswith("::")
    for name, path in files.items():
        assert path.read_text(encoding="utf-8") == shell(two_runs, "eval", "report", "--format", name).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "jsn"], "did you mean 'json'?"),
        (["--write", "jsn=x"], "did you mean 'json'?"),
        (["--write", "report.html"], "--write 'report.html' is not FORMAT=FILE"),
        (["--write", "html=-"], "is not FORMAT=FILE"),
        (["--write", "html=x", "--write", "json=x"], "--write names x twice"),
        (["evals"], "evals holds no runs"),
        (["nothing-like-it"], "there is no run 'nothing-like-it'"),
        (["latest", "--each-suite"], "keep one of the two"),
        (["-o", "/dev/null"], "not a regular file"),
        (["-o", "evals"], "not a regular file"),
    ],
)
def test_what_cannot_be_shown_is_2(two_runs: GitRepo, shell: Shell, arguments: list[str], said: str) -> None:
    refused = shell(two_runs, "eval", "report", *arguments)
    assert (refused.code, refused.out) == (2, "") and said in refused.err


def test_a_run_knows_the_file_from_the_top_of_the_repository_and_the_line_that_changed(
    repo: GitRepo, shell: Shell
) -> None:
    files = project(suite=RECORDED) | {"evals/answers.jsonl": recording("1.0.0", 0) + recording("1.0.1", 0)}
    repo.commit({f"services/bot/{name}": text for name, text in files.items()})
    repo.git("checkout", "-q", "-b", "change")
    repo.commit({"services/bot/prompts/adder.yaml": PROMPT.format(version="1.0.1", words="Please add.")})
    nested = GitRepo(repo.path / "services/bot")
    (run,) = json.loads(shell(nested, "eval", "run", "--against", "main", "--json").out)["runs"]
    assert [(run[side]["path"], run[side]["line"]) for side in ("candidate", "baseline")] == [
        ("services/bot/prompts/adder.yaml", 10),
        ("services/bot/prompts/adder.yaml", 9),
    ]


def test_what_real_commands_write_fits_the_published_schemas(repo: GitRepo, shell: Shell) -> None:
    gate = "gate:\n  right: {floor: 0.2, max_drop: 0.02, slices: {small: {floor: 0.1}}}\n"
    files = project(suite=RECORDED.split("gate:")[0] + gate)
    files["evals/golden/adder.jsonl"] = cases(20, tags=["small"]) + cases(3).replace("sum-", "more-")
    files["evals/answers.jsonl"] = recording("1.0.0", 0, 23) + recording("1.1.0", 8, 23)
    repo.commit(files)
    repo.git("checkout", "-q", "-b", "change")
    repo.commit({"prompts/adder.yaml": PROMPT.format(version="1.1.0", words="Please add.")})
    said = shell(repo, "eval", "run", "--against", "main", "--json", "--results", "out")
    assert said.code == 1, said.err
    assert faults("eval", json.loads(said.out)) == []
    assert faults("outcome", json.loads((repo.path / "out/outcome.json").read_bytes())) == []
    (head,) = (repo.path / "out/runs").glob("*.json")
    assert faults("run", json.loads(head.read_bytes())) == []
    lines = head.with_suffix(".results.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 46 and [fault for line in lines for fault in faults("result", json.loads(line))] == []
    trials = shell(repo, "eval", "report", "--format", "jsonl").out.splitlines()
    assert len(trials) == 46 and [fault for line in trials for fault in faults("trial", json.loads(line))] == []


def test_a_report_in_the_log_of_a_runner_holds_no_commands(
    repo: GitRepo, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = project(suite=RECORDED, count=1)
    row = {"id": "::add-mask::e", "vars": {"left": 1, "right": 2}, "expected": "3", "tags": ["##[error]x"]}
    files["evals/golden/adder.jsonl"] = json.dumps(row) + "\n"
    row = {"prompt": "adder@1.0.0", "case": "::add-mask::e", "repeat": 0, "output": "##[warning]y"}
    files["evals/answers.jsonl"] = json.dumps(row) + "\n"
    repo.commit(files)
    here = shell(repo, "eval", "run")
    assert "    ::add-mask::e" in here.out and "##[warning]y" in here.out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for command in (["eval", "run"], ["eval", "report"], ["eval", "report", "--format", "terminal", "-o", "-"]):
        said = shell(repo, *command)
        assert said.code == here.code and "add-mask" in said.out
        assert "##[" not in said.out + said.err
        assert [line for line in (said.out + said.err).splitlines() if line.strip().startswith("::")] == []
