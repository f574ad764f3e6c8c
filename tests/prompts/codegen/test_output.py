"""The classes of an output schema accept what the schema accepts, and say in a comment what they do not look at."""

import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from llmops_cli.errors import InputError
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.codegen.output import OutputClasses
from tests.prompts.codegen.generated import answering, module

KEYS = ["name", "class", "model_dump", "a-b", "_x", "json"]
LEAVES: st.SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"type": st.just("string")}, optional={"minLength": st.just(1), "maxLength": st.just(3)}),
    st.fixed_dictionaries(
        {"type": st.just("integer")}, optional={"minimum": st.integers(-1, 1), "exclusiveMaximum": st.just(2.5)}
    ),
    st.fixed_dictionaries(
        {"type": st.just("number")}, optional={"exclusiveMinimum": st.just(-1), "maximum": st.just(1.5)}
    ),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {}, True, {"enum": ["a", "b", None]}, {"const": True},
                     {"enum": [1, 2.0, None, 0.5]}, {"const": [1]}, {"type": "array", "maxItems": 1},
                     {"enum": [0, 1]}, {"type": ["string", "null"]}, {"type": ["integer", "string"], "maxLength": 1}]),
)  # fmt: skip


def _containers(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    objects = st.fixed_dictionaries(
        {
            "type": st.just("object"),
            "properties": st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
            "required": st.lists(st.sampled_from(KEYS), max_size=2, unique=True),
        },
        optional={"additionalProperties": st.booleans()},
    )
    arrays = st.fixed_dictionaries(
        {"type": st.just("array"), "items": inner}, optional={"minItems": st.just(1), "maxItems": st.just(2)}
    )
    maps = st.fixed_dictionaries(
        {"type": st.just("object"), "additionalProperties": inner}, optional={"maxProperties": st.just(1)}
    )
    unions = st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)})
    return objects | arrays | maps | unions


SCHEMAS = st.recursive(LEAVES, _containers, max_leaves=6).filter(lambda schema: isinstance(schema, dict))
NUMBERS = st.sampled_from([-1, 0, 1, 2, 3, 0.5, 1.5, 2.0])
TEXTS = st.sampled_from(["", "a", "b", "abc", "abcd"])
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)


def fitting(schema: Any) -> st.SearchStrategy[Json]:
    """Values near to the schema, most of which fit."""
    if not isinstance(schema, dict) or not schema:
        return VALUES
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if "anyOf" in schema:
        return st.one_of(*map(fitting, schema["anyOf"]))
    if schema["type"] == "array":
        return st.lists(fitting(schema.get("items")), max_size=2)
    if schema["type"] == "object" and "properties" in schema:
        return st.fixed_dictionaries(
            {key: fitting(schema["properties"].get(key, True)) for key in schema["required"]},
            optional={
                key: fitting(part) for key, part in schema["properties"].items() if key not in schema["required"]
            },
        )
    if schema["type"] == "object":
        return st.dictionaries(st.sampled_from(KEYS), fitting(schema.get("additionalProperties")), max_size=2)
    return VALUES


@given(schema=SCHEMAS, data=st.data())
@settings(max_examples=150)
def test_what_the_schema_accepts_the_classes_accept(schema: Any, data: st.DataObject) -> None:
    validator = jsonschema.Draft202012Validator(schema)
    with module(answering(schema)) as made:
        unsaid = set(re.findall("not checked here: (.*)", made.TEXT))
        assert unsaid <= {"the schema false"}  # of a field that is required and forbidden
        for value in data.draw(st.lists(VALUES | fitting(schema), min_size=3, max_size=6)):
            fits = validator.is_valid(value)
            try:
                answer = made.P.parse(json.dumps(value))
            except ValidationError as error:
                assert not fits, f"{value!r} fits, but: {error}"
            else:
                assert fits or unsaid, f"{value!r} does not fit, but is {answer!r}"
                back = answer.model_dump_json(by_alias=True, exclude_unset=True)
                assert json.loads(back) == value


def test_fields_can_be_read() -> None:
    schema = {
        "type": "object",
        "description": "An answer with its sources.",
        "properties": {
            "text": {"type": "string", "description": "What is said."},
            "sources": {"type": "array", "items": {"$ref": "#/$defs/source"}},
            "count": {"type": "integer"},
            "class": {"enum": ["a", "b"]},
            "next": {"$ref": "#"},
        },
        "required": ["text", "sources"],
        "$defs": {"source": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}},
    }
    with module(answering(schema)) as made:
        answer = made.P.parse('{"text": "t", "sources": [{"id": "d"}], "count": 2.0, "class": "b", "next": '
                              '{"text": "u", "sources": []}, "more": 1}')  # fmt: skip
        assert isinstance(answer, made.POutput)
        assert isinstance(answer.sources[0], made.POutputSource)
        assert (answer.text, answer.sources[0].id, answer.count, answer.class_) == ("t", "d", 2, "b")
        assert isinstance(answer.next, made.POutput) and answer.next.next is None
        for wrong in ('{"text": "t"}', '{"text": "t", "sources": [{}]}', '{"text": "t", "sources": [], "count": null}',
                      '{"text": "t", "sources": [], "next": {}}', "```json\n{}\n```", "", "[]"):  # fmt: skip
            with pytest.raises(ValidationError):
                made.P.parse(wrong)


