"""The prompt as a value: its digest and its strict rendering."""

import pytest

from llmops_cli.errors import InputError
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.prompt import Message, tool_name, tool_schema
from tests.prompts.making import load, make

SAME: list[dict[str, Json]] = [
    {"version": "2.0.0"},
    {"description": "other"},
    {"owner": "other"},
    {"metadata": {"a": 1}},
    {"variables": {"x": {"type": "string"}}},
    {"variables": {"x": {"description": "what x is"}}},
    {"template_format": "dollar"},
    {"messages": [{"content": "Say $x.", "role": "user"}]},
]
OTHER: list[dict[str, Json]] = [
    {"template": "Say  $x."},
    {"template": "Say ${x}."},
    {"messages": [{"content": "Say $x.", "role": "system"}]},
    {"model": "m"},
    {"params": {"temperature": 0}},
    {"variables": {"x": {"default": ""}}},
    {"variables": {"x": {"max_length": 3}}},
    {"variables": {"x": {}, "y": {}}},
    {"tools": [{"name": "a"}]},
    {"output": {"format": "json"}},
    {"output": {"format": "json", "schema": {"type": "object"}}},
]


@pytest.mark.parametrize("keys", SAME)
def test_what_the_model_does_not_see_is_not_in_the_digest(keys: dict[str, Json]) -> None:
    assert make(**keys).digest == make().digest  # type: ignore[arg-type]


def test_everything_the_model_sees_is_in_the_digest() -> None:
    digests = [make().digest, *(make(**keys).digest for keys in OTHER)]  # type: ignore[arg-type]
    assert len(set(digests)) == len(digests)


def test_the_digest_of_a_prompt_never_changes() -> None:
    # releases carry it: whoever changes this number breaks every registry there is
    prompt = make(model="m", params={"temperature": 0}, variables={"x": {"max_length": 9}})
    assert prompt.digest == "sha256:4cdd74e96abe0f2f4161ee568f92af2fbe8e1ecfe817c57cfaaa636d3fc9b8cf"


def test_comments_key_order_and_style_are_not_in_the_digest() -> None:
    one = load("name: p\nversion: 1.0.0\nparams: {a: 1, b: 2}\ntemplate: 'Say $x.'\n")
    other = load("# hello\ntemplate: Say $x.  # why\nversion: 1.0.0\nname: p\nparams:\n  b: 2\n  a: 1\n")
    assert one.digest == other.digest


def test_rendering_fills_in_values_and_defaults() -> None:
    prompt = make("$a $b $c", variables={"a": {}, "b": {"default": "B"}, "c": {"type": "array"}})
    assert prompt.render({"a": "$b", "c": [1, "é"]}) == (Message("user", '$b B [1, "é"]'),)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "p@1.0.0: variable 'a' is missing"),
        ({"a": "x", "z": 1, "y": 2}, "p@1.0.0: 'z' is not a variable of this prompt; 'y' is not a variable of this "
                                     "prompt"),
        ({"a": 1}, "p@1.0.0: variable 'a' must be of type string, not integer"),
        ({"a": "x", "b": ""}, "p@1.0.0: variable 'b' is shorter than min_length 1"),
        ({"b": 2, "c": 3}, "p@1.0.0: variable 'a' is missing; 'c' is not a variable of this prompt; variable 'b' must "
                           "be of type string, not integer"),
    ],
)  # fmt: skip
def test_rendering_is_strict_and_tells_everything_at_once(values: dict[str, Json], message: str) -> None:
    prompt = make("$a $b", variables={"a": {}, "b": {"default": "B", "min_length": 1}})
    with pytest.raises(InputError) as caught:
        prompt.render(values)
    assert caught.value.message == message
    assert caught.value.hint == "it takes: a, b (optional)"


def test_a_template_that_fails_while_rendering_names_the_prompt() -> None:
    prompt = make("{{ d['a'] }}", variables={"d": {"type": "object"}}, template_format="jinja")
    with pytest.raises(InputError, match=r"p@1.0.0: cannot be rendered: there is no item 'a'"):
        prompt.render({"d": {}})


def test_tools_of_both_shapes() -> None:
    openai: dict[str, Json] = {"type": "function", "function": {"name": "a", "parameters": {"type": "object"}}}
    anthropic: dict[str, Json] = {"name": "a", "input_schema": {"type": "object"}}
    assert [tool_name(openai), tool_name(anthropic), tool_name({"type": "web_search"})] == ["a", "a", ""]
    assert tool_schema(openai) == tool_schema(anthropic) == {"type": "object"}
    assert tool_schema({"name": "a"}) == {}
