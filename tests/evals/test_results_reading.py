"""A results folder that a stranger has written: what `eval run` writes is read, all else is refused with a sentence."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.errors import InputError, MeasureError
from llmops_cli.evals.results_reading import Limits, read_results
from tests.evals.runs import binary, run_of
from tests.reports import views
from tests.reports.results import kept

Document = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run that failed."""
    return kept(tmp_path / "r", views.failed())


def head_of(folder: Path) -> Path:
    (path,) = (folder / "runs").glob("*.json")
    return path


def lines_of(folder: Path) -> Path:
    (path,) = (folder / "runs").glob("*.results.jsonl")
    return path


def change(path: Path, how: Callable[[Document], object]) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    how(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def change_line(folder: Path, how: Callable[[Document], object], number: int = 0) -> None:
    path = lines_of(folder)
    lines = path.read_text(encoding="utf-8").split("\n")
    document = json.loads(lines[number])
    how(document)
    lines[number] = json.dumps(document)
    path.write_text("\n".join(lines), encoding="utf-8")


def test_what_was_written_is_read(folder: Path) -> None:
    found = read_results(folder)
    (analysis,) = found.analyses
    failed = views.failed()
    assert (found.outcome.exit_code, found.checked, found.unchecked) == (1, None, False)
    assert analysis.run.candidate == failed.run.candidate and analysis.run.baseline == failed.run.baseline
    assert (analysis.verdict, analysis.policy) == (failed.verdict, failed.policy)


def test_without_runs_it_says_why(tmp_path: Path) -> None:
    found = read_results(kept(tmp_path / "r", stopped=(MeasureError("no key", hint="set one"),)))
    assert found.analyses == () and found.outcome.exit_code == 3
    assert [(one.message, one.hint) for one in found.outcome.stopped] == [("no key", "set one")]


def test_files_that_nobody_asked_for_are_not_looked_at(folder: Path) -> None:
    (folder / "pr-number.txt").write_text("666")
    (folder / "runs/other.json").write_text("{" * 10_000)
    os.mkfifo(folder / "runs/pipe.json")
    assert len(read_results(folder).analyses) == 1


OUTCOMES: list[tuple[Callable[[Document], object], str]] = [
    (lambda o: o.update(pull_request=666), "pull_request: unknown key"),
    (lambda o: o.update(exit_code=0), "says exit code 0, and what it names comes to 1"),
    (lambda o: o.update(exit_code="1"), "exit_code: must be a valid integer"),
    (lambda o: o.update(format="llmops.outcome/2"), "format"),
    (lambda o: o.update(runs=[]), "says exit code 1, and what it names comes to 3"),
    (lambda o: o.update(runs=o["runs"] * 2), "names a run twice"),
    (lambda o: o.update(runs=["../../etc/passwd"]), "names a run that has no such name"),
    (lambda o: o.update(runs=["/etc/passwd"]), "names a run that has no such name"),
    (lambda o: o.update(runs=["..\\x"]), "names a run that has no such name"),
    (lambda o: o.update(runs=["a\n"]), "names a run that has no such name"),
    (lambda o: o.update(runs=["a" * 300]), "names a run that has no such name"),
    (lambda o: o.update(runs=["latest"]), "no such file"),
    (lambda o: o.update(runs=[f"r{n}" for n in range(101)]), "names more than 100 runs"),
    (lambda o: o.update(base_commit="main; rm -rf /"), "holds a commit that is none"),
    (lambda o: o.update(head_commit="abc"), "holds a commit that is none"),
    (lambda o: o.update(stopped=[{"message": "x", "hint": "", "exit_code": 0}]), "stopped with a code that is none"),
    (lambda o: o.update(command=["sh", "-c", "evil"]), "was made by another command"),
    (lambda o: o["command"].append("--record=/etc/passwd"), "was made with unknown options"),
    (lambda o: o["command"].extend(["x"] * 200), "too many words"),
    (lambda o: o.update(created_at=5), "created_at"),
]  # fmt: skip


@pytest.mark.parametrize(("how", "words"), OUTCOMES)
def test_a_forged_outcome_is_refused(folder: Path, how: Callable[[Document], object], words: str) -> None:
    change(folder / "outcome.json", how)
    with pytest.raises(InputError) as refused:
        read_results(folder)
    assert words in refused.value.message


HEADS: list[tuple[Callable[[Document], object], str]] = [
    (lambda r: r.update(id="other"), "is run 'other', and not"),
    (lambda r: r.update(extra=1), "extra: unknown key"),
    (lambda r: r.update(baseline_commit="$(evil)"), "is measured against a commit that is none"),
    (lambda r: r["cases"].append(r["cases"][0]), "holds a case twice"),
    (lambda r: r["cases"][0].update(id="x" * 501), "answers case 'c0', which the run does not have"),
    (lambda r: r["cases"][0].update(tags=["x" * 501]), "holds a name of more than 500 characters"),
    (lambda r: r.update(suite="x" * 501), "holds a name of more than 500 characters"),
    (lambda r: r.update(repeats=10**9), "counts repeats that nobody makes"),
    (lambda r: r.update(results=1), "holds 40 results, and run"),
    (lambda r: r.update(results=10**9), "holds 40 results, and run"),
    (lambda r: r["candidate"].update(role="anchor"), "has a side in the place of another"),
    (lambda r: r["counts"].update(paid_calls=-1), "counts what cannot be counted"),
    (lambda r: r["counts"].update(trials=10**4000), "counts what cannot be counted"),
    (lambda r: r["verdict"].update(status="splendid"), "verdict: status"),
    (lambda r: r.update(verdict={}), "verdict: status: is missing"),
    (lambda r: r["cases"][0].update(id="\ud800"), "surrogate"),
    (lambda r: r["verdict"]["findings"][0].update(status="pass", guard=[]), "guard"),
    (lambda r: r["verdict"]["metrics"]["right"].update(adjusted_p="</td>"), "adjusted_p"),
    (lambda r: r["policy"].update(alpha="0.05"), "policy: alpha"),
    (lambda r: r["policy"]["rules"][0].update(bound=1e300), "bound"),
    (lambda r: r["policy"].update(rules=r["policy"]["rules"] * 600), "rules"),
    (lambda r: r["verdict"].update(status="pass", findings=[]), "says exit code 1, and what it names comes to 0"),
]  # fmt: skip


@pytest.mark.parametrize(("how", "words"), HEADS)
def test_a_forged_run_is_refused(folder: Path, how: Callable[[Document], object], words: str) -> None:
    change(head_of(folder), how)
    with pytest.raises(InputError) as refused:
        read_results(folder)
    assert words in refused.value.message


LINES: list[tuple[Callable[[Document], object], str]] = [
    (lambda r: r["scores"]["right"].update(value=9.0), "holds a score or an amount that cannot be"),
    (lambda r: r["scores"]["right"].update(value=None), "holds a score or an amount that cannot be"),
    (lambda r: r["scores"]["right"].update(passed=None), "holds a score or an amount that cannot be"),
    (lambda r: r["scores"]["right"].update(status="failed"), "holds a score or an amount that cannot be"),
    (lambda r: r.update(latency_ms=1e300), "holds a score or an amount that cannot be"),
    (lambda r: r.update(cost_usd=-1), "holds a score or an amount that cannot be"),
    (lambda r: r.update(input_tokens=10**4000), "holds a score or an amount that cannot be"),
    (lambda r: r.update(repeat=-1), "counts repeats that nobody makes"),
    (lambda r: r.update(role="judge"), "role"),
    (lambda r: r.update(scores={f"m{n}": r["scores"]["right"] for n in range(101)}), "more cases, results or metrics"),
    (lambda r: r.update(output="\ud800"), "surrogate"),
]  # fmt: skip


@pytest.mark.parametrize(("how", "words"), LINES)
def test_a_forged_result_is_refused(folder: Path, how: Callable[[Document], object], words: str) -> None:
    change_line(folder, how)
    with pytest.raises(InputError) as refused:
        read_results(folder)
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ("[]", "a mapping of keys to values is expected"),
        ('{"exit_code": NaN}', "NaN is not a number"),
        ('{"exit_code": 1e999}', "too large a number"),
        ('{"exit_code": 0, "exit_code": 1}', "duplicate key"),
        ("[" * 100 + "]" * 100, "nested deeper than 64 levels"),
        ('{"a": ' * 100_000, "nested deeper than 64 levels"),
        ('{"exit_code": 1' + "0" * 5_000 + "}", "not valid JSON"),
        (" " * 1_000_001, "is larger than 1,000,000 bytes"),
        ('{"against": "\\ud800"}', "surrogate"),
    ],
)
def test_what_is_no_document_is_refused(folder: Path, text: str, words: str) -> None:
    (folder / "outcome.json").write_text(text)
    with pytest.raises(InputError) as refused:
        read_results(folder)
    assert words in refused.value.message


