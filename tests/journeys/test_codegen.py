"""An application takes its prompts through generated classes: the type checker sees every wrong call."""

import importlib.util
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from llmops_cli.runtime import Prompts
from tests.conftest import GitRepo
from tests.journeys.team import Shell

PROMPT = """\
name: rag-answer
version: 3.2.0
description: Answers from the context only.
template_format: dollar
variables:
  question: {type: string, min_length: 1}
  chunks: {type: array}
  tone: {enum: [dry, warm], default: dry}
  temperature: {type: number, default: 0.5, minimum: 0}
  class: {type: integer, default: 3}
template: $question $chunks $tone $temperature $class
output:
  format: json
  schema:
    type: object
    properties:
      answer: {type: string}
      sources: {type: array, items: {$ref: '#/$defs/source'}}
    required: [answer, sources]
    $defs: {source: {type: object, properties: {id: {type: string}}, required: [id]}}
"""
CALLS = """\
from app.prompts import RagAnswer

chunks: list[str] = ["a", "b"]
fine = RagAnswer(question="Why?", chunks=chunks, tone="warm", temperature=1, class_=4)
RagAnswer(chunks=chunks)
RagAnswer(question="Why?", chunks=chunks, persona="pirate")
RagAnswer(question=3, chunks=chunks)
RagAnswer(question="Why?", chunks="a, b")
RagAnswer(question="Why?", chunks=chunks, tone="loud")
RagAnswer("Why?", chunks=chunks)
RagAnswer.parse("{}").sources[0].title
RagAnswer.parse("{}").answer + 1
fine.question = "Who?"


class Fake:
    def render(self, /, **variables: object) -> list[dict[str, str]]:
        return [{"role": "user", "content": str(variables)}]


class Prompts:
    def get(self, reference: str) -> Fake:
        return Fake()


class Elsewhere:
    def fetch(self, reference: str) -> Fake:
        return Fake()


messages: list[dict[str, str]] = fine.render(Prompts())
wrong: str = fine.render(Prompts())
fine.render(Elsewhere())
"""
ERRORS = """\
5 call-arg Missing named argument "question" for "RagAnswer"
6 call-arg Unexpected keyword argument "persona" for "RagAnswer"
7 arg-type Argument "question" to "RagAnswer" has incompatible type "int"; expected "str"
8 arg-type Argument "chunks" to "RagAnswer" has incompatible type "str"; expected "list[Any]"
9 arg-type Argument "tone" to "RagAnswer" has incompatible type "Literal['loud']"; expected "Literal['dry', 'warm']"
10 call-arg Too many positional arguments for "RagAnswer"
11 attr-defined "RagAnswerOutputSource" has no attribute "title"
12 operator Unsupported operand types for + ("str" and "int")
13 misc Property "question" defined in "RagAnswer" is read-only
32 assignment Incompatible types in assignment (expression has type "list[dict[str, str]]", variable has type "str")
33 arg-type Argument 1 to "render" of "PromptVariables" has incompatible type "Elsewhere"; expected "Prompts[Never]"
"""


def mypy(folder: Path, *files: str) -> list[str]:
    """What mypy --strict says, without plugins: `LINE CODE MESSAGE`."""
    (folder / "mypy.ini").write_text("[mypy]\nstrict = true\n")
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", *files]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return [
        f"{found['line']} {found['code']} {found['message']}"
        for found in re.finditer(
            r"^\S+:(?P<line>\d+): error: (?P<message>.*)  \[(?P<code>[\w-]+)\]$", done.stdout, re.M
        )
    ]


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_mypy_refuses_what_the_prompt_refuses(repo: GitRepo, shell: Shell) -> None:
    repo.write({"prompts/rag-answer.yaml": PROMPT, "prompts/judges/class.yaml":
                "name: judges/class\nversion: 1.0.0\ntemplate: Hello.\n"})  # fmt: skip
    assert shell.done(repo, "prompt", "codegen", "-o", "app/prompts.py").out == "app/prompts.py\n"
    assert shell.done(repo, "prompt", "codegen", "-o", "many").out.splitlines() == [
        "many/judges_class.py", "many/rag_answer.py", "many/__init__.py",
    ]  # fmt: skip
    repo.write({"calls.py": CALLS})
    assert mypy(repo.path, "calls.py", "many") == ERRORS.splitlines()


def test_a_change_that_was_not_generated_again_fails(repo: GitRepo, shell: Shell) -> None:
    repo.commit({"prompts/rag-answer.yaml": PROMPT})
    where = ("prompt", "codegen", "-o", "app/prompts.py")
    said = shell(repo, *where, "--check")
    assert (said.code, said.out) == (1, "")
    assert said.err == ("error: app/prompts.py is missing\nhelp:  run: llmops prompt codegen -o app/prompts.py\n")
    assert not (repo.path / "app").exists()
    shell.done(repo, *where)
    said = shell.done(repo, *where, "--check")
    assert (said.out, said.err) == ("", "")
    assert shell.done(repo, *where).err == "nothing has changed\n"

    written = repo.path / "app/prompts.py"
    written.write_bytes(written.read_bytes().replace(b"\n", b"\r\n"))  # a checkout on Windows
    assert shell(repo, *where, "--check").code == 0
    for before, after, code in (
        ("Answers from the", "# people\n  Answers from the", 0),
        ("3.2.0", "3.3.0", 0),
        ("min_length: 1", "min_length: 2", 1),
        ("3.3.0", "4.0.0", 1),
        ("{type: array}", "{type: array, default: []}", 1),
        ("answer: {type: string}", "answer: {type: [string, 'null']}", 1),
    ):
        changed = repo.path.joinpath("prompts/rag-answer.yaml").read_text().replace(before, after)
        repo.write({"prompts/rag-answer.yaml": changed.replace("# people\n  ", "")})
        said = shell(repo, *where, "--check")
        assert said.code == code, (after, said.err)
        assert ("app/prompts.py is not what the prompts say now" in said.err) is bool(code)
        shell.done(repo, *where)
    document = json.loads(shell.done(repo, *where, "--check", "--json").out)
    assert document == {
        "format": "llmops.codegen/1", "written": False, "files": [{"path": "app/prompts.py", "state": "current"}],
    }  # fmt: skip

    repo.write({"sub/x": ""})
    assert shell(GitRepo(repo.path / "sub"), "prompt", "codegen", "-o", "../app/prompts.py", "--check").code == 0


