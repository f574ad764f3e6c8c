"""Files of other tools that are wrong, hostile or keep secrets; prompts that changed since they came in."""

from pathlib import Path

import pytest

from llmops_cli.errors import FileError, InputError
from llmops_cli.prompts.formats.exporting import export_prompt
from tests.prompts.formats.reading import brought_in, data_of, loaded, prompt_of
from tests.prompts.making import make

BOMB = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [{', '.join([f'*{prev}'] * 9)}]\n" for i, prev in
                                  enumerate(["a", *(f"b{i}" for i in range(20))]))  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("dotprompt", "# licence\n---\nmodel: a\nmodel: b\n---\nHi", "one.prompt:4: model: duplicate key"),
        ("dotprompt", f"---\n{BOMB}---\nHi", "more than 100 aliases"),
        ("dotprompt", "---\nmodel: a\nHi", "one.prompt:1: what begins at --- never ends"),
        ("prompty", "---\nmodel: !!python/object:os.system x\n---\nHi", "one.prompty:2: tags are not allowed"),
        ("prompty", "---\n- a\n---\nHi", "one.prompty:2: a mapping of keys to values is expected between the dashes"),
        ("prompty", b"---\nname: \xff\n---\nHi", "not UTF-8 text"),
        ("langchain", '{"template": "a", "template": "b"}', "duplicate key 'template'"),
        ("langchain", "- a\n- b", "a mapping of keys to values is expected"),
        ("langchain", "[" * 5_000, "nested deeper than 50 levels"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_place(kind: str, text: str | bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        prompt_of(kind, text, tmp_path)
    assert why in caught.value.message
    assert not (tmp_path / "prompts").exists()


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("dotprompt", "---\nmodel: a\n---\n\nHi\n{{media url=x}}", "line 6: {{media url=x}} has no counterpart"),
        ("dotprompt", '{{#if x}}{{role "user"}}{{/if}}', 'line 1: {{role "user"}} within a block has no counterpart'),
        ("dotprompt", '{{role "tool"}}x', "line 1: the role 'tool' has no counterpart"),
        ("dotprompt", "Hi {{>header}}",
         "{{>header}}: there is no _header.prompt beside it"),
        ("dotprompt", "---\ninput: {schema: MySchema}\n---\nHi", "the schema 'MySchema' is defined in a program"),
        ("dotprompt", "---\nmodel: a\n---\n", "there is no message in it"),
        ("dotprompt", "---\ninput: {schema: {m(object): {a: string}}}\n---\n{{#each m}}{{this}}{{/each}}",
         "a loop over the object m goes through its keys here, and not there"),
        ("dotprompt", "Hi\nsk-abcdefghijklmnopqrstuv", "line 2 of a message is what looks like a secret"),
        ("langchain", "template: my key is ghp_0123456789abcdefghijklmn", "line 1 of a message is what looks like a"),
        ("prompty", "---\nname: x\n---\nsystem:\nHi\n{{ x.__class__ }}", "line 6: attribute access .__class__ is not"
         " allowed (write ['__class__'] for an item of an object)"),
        ("prompty", "---\nname: x\n---\n{% for m in ms %}\nuser:\n{{ m }}\n{% endfor %}", "line 4: not valid jinja"),
        ("prompty", "user:\n![thread]\n", "line 2: ![thread], a conversation among the messages, has no counterpart"),
        ("prompty", 'user[name="x"]:\nHi', 'line 1: user[name="x"]: has no counterpart'),
        ("prompty", "---\ninputs: {photo: {kind: image}}\n---\nHi", "inputs.photo: a variable of ours is no image"),
        ("langchain", "template: 'a\n\n  {x!r}'", "line 2: '{x!r}': only plain names may stand in braces"),
        ("langchain", "template: '{}'", "line 1: '{}' is not a variable"),
        ("langchain", "_type: llm\ntemplate: x", "_type llm has no counterpart"),
        ("langchain", "template_path: x.txt", "template_path: there is no file x.txt beside it"),
        ("langchain", "template_path: ../../etc/x.txt", "template_path: there is no file ../../etc/x.txt beside it"),
        ("langchain", "template_format: jinja2\ntemplate: \"{{ x.__init__.__dict__ }}\"", "line 1: attribute access"),
        ("langchain", '{"lc": 1, "type": "not_implemented", "id": ["a", "B"]}', "B is not_implemented, and nothing"),
    ],
)  # fmt: skip
def test_a_prompt_that_cannot_be_said_is_left_out_as_a_whole(kind: str, text: str, why: str, tmp_path: Path) -> None:
    prompt, told = prompt_of(kind, text, tmp_path)
    assert prompt is None
    assert told[-1].startswith(f"left out: {why}")


