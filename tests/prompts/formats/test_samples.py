"""Samples written after the public specifications: nothing of them is dropped unsaid, and they come out again."""

from pathlib import Path

import pytest

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.exporting import export_prompt
from llmops_cli.prompts.formats.note import gathered
from tests.prompts.formats.reading import ENDINGS, SAMPLES, brought_in, data_of, loaded

PLACES = sorted((kind, file.name) for kind in ENDINGS for file in (SAMPLES / kind).iterdir())


VALUES: dict[str, Json] = {
    "x": "1", "name": "Ann", "tags": ["a", "b"], "mood": "warm", "topic": "t", "question": "Q?", "lastName": "L",
    "docs": [{"id": "1", "title": "T", "parts": [{"text": "P"}]}], "vips": ["V"], "adjective": "A", "content": "C",
    "input": "I",
}  # fmt: skip


def notes_of(kind: str, root: Path) -> list[str]:
    made = brought_in(kind, [SAMPLES / kind], root)
    return gathered(made.notes)


def test_what_is_told_of_dotprompt(tmp_path: Path) -> None:
    kept = "is kept in the metadata of the prompt, and"
    assert [line.replace("greeting.formal.prompt: ", "") for line in notes_of("dotprompt", tmp_path)] == [
        "left out: config.apiKey: a secret is not copied into a prompt; give it to the process that asks the model",
        "left out: {{history}}: a conversation follows the messages of a prompt; its place is kept",
        "left out: tool timeOfDay: it is defined in a program; write it into `tools` of the prompt",
        "differs: the YAML, the template, schemas.prompt: the template: its comments are not carried over",
        f"differs: config.version: {kept} not sent to the model",
        "differs: input.tags, schemas.prompt: input.docs: items: is kept in the metadata, and not checked here",
        "differs: tool lookUp: its outputSchema is kept in the metadata, and not checked here",
        f"differs: metadata, acme.team: {kept} means nothing here",
    ]


def test_what_is_told_of_prompty(tmp_path: Path) -> None:
    told = notes_of("prompty", tmp_path)
    assert [line for line in told if line.startswith("left out")] == [
        "left out: agent-v2.prompty: tool search: it is no function of the caller",
        "left out: basic-v1.prompty: model.configuration.api_key: a secret is not copied into a prompt;"
        " give it to the process that asks the model",
        "left out: windows.prompty: model: it is named where the prompt is run;"
        " write LiteLLM's name of it into the prompt",
    ]
    looked_up = [line for line in told if line.endswith("is kept as it is written; nothing is looked up")]
    assert [line.split(": ")[2] for line in looked_up] == [
        "model.connection.endpoint", "model.connection.apiKey", "model.configuration.azure_endpoint", "model.id",
        "sample",
    ]  # fmt: skip
    files = "".join(path.read_text() for path in (tmp_path / "prompts").iterdir())
    assert "abc123" not in files and "${env:OPENAI_API_KEY}" in files


def test_what_is_told_of_langchain(tmp_path: Path) -> None:
    assert notes_of("langchain", tmp_path) == [
        "left out: chat.json: placeholder history: a conversation follows the messages of a prompt; its place is kept",
        "differs: chat.json: partial_variables, graded.json: partial_variables: are defaults here,"
        " which a caller may replace",
        "differs: graded.json: output_parser, graded.json: validate_template: is kept in the metadata of the prompt,"
        " and means nothing here",
        "differs: mustache.yaml: the template: values are filled in as they are, without escapes for HTML",
    ]


@pytest.mark.parametrize(("kind", "file"), PLACES)
def test_in_out_and_in_again_is_the_same(kind: str, file: str, tmp_path: Path) -> None:
    (made,) = brought_in(kind, [SAMPLES / kind / file], tmp_path).prompts
    exported = export_prompt(loaded(tmp_path, made), kind)
    assert exported.left_out == 0
    again = tmp_path / f"{made}{ENDINGS[kind]}"
    again.write_bytes(exported.text.encode())
    first = data_of(tmp_path, made)
    brought_in(kind, [again], tmp_path, anew=True)
    second = data_of(tmp_path, made)
    if file == "agent-v2.prompty":  # its mustache is jinja from here on
        assert [str(note) for note in exported.notes] == [
            "differs: template: is written as the prompt says it now, which is not what was imported"
        ]
        first["metadata"]["prompty"]["file"].pop("template")  # type: ignore[index,call-overload,union-attr,arg-type]
    assert second == first


@pytest.mark.parametrize(("kind", "file"), PLACES)
def test_every_sample_renders_the_same_from_every_format(kind: str, file: str, tmp_path: Path) -> None:
    (made,) = brought_in(kind, [SAMPLES / kind / file], tmp_path).prompts
    prompt = loaded(tmp_path, made)
    given = {name: value for name, value in VALUES.items() if name in prompt.variables}
    said = [(one.role, one.content) for one in prompt.render(given)]
    for other in ENDINGS.keys() - {kind}:
        again = tmp_path / other / f"{made}{ENDINGS[other]}"
        again.parent.mkdir()
        again.write_bytes(export_prompt(prompt, other).text.encode())
        brought_in(other, [again], tmp_path / other)
        back = [(one.role, one.content) for one in loaded(tmp_path / other, made).render(given)]
        if other == "prompty":  # it drops line ends around a message once it is rendered
            assert [(role, as_in_prompty(text)) for role, text in back] == [
                (r, as_in_prompty(text)) for r, text in said
            ]
        else:
            assert back == said


def as_in_prompty(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n")