def test_files_of_prompts_that_are_gone_and_files_of_others(repo: GitRepo, shell: Shell) -> None:
    repo.commit({"prompts/a.yaml": "name: a\nversion: 1.0.0\ntemplate: Hi\n",
                 "prompts/b.yaml": "name: b\nversion: 1.0.0\ntemplate: Hi\n"})  # fmt: skip
    shell.done(repo, "prompt", "codegen", "-o", "app/")
    shell.done(repo, "prompt", "codegen", "b", "-o", "app/only_b.py")
    repo.write({"app/mine.py": "x = 1\n", "app/old.py": b"# gr\xfc\xdfe\n", "app/__init__.py": "# ours\n"})
    repo.git("rm", "-q", "prompts/b.yaml")
    said = shell(repo, "prompt", "codegen", "-o", "app", "--check")
    assert said.code == 1 and said.err.startswith("error: app/b.py belongs to a prompt that is gone\n")
    assert shell.done(repo, "prompt", "codegen", "-o", "app").out == "app/b.py (removed)\n"
    assert sorted(path.name for path in (repo.path / "app").glob("*.py")) == [
        "__init__.py", "a.py", "mine.py", "old.py", "only_b.py",
    ]  # fmt: skip
    for check in ([], ["--check"]):
        said = shell(repo, "prompt", "codegen", "-o", "app/mine.py", *check)
        assert said.code == 2 and "app/mine.py was not written by this command" in said.err
    assert (repo.path / "app/mine.py").read_text() == "x = 1\n"


def test_what_is_live_or_released_instead_of_the_working_tree(repo: GitRepo, shell: Shell) -> None:
    for version, word in (("1.0.0", "one"), ("2.0.0", "two")):
        repo.commit(
            {"prompts/a.yaml": f"name: a\nversion: {version}\nvariables: {{{word}: {{}}}}\ntemplate: ${word}\n"}
        )
        shell.done(repo, "prompt", "release", "a")
    shell.done(repo, "promote", "a", "1.0.0", "--env", "production")
    repo.write({"prompts/a.yaml": "name: a\nversion: 3.0.0\ntemplate: $three\n"})
    for source, field in (([], "three"), (["--released"], "two"), (["--env", "production"], "one")):
        said = shell.done(repo, "prompt", "codegen", "a", *source, "-o", "-")
        assert f"\n    {field}: str\n" in said.out
        assert said.out.startswith(f"# Generated by `llmops prompt codegen {' '.join(['a', *source])} -o -`:")
    for arguments, words in (
        (["-o", "x.py", "--env", "production", "--released"], "name two sources"),
        (["-o", "x.py", "--env", "produktion"], "there is no environment 'produktion'"),
        (["b", "-o", "x.py"], "there is no prompt 'b'"),
        ([], "where to write to is missing"),
        (["-o", "-", "--check"], "-o - writes to stdout"),
        (["-o", "x\ny.py"], "characters that cannot be shown"),
    ):
        said = shell(repo, "prompt", "codegen", *arguments)
        assert said.code == 2 and words in said.err, said.err
    repo.write({"odd\nimport os #/x.txt": ""})
    said = shell(GitRepo(repo.path / "odd\nimport os #"), "prompt", "codegen", "a", "-o", "y.py")
    assert said.code == 2 and "characters that cannot be shown" in said.err  # the first line would be two


def test_an_application_renders_what_is_live(repo: GitRepo, shell: Shell, tmp_path: Path) -> None:
    """3.2.0 is live, then 3.1.0 without the variable that nobody passes: the wrapper of 3.2.0 renders both."""
    older = PROMPT.replace("version: 3.2.0", "version: 3.1.0").replace(
        "  tone: {enum: [dry, warm], default: dry}\n", ""
    )
    for text in (older.replace(" $tone", ""), PROMPT):
        repo.commit({"prompts/rag-answer.yaml": text})
        shell.done(repo, "prompt", "release")
    shell.done(repo, "prompt", "codegen", "-o", "wrappers.py")
    wrappers = runpy.run_path(str(repo.path / "wrappers.py"), run_name="wrappers")
    question = wrappers["RagAnswer"](question="Why?", chunks=["a"], class_=4)
    for version, content in (
        ("3.1.0", 'Why? ["a"] 0.5 4'),
        ("3.2.0", 'Why? ["a"] dry 0.5 4'),
        ("3.1.0", 'Why? ["a"] 0.5 4'),
    ):
        shell.done(repo, "promote", "rag-answer", version, "--env", "production")
        with Prompts(str(repo.path), environment="production", cache_dir=tmp_path / "cache") as prompts:
            assert prompts.get("rag-answer").version == version
            assert question.render(prompts) == [{"role": "user", "content": content}]
