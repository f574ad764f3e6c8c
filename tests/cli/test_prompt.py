"""`llmops prompt new | show | render | diff | bump`: what they print, write, refuse, and their exit codes."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.cli.main import main
from llmops_cli.config import load_config
from llmops_cli.prompts.registry import open_registry
from llmops_cli.prompts.release import release
from tests.conftest import ROOT, GitRepo

PATH = "prompts/p.yaml"
TEXT = """\
name: p
version: 1.0.0
model: openai/m
params: {temperature: 0}
variables:
  question: {type: string, min_length: 1}
  count: {type: integer, default: 3}
template: |
  Give $count short answers.
  Question: $question
"""


class Prompts:
    """The commands, run in this process in the folder of a repository with p 1.0.0 released."""

    def __init__(self, repo: GitRepo, capsys: pytest.CaptureFixture[str]) -> None:
        self.repo = repo
        self.capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        code = main(["prompt", *arguments])
        self.out, self.err = self.capsys.readouterr()
        return code

    def json(self, *arguments: str) -> Any:
        assert self(*arguments, "--json") == 0
        return json.loads(self.out)

    def edit(self, before: str, after: str) -> None:
        text = (self.repo.path / PATH).read_text()
        assert before in text
        self.repo.write({PATH: text.replace(before, after)})

    @property
    def file(self) -> str:
        return (self.repo.path / PATH).read_text()


@pytest.fixture
def prompts(repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Prompts:
    repo.commit({PATH: TEXT})
    release(open_registry(load_config(repo.path)))
    monkeypatch.chdir(repo.path)
    return Prompts(repo, capsys)


def test_new_writes_a_prompt_that_shows(prompts: Prompts) -> None:
    assert prompts("new", "judges/tone", "--model", "openai/x") == 0
    assert prompts.out == "prompts/judges/tone.yaml\n"
    assert prompts.json("show", "judges/tone")["model"] == "openai/x"


def test_new_never_overwrites(prompts: Prompts) -> None:
    assert prompts("new", "p") == 2
    assert prompts.err.startswith("error: prompts/p.yaml exists already\n")
    assert prompts.file == TEXT
    assert prompts("new", "Not A Name") == 2
    assert "'Not A Name' is not a prompt name" in prompts.err


def test_show_for_people(prompts: Prompts) -> None:
    assert prompts("show", "p") == 0
    lines = prompts.out.splitlines()
    assert lines[0] == "p 1.0.0  prompts/p.yaml"
    assert "  params   temperature=0" in lines
    assert "  question  string, required, min_length 1" in lines
    assert "  count     integer, default 3" in lines
    assert lines[-3:] == ["--- user", "Give $count short answers.", "Question: $question"]
    assert prompts.err == ""


def test_show_as_data_and_by_reference(prompts: Prompts) -> None:
    prompts.edit("short", "long")
    now, then = prompts.json("show", "p"), prompts.json("show", "p@1.0.0")
    assert now["format"] == "llmops.prompt/1"
    assert (now["version"], now["path"]) == ("1.0.0", PATH)
    assert now["messages"] == [{"role": "user", "content": "Give $count long answers.\nQuestion: $question\n"}]
    assert "short" in then["messages"][0]["content"]
    assert now["digest"] != then["digest"] == prompts.json("show", "p@main")["digest"]
    assert now["variables"]["count"] == {"type": "integer", "default": 3}


def test_show_warns_of_variables_that_nothing_mentions(prompts: Prompts) -> None:
    prompts.edit("Give $count", "Give")
    assert prompts("show", "p") == 0
    assert prompts.err == "warning: variable 'count' is declared, but no message mentions it\n"


def test_what_does_not_exist_names_what_does(prompts: Prompts) -> None:
    assert prompts("show", "pp") == 2
    assert "there is no prompt 'pp'" in prompts.err
    assert "did you mean 'p'?" in prompts.err
    assert prompts("show", "p@2.0.0") == 2
    assert "released: 1.0.0" in prompts.err


def test_a_broken_file_tells_every_problem_and_prints_nothing(prompts: Prompts) -> None:
    prompts.edit("version: 1.0.0", "version: 1.0")
    prompts.edit("$question\n", "$qestion\n")
    assert prompts("show", "p", "--json") == 2
    assert prompts.out == ""
    assert "prompts/p.yaml:2: version: must be text, not a number" in prompts.err
    assert "prompts/p.yaml:10: template: variable 'qestion' is not declared (did you mean 'question'?)" in prompts.err


def test_render_is_typed_and_strict(prompts: Prompts, tmp_path: Path) -> None:
    (tmp_path / "vars.yaml").write_text("question: From the file?\ncount: 7\n")
    assert prompts("render", "p", "--var", "question=Why?") == 0
    assert prompts.out == "--- user\nGive 3 short answers.\nQuestion: Why?\n"
    assert prompts("render", "p", "--vars", str(tmp_path / "vars.yaml"), "--var", "count=2") == 0
    assert prompts.out == "--- user\nGive 2 short answers.\nQuestion: From the file?\n"
    data = prompts.json("render", "p", "--var", "question=$count {{ 7*7 }}")
    assert data["messages"] == [{"role": "user", "content": "Give 3 short answers.\nQuestion: $count {{ 7*7 }}\n"}]
    assert (data["prompt"], data["model"], data["params"]) == ("p@1.0.0", "openai/m", {"temperature": 0})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "p@1.0.0: variable 'question' is missing"),
        (["--var", "question="], "variable 'question' is shorter than min_length 1"),
        (["--var", "question=a", "--var", "cuont=3"], "'cuont' is not a variable of this prompt"),
        (["--var", "question=a", "--var", "count=many"], "'many' is not JSON, and count is of type integer"),
        (["--var", "question=a", "--var", "count=2.5"], "variable 'count' must be of type integer, not number"),
        (["--vars", "none.json"], "none.json: no such file"),
    ],
)
def test_render_refuses(prompts: Prompts, arguments: list[str], message: str) -> None:
    assert prompts("render", "p", *arguments) == 2
    assert prompts.out == ""
    assert message in prompts.err


def test_diff_against_the_last_release(prompts: Prompts) -> None:
    prompts.edit("short answers", "long, friendly answers")
    prompts.edit("temperature: 0", "temperature: 1")
    assert prompts("diff", "p") == 0
    assert prompts.out == (
        "p@1.0.0 -> p@1.0.0\n"
        "~ params.temperature: 0 -> 1\n"
        "~ message 1 (user)\n"
        "Give $count [-short-]{+long, friendly+} answers.\n"
        "Question: $question\n"
        "\n"
        "needs at least minor\n"
        "  minor  params.temperature changed\n"
        "  patch  the wording changed\n"
    )
    assert prompts.err == "release 1.0.0 against the working tree\n"


def test_diff_of_nothing(prompts: Prompts) -> None:
    assert prompts("diff", "p") == 0
    assert prompts.out == "p@1.0.0 -> p@1.0.0\nnothing changed\n"
    prompts.edit("model:", "description: d\nmodel:")
    assert prompts("diff", "p") == 0
    assert prompts.out.endswith(
        "not seen by the model\n+ description: d\n\nneeds no new version: it is the same to the model\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [["p", "1.0.0", "main"], ["p@1.0.0", "p@main"], ["p", "p@1.0.0", "main"], ["p@1.0.0", "main"], ["p", "^1", "HEAD"]],
)
def test_diff_of_two_named_sides(prompts: Prompts, arguments: list[str]) -> None:
    prompts.repo.commit({PATH: TEXT.replace("1.0.0", "1.0.1").replace("short", "long")})
    data = prompts.json("diff", *arguments)
    assert (data["before"]["reference"], data["after"]["reference"]) == ("p@1.0.0", "p@1.0.1")
    assert data["needed"] == {
        "level": "patch", "reasons": [{"level": "patch", "rule": "wording", "sentence": "the wording changed"}],
    }  # fmt: skip


@pytest.mark.parametrize("arguments", [["p", "1.0.0"], ["p@1.0.0", "p"], ["p@1.0.0"], ["p", "1.0.0", "p"]])
def test_diff_of_one_side_and_the_working_tree(prompts: Prompts, arguments: list[str]) -> None:
    prompts.edit("version: 1.0.0", "version: 3.0.0")
    data = prompts.json("diff", *arguments)
    assert (data["before"]["reference"], data["after"]["reference"]) == ("p@1.0.0", "p@3.0.0")
    assert (data["after_label"], data["same_digest"]) == ("p in the working tree", True)


def test_diff_before_the_first_release_is_against_head(prompts: Prompts) -> None:
    prompts.repo.git("tag", "-d", "p@v1.0.0")
    prompts.edit("short", "long")
    assert prompts("diff", "p") == 0
    assert prompts.err == "HEAD against the working tree\n"
    assert "[-short-]{+long+}" in prompts.out


def test_diff_of_a_new_prompt_has_no_other_side(prompts: Prompts) -> None:
    assert prompts("new", "q") == 0
    assert prompts("diff", "q") == 2
    assert "q is new: nothing is released or committed to compare it with" in prompts.err


def test_too_many_sides(prompts: Prompts) -> None:
    assert prompts("diff", "p@1.0.0", "1.0.0", "main") == 2
    assert "p@1.0.0 is one side already" in prompts.err


def test_bump_takes_what_the_change_needs_and_says_why(prompts: Prompts) -> None:
    prompts.edit("openai/m", "openai/n")
    edited = prompts.file
    assert prompts("bump", "p", "--dry-run") == 0
    assert prompts.out.startswith("p 1.0.0 -> 1.1.0 (not written)\n")
    assert prompts.file == edited
    assert prompts("bump", "p") == 0
    assert prompts.out == (
        "p 1.0.0 -> 1.1.0\n"
        "since release 1.0.0: needs at least minor\n"
        "  minor  the model changed from openai/m to openai/n\n"
    )
    assert prompts.file == edited.replace("version: 1.0.0", "version: 1.1.0")
    assert prompts("bump", "p") == 0
    assert prompts.out.startswith("p: 1.1.0 already covers the minor change since release 1.0.0\n")
    assert prompts.file == edited.replace("version: 1.0.0", "version: 1.1.0")


def test_bump_refuses_a_level_that_is_too_small(prompts: Prompts) -> None:
    prompts.edit("openai/m", "openai/n")
    edited = prompts.file
    assert prompts("bump", "p", "patch") == 2
    assert "error: a patch step is too small for the change since release 1.0.0, which needs minor\n" in prompts.err
    assert "minor: the model changed from openai/m to openai/n" in prompts.err
    assert prompts("bump", "p", "--version", "1.0.7") == 2
    assert "help:  at least 1.1.0" in prompts.err
    assert prompts.file == edited


def test_bump_takes_a_larger_level_or_a_version(prompts: Prompts) -> None:
    prompts.edit("short", "long")
    assert prompts("bump", "p", "major") == 0
    assert "\nversion: 2.0.0\n" in prompts.file
    assert prompts("bump", "p", "--version", "v3.0.0-rc.1") == 0
    assert "\nversion: 3.0.0-rc.1\n" in prompts.file


def test_bump_of_nothing_touches_nothing(prompts: Prompts) -> None:
    before = (prompts.repo.path / PATH).stat().st_mtime_ns
    assert prompts("bump", "p") == 0
    assert prompts.out == "p: nothing the model sees changed since release 1.0.0; it stays at 1.0.0\n"
    assert (prompts.repo.path / PATH).stat().st_mtime_ns == before


def test_bump_as_data(prompts: Prompts) -> None:
    prompts.edit("short", "long")
    data = prompts.json("bump", "p", "--dry-run")
    assert (data["format"], data["from"], data["to"], data["written"]) == ("llmops.bump/1", "1.0.0", "1.0.1", False)
    assert prompts.json("bump", "p")["written"] is True
    assert prompts.json("bump", "p")["written"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["p", "mayor"], "'mayor' is not a level, and no prompt has this name\nhelp:  did you mean 'major'?"),
        (["p", "major", "--version", "2.0.0"], "a level and --version say the same"),
        (["p", "--version", "two"], "'two' is not a version"),
        (["q"], "there is no prompt 'q'"),
        ([], "no prompt is named\nhelp:  name the prompts to bump, or say --all"),
        (["p", "--all"], "--all means every prompt"),
        (["p", "p2", "--version", "2.0.0"], "--version is for one prompt"),
    ],
)
def test_bump_refuses(prompts: Prompts, arguments: list[str], message: str) -> None:
    assert prompts("bump", *arguments) == 2
    assert message in prompts.err
    assert prompts.file == TEXT


def test_bump_keeps_windows_files_as_they_are(prompts: Prompts) -> None:
    data = (
        b"\xef\xbb\xbf"
        + TEXT.replace("short", "long").replace("1.0.0", "'1.0.0'  # \U0001f600").replace("\n", "\r\n").encode()
    )
    prompts.repo.write({PATH: data})
    assert prompts("bump", "p") == 0
    assert (prompts.repo.path / PATH).read_bytes() == data.replace(b"1.0.0", b"1.0.1")


def test_a_hostile_prompt_cannot_write_to_the_terminal(prompts: Prompts) -> None:
    head, _, _ = TEXT.partition("template: |")
    prompts.repo.write({PATH: head + 'template: "\\e[2J[bold]$count\\u202e $question"\n'})
    for arguments in (("show", "p"), ("diff", "p"), ("render", "p", "--var", "question=\x1b[31mred")):
        assert prompts(*arguments) == 0
        assert "\x1b" not in prompts.out
        assert "\u202e" not in prompts.out
        assert "[bold]" in prompts.out
    assert "\\x1b[2J" in prompts.out


def test_on_a_terminal_words_are_coloured_instead_of_marked(prompts: Prompts) -> None:
    prompts.edit("short", "long [bold]")
    shown = _on_a_terminal("prompt", "diff", "p", cwd=prompts.repo.path)
    assert "\x1b[9;31mshort\x1b[0m\x1b[32mlong [bold]\x1b[0m" in shown
    assert "[-short-]" not in shown
    assert "p 1.0.0" in _on_a_terminal("prompt", "show", "p", cwd=prompts.repo.path)


def _on_a_terminal(*arguments: str, cwd: Path) -> str:
    """What the command writes when stdout is a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "200"}
    process = subprocess.Popen(
        [sys.executable, "-m", "llmops_cli", *arguments], cwd=cwd, env=environment, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    chunks: list[bytes] = []
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(ours)
    assert process.wait() == 0
    return b"".join(chunks).decode()
