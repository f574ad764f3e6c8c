"""Prompt files: what loads, what is refused and where, and the edit that changes the version and nothing else."""

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.errors import FileError, InputError
from llmops_cli.prompts.file import PromptFile, load_prompt, load_prompts, prompt_names, prompt_path
from llmops_cli.prompts.prompt import Message, Output
from llmops_cli.prompts.variable import Variable
from llmops_cli.prompts.version import Version
from llmops_cli.vcs.tree import WorkTree
from tests.prompts.making import Files, load

GOOD = """\
name: p
version: 1.2.3
description: For tests.
owner: us
model: openai/gpt
params: {temperature: 0, stop: [a, b]}
template_format: dollar
variables:
  question: {type: string, min_length: 1}
  tone: {type: string, default: dry}
messages:
  - role: system
    content: Be $tone.
  - role: user
    content: |
      Q: $question
tools:
  - {type: function, function: {name: search, parameters: {type: object}}}
output: {format: json, schema: schemas/answer.json}
metadata: {ticket: 12}
"""
SCHEMA = '{"type": "object", "properties": {"a": {"type": "string"}}}'


def problems(text: str, *, name: str = "p", **files: str) -> list[str]:
    with pytest.raises(FileError) as caught:
        load(text, name=name, **files)
    return [str(problem) for problem in caught.value.problems]


def test_a_whole_file_becomes_a_prompt() -> None:
    tree = Files({"prompts/p.yaml": GOOD, "prompts/schemas/answer.json": SCHEMA})
    prompt = load_prompt(tree, "prompts/p.yaml", folder="prompts")
    assert prompt.reference == "p@1.2.3"
    assert prompt.path == "prompts/p.yaml"
    assert prompt.messages == (Message("system", "Be $tone."), Message("user", "Q: $question\n"))
    assert prompt.variables["tone"] == Variable(default="dry")
    assert prompt.output == Output("json", {"type": "object", "properties": {"a": {"type": "string"}}})
    assert (prompt.model, prompt.params, prompt.owner) == ("openai/gpt", {"temperature": 0, "stop": ["a", "b"]}, "us")
    assert prompt.metadata == {"ticket": 12}
    assert prompt.unused == []


def test_variables_are_those_of_the_template_when_none_are_declared() -> None:
    prompt = load("{name: p, version: 1.0.0, template: 'a $b $a $b'}")
    assert prompt.template_format == "dollar"
    assert list(prompt.variables) == ["a", "b"]
    assert all(variable == Variable() and variable.required for variable in prompt.variables.values())