def test_bytes_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / "outcome.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(InputError, match="not UTF-8 text"):
        read_results(folder)


def linked(folder: Path, name: str) -> None:
    target = folder / name
    other = folder.parent / "elsewhere"
    target.rename(other)
    target.symlink_to(other)


@pytest.mark.parametrize("name", ["outcome.json", "runs", "HEAD", "LINES", "check.json"])
def test_links_are_not_followed(folder: Path, name: str) -> None:
    (folder / "check.json").write_text('{"format": "llmops.check/1", "prompts": [], "findings": [], "problems": []}')
    names = {"HEAD": f"runs/{head_of(folder).name}", "LINES": f"runs/{lines_of(folder).name}"}
    linked(folder, names.get(name, name))
    with pytest.raises(InputError, match=r"is a link|is not a folder"):
        read_results(folder)


def test_the_folder_itself_is_no_link(folder: Path) -> None:
    (folder.parent / "link").symlink_to(folder)
    with pytest.raises(InputError, match="is not a folder"):
        read_results(folder.parent / "link")


def test_pipes_and_devices_are_not_read(folder: Path) -> None:
    (folder / "outcome.json").unlink()
    os.mkfifo(folder / "outcome.json")
    with pytest.raises(InputError, match="is not a plain file"):
        read_results(folder)


