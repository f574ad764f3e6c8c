"""Three syntaxes: what they fill in, what they refuse, and that none of them reaches Python or eats the machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.template import (
    MAX_RENDERED,
    TemplateError,
    TemplateFormat,
    as_text,
    infer_format,
    parse_template,
)

FORMATS: list[TemplateFormat] = ["dollar", "braces", "jinja"]
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True).filter(
    lambda name: name not in {"if", "in", "is", "or", "and", "not", "else", "loop", "self", "true", "false", "none"}
)


def render(text: str, template_format: TemplateFormat, **values: Json) -> str:
    return parse_template(text, template_format).render(values)


def error(text: str, template_format: TemplateFormat = "jinja", **values: Json) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        render(text, template_format, **values)
    return caught.value


@pytest.mark.parametrize(
    ("template_format", "text", "expected"),
    [
        ("dollar", "a $x b", "a X b"),
        ("dollar", "${x}y$x", "XyX"),
        ("dollar", "costs $5, $$x, 5$", "costs $5, $x, 5$"),
        ("dollar", '{"json": {"x": "$x"}}', '{"json": {"x": "X"}}'),
        ("dollar", "", ""),
        ("braces", "a {x} b", "a X b"),
        ("braces", '{{"json": "{x}"}} $x', '{"json": "X"} $x'),
        ("braces", "{{x}}", "{x}"),
        ("jinja", "a {{ x }} b\n", "a X b\n"),
        ("jinja", "{% if x == 'X' %}yes{% else %}no{% endif %}", "yes"),
        ("jinja", "{% for i in l %}{{ i }};{% endfor %}", "1;true;null;"),
        ("jinja", "{{ d['a'] }} {{ l[0] }} {{ d['none']|default('-') }}", "A 1 -"),
        ("jinja", "{{ d|tojson }} {{ l|join('/') }} {{ x|lower ~ 1 }}", '{"a": "A"} 1/True/None x1'),
        ("jinja", "{{ l|length }} {{ l|reverse }} {{ [3, 1, 1]|unique|sort }}", "3 [null, true, 1] [1, 3]"),
        ("jinja", "{# nothing #}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("jinja", "{% set y = x ~ '!' %}{{ y }}", "X!"),
        ("jinja", "{{ 1 + 2 - 1 }}", "2"),
    ],
)
def test_what_is_filled_in(template_format: TemplateFormat, text: str, expected: str) -> None:
    assert render(text, template_format, **_used(text, template_format)) == expected


def _used(text: str, template_format: TemplateFormat) -> dict[str, Json]:
    values: dict[str, Json] = {"x": "X", "l": [1, True, None], "d": {"a": "A"}}
    return {name: values[name] for name in parse_template(text, template_format).names}


@pytest.mark.parametrize(
    ("template_format", "text", "line", "hint"),
    [
        ("dollar", "one\ntwo ${ x }", 2, "write $$ for a literal $"),
        ("dollar", "${x.y}", 1, "write $$ for a literal $"),
        ("braces", 'one\n{"json": 1}', 2, "write {{ and }} for literal braces"),
        ("braces", "a }", 1, "write {{ and }} for literal braces"),
        ("braces", "{x.__class__}", 1, "write {name}"),
        ("braces", "{x[0]}", 1, "write {name}"),
        ("braces", "{x:>200000000}", 1, "write {name}"),
        ("braces", "{x!r}", 1, "write {name}"),
        ("braces", "{}", 1, "write {{ and }} for literal braces"),
        ("braces", "{0}", 1, "write {{ and }} for literal braces"),
        ("jinja", "one\n\n{{ x.y }}", 3, "write ['y'] for an item of an object"),
        ("jinja", "one\n{{ x", 2, ""),
        ("jinja", "{% for i in x %}", 1, ""),
    ],
)
def test_what_is_no_template_says_where_and_what_to_write(
    template_format: TemplateFormat, text: str, line: int, hint: str
) -> None:
    found = error(text, template_format)
    assert (found.line, found.hint) == (line, hint)


# What is known to break out of jinja, from the write-ups of its sandbox escapes and of template injection at large.
PAYLOADS = [
    "{{ x.__class__ }}",
    "{{ x['__class__']['__mro__'] }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ x|attr('__class__') }}",
    "{{ x|attr('__cl' ~ 'ass__') }}",
    "{{ x|map(attribute='__class__')|list }}",
    "{{ [x]|join('', '__class__') }}",
    "{{ [x]|join(attribute='__class__') }}",
    "{{ [x]|sort(attribute='__class__') }}",
    "{{ [x]|sort(false, false, '__class__') }}",
    "{{ [x]|unique(false, '__class__')|list }}",
    "{{ [x]|sum(attribute='__class__') }}",
    "{{ [x]|groupby('__class__') }}",
    "{{ [x]|selectattr('__class__')|list }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self }}",
    "{{ self['_TemplateReference__context'] }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ lipsum() }}",
    "{{ range(10) }}",
    "{{ dict(a=1) }}",
    "{{ config }}{{ config.items() }}",
    "{{ request.application.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{{ '%s'|format(x) }}",
    "{{ 'a'.format(x) }}",
    "{{ '{0.__class__}'.format(x) }}",
    "{{ ('{0.__cl' ~ 'ass__}').format_map({'a': 1}) }}",
    "{{ x|xmlattr }}",
    "{{ x|pprint }}",
    "{{ x|safe }}",
    "{{ x|urlize }}",
    "{{ x|random }}",
    "{{ x|filesizeformat }}",
    "{{ x|batch(3) }}",
    "{% include '/etc/passwd' %}",
    "{% include x %}",
    "{% import 'os' as os %}",
    "{% from 'os' import system %}",
    "{% extends 'base' %}",
    "{% block b %}{% endblock %}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}",
    "{% call x() %}{% endcall %}",
    "{% filter attr('__class__') %}{% endfilter %}",
    "{% set x.y = 1 %}",
    "{% set x %}a{% endset %}",
    "{% set ns = namespace(a=1) %}",
    "{% for i in x recursive %}{{ loop(i) }}{% endfor %}",
    "{% for i in [1] %}{{ loop }}{% endfor %}",
    "{% for i in [1] %}{{ loop['_iterator'] }}{% endfor %}",
    "{% with a = x.__class__ %}{% endwith %}",
    "{% if x.__class__ %}{% endif %}",
    "{% for c in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "{{ x[1:2] }}",
    "{{ {'a': 1} }}",
    "{{ 2 ** 99999999 }}",
    "{{ 'a' * 999999999 }}",
    "{{ '%c' % 97 }}",
    "{{ 1 / 0 }}",
    "{{ x is sameas x }}",
    "{{ x is filter }}",
    "{{ x is callable }}",
    "{{ x is no_such_test }}",
    "{{ x|no_such_filter }}",
    "{{ _x }}",
    "{{ __builtins__ }}",
    "{{ x|default(*[1]) }}",
    "{{ x|default(**{'default_value': 1}) }}",
    "{{ super() }}",
    "{% do x %}",
    "{% debug %}",
    "{% autoescape true %}{% endautoescape %}",
    "{% trans %}{{ x }}{% endtrans %}",
]
ITEMS_ONLY = {"{{ x['__class__']['__mro__'] }}", "{{ ''['__class__'] }}"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_gets_past_loading(payload: str) -> None:
    if payload in ITEMS_ONLY:  # an item may be called anything: rendering never falls back to an attribute
        found = error(payload, x={"a": 1})
        assert "there is no item '__class__'" in found.message or "not allowed" in found.message
    else:
        with pytest.raises(TemplateError):
            parse_template(payload, "jinja")


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("template_format", ["dollar", "braces"])
def test_the_other_formats_take_payloads_for_text_or_refuse_them(payload: str, template_format: TemplateFormat) -> None:
    try:
        template = parse_template(payload, template_format)
    except TemplateError:
        return
    expected = payload.replace("{{", "{").replace("}}", "}") if template_format == "braces" else payload
    assert template.names == frozenset()
    assert template.render({}) == expected


@pytest.mark.parametrize("template_format", FORMATS)
@pytest.mark.parametrize("value", ["{{ 7*7 }}", "{{7*7}}", "$y", "${y}", "{y}", "{% raw %}", "$$", "{{", *PAYLOADS])
def test_a_value_that_looks_like_a_template_stays_text(template_format: TemplateFormat, value: str) -> None:
    text = {"dollar": "<$x>", "braces": "<{x}>", "jinja": "<{{ x }}>"}[template_format]
    assert render(text, template_format, x=value) == f"<{value}>"


@given(st.dictionaries(NAMES, st.text(), min_size=1, max_size=4), st.sampled_from(FORMATS))
def test_every_mention_is_filled_in_and_nothing_else(values: dict[str, str], template_format: TemplateFormat) -> None:
    mention = {"dollar": "${%s}", "braces": "{%s}", "jinja": "{{ %s }}"}[template_format]
    text = "|".join(mention % name for name in values)
    template = parse_template(text, template_format)
    assert template.names == frozenset(values)
    assert template.render(values) == "|".join(values.values())


@given(st.text(alphabet="${}x_ .[]()%#|'\n", max_size=40), st.sampled_from(FORMATS))
def test_any_text_is_a_template_or_a_template_error(text: str, template_format: TemplateFormat) -> None:
    try:
        template = parse_template(text, template_format)
        template.render(dict.fromkeys(template.names, "v"))
    except TemplateError as error:
        assert error.message


DOUBLING = "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}"
RUNAWAYS = {
    "doubling with ~": DOUBLING,
    "doubling with +": DOUBLING.replace("~", "+"),
    "doubling a list": "{% set a = [1] %}" + "{% set a = a + a %}" * 40 + "{{ a|length }}",
    "replace": "{{ 'a'" + "|replace('a', 'aaaaaaaa')" * 30 + " }}",
    "replace of nothing": "{{ 'a'" + "|replace('', 'aaaaaaaa')" * 30 + " }}",
    "indent": "{{ 'a'|indent(1000000000, true) }}",
    "join": "{{ ['a'" + ", 'a'" * 100 + "]|join('" + "x" * 100_000 + "') }}",
    "round": "{{ 9|round(1000000000, 'floor') }}",
    "round by name": "{{ 9|round(method='floor', precision=1000000000) }}",
    "tojson": "{{ '\"'" + "|tojson" * 40 + " }}",
    "tojson indent": "{{ [1]|tojson(1000000000) }}",
    "loops": "{% for a in l %}{% for b in l %}{% for c in l %}{% for d in l %}{% endfor %}{% endfor %}{% endfor %}"
    "{% endfor %}",
    "output": "{% for a in l %}{{ t }}{% endfor %}",
    "parentheses": "{{ " + "(" * 5000 + "x" + ")" * 5000 + " }}",
    "nested loops": "{% for a in l %}" * 40 + "{% endfor %}" * 40,
}


@pytest.mark.parametrize("name", RUNAWAYS)
def test_a_template_that_runs_away_is_stopped_early(name: str) -> None:
    values: dict[str, Json] = {"l": list(range(1000)), "t": "x" * 100_000, "x": 1}
    with pytest.raises(TemplateError):
        template = parse_template(RUNAWAYS[name], "jinja")
        template.render({each: values[each] for each in template.names})


@pytest.mark.parametrize("template_format", FORMATS)
def test_the_size_of_a_rendering_is_capped(template_format: TemplateFormat) -> None:
    text = {"dollar": "$x$x", "braces": "{x}{x}", "jinja": "{{ x }}{{ x }}"}[template_format]
    assert len(render(text, template_format, x="x" * (MAX_RENDERED // 2))) == MAX_RENDERED
    assert "renders to more than 5,000,000 characters" in error(text, template_format, x="x" * MAX_RENDERED).message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ d['b'] }}", "there is no item 'b'"),
        ("{{ d['b']['c'] }}", "there is no item 'b'"),
        ("{{ n['b'] }}", "only items of lists and objects can be reached"),
        ("{% for i in n %}{% endfor %}", "'int' object is not iterable"),
        ("{{ n|first }}", "cannot be rendered"),
        ("{{ 'abc'|truncate(-5) }}", "cannot be rendered"),
        ("{{ 1|round(1, 'bad') }}", "cannot be rendered"),
        ("{{ [1, 'a']|sort }}", "cannot be rendered"),
        ("{{ n ~ d['b'] }}", "there is no item 'b'"),
    ],
)
def test_what_cannot_be_rendered_is_an_error_never_a_gap(text: str, message: str) -> None:
    template = parse_template(text, "jinja")
    values: dict[str, Json] = {"d": {"a": 1}, "n": 5}
    with pytest.raises(TemplateError, match=message):
        template.render({name: values[name] for name in template.names})


def test_names_of_loops_and_assignments_are_not_variables() -> None:
    template = parse_template("{% for i in l %}{% set y = i %}{{ y }}{{ z }}\n{% endfor %}{{ i }}", "jinja")
    assert template.names == {"l", "z", "i"}


@pytest.mark.parametrize("template_format", FORMATS)
def test_the_line_of_the_first_mention(template_format: TemplateFormat) -> None:
    text = {"dollar": "a\n\n$x $x\n$y", "braces": "a\n\n{x} {x}\n{y}", "jinja": "a\n\n{{ x }} {{ x }}\n{{ y }}"}
    template = parse_template(text[template_format], template_format)
    assert [template.line_of(name) for name in ("x", "y", "unknown")] == [3, 4, 1]


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        ("no variable at all", "", "dollar"),
        ("$x", "", "dollar"),
        ("${x}", "", "dollar"),
        ("{x}", "", "braces"),
        ('{"a": "{x}"}', "x", "braces"),
        ("{{ x }}", "", "jinja"),
        ("{{x}}", "", "jinja"),
        ("{% if x %}{% endif %}", "", "jinja"),
        ("$x and {y}", "x", "dollar"),
        ("$x and {y}", "y", "braces"),
        ("{{ x }} costs $USD", "x", "jinja"),
        ("{typo}", "x", "braces"),
        ("costs $5", "x", "dollar"),
        ("$$x {y}", "", "braces"),
    ],
)
def test_the_syntax_is_inferred_where_it_is_clear(text: str, declared: str, expected: str) -> None:
    assert infer_format([text], frozenset(declared)) == expected


@pytest.mark.parametrize(
    ("text", "declared"), [("$x {y}", ""), ("$x {x}", "x"), ("{{ x }} {y}", "y"), ("$x {{ y }}", "")]
)
def test_an_ambiguous_syntax_says_what_to_write(text: str, declared: str) -> None:
    with pytest.raises(TemplateError, match="the template syntax is not clear") as caught:
        infer_format([text], frozenset(declared))
    assert caught.value.hint.startswith("write one of: template_format: ")


def test_values_stand_in_prompts_as_text_or_json() -> None:
    assert [as_text(value) for value in ("é\n", 1, 1.5, True, None, ["é"])] == [
        "é\n",
        "1",
        "1.5",
        "true",
        "null",
        '["é"]',
    ]
    with pytest.raises(ValueError, match="JSON compliant"):
        as_text(float("nan"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\r\n{{ x }}\r\nb\r", "a\r\nX\r\nb\r"),
        ("a\r\n{%- if x\r\n -%}\r\n b\n\r\n{% endif %}\r\n", "ab\n\r\n\r\n"),
        ("{{ 'q\r\n' }}{# \r\n #}{% raw %}\r\n{{ x }}{% endraw %}", "q\r\n\r\n{{ x }}"),
        ("\x1c\x1d\r\n\x1e{{ x }}\r\n", "\x1c\x1d\r\n\x1eX\r\n"),
    ],
)
def test_jinja_keeps_line_ends(text: str, said: str) -> None:
    assert parse_template(text, "jinja").render({"x": "X"}) == said