def test_declared_but_unused_is_no_error_but_known() -> None:
    assert load("{name: p, version: 1.0.0, template: '$a', variables: {a: {}, b: {}}}").unused == ["b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a list", ["prompts/p.yaml:1: a prompt file is a mapping of keys to values"]),
        ("", ["prompts/p.yaml:1: a prompt file is a mapping of keys to values"]),
        (
            "name: other\nversion: 1.0.0\ntemplate: hi",
            ["prompts/p.yaml:1: name: name 'other' but the file is prompts/p.yaml (rename one of the two)"],
        ),
        (
            "name: P\nversion: 1.0.0\ntemplate: hi",
            [
                "prompts/p.yaml:1: name: 'P' is not a prompt name (use lowercase letters, digits, - _ and /, "
                "beginning and ending with a letter or digit)"
            ],
        ),
        (
            "name: p\nversion: 3.1\ntemplate: hi",
            ['prompts/p.yaml:2: version: must be text, not a number (quote it: version: "3.1")'],
        ),
        (
            "name: p\nversion: '3.1'\ntemplate: hi",
            ["prompts/p.yaml:2: version: '3.1' is not a version (write MAJOR.MINOR.PATCH, such as 1.0.0)"],
        ),
        ("name: p\nversion: 1.0.0", ["prompts/p.yaml:1: template or messages is missing (write the text of the prompt "
                                     "under template:)"]),
        (
            "name: p\nversion: 1.0.0\ntemplate: a\nmessages: [{role: user, content: b}]",
            ["prompts/p.yaml:4: messages: template and messages say the same (keep one of them)"],
        ),
        (
            "name: p\nversion: 1.0.0\nmessages:\n- role: robot\n  content: b\n",
            ["prompts/p.yaml:4: messages[0].role: must be 'system', 'user' or 'assistant'"],
        ),
        ("name: p\nversion: 1.0.0\nmessages: []", ["prompts/p.yaml:3: messages: must hold at least one message"]),
        (
            "name: p\nversion: 1.0.0\ntemplate: ' '",
            ["prompts/p.yaml:3: template: is empty (write what the model should see)"],
        ),
        (
            "name: p\nversion: 1.0.0\ntemplat: a\ntemplate: b",
            ["prompts/p.yaml:3: templat: unknown key (did you mean 'template'?)"],
        ),
        (
            "name: p\nversion: 1.0.0\nmodel: 4\ntemplate: b",
            ['prompts/p.yaml:3: model: must be text, not a number (quote it: model: "4")'],
        ),
        (
            "name: p\nversion: 1.0.0\ntemplate_format: mustache\ntemplate: b",
            ["prompts/p.yaml:3: template_format: must be 'dollar', 'braces' or 'jinja'"],
        ),
        (
            "name: p\nversion: 1.0.0\ntemplate: $a {b}",
            [
                "prompts/p.yaml:3: template: the template syntax is not clear: '$a' (dollar) and '{b}' (braces) "
                "(write one of: template_format: dollar | braces)"
            ],
        ),
        (
            "name: p\nversion: 1.0.0\nvariables: {a: {type: text}}\ntemplate: $a",
            ["prompts/p.yaml:3: variables.a.type: must be 'string', 'integer', 'number', 'boolean', 'array' or "
             "'object'"],
        ),
        (
            "name: p\nversion: 1.0.0\nvariables:\n  a-b: {}\ntemplate: hi",
            ["prompts/p.yaml:4: variables.a-b: no template can mention this name (use letters, digits and _ only)"],
        ),
        (
            "name: p\nversion: 1.0.0\nvariables:\n  a:\n    typ: string\ntemplate: $a",
            ["prompts/p.yaml:5: variables.a.typ: unknown key (did you mean 'type'?)"],
        ),
        (
            "name: p\nversion: 1.0.0\nparams:\n  api_base: http://evil\ntemplate: hi",
            ["prompts/p.yaml:4: params.api_base: cannot be set here (params are sampling settings of the model)"],
        ),
        (
            "name: p\nversion: 1.0.0\ntemplate: hi\ntools:\n- {name: a}\n- {name: a}\n- {type: function}",
            [
                "prompts/p.yaml:6: tools[1]: tool 'a' is there twice (remove one of the two)",
                "prompts/p.yaml:7: tools[2]: has no name (write name: or function: {name: ...})",
            ],
        ),
        (
            "name: p\nversion: 1.0.0\ntemplate: hi\noutput: {schema: {type: object}}",
            ["prompts/p.yaml:4: output.schema: a schema is for JSON output (write format: json beside it)"],
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_mend(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    text = """\
    name: q
    version: 1.0
    modle: x
    template_format: dollar
    variables:
      question: {type: string, default: 3}
    template: |
      First line.
      Ask $qestion, $other.
      And ${ broken }
    """
    assert problems(text) == [
        "prompts/p.yaml:1: name: name 'q' but the file is prompts/p.yaml (rename one of the two)",
        'prompts/p.yaml:2: version: must be text, not a number (quote it: version: "1.0")',
        "prompts/p.yaml:3: modle: unknown key (did you mean 'model'?)",
        "prompts/p.yaml:6: variables.question: the default must be of type string, not integer",
        "prompts/p.yaml:10: template: '${ broken }' is not a variable (write $$ for a literal $)",
    ]


@pytest.mark.parametrize(
    ("template_format", "mention"), [("dollar", "$qestion"), ("braces", "{qestion}"), ("jinja", "{{ qestion }}")]
)
def test_an_undeclared_variable_is_found_in_its_line_of_the_file(template_format: str, mention: str) -> None:
    text = (
        f"name: p\nversion: 1.0.0\ntemplate_format: {template_format}\nvariables:\n  question: {{}}\n"
        f"messages:\n- role: system\n  content: hi\n- role: user\n  content: |-\n    one\n\n    two {mention}\n"
    )
    assert problems(text) == [
        "prompts/p.yaml:13: messages[1].content: variable 'qestion' is not declared (did you mean 'question'?)"
    ]


def test_a_template_error_in_quoted_text_is_where_the_text_begins() -> None:
    text = 'name: p\nversion: 1.0.0\ntemplate_format: braces\ntemplate:\n  "a\\n\\n{"\n'
    assert problems(text)[0].startswith("prompts/p.yaml:5: template: '{' is not a variable")


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("missing.json", "prompts/missing.json: no such file"),
        ("../../out.json", "'../../out.json' leads out of the project"),
        ("/etc/passwd", "'/etc/passwd' must be a path relative to this file"),
        ("bad.json", "prompts/bad.json: not valid JSON"),
        ("list.json", "a JSON schema is a mapping"),
        ("foreign.json", "$ref 'other.json#/a' leads out of the schema"),
    ],
)
def test_a_schema_that_cannot_be_had_is_a_problem_of_the_prompt(schema: str, message: str) -> None:
    text = f"name: p\nversion: 1.0.0\ntemplate: hi\noutput:\n  format: json\n  schema: {schema}\n"
    found = problems(text, bad="{", list="[]", foreign='{"properties": {"a": {"$ref": "other.json#/a"}}}')
    assert found[0].startswith("prompts/p.yaml:6: output.schema: ")
    assert message in found[0]