def test_secrets_are_named_and_never_copied(tmp_path: Path) -> None:
    text = """---
model:
  id: gpt-4o
  provider: openai
  connection: {apiKey: abcd-1234, endpoint: "${env:ENDPOINT}", headers: {Authorization: Bearer 99}}
  options: {user: sk-abcdefghijklmnopqrstuv, max_tokens: 5, additionalProperties: {password: hunter2, seed: 3}}
metadata: [{token: t0ps3cret}]
---
user:
Hi
"""
    prompt, told = prompt_of("prompty", text, tmp_path)
    assert prompt is not None and prompt.params == {"seed": 3, "max_tokens": 5}
    assert [line.split(": ")[1] for line in told if "secret" in line] == [
        "model.connection.apiKey", "model.connection.headers.Authorization", "model.options.user",
        "model.options.additionalProperties.password", "metadata[0].token",
    ]  # fmt: skip
    written = (tmp_path / "prompts/one.yaml").read_text() + export_prompt(prompt, "prompty").text
    assert not [word for word in ("abcd", "Bearer", "sk-", "hunter", "t0ps") if word in written]
    assert "${env:ENDPOINT}" in written


def test_a_secret_need_not_be_text_and_a_field_that_is_called_like_one_is_none(tmp_path: Path) -> None:
    text = """---
input:
  schema: {token: "string, what to classify", password?: string, "secret?(object)": {a: string}}
config: {password: 123456, apiKey: [abc], auth: {secret: {value: hunter2}}, temperature: 0}
---
{{token}} {{password}}
"""
    prompt, told = prompt_of("dotprompt", text, tmp_path)
    assert prompt is not None and set(prompt.variables) == {"token", "password", "secret"}
    assert prompt.variables["token"].description == "what to classify" and not prompt.variables["password"].required
    assert [line.split(": ")[1] for line in told if line.startswith("left out")] == [
        "config.password", "config.apiKey", "config.auth.secret",
    ]  # fmt: skip
    written = (tmp_path / "prompts/one.yaml").read_text()
    assert not [word for word in ("123456", "abc", "hunter") if word in written]


@pytest.mark.parametrize(
    ("kind", "text", "commented"),
    [
        ("dotprompt", "# licence\n---\nmodel: a\n---\n# Hi", True),
        ("dotprompt", "---\nmodel: a # the fast one\n---\nHi", True),
        ("dotprompt", '---\nmodel: a\ndescription: "a # b"\n---\n# Hi', False),
        ("langchain", "template: |\n  # Title\n  Hi #1\nname: a#b\n", False),
        ("langchain", "template: |\n  # Title\n# gone\nname: x\n", True),
    ],
)
def test_comments_that_are_lost_are_told(kind: str, text: str, commented: bool, tmp_path: Path) -> None:
    _, told = prompt_of(kind, text, tmp_path)
    assert ("differs: the YAML: its comments are not carried over" in told) == commented


def test_an_input_that_may_be_left_out_is_empty_where_empty_fits(tmp_path: Path) -> None:
    kinds = {"a": "array", "s": "string", "e": "string, enumValues: [x]", "n": "number"}
    inputs = "".join(f"  {name}: {{type: {kind}, required: false}}\n" for name, kind in kinds.items())
    text = f"---\ninputs:\n{inputs}---\nHi"
    prompt, told = prompt_of("prompty", text, tmp_path)
    assert prompt is not None
    assert {name: one.default for name, one in prompt.variables.items() if not one.required} == {"a": [], "s": ""}
    assert [line.split(": ")[1] for line in told] == ["inputs.e", "inputs.n"]