def test_sizes_are_bounded(folder: Path) -> None:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    read_results(folder, Limits(total=size))
    for limits, words in (
        (Limits(total=size - 1), "is larger than"),
        (Limits(file=1_000), "is larger than 1,000 bytes"),
        (Limits(line=100), "is longer than 100 bytes"),
        (Limits(cases=19), "more cases, results or metrics"),
        (Limits(results=39), "more cases, results or metrics"),
        (Limits(depth=2), "is nested deeper than 2 levels"),
    ):
        with pytest.raises(InputError, match=words):
            read_results(folder, limits)


def test_twenty_megabytes_in_one_answer_are_refused(tmp_path: Path) -> None:
    folder = kept(tmp_path / "r", views.failed())
    change_line(folder, lambda result: result.update(output="x" * 20_000_000))
    with pytest.raises(InputError, match="longer than 8,000,000 bytes"):
        read_results(folder)


def test_deep_values_of_a_case_are_refused(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(100):
        deep = [deep]
    run = run_of({"right": binary(4, 10)})
    folder = kept(tmp_path / "r", views.analysis_of(run))
    change(head_of(folder), lambda head: head["cases"][0]["vars"].update(question=deep))
    with pytest.raises(InputError, match="nested deeper than 64 levels"):
        read_results(folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"format": "llmops.check/1"}', "prompts: is missing"),
        ('{"format": "llmops.check/9", "prompts": [], "findings": [], "problems": []}', "format"),
        ("null", "a mapping of keys to values is expected"),
    ],
)
def test_a_check_that_is_none_is_refused(folder: Path, text: str, words: str) -> None:
    (folder / "check.json").write_text(text)
    with pytest.raises(InputError) as refused:
        read_results(folder)
    assert words in refused.value.message


def test_an_empty_check_says_that_there_was_none(folder: Path) -> None:
    (folder / "check.json").write_text("\n")
    assert read_results(folder).unchecked
