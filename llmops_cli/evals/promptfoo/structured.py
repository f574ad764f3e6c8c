"""Checks of structure out of promptfoo's: JSON and its schemas, XML, SQL, tool calls."""

import re
from collections.abc import Mapping
from typing import Final

from llmops_cli.errors import FileError
from llmops_cli.evals.promptfoo.asked import Asked, Entry, listed, refused
from llmops_cli.files.json_value import Json
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.prompts.formats.note import LeftOutError


def json_check(asked: Asked) -> Entry:
    """`is-json`, `contains-json`: the schema in place. Raises LeftOutError."""
    schema = asked.value
    if isinstance(schema, str):
        schema = _yaml(schema) if schema.strip() else None
    objects: Entry = {"type": "object"}  # what promptfoo finds within a text; we find lists as well
    if not schema:
        return {"type": asked.base} if asked.base == "is-json" else {"type": asked.base, "schema": objects}
    if not isinstance(schema, dict):
        raise refused(f"{asked.base} needs a JSON schema, which is an object")
    if asked.base == "contains-json" and schema.get("type") != "object":
        schema = {**({"$schema": schema["$schema"]} if "$schema" in schema else {}), "allOf": [objects, schema]}
    older = "$schema" not in schema and _uses_older_draft(schema)
    return {
        "type": asked.base,
        "schema": {"$schema": "http://json-schema.org/draft-07/schema#", **schema} if older else schema,
    }


def _yaml(text: str) -> Json:
    try:
        return parse_yaml(text, path="the schema").data
    except FileError as error:
        raise refused(str(error)) from None


def _uses_older_draft(schema: Json) -> bool:
    """Whether a schema says something that the newest draft reads otherwise."""
    if isinstance(schema, list):
        return any(map(_uses_older_draft, schema))
    if not isinstance(schema, dict):
        return False
    if isinstance(schema.get("items"), list) or "additionalItems" in schema or "dependencies" in schema:
        return True
    return any(map(_uses_older_draft, schema.values()))


def xml_check(asked: Asked) -> Entry:
    """`is-xml`, `contains-xml`: paths of elements that must be there. Raises LeftOutError."""
    value = asked.value
    if isinstance(value, dict):
        value = value.get("requiredElements") if value else None
        if not isinstance(value, list):
            raise refused(f"{asked.base} needs requiredElements")
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if not value:
        return {"type": asked.base}
    if not isinstance(value, list):
        raise refused(f"{asked.base} needs a text or a list")
    paths: list[Json] = [str(path).replace(".", "/") for path in value]
    return {"type": asked.base, "required_elements": paths}


_DIALECTS: Final[Mapping[str, str]] = {
    "mysql": "mysql", "mariadb": "mysql", "postgresql": "postgres", "postgresqlegacy": "postgres", "sqlite": "sqlite",
    "transactsql": "tsql", "bigquery": "bigquery", "snowflake": "snowflake", "hive": "hive", "redshift": "redshift",
    "athena": "athena", "trino": "trino",
}  # fmt: skip


def sql_check(asked: Asked) -> Entry:
    """`is-sql`, `contains-sql`. promptfoo names columns with their table, which ours do not. Raises LeftOutError."""
    value = {} if asked.value in (None, "") else asked.value
    if not isinstance(value, dict):
        raise refused(f"{asked.base} needs an object")
    database = str(value.get("databaseType") or "MySQL")
    made: Entry = {"type": asked.base, "dialect": _DIALECTS.get(database.lower(), "")}
    if not made["dialect"] or "allowedColumns" in value:
        raise LeftOutError(
            f"{asked.base}: {'allowedColumns' if made['dialect'] else database} has no counterpart", "sql"
        )
    if "allowedTables" in value:
        found = [re.fullmatch(r"(select|insert|update|delete|create|drop|alter)::(\w+)::(\w+)", str(one))
                 for one in listed(value["allowedTables"])]  # fmt: skip
        if not found or None in found or len({match[1] for match in found if match}) > 1:
            raise LeftOutError(f"{asked.base}: these allowedTables have no counterpart", "sql")
        names: list[Json] = [match[3] if match[2] == "null" else f"{match[2]}.{match[3]}" for match in found if match]
        made |= {"allowed_tables": names, "allowed_statements": [match[1] for match in found if match][:1]}
    return made


def tool_names(asked: Asked) -> Entry:
    """`tool-call-f1`: a list of names, or names with commas between them. Raises LeftOutError."""
    value = asked.value
    names: list[Json] = [name.strip() for name in value.split(",")] if isinstance(value, str) else listed(value)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise refused("tool-call-f1 needs names of tools")
    return {"type": asked.base, "value": names, "threshold": 1 if asked.threshold is None else asked.threshold}
