"""The funnel: every way out has its sentence and its code, and a bug is never taken for a verdict."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from llmops_cli.cli.main import main
from tests.conftest import ROOT, GitRepo
from tests.journeys.project import SUITE, project


def run(*arguments: str, cwd: Path, shell: str = "") -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "llmops_cli", *arguments]
    if shell:
        quoted = " ".join(command)
        return subprocess.run(
            ["bash", "-c", f"{quoted} {shell}"], cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bogus"], "No such command 'bogus'.\nhelp:  see: llmops --help"),
        (["eval", "run", "--agianst", "main"], "--agianst"),
        (["eval", "run", "--repeats", "0"], "--repeats"),
        (["rollback"], "llmops rollback --help"),
    ],
)
def test_a_usage_error_is_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert said in captured.err
    assert "--help" in captured.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("llmops 0.")


def test_a_bad_setting_names_file_line_and_key(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.commit(project() | {"llmops.yaml": "run:\n  concurency: 3\n"})
    monkeypatch.chdir(repo.path)
    assert main(["eval", "run"]) == 2
    said = "error: llmops.yaml:2: run.concurency: unknown key (did you mean 'concurrency'?)"
    assert capsys.readouterr().err.startswith(said)


# a command of ours with a bug, added to the app the way every command is
BUGGY = """\
import sys, tempfile
from llmops_cli.cli.main import app, entry
def boom() -> None:
    raise ZeroDivisionError("a bug")
app.command("boom")(boom)
sys.argv = ["llmops", "boom"]
"""


def test_a_surprise_is_70_with_the_details_in_a_file(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", BUGGY + "entry()"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert done.stdout == ""
    assert done.stderr.startswith("error: this is a bug in llmops: ZeroDivisionError: a bug")
    assert "Traceback" not in done.stderr
    (report,) = tmp_path.glob("llmops-crash-*.txt")
    assert str(report) in done.stderr
    assert "Traceback" in report.read_text()


def test_a_surprise_that_cannot_be_kept_is_still_70(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", BUGGY + f"tempfile.tempdir = '{tmp_path}/none'\nentry()"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert done.stderr.startswith("error: this is a bug in llmops: ZeroDivisionError: a bug")
    assert "Traceback" in done.stderr  # there is no other place for the details


LEAVER = """\
import sys
from llmops_cli.checks.check import CheckShape

class Leaver(CheckShape):
    def score(self, context):
        sys.exit(0)
"""


def test_a_check_that_ends_the_process_has_measured_nothing(repo: GitRepo, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    (plugin / "leaver-1.0.dist-info").mkdir(parents=True)
    (plugin / "leaver-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: leaver\nVersion: 1.0\n")
    (plugin / "leaver-1.0.dist-info/entry_points.txt").write_text("[llmops.checks]\nleaver = leaver:Leaver\n")
    (plugin / "leaver.py").write_text(LEAVER)
    suite = SUITE.replace("cases:", "target: {recorded: r.jsonl}\ncases:").replace("type: equals", "type: leaver")
    rows = [{"prompt": "adder@1.0.0", "case": f"sum-{i}", "repeat": 0, "output": "no"} for i in range(20)]
    repo.commit(project(suite=suite) | {"evals/r.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{plugin}"}
    command = [sys.executable, "-m", "llmops_cli", "eval", "run"]
    done = subprocess.run(command, cwd=repo.path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "20 of 20 scores of the candidate failed" in done.stdout
    assert "the check crashed: SystemExit: 0" in done.stdout


def test_nobody_but_main_ends_the_process() -> None:
    program = (
        "import sys, typer\nfrom llmops_cli.cli import main as funnel\n"
        "@funnel.app.command('leave')\ndef leave() -> None:\n    sys.exit(0)\n"
        "sys.exit(funnel.main(['leave']))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert done.stderr.startswith("error: this is a bug in llmops: SystemExit: 0")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_report_nobody_could_write_is_no_pass(repo: GitRepo) -> None:
    recorded = SUITE.replace("cases:", "target: {recorded: r.jsonl}\ncases:")
    right = [{"prompt": "adder@1.0.0", "case": f"sum-{i}", "output": str(i + i * 7 % 11)} for i in range(20)]
    repo.commit(project(suite=recorded) | {"evals/r.jsonl": "".join(json.dumps(row) + "\n" for row in right)})
    done = run("eval", "run", "--json", cwd=repo.path, shell="> /dev/full; echo $?")
    assert done.stdout == "2\n"
    assert done.stderr == "error: the output could not be written: No space left on device\n"


def test_a_closed_pipe_keeps_the_verdict(repo: GitRepo) -> None:
    recorded = SUITE.replace("cases:", "target: {recorded: r.jsonl}\ncases:")
    rows = [{"prompt": "adder@1.0.0", "case": f"sum-{i}", "repeat": 0, "output": "no"} for i in range(20)]
    repo.commit(project(suite=recorded) | {"evals/r.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    done = run("eval", "run", "--cases", "20", cwd=repo.path, shell="| head -n 1; echo ${PIPESTATUS[0]}")
    assert done.stdout.splitlines()[-1] == "1"
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_no_regression_and_no_bug(tmp_path: Path, closed: str) -> None:
    assert run("--version", cwd=tmp_path, shell=f"{closed}; echo $? > code").stderr == ""
    assert (tmp_path / "code").read_text() == "0\n"
    run("prompt", "show", "nothing", cwd=tmp_path, shell=f"{closed}; echo $? > code")
    assert (tmp_path / "code").read_text() == "2\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_written_does_not_replace_the_error(tmp_path: Path) -> None:
    script = "import sys; from llmops_cli.cli import console, main; console.out('x'); sys.exit(main.main(['bogus']))"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""},
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "error: No such command 'bogus'.\nhelp:  see: llmops --help\n"


@pytest.mark.parametrize("arguments", [[], ["prompt"], ["env"]])
def test_a_group_alone_shows_its_help_and_calls_it_no_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("Usage: llmops")


def test_model_text_cannot_drive_the_terminal(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = SUITE.replace("cases:", "target: {recorded: r.jsonl}\ncases:")
    hostile = "\x1b[2J\x1b]0;owned\x07[bold red]no[/] :smile: \u202etxt"
    rows = [{"prompt": "adder@1.0.0", "case": f"sum-{i}", "repeat": 0, "output": hostile} for i in range(20)]
    repo.commit(project(suite=recorded) | {"evals/r.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    monkeypatch.chdir(repo.path)
    assert main(["eval", "run"]) == 1
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[bold red]no[/] :smile:" in shown


def test_json_is_one_document_and_talk_goes_to_stderr(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = SUITE.replace("cases:", "target: {recorded: r.jsonl}\ncases:")
    rows = [
        {"prompt": "adder@1.0.0", "case": f"sum-{i}", "repeat": 0, "output": str(i + i * 7 % 11)} for i in range(20)
    ]
    repo.commit(project(suite=recorded) | {"evals/r.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    monkeypatch.chdir(repo.path)
    assert main(["eval", "run", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["exit_code"]) == ("llmops.eval/1", 0)
    assert main(["eval", "report", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again == document
