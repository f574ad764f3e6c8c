"""The variables of a prompt as the fields of a class: the rules of prompts/variable.py in pydantic's words."""

import math
from collections.abc import Collection, Mapping

from llmops_cli.prompts.codegen.field import Field, one_of
from llmops_cli.prompts.codegen.python_text import attribute_name, literal
from llmops_cli.prompts.variable import Variable

_ANNOTATIONS = {
    "string": "str",
    "integer": "int",
    "number": "int | float",
    "boolean": "bool",
    "array": "list[Json]",
    "object": "dict[str, Json]",
}


def variable_fields(variables: Mapping[str, Variable], taken: Collection[str]) -> dict[str, Field]:
    """The field of every variable, in the order of the prompt; no field is called like one of `taken`.

    A variable whose own name can be a field has it, whatever the others need.
    """
    plain = {name for name in variables if attribute_name(name, taken) == name}
    fields: dict[str, Field] = {}
    for name, variable in variables.items():
        used = {*taken, *(plain - {name}), *(field.name for field in fields.values())}
        fields[name] = _field(attribute_name(name, used), variable)
    return fields


def _field(name: str, variable: Variable) -> Field:
    return Field(
        name,
        one_of(variable.enum) if variable.enum is not None else _ANNOTATIONS[variable.type],
        default="" if variable.required else literal(variable.default),
        constraints={} if variable.enum is not None else _bounds(variable),
        description=variable.description,
    )


def _bounds(variable: Variable) -> dict[str, str]:
    """The bounds; for an integer the nearest integers inside."""
    low, high = variable.minimum, variable.maximum
    if variable.type == "integer":
        low = math.ceil(low) if low is not None else None
        high = math.floor(high) if high is not None else None
    given = {"min_length": variable.min_length, "max_length": variable.max_length, "ge": low, "le": high}
    return {key: literal(value) for key, value in given.items() if value is not None}
