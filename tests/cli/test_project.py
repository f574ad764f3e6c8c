"""`llmops init`: what it writes, and what it never overwrites."""

import os
from pathlib import Path

import pytest

from llmops_cli.cli.main import main

WRITTEN = [
    ".github/workflows/llmops-comment.yml",
    ".github/workflows/llmops-drift.yml",
    ".github/workflows/llmops-eval.yml",
    ".github/workflows/llmops-promote.yml",
    ".github/workflows/llmops-release.yml",
    ".gitignore",
    "evals/golden/ticket-summary.jsonl",
    "evals/recordings/ticket-summary.jsonl",
    "evals/ticket-summary.yaml",
    "prompts/schemas/ticket-summary.json",
    "prompts/ticket-summary.yaml",
]


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is also the current one."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_init_writes_the_files_it_names(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == WRITTEN
    assert files_below(empty) == WRITTEN
    assert "next:  llmops eval run" in shown.err
    assert (empty / ".gitignore").read_bytes() == b".llmops/\n"


def test_init_writes_into_a_folder_that_does_not_exist_yet(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "deep/er"]) == 0
    assert files_below(empty / "deep/er") == WRITTEN
    assert "next:  cd deep/er && llmops eval run" in capsys.readouterr().err


def test_a_second_init_names_every_file_and_changes_nothing(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    (empty / "prompts/ticket-summary.yaml").write_text("mine\n")
    before = {name: (empty / name).read_bytes() for name in WRITTEN}
    capsys.readouterr()
    assert main(["init"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [name for name in WRITTEN if name not in shown.err] == [".gitignore"]
    assert {name: (empty / name).read_bytes() for name in WRITTEN} == before


def test_one_file_in_the_way_stops_all_others(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (empty / "evals").mkdir()
    (empty / "evals/ticket-summary.yaml").write_text("mine\n")
    assert main(["init"]) == 2
    assert "evals/ticket-summary.yaml" in capsys.readouterr().err
    assert files_below(empty) == ["evals/ticket-summary.yaml"]


def test_a_broken_link_counts_as_a_file_in_the_way(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (empty / "prompts").mkdir()
    (empty / "prompts/ticket-summary.yaml").symlink_to("nowhere.yaml")
    assert main(["init"]) == 2
    assert "prompts/ticket-summary.yaml" in capsys.readouterr().err
    assert not (empty / "prompts/nowhere.yaml").exists()


def test_a_file_where_a_folder_must_be_is_named(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (empty / "prompts").write_text("not a folder\n")
    assert main(["init"]) == 2
    assert "prompts (not a folder)" in capsys.readouterr().err
    assert files_below(empty) == ["prompts"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"dist/\n", b"dist/\n.llmops/\n"),
        (b"dist/", b"dist/\n.llmops/\n"),
        (b"dist/\r\nbuild/\r\n", b"dist/\r\nbuild/\r\n.llmops/\r\n"),
        (b"/.llmops\n", b"/.llmops\n"),
        (b".llmops/\ndist/\n", b".llmops/\ndist/\n"),
    ],
)
def test_an_existing_gitignore_is_kept_and_completed(empty: Path, before: bytes, after: bytes) -> None:
    (empty / ".gitignore").write_bytes(before)
    assert main(["init"]) == 0
    assert (empty / ".gitignore").read_bytes() == after


def test_a_failure_on_the_way_takes_back_what_was_written(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """So deep a folder that the shorter of the new paths can be written, and the longer ones cannot."""
    limit = os.pathconf(empty, "PC_PATH_MAX")
    deep = empty
    while len(str(deep)) < limit - 260:
        deep = deep / ("d" * 200)
    deep = deep / ("d" * (limit - 45 - len(str(deep)) - 1))
    deep.mkdir(parents=True)
    assert main(["init", str(deep)]) == 2
    shown = capsys.readouterr()
    assert "cannot be written: File name too long" in shown.err
    assert shown.out == ""
    assert files_below(empty) == []


def test_below_the_top_of_a_repository_the_workflow_s_place_is_explained(
    empty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (empty / ".git").mkdir()
    assert main(["init", "service"]) == 0
    assert "GitHub reads workflows at the top of the repository only" in capsys.readouterr().err


def test_init_fills_in_the_action_of_the_team(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    assert main(["init", "--action", f"acme/llmops@{commit}"]) == 0
    uses = {
        line.strip().removeprefix("- ")
        for name in WRITTEN
        if "workflows" in name
        for line in (empty / name).read_text().splitlines()
        if "llmops" in line and "uses:" in line
    }
    assert uses == {f"uses: acme/llmops@{commit}", f"uses: acme/llmops/.github/action/install@{commit}"}
    assert "at no commit yet" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "action", ["acme/llmops@v1", "acme/llmops", "llmops@" + "a" * 40, "a/b@" + "a" * 40 + "\n  x: y"]
)
def test_an_action_without_a_full_commit_is_refused(
    empty: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    assert main(["init", "--action", action]) == 2
    assert "is not OWNER/REPO@COMMIT" in capsys.readouterr().err
    assert files_below(empty) == []


def test_without_an_action_somebody_must_say_which(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    assert "say in them which repository and commit" in capsys.readouterr().err
