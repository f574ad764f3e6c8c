"""The level a change needs: a table of changes, each with its rule."""

import pytest

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.level import Needed, needed_level
from llmops_cli.prompts.version import Level
from tests.prompts.making import make

Keys = dict[str, Json]


def needed(before: Keys, after: Keys) -> Needed:
    return needed_level(make(**before), make(**after))  # type: ignore[arg-type]


def var(**keys: Json) -> Keys:
    return {"variables": {"x": dict(keys)}}


def schema(required: list[Json] | None = None, **fields: Json) -> Keys:
    whole: Keys = {"type": "object", "properties": dict(fields), "required": required or []}
    return {"output": {"format": "json", "schema": whole}}


def tool(**parameters: Json) -> Keys:
    return {"tools": [{"type": "function", "function": {"name": "t", "parameters": {"type": "object", **parameters}}}]}


TEXT: Keys = {"type": "string"}
VARIABLES: list[tuple[Keys, Keys, list[str]]] = [
    ({"template": "a $x $y"}, {"template": "a $x"}, ["major variable-removed"]),
    ({"template": "a $x b"}, {"template": "a $z b"}, ["major variable-renamed"]),
    ({"template": "a $x b"}, {"template": "other words $z!"}, ["major variable-renamed"]),
    ({"template": "$x $y"}, {"template": "$y $z"}, ["major variable-removed", "major variable-required"]),
    ({"template": "$x"}, {"template": "$x $y"}, ["major variable-required"]),
    ({"template": "$x $y"}, {"template": "$x"}, ["major variable-removed"]),
    (var(), {"template": "$z", "variables": {"z": {"type": "integer"}}}, ["major variable-removed",
                                                                          "major variable-required"]),
    (var(), {"template": "Say $x.", "variables": {"x": {}, "y": {"default": ""}}}, ["minor variable-added"]),
    (var(), var(type="integer"), ["major variable-narrowed"]),
    (var(type="integer"), var(type="number"), ["minor variable-widened"]),
    (var(type="number"), var(type="integer"), ["major variable-narrowed"]),
    (var(), var(default="a"), ["minor variable-optional"]),
    (var(default="a"), var(), ["major variable-required"]),
    (var(default="a"), var(default="b"), ["minor default-changed"]),
    (var(), var(enum=["a"]), ["major variable-narrowed"]),
    (var(enum=["a", "b"]), var(enum=["a"]), ["major variable-narrowed"]),
    (var(enum=["a"]), var(enum=["a", "b"]), ["minor variable-widened"]),
    (var(enum=["a", "b"]), var(enum=["b", "c"]), ["major variable-narrowed", "minor variable-widened"]),
    (var(enum=["a"]), var(), ["minor variable-widened"]),
    (var(enum=["a", "b"]), var(enum=["b", "a"]), ["patch content-changed"]),
    (var(), var(min_length=1), ["major variable-narrowed"]),
    (var(min_length=1), var(min_length=2), ["major variable-narrowed"]),
    (var(min_length=2), var(min_length=1), ["minor variable-widened"]),
    (var(min_length=2), var(), ["minor variable-widened"]),
    (var(), var(max_length=5), ["major variable-narrowed"]),
    (var(max_length=5), var(max_length=4), ["major variable-narrowed"]),
    (var(max_length=4), var(max_length=5), ["minor variable-widened"]),
    (var(max_length=4), var(), ["minor variable-widened"]),
    (var(type="integer", minimum=0), var(type="integer", minimum=1), ["major variable-narrowed"]),
    (var(type="integer", maximum=9), var(type="integer", maximum=10), ["minor variable-widened"]),
    (var(), var(description="now described"), []),
]  # fmt: skip
OUTPUTS: list[tuple[Keys, Keys, list[str]]] = [
    ({"output": {"format": "json"}}, {}, ["major output-format"]),
    ({}, {"output": {"format": "json"}}, ["major output-format"]),
    ({"output": {"format": "json"}}, schema(a=TEXT), ["minor output-added"]),
    (schema(a=TEXT), {"output": {"format": "json"}}, ["major output-removed"]),
    (schema(a=TEXT, b=TEXT), schema(a=TEXT), ["major output-removed"]),
    (schema(a=TEXT), schema(a=TEXT, b=TEXT), ["minor output-added"]),
    (schema(a=TEXT), schema(["b"], a=TEXT, b=TEXT), ["minor output-added"]),
    (schema(a=TEXT), schema(a={"type": "integer"}), ["major output-retyped"]),
    (schema(a=TEXT), schema(a={"type": ["string", "null"]}), ["major output-retyped"]),
    (schema(a={"type": ["string", "null"]}), schema(a=TEXT), ["minor output-changed"]),
    (schema(a={"type": "number"}), schema(a={"type": "integer"}), ["minor output-changed"]),
    (schema(a={"type": "integer"}), schema(a={"type": "number"}), ["major output-retyped"]),
    (schema(a={"anyOf": [TEXT, {"type": "null"}]}), schema(a={"anyOf": [TEXT]}), ["minor output-changed"]),
    (schema(a={"anyOf": [TEXT]}), schema(a={"anyOf": [TEXT, {"type": "null"}]}), ["major output-retyped"]),
    (schema(["a"], a=TEXT), schema(a=TEXT), ["major output-optional"]),
    (schema(a=TEXT), schema(["a"], a=TEXT), ["minor output-added"]),
    (schema(a={"enum": ["x", "y"]}), schema(a={"enum": ["x"]}), ["minor output-changed"]),
    (schema(a=TEXT), schema(a={"type": "string", "description": "d"}), ["minor output-changed"]),
    (schema(a=TEXT), schema(a={}), ["major output-retyped"]),
    (schema(a={"type": "object", "properties": {"b": TEXT, "c": TEXT}}),
     schema(a={"type": "object", "properties": {"b": TEXT}}), ["major output-removed"]),
    (schema(a={"type": "array", "items": {"type": "object", "properties": {"b": TEXT}}}),
     schema(a={"type": "array", "items": {"type": "object", "properties": {}}}), ["major output-removed"]),
    (schema(a={"type": "array", "items": TEXT}), schema(a={"type": "array"}), ["major output-retyped"]),
]  # fmt: skip
REST: list[tuple[Keys, Keys, list[str]]] = [
    ({}, tool(), ["minor tool-added"]),
    (tool(), {}, ["major tool-removed"]),
    (tool(properties={"q": TEXT}), tool(properties={"q": TEXT}, required=["q"]), ["major tool-argument-required"]),
    (tool(), tool(properties={"q": TEXT}, required=["q"]), ["major tool-argument-required"]),
    (tool(), tool(properties={"q": TEXT}), ["minor tool-changed"]),
    (tool(properties={"q": TEXT}), tool(), ["major tool-argument-removed"]),
    (tool(properties={"q": TEXT}), tool(properties={"q": {"type": "integer"}}), ["major tool-argument-retyped"]),
    (tool(properties={"q": TEXT}, required=["q"]), tool(properties={"q": TEXT}), ["major tool-argument-optional"]),
    (tool(), tool(description="d"), ["minor tool-changed"]),
    ({"tools": [{"name": "a"}, {"name": "b"}]}, {"tools": [{"name": "b"}, {"name": "a"}]}, ["minor tool-changed"]),
    ({"model": "a"}, {"model": "b"}, ["minor model-changed"]),
    ({}, {"params": {"temperature": 1}}, ["minor params-changed"]),
    ({"params": {"a": {"b": 1}}}, {"params": {"a": {"b": 2}}}, ["minor params-changed"]),
    ({"template": "Say $x."}, {"template": "Say $x!"}, ["patch wording"]),
    ({"template": "Say $x."}, {"template": "Say {x}.", "template_format": "braces"}, ["patch syntax-only"]),
    ({"template": "Say $x {x}.", "template_format": "dollar"},
     {"template": "Say $x {x}.", "template_format": "braces"}, ["minor format-changed"]),
    ({"template": "Say $x."}, {"template": "Say {{ x }}.", "template_format": "jinja"}, ["minor format-changed"]),
    ({"template": "Say $x."}, {"messages": [{"role": "system", "content": "Say $x."}]}, ["minor messages-changed"]),
    ({}, {"description": "d", "owner": "o", "metadata": {"a": 1}, "version": "7.0.0"}, []),
    ({"template": "Say $x.", "model": "a"}, {"template": "Tell $x $y.", "model": "b"},
     ["major variable-required", "minor model-changed", "patch wording"]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "rules"), [*VARIABLES, *OUTPUTS, *REST])
