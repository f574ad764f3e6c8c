"""One git command, tamed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from llmops_cli.errors import InputError, MeasureError
from llmops_cli.vcs.plumbing import Answer, run_git
from tests.conftest import GitRepo


def test_a_status_is_an_answer(repo: GitRepo) -> None:
    answer = run_git(repo.path, "rev-parse", "--verify", "nothing")
    assert not answer.ok and answer.complaint == "Needed a single revision"
    assert run_git(repo.path, "rev-parse", "--git-dir").lines == [".git"]
    assert run_git(repo.path, "for-each-ref").lines == []


def test_bytes_go_in_and_come_out_as_they_are(repo: GitRepo) -> None:
    data = bytes(range(256)) + b"\r\n\n"
    blob = run_git(repo.path, "hash-object", "-w", "--stdin", stdin=data).text
    assert run_git(repo.path, "cat-file", "blob", blob).out == data


def test_a_command_that_hangs_is_ended(repo: GitRepo) -> None:
    with pytest.raises(MeasureError, match=r"did not answer within 0\.2 s"):
        run_git(repo.path, "-c", "alias.hang=!sleep 30", "hang", timeout=0.2)


def test_the_environment_is_tamed(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    lines = run_git(repo.path, "-c", "alias.show-env=!env", "show-env").lines
    seen = dict(line.split("=", 1) for line in lines if "=" in line)
    assert "GIT_INDEX_FILE" not in seen
    assert (seen["GIT_TERMINAL_PROMPT"], seen["GIT_OPTIONAL_LOCKS"], seen["LC_ALL"]) == ("0", "0", "C")
    lines = run_git(repo.path, "-c", "alias.show-env=!env", "show-env", env={"GIT_INDEX_FILE": "/ours"}).lines
    assert "GIT_INDEX_FILE=/ours" in lines


def test_hooks_run_only_when_they_are_meant_to(repo: GitRepo, tmp_path: Path) -> None:
    hook = repo.path / ".git" / "hooks" / "reference-transaction"
    ran = tmp_path / "ran"
    commit = repo.commit({"x": "x"})
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    assert run_git(repo.path, "update-ref", "refs/heads/a", commit).ok and not ran.exists()
    assert run_git(repo.path, "update-ref", "refs/heads/b", commit, hooks=True).ok and ran.exists()


def test_complaints_lose_their_prefix() -> None:
    assert Answer(1, b"", "hint: x\nfatal: no such thing\n").complaint == "no such thing"
    assert Answer(1, b"", "").complaint == "git ended with status 1"


def test_without_git_the_way_out_is_told(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess
    import sys

    program = (
        "from pathlib import Path\nfrom llmops_cli.vcs.plumbing import run_git\n"
        "from llmops_cli.errors import InputError\n"
        "try:\n    run_git(Path('.'), 'status')\nexcept InputError as error:\n    print(error.message, error.hint)"
    )
    monkeypatch.setenv("PATH", "/nowhere")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "git cannot be run" in done.stdout and "install git" in done.stdout
    assert InputError.exit_code == 2


def test_a_relative_folder_is_that_of_now(
    make_repo: Callable[..., GitRepo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tops = {}
    for name in ("one", "two"):
        monkeypatch.chdir(make_repo(name).path)
        tops[name] = run_git(Path(), "rev-parse", "--show-toplevel").text
    assert tops == {name: str((tmp_path / name).resolve()) for name in tops}
