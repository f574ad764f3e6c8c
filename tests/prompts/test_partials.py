"""Includes: what they become, what they may name, and where a mistake is shown."""

import json
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.errors import FileError
from llmops_cli.prompts.file import load_prompt, load_prompts
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.template import literal_dollar, parse_template
from llmops_cli.vcs.tree import WorkTree
from tests.prompts.making import Files

HEAD = "name: p\nversion: 1.0.0\n"


def load(template: str, *, head: str = "template_format: dollar", **partials: str) -> Prompt:
    """A prompt with this template; `safety="..."` is prompts/partials/safety.md."""
    text = f"{HEAD}{head}\ntemplate: |\n" + "".join(f"  {line}\n" for line in template.split("\n"))
    files = {f"prompts/partials/{name}.md": partial for name, partial in partials.items()}
    return load_prompt(Files({"prompts/p.yaml": text, **files}), "prompts/p.yaml", folder="prompts")


def problems(template: str, *, head: str = "template_format: dollar", **partials: str) -> list[str]:
    with pytest.raises(FileError) as caught:
        load(template, head=head, **partials)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("template_format", "mention"), [("dollar", "$who"), ("braces", "{who}"), ("jinja", "{{ who }}")]
)
@pytest.mark.parametrize("said", [True, False])
def test_an_include_is_the_text_of_the_file_in_every_syntax(template_format: str, mention: str, said: bool) -> None:
    head = f"template_format: {template_format}" if said else "owner: us"
    prompt = load(
        f'To {mention}:\n{{% include "partials/safety.md" %}}\nBye.', head=head, safety=f"Be kind to {mention}.\n"
    )
    assert prompt.template_format == template_format
    assert prompt.messages[0].content == f"To {mention}:\nBe kind to {mention}.\nBye.\n"
    assert prompt.parts == ("prompts/partials/safety.md",)
    assert prompt.render({"who": "Ann"})[0].content == "To Ann:\nBe kind to Ann.\nBye.\n"
    assert prompt.messages[0].parts == prompt.parts


def test_the_digest_is_that_of_the_same_text_written_out() -> None:
    included = load("{% include 'partials/a.md' %} $x", a="One.\r\nTwo.\r\n")
    assert included.digest == load("One.\nTwo. $x").digest
    assert included.digest != load("{% include 'partials/a.md' %} $x", a="One.\nTwo!\n").digest
    assert load("{% include 'partials/a.md' %}", a="One.\n\n").messages[0].content == "One.\n\n"


def test_partials_are_relative_to_the_partial_that_names_them_and_stand_in_messages_too() -> None:
    tree = Files(
        {
            "prompts/team/p.yaml": dedent("""\
                name: team/p
                version: 1.0.0
                output: {format: json, schema: a.json}
                messages:
                  - {role: system, content: '{% include "../partials/a.md" %}'}
                  - {role: user, content: '{% include "../partials/a.md" %}, {% include "own.txt" %} $q'}
            """),
            "prompts/team/a.json": '{"type": "object"}',
            "prompts/team/own.txt": "own",
            "prompts/partials/a.md": '[{% include "deep/b.j2" %}]',
            "prompts/partials/deep/b.j2": '{% include "../c.md" %}',
            "prompts/partials/c.md": "c",
        }
    )
    prompt = load_prompt(tree, "prompts/team/p.yaml", folder="prompts")
    assert [message.content for message in prompt.messages] == ["[c]", "[c], own $q"]
    partials = [f"prompts/{path}" for path in ("partials/a.md", "partials/deep/b.j2", "partials/c.md", "team/own.txt")]
    assert prompt.parts == (*partials, "prompts/team/a.json")
    assert [each.name for each in load_prompts(tree, folder="prompts")] == ["team/p"]


@pytest.mark.parametrize(
    ("head", "template", "rendered"),
    [
        ("template_format: dollar", '${% include "x" %}', '{% include "x" %}\n'),
        ("template_format: dollar", '$${% include "partials/a.md" %} $$${% include "x" %}', '$A ${% include "x" %}\n'),
        ("template_format: braces", '{{% include "x" %}}', '{% include "x" %}\n'),
        ("template_format: jinja", '{% raw %}{% include "x" %}{% endraw %}', '{% include "x" %}\n'),
        ("template_format: jinja", """{{ '{% include "x" %}' }}{# {% include "x" %} #}""", '{% include "x" %}\n'),
        ("template_format: dollar", "{% included %} {% if %}", "{% included %} {% if %}\n"),
    ],
)
def test_the_text_of_an_include_can_be_written(head: str, template: str, rendered: str) -> None:
    prompt = load(template, head=head, a="A")
    assert prompt.render({})[0].content == rendered