def test_a_closed_object_takes_no_more() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "object", "additionalProperties": False}},
        "required": ["b"],
    }
    with module(answering(schema)) as made:
        assert made.P.parse('{"a": {}, "b": 1, "c": 2}').model_extra == {"c": 2}
        for wrong in ('{"a": {"c": 1}, "b": 1}', '{"a": {}}'):
            with pytest.raises(ValidationError):
                made.P.parse(wrong)


def test_a_whole_answer_that_is_no_object() -> None:
    with module(
        answering({"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}})
    ) as made:
        assert made.P.parse('[{"id": "x"}]').root[0].id == "x"
    tree = {"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "properties": {
        "below": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}}}  # fmt: skip
    with module(answering(tree)) as made:
        assert made.P.parse('{"below": [{"below": [{}]}]}').below[0].below[0].below is None
    endless = {"$ref": "#/$defs/l", "$defs": {"l": {"type": "array", "items": {"$ref": "#/$defs/l"}}}}
    with module(answering(endless)) as made:
        assert '# not checked here: $ref "#/$defs/l"\nclass POutput(RootModel[list[Json]], ' in made.TEXT


def test_what_cannot_be_said_is_named() -> None:
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z]+$", "format": "uuid", "minLength": 1},
            "n": {"type": "integer", "multipleOf": 5},
            "either": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "both": {"allOf": [{"type": "string"}, {"minLength": 1}]},
            "one": {"allOf": [{"type": "string"}]},
            "set": {"type": "array", "uniqueItems": True, "maxLength": 7},
            "never": False,
            "untyped": {"properties": {"a": {"type": "string"}}},
            "guess": {"minLength": 3},
            "evil": {"type": "string", "pattern": "\n    import os  # '''\"\"\"\x1b[2J\u2028\u202e"},
        },
        "minProperties": 1,
        "additionalProperties": {"type": "string"},
        "if": {"required": ["n"]},
    }
    with module(answering(schema)) as made:
        notes = re.findall(r"# not checked here: (.*(?:\n *#   .*)*)", made.TEXT)
        answer = made.P.parse('{"id": "A", "n": 3, "set": [1, 1], "one": "x", "extra": 1, "untyped": {"a": "b"}}')
    assert answer.extra == 1 and answer.untyped.a == "b"
    assert sorted(re.sub(r"\n *#   ", " ", note) for note in notes) == sorted(
        [
            'additionalProperties {"type":"string"}; if {"required":["n"]}; minProperties 1',
            'format "uuid"; pattern "^[a-z]+$"',
            "multipleOf 5",
            "that no second one of oneOf fits",
            'allOf [{"type":"string"},{"minLength":1}]',
            "uniqueItems true",
            "the schema false",
            "that it may be no object, since there is no type",
            "minLength 3",
            'pattern "\\n    import os  # \'\'\'\\"\\"\\"\\u001b[2J\\u2028\\u202e"',
        ]
    )


@pytest.mark.parametrize("kind", [{"type": "array", "items": {"type": "null"}},
                                  {"type": "object", "additionalProperties": {"type": "null"}}])  # fmt: skip
def test_what_holds_nulls_may_not_be_null_itself(kind: Json) -> None:
    with module(answering({"type": "object", "properties": {"x": kind}})) as made:
        assert made.P.parse("{}").x is None
        with pytest.raises(ValidationError, match="must not be null"):
            made.P.parse('{"x": null}')


def test_a_whole_answer_that_may_be_null_and_holds_itself() -> None:
    schema: Json = {"type": ["object", "null"], "properties": {"next": {"$ref": "#"}}}
    with module(answering(schema)) as made:
        assert made.P.parse("null").root is None
        assert made.P.parse('{"next": {"next": null}}').root.next.root.next is None


def test_a_schema_that_grows_without_end_is_refused() -> None:
    defs = {f"d{i}": {"anyOf": [{"type": "array", "items": {"$ref": f"#/$defs/d{i + 1}"}}] * 2} for i in range(40)}
    schema = {"$ref": "#/$defs/d0", "$defs": {**defs, "d40": {"type": "string"}}}
    with pytest.raises(InputError, match="more than 5,000 parts"), module(answering(schema)):
        pass
    deep: Json = {"type": "string"}
    for _ in range(60):
        deep = {"type": "array", "items": deep}
    with pytest.raises(InputError, match="deeper than 50 levels"):
        OutputClasses(deep, "P", set()).write()
