"""Plain texts: taken literally to the byte, and changed in place without touching anything else."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from llmops_cli.config import load_config
from llmops_cli.errors import FileError, InputError
from llmops_cli.prompts.file import load_prompt
from llmops_cli.prompts.formats.imported import Imported, write_import
from llmops_cli.prompts.formats.naming import named_files
from llmops_cli.prompts.formats.text import Syntax, export_text, import_texts
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.registry import open_registry
from llmops_cli.vcs.tree import WorkTree
from tests.conftest import GitRepo


def imported(root: Path, text: str, *, anew: bool = False, syntax: Syntax | None = None, model: str = "") -> Imported:
    made = import_texts(
        [("ask", text)], root, folder="prompts", syntax=syntax or Syntax(), anew=anew, model=model
    )  # fmt: skip
    write_import(made, root, force=anew)
    return made


def loaded(root: Path) -> Prompt:
    return load_prompt(WorkTree(root), "prompts/ask.yaml", folder="prompts")


@pytest.mark.parametrize(
    ("text", "template_format"),
    [
        ("plain\n", "dollar"),
        ("{literal} {{input}} {% if x %}", "dollar"),
        ("costs $5, or $HOME", "braces"),
        ("$x and {y} and $$", "dollar"),
        ("\ufeffone\r\ntwo\n\r\n  three \r\n\r\n", "dollar"),
        ("\n\n  begins late, ends with blanks  \n \n", "dollar"),
        ("null", "dollar"),
        ('{% include "x.md" %} and ${% include', "dollar"),
        ("a\x00b\x07\x85\u2028\U0001f600", "dollar"),
    ],
)
def test_a_text_is_taken_literally_and_comes_back_to_the_byte(tmp_path: Path, text: str, template_format: str) -> None:
    imported(tmp_path, text)
    prompt = loaded(tmp_path)
    assert prompt.template_format == template_format
    assert prompt.variables == {}
    assert prompt.render({})[0].content == text == export_text(prompt).text


def test_every_prompt_of_fabric_comes_back_to_the_byte(repo: GitRepo, shared_data: Callable[[str], Path]) -> None:
    rows = [json.loads(line) for line in (shared_data("fabric_prompts") / "head.jsonl").read_text().splitlines()]
    texts = [(row["pattern"], row["text"]) for row in rows]
    assert len(texts) == 44
    made = import_texts(texts, repo.path, folder="prompts", syntax=Syntax())
    write_import(made, repo.path)
    head = repo.commit()
    windows = repo.path.parent / "windows"
    repo.git("clone", "-q", "-c", "core.autocrlf=true", str(repo.path), str(windows))
    assert b"\r\n" in (windows / "prompts/summarize.yaml").read_bytes()
    committed = open_registry(load_config(windows)).commit_tree(head, label="HEAD")
    for tree in (WorkTree(repo.path), WorkTree(windows), committed):
        for name, text in texts:
            prompt = load_prompt(tree, f"prompts/{name}.yaml", folder="prompts")
            assert prompt.render({})[0].content == text == export_text(prompt).text
    for name, text in texts:
        lines = (repo.path / f"prompts/{name}.yaml").read_text().count("\n")
        assert lines >= text.count("\n"), "a line of the text is a line of the file"
    assert import_texts(texts, windows, folder="prompts", syntax=Syntax()).files == {}
    how = "taken literally, although author_name looks like a variable; if it is one: --template-format jinja"
    assert [(note.where, note.text) for note in made.notes] == [("write_essay", how)]


FILE = """\
# the question
name: ask
version: 1.2.3  # keep
owner: team
{format}template: {text}
metadata: {{a: 1}}  # and this
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "template",
    ["|\n  Old\n  words.\n", "'Old words.'", '"Old\\n\\\n  words."  # why', ">-\n  Old\n  words"],
)
def test_another_text_replaces_the_text_alone(tmp_path: Path, template: str, end: str) -> None:
    path = tmp_path / "prompts/ask.yaml"
    path.parent.mkdir()
    text = FILE.format(format="template_format: dollar\n", text=template.removesuffix("\n"))
    path.write_bytes(text.replace("\n", end).encode())
    made = imported(tmp_path, "New words: $5,\r\n  as it is.\r\n")
    assert made.updated == ("prompts/ask.yaml",)
    after = path.read_bytes().decode()
    assert after.count(end) == after.count("\n")
    before = text.split("template: ")[0].replace("\n", end)
    assert after.startswith(before) and after.endswith(f"metadata: {{a: 1}}  # and this{end}")
    prompt = loaded(tmp_path)
    assert prompt.messages[0].content == "New words: $$5,\r\n  as it is.\r\n"
    assert (str(prompt.version), prompt.owner, prompt.template_format) == ("1.2.3", "team", "dollar")
    assert imported(tmp_path, "New words: $5,\r\n  as it is.\r\n").files == {}, "the same text is no change"