def test_a_text_that_came_from_elsewhere_is_no_include() -> None:
    text = 'costs $5 $$ {% include "x" %} ${%- include %}'
    made = literal_dollar(text)
    assert parse_template(made, "dollar").render({}) == text
    assert load(made).render({})[0].content == text + "\n"


def test_a_partial_has_the_variables_of_its_prompt() -> None:
    head = "template_format: jinja\nvariables: {rows: {type: array}, tone: {}}"
    loop = '{% for row in rows %}{% include "partials/row.md" %}{% endfor %}'
    prompt = load(loop, head=head, row="{{ row }} ({{ tone }})\n")
    assert prompt.unused == []
    assert prompt.render({"rows": [1, 2], "tone": "dry"})[0].content == "1 (dry)2 (dry)\n"
    assert problems(loop, head=head, row="fine\n{{ row }} {{ tune }}") == [
        "prompts/partials/row.md:2: variable 'tune' is not declared in prompts/p.yaml (did you mean 'tone'?)"
    ]


@pytest.mark.parametrize(
    ("template", "partials", "expected"),
    [
        (
            'a\n{% include "partials/no.md" %}',
            {},
            "prompts/p.yaml:6: template: include 'partials/no.md': there is no file prompts/partials/no.md",
        ),
        (
            '{% include "../../etc/passwd" %}',
            {},
            "prompts/p.yaml:5: template: include '../../etc/passwd': '../../etc/passwd' leads out of the project",
        ),
        (
            '{% include "/etc/passwd" %}',
            {},
            "prompts/p.yaml:5: template: include '/etc/passwd': '/etc/passwd' must be a path relative to this file",
        ),
        (
            '{% include "../.git/config" %}',
            {},
            "prompts/p.yaml:5: template: include '../.git/config': a hidden file cannot be a partial",
        ),
        (
            '{% include "p.yaml" %}',
            {},
            "prompts/p.yaml:5: template: include 'p.yaml': a prompt file cannot be a partial "
            "(put the shared text into a file such as NAME.md)",
        ),
        (
            '{% include "partials/a.md" %}',
            {"a": 'first\n{% include "b.md" %}', "b": 'x {% include "a.md" %}'},
            "prompts/partials/b.md:1: include 'a.md': it includes itself: "
            "prompts/partials/a.md -> prompts/partials/b.md -> prompts/partials/a.md",
        ),
        (
            "{% include partials/a.md %}",
            {"a": "A"},
            "prompts/p.yaml:5: template: '{% include partials/a.md %}' is not an include "
            '(write {% include "partials/name.md" %}, or ${% for a literal {%)',
        ),
        (
            "{%- include 'partials/a.md' -%}",
            {"a": "A"},
            "prompts/p.yaml:5: template: \"{%- include 'partials/a.md' -%}\" is not an include "
            '(write {% include "partials/name.md" %}, or ${% for a literal {%)',
        ),
        (
            "{% include 'partials/a.md' %}",
            {"a": "fine\ncosts ${5}"},
            "prompts/partials/a.md:2: '${5}' is not a variable (write $$ for a literal $)",
        ),
        (
            "{% include 'partials/a.md' %}name",
            {"a": "costs $"},
            "prompts/partials/a.md:1: a $ at the end would join what follows (write $$ for a literal $)",
        ),
        ("{% include 'partials/a.md' %}", {"a": "\n"}, "prompts/p.yaml:4: template: is empty "
         "(write what the model should see)"),
    ],
)  # fmt: skip
def test_what_is_refused_and_where(template: str, partials: dict[str, str], expected: str) -> None:
    assert problems(template, **partials) == [expected]


@given(st.text("ab $%{}#'\"\n", max_size=12) | st.sampled_from(["{% if x %}a", "{% raw %}", "$$", "{{ x }}"]))
def test_a_text_means_the_same_wherever_it_stands(text: str) -> None:
    """What is a template in the prompt file is one in a partial, and the same to the model."""
    for template_format in ("dollar", "braces", "jinja"):
        files = []
        for template, partials in ((text, {}), ('{% include "a.md" %}', {"prompts/a.md": text + "\n"})):
            prompt = {"name": "p", "version": "1.0.0", "template_format": template_format, "template": template}
            files.append(Files({"prompts/p.yaml": json.dumps(prompt), **partials}))
        found = [loaded_or_not(tree) for tree in files]
        if template_format == "dollar" and text.replace("$$", "").endswith("$"):
            assert found[1] is None  # of a partial nobody knows what follows
        else:
            assert found[0] == found[1]


