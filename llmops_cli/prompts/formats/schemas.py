"""JSON schemas and Picoschema as typed variables of ours, and back.

Picoschema is dotprompt's short way to write a JSON schema: https://google.github.io/dotprompt/reference/picoschema
"""

import re
from collections.abc import Mapping
from typing import Final

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.note import LeftOutError

Entries = dict[str, Json]
_SCALARS: Final = ("any", "boolean", "integer", "null", "number", "string")
_TYPES: Final = ("string", "integer", "number", "boolean", "array", "object")
_BOUNDS: Final = {
    "minLength": "min_length", "maxLength": "max_length", "minItems": "min_length", "maxItems": "max_length",
    "minimum": "minimum", "maximum": "maximum",
}  # fmt: skip
EMPTY: Final[Mapping[str, Json]] = {"string": "", "array": [], "object": {}, "boolean": False}


def mapping(value: Json) -> Entries:
    """The value where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def picoschema(schema: Json) -> Entries:
    """A Picoschema, or the JSON schema that may stand in its place, as a JSON schema. Raises LeftOutError."""
    if isinstance(schema, str):
        return _scalar(schema)
    if isinstance(schema, dict):
        if schema.get("type") in (*_SCALARS, "object", "array"):
            return dict(schema)
        return {**schema, "type": "object"} if isinstance(schema.get("properties"), dict) else _object(schema)
    raise LeftOutError("a schema is a text or a mapping")


def _scalar(text: str) -> Entries:
    kind, comma, description = text.partition(",")
    kind = kind.strip()
    if kind not in _SCALARS:
        raise LeftOutError(f"the schema {kind!r} is defined in a program")
    schema: Entries = {} if kind == "any" else {"type": kind}
    return {**schema, "description": description.strip()} if comma else schema


def _object(fields: Mapping[str, Json]) -> Entries:
    properties: Entries = {}
    required: list[Json] = []
    schema: Entries = {"type": "object", "properties": properties, "additionalProperties": False}
    for key, value in fields.items():
        if key == "(*)":
            schema["additionalProperties"] = _inner(value)
            continue
        found = re.fullmatch(r"([^(?]+)(\?)?(?:\(([^,)]*)(?:,([^)]*))?\))?", key)
        if not found:
            raise LeftOutError(f"{key!r} is no key of a Picoschema")
        name, optional, kind, description = found[1].strip(), bool(found[2]), found[3], found[4]
        made = _typed(kind.strip(), value) if kind else _inner(value)
        if description:
            made["description"] = description.strip()
        if optional:
            made = _nullable(made)
        else:
            required.append(name)
        properties[name] = made
    if required:
        schema["required"] = required
    return schema


def _inner(value: Json) -> Entries:
    if isinstance(value, str):
        return _scalar(value)
    if isinstance(value, dict):
        return _object(value)
    raise LeftOutError("a Picoschema consists of texts and mappings")


def _typed(kind: str, value: Json) -> Entries:
    match kind, value:
        case "array", _:
            return {"type": "array", "items": _inner(value)}
        case "object", dict():
            return _object(value)
        case "enum", list():
            return {"enum": value}
    raise LeftOutError(f"({kind}) is no type of a Picoschema")


def _nullable(schema: Entries) -> Entries:
    kind, values = schema.get("type"), schema.get("enum")
    if isinstance(kind, str):
        return {**schema, "type": [kind, "null"]}
    return {**schema, "enum": [*values, None]} if isinstance(values, list) and None not in values else schema


def variable_of(schema: Mapping[str, Json]) -> tuple[Entries, list[str]]:
    """A property of a JSON schema as a variable of ours, and the keys of it that a variable cannot say."""
    kinds = schema.get("type")
    named = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind not in (None, "null")]
    values = schema.get("enum")
    values = [value for value in values if value is not None] if isinstance(values, list) else None
    kind = named[0] if len(named) == 1 and named[0] in _TYPES else _type_of(values)
    variable: Entries = {"type": kind}
    lost = [] if kind in named or (not named and values) else ["type"]
    for key, value in schema.items():
        if key == "description" and isinstance(value, str):
            variable["description"] = value
        elif key in _BOUNDS and isinstance(value, int | float):
            variable[_BOUNDS[key]] = value
        elif key == "enum" and values:
            variable["enum"] = values
        elif key not in ("type", "default"):
            lost.append(key)
    return variable, lost


def _type_of(values: list[Json] | None) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    kinds = {names.get(type(value), "string") for value in values or []}
    return kinds.pop() if len(kinds) == 1 else "string"


def type_of(value: Json) -> str:
    """The type of a variable that holds this value."""
    return _type_of([value])


def property_of(variable: Mapping[str, Json]) -> Entries:
    """A variable of ours as a property of a JSON schema, without its default."""
    sized = {"min_length": "minItems", "max_length": "maxItems"} if variable.get("type") == "array" else {}
    names = {"min_length": "minLength", "max_length": "maxLength", **sized}
    kept = {names.get(key, key): value for key, value in variable.items() if key != "default"}
    return {"type": kept.pop("type", "string"), **kept}
