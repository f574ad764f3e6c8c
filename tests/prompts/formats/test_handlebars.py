"""Handlebars in pieces and back: what is rendered stays, and what cannot be said is refused with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.handlebars import read_handlebars
from llmops_cli.prompts.formats.handlebars_text import handlebars_text
from llmops_cli.prompts.formats.jinja_pieces import pieces_of
from llmops_cli.prompts.formats.mustache import read_mustache
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.formats.pieces import Condition, Each, If, Piece, Pieces, Place, Print, Text, jinja_text, merged
from llmops_cli.prompts.template import parse_template

VALUES: dict[str, Json] = {
    "name": "Ann", "no": "", "yes": "1", "items": [{"t": "A", "n": 1}, {"t": "B", "n": 2}], "nil": [],
    "doc": {"title": "T", "parts": [{"text": "P"}]},
}  # fmt: skip


def rendered(pieces: Pieces) -> str:
    template = parse_template(jinja_text(pieces), "jinja")
    return template.render({name: VALUES[name] for name in template.names})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi {{name}} {{{name}}} {{&name}}{{{{", None),
        ("Hi {{name}} {{{name}}} {{&name}}", "Hi Ann Ann Ann"),
        ("a { } }} {{! gone }}b{{!-- also }} --}}", "a { } }} b"),
        ("a\n  {{! its line goes too }}\nb", "a\nb"),
        ("{{#if yes}}\n  one\n{{else}}\n  two\n{{/if}}\nend", "  one\nend"),
        ("{{#if no}}1{{else if nil}}2{{else if yes}}3{{else}}4{{/if}}", "3"),
        ("{{#unless no}}x{{/unless}}{{^yes}}y{{else}}z{{/yes}}", "xz"),
        ("{{#each items}}\n- {{t}} {{this.n}} {{../name}}\n{{else}}\nnothing\n{{/each}}", "- A 1 Ann\n- B 2 Ann\n"),
        ("{{#each nil as |x|}}{{x}}{{else}}nothing{{/each}}", "nothing"),
        ("{{#each items as |x|}}{{#each @root.items as |y|}}{{x.t}}{{y.t}}{{@root.name}} {{/each}}{{/each}}",
         "AAAnn ABAnn BAAnn BBAnn "),
        ("{{#with doc}}{{title}} {{parts.[0].text}} {{../name}}{{/with}}", "T P Ann"),
        ('{{#ifEquals name "Ann"}}=={{/ifEquals}}{{#unlessEquals name no}}!={{/unlessEquals}}', "==!="),
        ("{{json doc.parts indent=1}}", '[\n {\n  "text": "P"\n }\n]'),
        ("a  {{~name~}}  b", "aAnnb"),
        ("\\{{name}} \\\\{{name}} \\x", "{{name}} \\Ann \\x"),
        ("\\{{!{{name}} \\{{#if}}{{name}}", "{{!Ann {{#if}}Ann"),
        ("{{#if yes}}\r\n  one\r\n{{/if}}\r\ntwo\r\n", "  one\r\ntwo\r\n"),
        ("{{name}}\n {{name}} \n", "Ann\n Ann \n"),
    ],
)  # fmt: skip
def test_a_template_renders_as_handlebars_renders_it(text: str, said: str | None) -> None:
    if said is None:
        with pytest.raises(LeftOutError, match="line 1"):
            read_handlebars(text)
        return
    pieces, _ = read_handlebars(text)
    assert rendered(pieces) == said
    assert rendered(read_handlebars(handlebars_text(pieces))[0]) == said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a\n{{#if x}}", "line 2: {{#if x}} is never closed"),
        ("a\n\n{{/if}}", "line 3: {{/if}} closes no block"),
        ("{{media url=photo}}", "line 1: {{media url=photo}} has no counterpart"),
        ("{{#each x}}{{@index}}{{/each}}", "line 1: '@index' has no counterpart"),
        ("{{#each x as |y i|}}{{/each}}", "line 1: {{#each x as |y i|}} names more than the item"),
        ("{{{{raw}}}} {{{{/raw}}}}", "line 1: a {{{{ that begins no tag with a counterpart"),
        ("{{>header title=x}}", "line 1: {{>header title=x}}: a partial is a name alone, outside of loops"),
        ("a\n  {{>header}}\n", "line 2: an indented partial, of which every line is indented"),
        ("{{first-name}}", "line 1: 'first-name' has no counterpart"),
        ("{{../x}}", "line 1: '../x' has no counterpart"),
        ("a {{ b", "line 1: a {{ that begins no tag with a counterpart"),
        ("{{#bold}}x{{/bold}}", "line 1: {{#bold}} has no counterpart"),
        ("{{x.[}}]}}", "line 1: {{x.[}} has no counterpart"),
        ("{{lookup a 0}}", "line 1: {{lookup a 0}} has no counterpart"),
        ("{{none}}", "a variable cannot be called 'none' here"),
        ("{{}}", "line 1: '{{}}' is an empty tag"),
        ("{{#if a}}\nx{{/each}}", "line 2: {{/each}} closes no {{#if a}}"),
        ("{{#each a}}x{{else if b}}y{{else}}z{{/if}}", "line 1: {{/if}} closes no {{#each a}}"),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_line(text: str, why: str) -> None:
    with pytest.raises(LeftOutError) as caught:
        jinja_text(read_handlebars(text)[0])
    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{ x | upper }}", "line 1: the filter 'upper' cannot be said in this format"),
        ("a\n{% set y = x %}{{ y }}", "line 2: assign of jinja cannot be said in this format"),
        ("{{ x['}}'] }}", "the key '}}' cannot be said in Handlebars"),
        ("{{ '{' }}{{ x }}", "a brace right before {{x}} cannot be said in Handlebars"),
        ("a\n  {% if x %}\nb{% endif %}", "line 2: Handlebars would drop the blanks beside {{#if x}}"),
    ],
)
def test_what_handlebars_cannot_say_is_refused(template: str, why: str) -> None:
    with pytest.raises(LeftOutError) as caught:
        handlebars_text(pieces_of(template, "jinja"))
    assert str(caught.value) == why


TEXTS = st.text(st.sampled_from(list("ab{}%#\\\n\r \"'$~!-")), max_size=8).map(Text)
PLACES = st.builds(
    Place, st.sampled_from(["x", "y"]), st.lists(st.sampled_from(["k", "a b", 0]), max_size=2).map(tuple)
)
SIMPLE = st.one_of(TEXTS, st.builds(Print, PLACES), st.builds(Print, PLACES, json=st.just(True), indent=st.just(2)))
CONDITIONS = st.builds(
    Condition, PLACES, st.booleans(), st.one_of(st.none(), st.sampled_from(["v", "it's", 3, True]), PLACES)
)


def _within(inner: st.SearchStrategy[Piece]) -> st.SearchStrategy[Piece]:
    bodies = st.lists(inner, max_size=3).map(merged)
    return st.one_of(
        st.builds(If, CONDITIONS, bodies, bodies), st.builds(Each, st.sampled_from(["i", "j"]), PLACES, bodies)
    )


ANY = st.lists(st.recursive(SIMPLE, _within, max_leaves=8), max_size=5).map(merged)


@given(ANY)
def test_pieces_come_back_from_jinja_and_from_handlebars(pieces: Pieces) -> None:
    try:
        assert pieces_of(jinja_text(pieces), "jinja") == pieces
        text = handlebars_text(pieces)
    except LeftOutError:
        return
    assert read_handlebars(text)[0] == pieces


def test_mustache_knows_what_a_section_is_from_its_variable() -> None:
    kinds = {"items": "array", "yes": "boolean", "doc": "object", "name": "string"}
    text = "{{#items}}\n- {{t}}\n{{/items}}\n{{^nil}}x{{/nil}}{{#yes}}y{{/yes}}{{#doc}}{{title}}{{/doc}} {{&name}}"
    pieces, escapes = read_mustache(text, {**kinds, "nil": "array"})
    assert rendered(pieces) == "- A\n- B\nxyT Ann" and escapes
    for bad in ("{{#name}}{{/name}}", "{{=<% %>=}}", "{{>p}}", "{{#unknown}}{{/unknown}}"):
        with pytest.raises(LeftOutError, match="line 1"):
            read_mustache(bad, kinds)


@pytest.mark.parametrize("text", ['{{"' * 20_000, "{{!--" * 20_000, "{{#if x}}" * 300, "{{x " * 20_000, "\\" * 50_000])
def test_hostile_templates_end_soon(text: str) -> None:
    try:
        read_handlebars(text)
    except LeftOutError:
        return
    assert text == "\\" * 50_000


def test_many_escaped_comments_that_never_end_are_read_in_one_go() -> None:
    text = "\\{{!--" * 10_000
    assert read_handlebars(text)[0] == (Text("{{!--" * 10_000),)


@pytest.mark.parametrize("name", ["history", "json", "this", "role", "each"])
def test_a_variable_that_is_called_as_a_helper_stays_one(name: str) -> None:
    template = f"{{{{ {name} }}}}{{% for i in x %}}{{{{ {name} }}}}{{% endfor %}}{{{{ x['this'] }}}}"
    text = handlebars_text(pieces_of(template, "jinja"))
    said = "[this]" if name == "this" else name
    assert text == f"{{{{this.{said}}}}}{{{{#each x as |i|}}}}{{{{@root.{said}}}}}{{{{/each}}}}{{{{x.[this]}}}}"
    assert read_handlebars(text)[0] == pieces_of(template, "jinja")