def loaded_or_not(tree: Files) -> str | None:
    try:
        return load_prompt(tree, "prompts/p.yaml", folder="prompts").digest
    except FileError:
        return None


def test_without_a_format_a_literal_text_is_told_what_to_do() -> None:
    (said,) = problems('{{% include "x" %}} {name}', head="owner: us")
    assert said.endswith("say template_format, and escape it)")


def test_a_partial_is_a_template_on_its_own() -> None:
    head = "template_format: jinja"
    said = problems("{% if x %}{% include 'partials/a.md' %}", head=head, a="yes\n{% endif %}")
    assert said[-1].startswith("prompts/partials/a.md:2: not valid jinja: Encountered unknown tag 'endif'")
    both = problems("{% include 'partials/a.md' %}\n{% include 'partials/b.md' %}", head=head, a="{{", b="{{ x.y }}")
    assert [line.split(":")[0] for line in both] == ["prompts/partials/a.md", "prompts/partials/b.md"]


def test_levels_number_and_size_are_bounded() -> None:
    chain = {f"p{n}": f'{{% include "p{n + 1}.md" %}}' for n in range(1, 12)}
    assert problems('{% include "partials/p1.md" %}', **{**chain, "p11": "end"}) == [
        "prompts/partials/p10.md:1: include 'p11.md': includes are nested deeper than 10 levels"
    ]
    assert load('{% include "partials/p2.md" %}', **{**chain, "p11": "end"}).messages[0].content == "end\n"
    twice = {f"p{n}": f'{{% include "p{n + 1}.md" %}}' * 8 for n in range(1, 9)}
    (many,) = problems('{% include "partials/p1.md" %}', **{**twice, "p9": ""})
    assert many.endswith("the prompt has more than 1,000 includes")
    (long,) = problems('{% include "partials/p5.md" %}', **{**twice, "p8": "x" * 1_000_000})
    assert long.endswith("with its includes the prompt is longer than 5,000,000 characters")


def test_a_link_leads_to_nothing_that_a_change_may_not_read(tmp_path: Path) -> None:
    """A pull request can bring a link; .git/config holds the token of a CI checkout."""
    folder = tmp_path / "project" / "prompts"
    folder.mkdir(parents=True)
    (tmp_path / "project" / ".git").mkdir()
    (tmp_path / "project" / ".git" / "config").write_text("token")
    (tmp_path / "outside.md").write_text("secret")
    (tmp_path / "project" / ".env").write_text("secret")
    (tmp_path / "project" / ".dvc" / "cache").mkdir(parents=True)
    (tmp_path / "project" / ".dvc" / "cache" / "ab").write_text("a file that another tool keeps")
    (folder / "env.md").symlink_to("../.env")
    (folder / "kept.md").symlink_to("../.dvc/cache/ab")
    (folder / "git.md").symlink_to("../.git/config")
    (folder / "out.md").symlink_to("../../outside.md")
    (folder / "p.yaml").write_text(
        HEAD + "template: |\n" + "".join(f'  {{% include "{name}.md" %}}\n' for name in ("git", "env", "out", "kept"))
    )
    with pytest.raises(FileError) as caught:
        load_prompt(WorkTree(tmp_path / "project"), "prompts/p.yaml", folder="prompts")
    assert [str(problem) for problem in caught.value.problems] == [
        "prompts/p.yaml:4: template: include 'git.md': is a link to a hidden file (keep the file itself there)",
        "prompts/p.yaml:5: template: include 'env.md': is a link to a hidden file (keep the file itself there)",
        "prompts/p.yaml:6: template: include 'out.md': leads out of the project (keep the file below the project root)",
    ]


@pytest.mark.parametrize("head", ["template_format: dollar", "template_format: braces", "template_format: jinja"])
@pytest.mark.parametrize("unit", ["{%", "{{", "{#", "{% raw %}", "{{ '", "${%", "{% include", "{% include '"])
def test_no_text_takes_long(head: str, unit: str) -> None:
    """Half a megabyte of openings that are never closed is refused, or loads, at once."""
    template = unit * (500_000 // len(unit)) + " include"
    try:
        load(template, head=head)
    except FileError as error:
        assert error.problems