def test_a_schema_may_be_yaml_or_stand_in_the_prompt() -> None:
    text = "name: p\nversion: 1.0.0\ntemplate: hi\noutput: {format: json, schema: schemas/a.yaml}\n"
    files = Files({"prompts/p.yaml": text, "prompts/schemas/a.yaml": "type: object\n"})
    inline = load("name: p\nversion: 1.0.0\ntemplate: hi\noutput: {format: json, schema: {type: object}}\n")
    assert load_prompt(files, "prompts/p.yaml", folder="prompts").digest == inline.digest
    assert load_prompts(files, folder="prompts")[0].digest == inline.digest


def test_messages_say_at_which_commit_a_file_is_wrong() -> None:
    class Commit(Files):
        label = "main (a1b2c3d)"

    with pytest.raises(FileError, match=r"prompts/p.yaml at main \(a1b2c3d\):1: name: is missing"):
        load_prompt(Commit({"prompts/p.yaml": "version: 1.0.0\ntemplate: a"}), "prompts/p.yaml", folder="prompts")


def _file(name: str) -> str:
    return f"name: {name}\nversion: 1.0.0\ntemplate: hi\n"


def test_what_counts_as_a_prompt_and_what_it_is_called() -> None:
    tree = Files(
        {
            "prompts/a.yaml": _file("a"),
            "prompts/judges/b.yml": _file("judges/b"),
            "prompts/schemas/c.yaml": "type: object",
            "prompts/judges/schemas/d.yaml": "type: object",
            "prompts/.hidden.yaml": "x",
            "prompts/.git/e.yaml": "x",
            "prompts/README.md": "x",
            "promptsets/f.yaml": "x",
        }
    )
    assert prompt_names(tree, folder="prompts/") == ["a", "judges/b"]
    assert [prompt.name for prompt in load_prompts(tree, folder="prompts")] == ["a", "judges/b"]
    assert prompt_path(tree, "judges/b", folder="prompts") == "prompts/judges/b.yml"
    assert prompt_path(tree, "none", folder="prompts") is None
    assert prompt_path(tree, "schemas/c", folder="prompts") is None
    with pytest.raises(InputError, match="is not a prompt name"):
        prompt_path(tree, "../promptsets/f", folder="prompts")


def test_two_files_of_one_name_are_refused() -> None:
    tree = Files({"prompts/a.yaml": _file("a"), "prompts/a.yml": _file("a")})
    with pytest.raises(FileError, match=r"prompts/a.yml: prompts/a.yaml is there too"):
        prompt_path(tree, "a", folder="prompts")
    with pytest.raises(FileError, match=r"prompts/a.yml: prompts/a.yaml is there too"):
        load_prompts(tree, folder="prompts")


