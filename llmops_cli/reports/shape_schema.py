"""A JSON schema (draft-07, which editors know best) of a shape that people write, closed to unknown keys as that is."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]

DIALECT = "http://json-schema.org/draft-07/schema#"
# what a bound on a choice of types is called by pydantic, and by everybody else
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
_NULL = {"type": "null"}


def of_shape(shape: type[BaseModel]) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a shape without its definitions, and the definitions, by name."""
    raw = shape.model_json_schema(by_alias=True)
    definitions = {name: one for name, one in raw.pop("$defs", {}).items() if name != "Json"}
    return _told(raw), {name: _told(one) for name, one in definitions.items()}


def document(schema: Schema, definitions: dict[str, Schema], *, name: str, description: str) -> Schema:
    """The schema of a whole file."""
    head = {"$schema": DIALECT, "$id": f"urn:llmops:file:{name}", "title": f"llmops {name}", "description": description}
    rest = {key: value for key, value in schema.items() if key not in head}
    return head | rest | ({"definitions": dict(sorted(definitions.items()))} if definitions else {})


def reference(name: str) -> Schema:
    """Whatever the definition of this name says."""
    return {"$ref": f"#/definitions/{name}"}


def said(key: str, schema: Schema | None = None) -> Schema:
    """An object in which the key stands, and is like the schema."""
    return {"required": [key], "properties": {key: schema or {}}}


def when(condition: Schema, then: Schema) -> Schema:
    """One thing follows from the other."""
    return {"if": condition, "then": then}


def never_both(one: Schema, other: Schema) -> Schema:
    """At most one of the two holds."""
    return {"not": {"allOf": [one, other]}}


def pattern_of(pattern: re.Pattern[str]) -> str:
    """A pattern of ours that is matched as a whole, as JSON schemas write it."""
    return "^(?:" + re.sub(r"\(\?P<\w+>", "(?:", pattern.pattern).replace(r"\Z", "") + ")$"


def without_null(schema: Schema) -> Schema:
    """The schema for a place where null is no way to leave a key out."""
    members = [one for one in schema.get("anyOf", []) if one != _NULL]
    if not members or len(members) == len(schema["anyOf"]):
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf" and (key, value) != ("default", None)}
    return rest | (members[0] if len(members) == 1 else {"anyOf": members})


def _told(schema: Any) -> Any:
    """Pydantic's schema in draft-07: no titles made of names, bounds that bound, any JSON as it is."""
    if isinstance(schema, list):
        return [_told(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: _told(one) for name, one in value.items()}
        elif key == "$ref":
            kept |= {} if value.endswith("/Json") else reference(value.rpartition("/")[2])
        elif key in _BOUNDS:
            kept[_BOUNDS[key]] = value
        elif key == "additionalProperties" and value == {"$ref": "#/$defs/Json"}:
            kept[key] = True
        elif key not in ("title", "default") or (key == "default" and value is not None):
            kept[key] = _told(value) if key != "default" else value
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    return kept


def all_of(schema: Schema, rules: Iterable[Schema]) -> Schema:
    """The schema, and all the rules."""
    return schema | {"allOf": [*schema.get("allOf", []), *rules]}
