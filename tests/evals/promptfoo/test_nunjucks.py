"""Templates of promptfoo: what renders the same here, and what is refused by name."""

import pytest

from llmops_cli.evals.promptfoo.nunjucks import jinja_of, number_text, rendered
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.template import parse_template


@pytest.mark.parametrize(
    ("text", "made", "names"),
    [
        ("Hello {{ name }}!", "Hello {{ name }}!", {"name"}),
        ("{{doc.title}} and {{ doc['x'][0].y }}", "{{doc['title']}} and {{ doc['x'][0]['y'] }}", {"doc"}),
        ("{{ a | trim | upper() }}", "{{ a | trim | upper }}", {"a"}),
        ("{% if a == 'x' %}1{% elif not b %}2{% else %}3{% endif %}", None, {"a", "b"}),
        (
            "{% for d in docs %}- {{ d.text }}\n{% endfor %}",
            "{% for d in docs %}- {{ d['text'] }}\n{% endfor %}",
            {"docs"},
        ),
        ("{# a note #}$5 {x} }}", None, set()),
    ],
)
def test_a_prompt_that_renders_the_same(text: str, made: str | None, names: set[str]) -> None:
    found, mentioned, _ = jinja_of(text)
    assert found == (text if made is None else made)
    assert mentioned == names
    parse_template(found, "jinja")


@pytest.mark.parametrize(
    "text",
    [
        "{{ a | join(', ') }}", "{{ a | title }}", "{{ f(x) }}", "{{ a + b }}", "{{ env.KEY }}", "{{ loop.index }}",
        "{% set a = 1 %}", "{% include 'x' %}", "{% raw %}x{% endraw %}", "{{ a or b }}", "{{ open", "{% if a",
        "{{ a.__class__ }}{{ _x }}", "{{ 'text' | safe }}", "{% for k, v in o %}{% endfor %}",
    ],
)  # fmt: skip
def test_a_prompt_that_might_not(text: str) -> None:
    with pytest.raises(LeftOutError):
        jinja_of(text)


VALUES: dict[str, Json] = {
    "city": "Lisbon",
    "n": 4,
    "half": 0.5,
    "whole": 2.0,
    "yes": True,
    "none": None,
    "doc": {"a": ["x", "y"]},
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("to {{ city | upper }}", "to LISBON"),
        ("{{n}}{{half}}{{whole}}", "40.52"),
        ("{{yes}} {{nil}}{{missing}}{{doc.missing.deep}}", "true "),
        ("{{ doc.a[1] }} {{ doc['a'] }}", "y x,y"),
        ("{# note #}plain", "plain"),
    ],
)
def test_a_value_is_filled_in_as_javascript_writes_it(text: str, wanted: str) -> None:
    assert rendered(text, VALUES) == wanted


@pytest.mark.parametrize(
    "text", ["{% if n %}x{% endif %}", "{{ city | replace('a', 'b') }}", "{{ doc }}", "{{ env.HOME }}"]
)
def test_a_value_that_only_promptfoo_can_render(text: str) -> None:
    with pytest.raises(LeftOutError):
        rendered(text, VALUES)


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1"), (-3, "-3"), (1.0, "1"), (-0.0, "0"), (0.1, "0.1"), (1e21, "1e+21"), (1e20, "100000000000000000000"),
     (1e-7, "1e-7"), (0.000001, "0.000001"), (1.5e-5, "0.000015"), (2**53, "9007199254740992"), (1.25e30, "1.25e+30")],
)  # fmt: skip
def test_numbers_as_javascript_writes_them(number: float, text: str) -> None:
    assert number_text(number) == text