def test_the_format_of_a_file_that_states_none_is_written_down(tmp_path: Path) -> None:
    path = tmp_path / "prompts/ask.yaml"
    path.parent.mkdir()
    path.write_text(FILE.format(format="", text="Old words"))
    imported(tmp_path, "What is {{input}} in $?")
    assert 'template_format: dollar\ntemplate: "What is {{input}} in $$?"\n' in path.read_text()
    assert loaded(tmp_path).render({})[0].content == "What is {{input}} in $?"


def test_variables_are_never_lost_by_accident(tmp_path: Path) -> None:
    path = tmp_path / "prompts/ask.yaml"
    path.parent.mkdir()
    path.write_text(FILE.format(format="template_format: jinja\n", text="'Ask {{ question }}'"))
    with pytest.raises(InputError, match=r"has variables \(question\)") as caught:
        imported(tmp_path, "Ask what?")
    assert "--template-format jinja" in caught.value.hint
    imported(tmp_path, "Please ask {{ question }}", syntax=Syntax("jinja"))
    assert list(loaded(tmp_path).variables) == ["question"]
    assert export_text(loaded(tmp_path)).text == "Please ask {{ question }}"
    with pytest.raises(InputError, match="names its own model"):
        imported(tmp_path, "x", model="openai/gpt-4.1")
    imported(tmp_path, "Ask what?", anew=True, model="openai/gpt-4.1")
    assert (str(loaded(tmp_path).version), loaded(tmp_path).model, loaded(tmp_path).owner) == (
        "1.2.3",
        "openai/gpt-4.1",
        "",
    )


def test_what_cannot_be_a_prompt_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is empty"):
        imported(tmp_path, " \n")
    with pytest.raises(FileError, match=r"ask\.yaml:6: template: import is not allowed"):
        imported(tmp_path, "line\n{% import 'os' as x %}", syntax=Syntax("jinja"))
    with pytest.raises(InputError, match="schemas"):
        import_texts([("schemas/x", "text")], tmp_path, folder="prompts", syntax=Syntax())
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/ask.yaml").write_text("name: ask\nversion: 1.0.0\nmessages: [{role: user, content: x}]\n")
    with pytest.raises(InputError, match="no prompt of one `template`"):
        imported(tmp_path, "text")


def test_prompts_are_called_as_their_files(tmp_path: Path) -> None:
    for name in ("a/system.md", "b_c/system.md", "b_c/.hidden.md", "d/User Text.md", "d/x.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")

    def named(*paths: str, name: str = "") -> list[str]:
        return [one for one, _ in named_files([tmp_path / path for path in paths], (".md",), name=name)]

    assert named("a/system.md") == ["system"]
    assert named("a/system.md", name="ask") == ["ask"]
    assert named("a/system.md", "d/User Text.md") == ["system", "user-text"]
    assert named("a/system.md", "b_c/system.md") == ["a", "b_c"]
    assert named("a", "b_c", name="my") == ["my/a", "my/b_c"]
    assert named("") == ["a/system", "b_c/system", "d/user-text"]
    (tmp_path / "d/user-text.md").write_text("text")
    with pytest.raises(InputError, match="would be called 'user-text'"):
        named("d")
    with pytest.raises(InputError, match="no file to import"):
        (tmp_path / "empty").mkdir()
        named("empty")


def test_a_folder_gives_no_files_of_other_folders_and_no_pipes(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "outside.md").write_text("private")
    (tmp_path / "in/a.md").symlink_to(tmp_path / "outside.md")
    with pytest.raises(InputError, match=r"a.md is a link that leads out of"):
        named_files([tmp_path / "in"], (".md",))
    (tmp_path / "in/a.md").unlink()
    os.mkfifo(tmp_path / "in/a.md")
    with pytest.raises(InputError, match=r"a.md is no file"):
        named_files([tmp_path / "in"], (".md",))
