"""Typed variables: what fits, what does not, and declarations that make no sense."""

from typing import Any

import pytest
from pydantic import ValidationError

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.variable import Variable


def variable(**keys: Any) -> Variable:
    return Variable.model_validate(keys)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ({}, ""),
        ({"type": "integer"}, 3),
        ({"type": "number"}, 3),
        ({"type": "number"}, 0.5),
        ({"type": "boolean"}, False),
        ({"type": "array"}, []),
        ({"type": "object"}, {"a": [1.5, None]}),
        ({"enum": ["a", "b"]}, "b"),
        ({"min_length": 1, "max_length": 2}, "ab"),
        ({"type": "array", "max_length": 1}, [1]),
        ({"type": "integer", "minimum": 0, "maximum": 2}, 2),
    ],
)
def test_values_that_fit(keys: dict[str, Any], value: Json) -> None:
    assert variable(**keys).misfit(value) == ""


@pytest.mark.parametrize(
    ("keys", "value", "reason"),
    [
        ({}, 3, "must be of type string, not integer"),
        ({}, None, "must be of type string, not null"),
        ({"type": "integer"}, "3", "must be of type integer, not string"),
        ({"type": "integer"}, 3.0, "must be of type integer, not number"),
        ({"type": "integer"}, True, "must be of type integer, not boolean"),
        ({"type": "number"}, False, "must be of type number, not boolean"),
        ({"type": "number"}, float("nan"), "must hold finite numbers only"),
        ({"type": "array"}, [{"a": float("inf")}], "must hold finite numbers only"),
        ({"type": "array"}, "a", "must be of type array, not string"),
        ({"type": "object"}, [], "must be of type object, not array"),
        ({"enum": ["a", "b"]}, "c", 'must be one of "a", "b"'),
        ({"type": "array", "enum": [[1]]}, [True], "must be one of [1]"),
        ({"min_length": 1}, "", "is shorter than min_length 1"),
        ({"type": "array", "max_length": 1}, [1, 2], "is longer than max_length 1"),
        ({"type": "number", "minimum": 0}, -0.5, "is below minimum 0"),
        ({"type": "integer", "maximum": 2}, 3, "is above maximum 2"),
    ],
)
def test_values_that_do_not_fit_say_why(keys: dict[str, Any], value: Json, reason: str) -> None:
    assert variable(**keys).misfit(value) == reason


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"type": "integer", "min_length": 1}, "min_length and max_length are for strings and arrays"),
        ({"minimum": 1}, "minimum and maximum are for numbers"),
        ({"default": 3}, "the default must be of type string, not integer"),
        ({"default": None}, "the default must be of type string, not null"),
        ({"min_length": 2, "default": "a"}, "the default is shorter than min_length 2"),
        ({"enum": []}, "enum must list at least one value"),
        ({"enum": ["a", 1]}, "a value of enum must be of type string, not integer"),
        ({"type": "integer", "enum": [1], "maximum": 0}, "a value of enum is above maximum 0"),
        ({"min_length": 3, "max_length": 2}, "min_length is larger than max_length"),
        ({"min_length": -1}, "min_length must not be negative"),
        ({"type": "number", "minimum": 1, "maximum": 0.5}, "minimum is larger than maximum"),
    ],
)
def test_declarations_that_make_no_sense(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        variable(**keys)
    assert caught.value.errors()[0]["msg"] == f"Value error, {message}"


def test_a_variable_without_a_default_is_required() -> None:
    assert variable().required
    assert not variable(default="").required


def test_the_contract_leaves_out_what_a_caller_cannot_notice() -> None:
    assert variable(description="x").contract() == {"type": "string"}
    assert variable(default="").contract() == {"type": "string", "default": ""}
    assert variable(type="integer", maximum=3, enum=[1, 2]).contract() == {
        "type": "integer", "maximum": 3, "enum": [1, 2],
    }  # fmt: skip