def test_every_change_has_its_level_and_rule(before: Keys, after: Keys, rules: list[str]) -> None:
    found = needed(before, after)
    # a patch for the wording goes along with most changes of variables
    shown = [f"{reason.level} {reason.rule}" for reason in found.reasons]
    assert [each for each in shown if each in rules or each != "patch wording"] == rules
    assert found.level == (found.reasons[0].level if found.reasons else Level.NONE)
    assert str(found.level) == (rules[0].split()[0] if rules else "none")


def test_reasons_are_sentences_about_this_change() -> None:
    found = needed(
        {
            "template": "$x $y",
            "variables": {"x": {"max_length": 9}, "y": {}},
            **schema(a=TEXT, b={"type": "array", "items": TEXT}),
        },
        {
            "template": "$x $z",
            "variables": {"x": {"max_length": 5, "enum": ["a"]}, "z": {}},
            **schema(b={"type": "array", "items": {}}),
        },
    )
    assert [reason.sentence for reason in found.reasons] == [
        "variable 'y' was renamed to 'z'",
        "variable 'x' was narrowed: max_length 9 to 5, enum is new",
        "output field 'a' was removed",
        "output field 'b[]' was string and may now be anything",
        "the wording changed",
    ]


def test_a_schema_reference_is_followed() -> None:
    def refers(kind: str) -> Keys:
        return {"output": {"format": "json", "schema": {
            "type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": kind}},
        }}}  # fmt: skip

    assert [reason.rule for reason in needed(refers("string"), refers("integer")).reasons] == ["output-retyped"]


def test_a_schema_that_refers_to_itself_ends() -> None:
    def tree(value: str) -> Keys:
        node: Keys = {"type": "object", "properties": {"next": {"$ref": "#"}, "value": {"type": value}}}
        return {"output": {"format": "json", "schema": node}}

    assert needed(tree("string"), tree("integer")).level == Level.MAJOR


def test_an_evaluation_raises_wording_to_minor_but_never_lowers() -> None:
    moved = "grounded fell by 0.12"
    before, wording, major = make(), make("Tell $x."), make("Say $y.")
    raised = needed_level(before, wording, behaviour_moved=moved)
    assert raised.level == Level.MINOR
    assert [str(reason) for reason in raised.reasons] == [moved, "the wording changed"]
    assert needed_level(before, major, behaviour_moved=moved).level == Level.MAJOR
    assert needed_level(before, make(), behaviour_moved=moved) == Needed(Level.NONE)


def test_a_level_is_data() -> None:
    assert needed({}, {"model": "m"}).as_json() == {
        "level": "minor",
        "reasons": [{"level": "minor", "rule": "model-changed", "sentence": "the model changed from none to m"}],
    }
