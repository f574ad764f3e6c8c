"""The JSON schemas (draft 2020-12) of what is stored and printed of runs, made from the shapes that read and write it.

They leave open what they do not know, since new keys may appear within a format.
"""

import json
import re
from collections.abc import Callable
from typing import Any, cast

from pydantic import BaseModel, TypeAdapter

from llmops_cli.evals.results_folder import OutcomeRecord
from llmops_cli.evals.run import FORMAT as RUN
from llmops_cli.evals.run import LoggedResult, Result, Run
from llmops_cli.reports.json_parts import BelongingJson, ComputedJson, DecidedJson
from llmops_cli.reports.json_report import FORMAT as EVAL
from llmops_cli.reports.jsonl import FORMAT as TRIAL

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def run_schema() -> Schema:
    """Of `ID.json`, what a run was; its results lie beside it."""
    schema = _run()
    side = schema["$defs"]["Side"]
    del side["properties"]["results"]
    schema["$defs"] = _used(schema)
    schema["properties"]["results"] = {"type": "integer", "minimum": 0}
    return _named(schema, RUN, "A stored run: what it was and what was decided. `results` counts its results.")


def result_schema() -> Schema:
    """Of a line of `ID.results.jsonl`; what has its default is left out."""
    return _named(_shape(LoggedResult), "llmops.result/1", "A line of the results of a stored run: one trial.")


def eval_schema() -> Schema:
    """Of the document of `eval run --json`."""
    run = _run()
    _add(run, ComputedJson)
    definitions = run.pop("$defs") | {"Run": run}
    keys = {"exit_code": {"type": "integer"}, "runs": {"type": "array", "items": {"$ref": "#/$defs/Run"}}}
    schema = {"type": "object", "properties": {"format": {"const": EVAL}, **keys}, "$defs": definitions}
    schema["required"] = ["format", *keys]
    return _named(schema, EVAL, "All runs of one command, with their results and metrics.")


def outcome_schema() -> Schema:
    """Of `outcome.json` in a folder of results."""
    name = str(OutcomeRecord.model_fields["format"].default)
    return _named(_shape(OutcomeRecord), name, "What one command came to, in a folder of `eval run --results`.")


def trial_schema() -> Schema:
    """Of a line of `eval report --format jsonl`."""
    schema = _shape(Result)
    _add(schema, BelongingJson)
    schema["required"] = list(schema["properties"])
    return _named(schema, TRIAL, "One trial: what it belongs to, and everything that is stored of it.")


SCHEMAS: dict[str, Callable[[], Schema]] = {
    "run": run_schema,
    "result": result_schema,
    "eval": eval_schema,
    "outcome": outcome_schema,
    "trial": trial_schema,
}


def _run() -> Schema:
    schema = _shape(Run)
    _add(schema, DecidedJson, required=False)
    return schema


def _add(schema: Schema, part: type[Any], *, required: bool = True) -> None:
    """Put the keys of a part into the schema of an object, in place of those of the same name."""
    more = _opened(TypeAdapter(part).json_schema())
    schema["properties"] |= more["properties"]
    schema["$defs"] = schema.get("$defs", {}) | more.get("$defs", {})
    if required:
        schema["required"] = [*schema.get("required", []), *more["required"]]
    schema["$defs"] = _used(schema)


def _shape(shape: type[BaseModel]) -> Schema:
    return cast(Schema, _opened(shape.model_json_schema()))


def _opened(schema: Any) -> Any:
    """The schema without the titles that pydantic makes of names, and open to new keys."""
    if isinstance(schema, list):
        return [_opened(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept: Schema = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            kept[key] = {name: _opened(one) for name, one in value.items()}
        elif key != "title" and (key, value) != ("additionalProperties", False):
            kept[key] = _opened(value)
    return kept


def _used(schema: Schema) -> Schema:
    """The definitions that the schema refers to, by way of each other too."""
    definitions = schema["$defs"]
    found: dict[str, Any] = {}
    waiting = [{key: value for key, value in schema.items() if key != "$defs"}]
    while waiting:
        for name in re.findall(r'"#/\$defs/(\w+)"', json.dumps(waiting.pop())):
            if name not in found:
                found[name] = definitions[name]
                waiting.append(definitions[name])
    return {name: found[name] for name in sorted(found)}


def _named(schema: Schema, format: str, description: str) -> Schema:
    """The schema as a document of its own."""
    identity = "urn:" + re.sub("[./]", ":", format)
    head = {"$schema": _DIALECT, "$id": identity, "title": format, "description": description}
    return head | {key: value for key, value in schema.items() if key not in head}
