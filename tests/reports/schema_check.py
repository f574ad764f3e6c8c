"""Documents held against our own published schemas, with every object closed: a key that no schema knows is found."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.conftest import ROOT


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed["additionalProperties"] = False
    return closed


@cache
def _validator(name: str) -> Draft202012Validator:
    text = (ROOT / f"docs/reference/schemas/{name}.schema.json").read_text(encoding="utf-8")
    schema = _closed(json.loads(text))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def faults(name: str, document: object) -> list[str]:
    """What is wrong with a document, by the schema of this name; each with its place."""
    return [f"{error.json_path}: {error.message[:200]}" for error in _validator(name).iter_errors(document)]
