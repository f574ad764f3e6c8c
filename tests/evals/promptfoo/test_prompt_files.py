"""promptfoo's files of prompts alone, and prompts of ours as promptfoo's configurations."""

from pathlib import Path

import pytest

from llmops_cli.evals.promptfoo.importing import Folders, import_promptfoo
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.file import load_prompt
from llmops_cli.prompts.formats.exporting import export_prompt
from llmops_cli.prompts.formats.imported import write_import
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.vcs.tree import WorkTree
from tests.prompts.formats.reading import SAMPLES
from tests.prompts.making import make


def brought_in(root: Path, file: Path) -> tuple[list[Prompt], list[str]]:
    made = import_promptfoo(file, Folders(root), name="p")
    write_import(made, root, force=True)
    tree = WorkTree(root)
    prompts = [load_prompt(tree, f"prompts/{name}.yaml", folder="prompts") for name in made.prompts]
    return prompts, [str(note) for note in made.notes if note.kind == "left out"]


@pytest.mark.parametrize(
    ("file", "said", "left_out"),
    [
        (
            "two.txt",
            {
                "p/two-1": ["Translate to {{language}}: {{text}}"],
                "p/two-2": ["Say it in {{ language | upper }}:\n\n{{ text }}"],
            },
            [],
        ),
        ("chat.json", {"p": ["You are {{persona}}.", "{% if vip %}Dear {% endif %}{{name}}: {{doc['title']}}"]}, []),
        ("chat.yaml", {"p": ["Be short.", "{{ question }}"]}, []),
        ("markdown.md", {"p": ["# Task\n\nÜber {{topic}}, {literally}\n"]}, []),
        ("table.csv", {"p/polite-one": ['Say "{{x}}" twice, please'], "p/table-2": ["Say {{x}} now"]}, []),
        (
            "program.txt",
            {},
            [
                "left out: prompts[0]: {{ env.KEY }} is not known to render the same here [template]",
                "left out: prompts: there is no prompt, so there is no suite; name one that is here: --prompt NAME",
            ],
        ),
    ],
)
def test_a_file_of_prompts(tmp_path: Path, file: str, said: dict[str, list[str]], left_out: list[str]) -> None:
    prompts, told = brought_in(tmp_path, SAMPLES / "promptfoo" / file)
    assert {one.name: [message.content.replace("\r", "") for message in one.messages] for one in prompts} == said
    assert told == left_out
    assert all(variable.required for one in prompts for variable in one.variables.values())
    assert [one.variables["doc"].type for one in prompts if "doc" in one.variables] == ["object"] * (
        file == "chat.json"
    )
    assert not (tmp_path / "evals").exists()


CHAT: list[Json] = [{"role": "system", "content": "Be {x}."}, {"role": "user", "content": "é\r\n{y}"}]


@pytest.mark.parametrize(
    ("prompt", "values"),
    [
        (make("Say $x for $$5 {{y}} {% if %}", template_format="dollar"), {"x": "X"}),
        (make("notes.md"), {}),
        (make('{"role": "user"}'), {}),
        (
            make("{{ x['a'] }}{% for y in z %}{{ y }}{% endfor %}", template_format="jinja", variables={
                "x": {"type": "object"}, "z": {"type": "array"},
            }),
            None,
        ),
        (make(messages=CHAT, params={"temperature": 0}, model="anthropic/claude-haiku-4-5"), {"x": "X", "y": "Y"}),
    ],
)  # fmt: skip
def test_a_configuration_reads_as_the_prompt_it_was_made_of(
    tmp_path: Path, prompt: Prompt, values: dict[str, Json] | None
) -> None:
    config = tmp_path / "promptfooconfig.yaml"
    config.write_bytes(export_prompt(prompt, "promptfoo").text.encode())
    (back,), _ = brought_in(tmp_path, config)
    if values is None:  # an importer of a configuration knows the types of variables from tests, and here are none
        assert back.messages == prompt.messages
    else:
        assert back.render(values) == prompt.render(values)
    assert (back.model, back.params) == (prompt.model, prompt.params)


def test_a_prompt_that_holds_a_key_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_text("Hi {{x}}\n---\nUse this:\nAKIAABCDEFGHIJKLMNOP {{x}}\n")
    prompts, told = brought_in(tmp_path, tmp_path / "some.txt")
    assert [one.messages[0].content for one in prompts] == ["Hi {{x}}"]
    assert told == ["left out: prompts[0]: line 2 of a message is what looks like a secret; take it out of the text"]