def test_few_shot_examples_are_joined_as_langchain_joins_them(tmp_path: Path) -> None:
    text = """_type: few_shot
prefix: P.
example_prompt: {template: "{a}{b}", partial_variables: {b: "!"}}
examples: [{a: x}, {a: y}]
suffix: "{q}"
example_separator: ""
"""
    prompt, _ = prompt_of("langchain", text, tmp_path)
    assert prompt is not None and prompt.messages[0].content == "P.x!y!{q}"
    prompt, told = prompt_of("langchain", text.replace("a: y", "c: y"), tmp_path)
    assert prompt is None or told == ["left out: example_prompt: an example has no a"]


def test_what_a_message_of_langchain_holds_besides_its_text_is_told(tmp_path: Path) -> None:
    spoken = '{"lc": 1, "type": "constructor", "id": ["AIMessage"], "kwargs": {"content": "Hi", KEYS}}'
    chat = '{"lc": 1, "type": "constructor", "id": ["ChatPromptTemplate"], "kwargs": {"messages": [SPOKEN], BOUND}}'
    text = chat.replace("SPOKEN", spoken.replace("KEYS", '"tool_calls": [{"name": "t"}], "name": "ann"'))
    prompt, told = prompt_of("langchain", text.replace("BOUND", '"partial_variables": {}'), tmp_path)
    assert prompt is not None and told == [
        "left out: tool_calls of a message: a message of a prompt is text alone",
        "differs: name of a message: is kept in the metadata of the prompt, and means nothing here",
    ]
    made = '"partial_variables": {"now": {"lc": 1, "type": "not_implemented", "id": ["datetime"]}}'
    _, told = prompt_of("langchain", text.replace("BOUND", made), tmp_path)
    assert told == ["left out: partial_variables.now is made by a program, and its value is not written down"]


def test_many_lines_above_the_dashes_are_read_in_one_go(tmp_path: Path) -> None:
    prompt, _ = prompt_of("dotprompt", "# a heading\r\n" * 5_000 + "Hi", tmp_path)
    assert prompt is not None and prompt.messages[0].content.endswith("Hi")


def test_what_changed_since_the_import_is_what_is_exported(tmp_path: Path) -> None:
    text = "---\nmodel: googleai/gemini-pro\nconfig: {temperature: 0.5, version: x}\nacme.team: a\n---\nHi {{name}}\n"
    prompt_of("dotprompt", text, tmp_path)
    path = tmp_path / "prompts/one.yaml"
    path.write_text(path.read_text().replace("  temperature: 0.5", "  temperature: 0.9", 1).replace("1.5", "2"))
    exported = export_prompt(loaded(tmp_path, "one"), "dotprompt")
    assert [str(note) for note in exported.notes] == [
        "differs: config: is written as the prompt says it now, which is not what was imported"
    ]
    back, _ = prompt_of("dotprompt", exported.text, tmp_path)
    assert back is not None and back.params == {"temperature": 0.9} and back.model == "gemini/gemini-pro"
    assert "acme.team: a" in exported.text


def test_files_in_the_way_are_replaced_on_demand_and_leave_their_version(tmp_path: Path) -> None:
    file = tmp_path / "one.prompt"
    file.write_text("Hi {{name}}")
    brought_in("dotprompt", [file], tmp_path)
    path = tmp_path / "prompts/one.yaml"
    path.write_text(path.read_text().replace("0.1.0", "2.3.4"))
    with pytest.raises(InputError, match="in the way"):
        brought_in("dotprompt", [file], tmp_path)
    file.write_text("Hello {{name}}")
    brought_in("dotprompt", [file], tmp_path, anew=True)
    assert (data_of(tmp_path, "one")["version"], data_of(tmp_path, "one")["template"]) == ("2.3.4", "Hello {{ name }}")