def test_loading_all_tells_the_problems_of_all(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/a.yaml").write_text("name: a\n")
    (tmp_path / "prompts/b.yaml").write_text(_file("b"))
    (tmp_path / "prompts/Big.yaml").write_text(_file("Big"))
    with pytest.raises(FileError) as caught:
        load_prompts(WorkTree(tmp_path), folder="prompts")
    assert [(problem.path, problem.key) for problem in caught.value.problems] == [
        ("prompts/Big.yaml", "name"),
        ("prompts/a.yaml", "version"),
        ("prompts/a.yaml", ""),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("version: 1.0.0\n", "version: 2.1.0-rc.1\n"),
        ("version: '1.0.0' # why\n", "version: '2.1.0-rc.1' # why\n"),
        ('"version" :   "1.0.0"', '"version" :   "2.1.0-rc.1"'),
        ("{version: 1.0.0, name: p}", "{version: 2.1.0-rc.1, name: p}"),
        ("\ufeff# \U0001f600\r\nversion: 1.0.0\r\n\r\nt: |\r\n  version: 1.0.0\r\n",
         "\ufeff# \U0001f600\r\nversion: 2.1.0-rc.1\r\n\r\nt: |\r\n  version: 1.0.0\r\n"),
        ("a: {version: 1.0.0}\nversion: 1.0.0", "a: {version: 1.0.0}\nversion: 2.1.0-rc.1"),
        ("version:\n  1.0.0\nt: x", "version:\n  2.1.0-rc.1\nt: x"),
    ],
)  # fmt: skip
def test_a_new_version_changes_its_own_characters_only(before: str, after: str) -> None:
    file = PromptFile("p.yaml", before).with_version(Version(2, 1, 0, ("rc", "1")))
    assert file.text == after
    assert file.data["version"] == "2.1.0-rc.1"  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: p", "version: is missing or not text"),
        ("version: 3.1", "p.yaml:1: version: is missing or not text"),
        ("- version", "is missing or not text"),
        ("a: &v 1.0.0\nversion: *v", "p.yaml:2: version: cannot be changed in place"),
        ("version: &v 1.0.0\na: *v", "cannot be changed in place"),
        ('version: "1.\\u0030.0"', "cannot be changed in place"),
        ("version: |\n  1.0.0\n", "cannot be changed in place (write it on one line: version: 2.0.0)"),
    ],
)
def test_a_version_that_cannot_be_changed_alone_is_refused(text: str, message: str) -> None:
    with pytest.raises(FileError) as caught:
        PromptFile("p.yaml", text).with_version(Version(2, 0, 0))
    assert message in str(caught.value)


_WORDS = st.text(alphabet="abc xyz\U0001f600é$:-#'\"{}[]", min_size=1, max_size=12)
_VERSIONS = st.builds(
    Version, st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.sampled_from([(), ("rc", "1"), ("a",)])
)


@st.composite
def _prompt_texts(draw: st.DrawFn) -> tuple[str, str, Version]:
    """The text before the version, the text after it, and the version, of a random prompt file."""
    quote = draw(st.sampled_from(["", "'", '"']))
    version = draw(_VERSIONS)
    blocks = st.one_of(
        _WORDS.map(lambda words: f"# {words}\n"),
        st.just("\n"),
        st.integers(0, 9**9).flatmap(
            lambda number: st.one_of(
                _WORDS.map(lambda words: f"k{number}: '" + words.replace("'", "''") + "'\n"),
                st.lists(_WORDS, min_size=1, max_size=3).map(
                    lambda lines: f"b{number}: |\n" + "".join(f"  x{line}\n" for line in lines)
                ),
                st.just(f"f{number}: {{version: 1.0.0, a: [1, 'x']}}\n"),
            )
        ),
    )
    keyed = st.lists(blocks, max_size=5, unique_by=lambda block: block.split(":")[0] if ":" in block else block)
    above, below = draw(keyed), draw(keyed)
    below = [block for block in below if block.split(":")[0] not in {each.split(":")[0] for each in above}]
    comment = draw(st.sampled_from(["", "  # why"]))
    mark, end = draw(st.sampled_from(["", "\ufeff"])), draw(st.sampled_from(["\n", "\r\n"]))
    head = mark + ("".join(above) + f"version: {quote}").replace("\n", end)
    tail = (f"{quote}{comment}\n" + "".join(below)).replace("\n", end)
    return head, tail if draw(st.booleans()) else tail.removesuffix(end), version


@given(_prompt_texts(), _VERSIONS)
def test_whatever_the_file_looks_like_only_the_version_differs(
    parts: tuple[str, str, Version], version: Version
) -> None:
    head, tail, before = parts
    file = PromptFile("p.yaml", f"{head}{before}{tail}")
    changed = file.with_version(version)
    assert changed.text == f"{head}{version}{tail}"
    assert isinstance(file.data, dict)
    assert changed.data == {**file.data, "version": str(version)}


def test_line_ends_do_not_change_what_the_prompt_is() -> None:
    text = dedent(GOOD)
    schema = {"prompts/schemas/answer.json": SCHEMA}
    unix = load_prompt(Files({"prompts/p.yaml": text, **schema}), "prompts/p.yaml", folder="prompts")
    windows = "\ufeff" + text.replace("\n", "\r\n")
    assert load_prompt(Files({"prompts/p.yaml": windows, **schema}), "prompts/p.yaml", folder="prompts") == unix