@pytest.mark.parametrize(
    ("to", "template", "why"),
    [
        ("dotprompt", "{{ x | upper }}", "cannot be said in dotprompt: line 1: the filter 'upper'"),
        ("promptfoo", "{% set y = x %}{{ y }}", "cannot be said in promptfoo: line 1: assign of jinja"),
        ("prompty", "Say:\n  user:\n{{ x }}", "cannot be said in prompty: a line of a message reads as the header"),
    ],
)
def test_what_a_format_cannot_say_is_never_written_in_part(to: str, template: str, why: str) -> None:
    with pytest.raises(InputError, match="cannot be said") as caught:
        export_prompt(make(template, template_format="jinja"), to)
    assert why in caught.value.message


def test_what_reads_otherwise_in_other_languages_is_told_or_refused() -> None:
    listed = make("{% if x %}{{ x }}{% endif %}", template_format="jinja", variables={"x": {"type": "array"}})
    assert [str(note) for note in export_prompt(listed, "promptfoo").notes] == [
        "differs: variable x: Nunjucks takes it for true in a condition when it is empty, too"
    ]
    keys = make("{% for k in x %}{{ k }}{% endfor %}", template_format="jinja", variables={"x": {"type": "object"}})
    for to in ("dotprompt", "promptfoo"):
        with pytest.raises(InputError, match="a loop over the object x goes through its keys here, and not there"):
            export_prompt(keys, to)


def test_an_export_tells_what_has_no_place(tmp_path: Path) -> None:
    prompt = make(
        "Hi $x",
        owner="team",
        metadata={"a": 1},
        model="openai/gpt-4.1",
        params={"temperature": 0},
        variables={"x": {"type": "string", "max_length": 3}},
        output={"format": "json"},
    )
    told = {
        to: [note.where for note in export_prompt(prompt, to).notes]
        for to in ("dotprompt", "prompty", "langchain", "promptfoo")
    }
    assert told == {
        "dotprompt": ["metadata.a", "owner"],
        "prompty": ["variable x", "metadata.a", "owner"],
        "langchain": ["model", "params", "output", "variable x", "metadata.a", "owner"],
        "promptfoo": ["variable x", "metadata.a", "owner"],
    }
    with pytest.raises(InputError, match="'dotpromt' is no format"):
        export_prompt(prompt, "dotpromt")
    with pytest.raises(InputError, match="2 messages, and a text is one"):
        export_prompt(make(messages=[{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]), "text")


def test_partials_of_dotprompt_become_partials_of_ours(tmp_path: Path) -> None:
    source = tmp_path / "their"
    source.mkdir()
    (source / "_safety.prompt").write_text("---\nmodel: x\n---\nNever harm {{whom}}.\n")
    (source / "ask.prompt").write_text("Ask {{name}}.\n{{>safety}}\nThen {{>safety}} go.")
    (source / "tell.prompt").write_text("{{>safety}}")
    made = brought_in("dotprompt", [source], tmp_path)
    assert made.prompts == ("ask", "tell") and "prompts/partials/safety.md" in made.files
    prompt = loaded(tmp_path, "ask")
    assert prompt.parts == ("prompts/partials/safety.md",) and list(prompt.variables) == ["name", "whom"]
    said = prompt.render({"name": "Ann", "whom": "me"})[0].content
    assert said == "Ask Ann.\nNever harm me.Then Never harm me. go."
    assert export_prompt(prompt, "text").text.count("Never harm {{ whom }}.") == 2
    (source / "_safety.prompt").write_text("Other.")
    with pytest.raises(InputError, match=r"in the way, so nothing was written:\nprompts/partials/safety\.md"):
        brought_in("dotprompt", [source], tmp_path)


def test_the_file_of_a_langchain_template_becomes_a_partial(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("Tell {name} a joke.\n")
    prompt, told = prompt_of("langchain", "_type: prompt\ninput_variables: [name]\ntemplate_path: text.txt", tmp_path)
    assert prompt is not None and prompt.parts == ("prompts/partials/text.txt",) and told == []
    assert data_of(tmp_path, "one")["template"] == '{% include "partials/text.txt" %}'
    assert prompt.render({"name": "Ann"})[0].content == "Tell Ann a joke.\n"
