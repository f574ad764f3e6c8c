"""How a Prompty file is read.

Read are both shapes of the YAML: `model: {api, configuration, parameters}` of version 1 and `model: {id, provider,
connection, options}` of version 2, which is what is written.
Sources: https://prompty.ai/docs and https://github.com/microsoft/prompty (specification, chat parser), 2.1.
"""

import re
from collections.abc import Mapping
from typing import Final, get_args

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.front_matter import Sheet
from llmops_cli.prompts.formats.mustache import read_mustache
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.formats.pieces import Piece
from llmops_cli.prompts.formats.schemas import Entries, mapping, type_of, variable_of
from llmops_cli.prompts.formats.settings import Told, is_reference, read_params
from llmops_cli.prompts.formats.wording import (
    Spoken,
    checked_jinja,
    completed,
    empty_default,
    jinja_of,
    mentions,
    message_keys,
)  # fmt: skip
from llmops_cli.prompts.prompt import Role

HEADER: Final = re.compile(
    r"[ \t]*#?[ \t]*(?P<role>assistant|developer|function|system|tools?|user)(?P<more>\[[^\n]*\])?[ \t]*:[ \t]*\Z",
    re.IGNORECASE,
)
_IMAGE: Final = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)")
_READ: Final = ("name", "description", "model", "inputs", "outputs", "template", "tools", "sample")
_PROVIDERS: Final = {
    "azure": "azure", "azure_openai": "azure", "azureopenai": "azure", "foundry": "azure", "openai": "openai",
    "anthropic": "anthropic", "google": "gemini",
}  # fmt: skip
_OF_INPUTS: Final = {"kind", "type", "required", "is_required", "default", "example", "sample", "strict"}
_KINDS: Final = {"float": "number", "list": "array", "bool": "boolean", "int": "integer", "dict": "object"}


def read(sheet: Sheet, told: Told) -> Entries:
    """The keys of a prompt of ours. Raises LeftOutError."""
    front = sheet.front or {}
    keys: Entries = {}
    if isinstance(front.get("description"), str):
        keys["description"] = front["description"]
    keys |= _model(mapping(front.get("model")), told)
    inputs = _inputs(front.get("inputs"), mapping(front.get("sample")), told)
    spoken, pieces = _messages(sheet, _syntax(front.get("template")), inputs, told)
    keys["variables"] = completed(inputs, pieces, told, strict=False)
    keys |= message_keys(spoken, "jinja")
    if front.get("outputs"):
        keys["output"] = {"format": "json", "schema": object_of(front["outputs"])}
    keys |= _tools(front.get("tools"), told)
    for key in front:
        if key not in _READ:
            told.differs(key, "is kept in the metadata of the prompt, and means nothing here")
    return keys


def _model(model: Mapping[str, Json], told: Told) -> Entries:
    """`model`, `params` and what of them says that the output is JSON."""
    if not model:
        return {}
    configuration = {**mapping(model.get("configuration")), **mapping(model.get("connection"))}
    provider = str(model.get("provider") or configuration.get("type") or "")
    names = (
        model.get("id"),
        configuration.get("azure_deployment"),
        configuration.get("name"),
        configuration.get("model"),
    )
    name = next((one for one in names if isinstance(one, str) and one), "")
    keys: Entries = {}
    if is_reference(name) or not name:
        told.left_out("model", "it is named where the prompt is run; write LiteLLM's name of it into the prompt")
    elif "/" in name:
        keys["model"] = name
    elif provider.lower() in _PROVIDERS:
        keys["model"] = f"{_PROVIDERS[provider.lower()]}/{name}"
    else:
        keys["model"] = name
        told.differs("model", f"the provider {provider or 'of it'} has no name here; write it before {name}/")
    if configuration:
        told.differs("model", "where requests go is kept in the metadata; here the environment says it")
    if model.get("api", "chat") != "chat" or model.get("apiType", "chat") != "chat":
        told.differs(
            "model", f"the API {model.get('api') or model.get('apiType')} is kept in the metadata, here it is chat"
        )
    given = {**mapping(model.get("parameters")), **mapping(model.get("options"))}
    further = {**mapping(given.pop("additionalProperties", None))}
    answer = mapping(
        given.pop("response_format", None) or given.pop("responseFormat", None) or further.pop("response_format", None)
    )
    if params := read_params(given, "model", told, further=further):
        keys["params"] = params
    if answer.get("type") in ("json_object", "json_schema"):
        schema = mapping(answer.get("json_schema")).get("schema")
        keys["output"] = {"format": "json", **({"schema": schema} if isinstance(schema, dict) else {})}
    return keys


def _fields(given: Json) -> dict[str, Entries]:
    """Fields by name: a mapping of them (version 1), or a list of those with a name (version 2)."""
    if isinstance(given, list):
        named = [one for one in given if isinstance(one, dict) and isinstance(one.get("name"), str)]
        return {str(one["name"]): {key: value for key, value in one.items() if key != "name"} for one in named}
    found: dict[str, Entries] = {}
    for name, value in mapping(given).items():
        if isinstance(value, dict):
            found[name] = value
        else:  # a name with its type, or with an example of it
            known = isinstance(value, str) and (
                value in _KINDS or value in ("string", "number", "integer", "boolean", "array", "object")
            )
            found[name] = {"type": value} if known else {"type": type_of(value), "sample": value}
    return found


def schema_of(field: Mapping[str, Json]) -> Entries:
    """A field as a JSON schema: its kind, of a list what is in it, of an object its fields."""
    kind = str(field.get("kind") or field.get("type") or "string")
    made: Entries = {} if kind == "any" else {"type": _KINDS.get(kind, kind)}
    for key, value in field.items():
        if key == "enumValues":
            made["enum"] = value
        elif key == "items":
            items = schema_of(mapping(value))
            made |= {"items": items} if items else {}
        elif key == "properties":
            made |= object_of(value) if value else {}
        elif key not in _OF_INPUTS:
            made[key] = value
    return made


def object_of(fields: Json) -> Entries:
    """Fields as the JSON schema of an object; those that are not said to be optional are required."""
    named = _fields(fields)
    required: list[Json] = [name for name, field in named.items() if field.get("required") is not False]
    schema: Entries = {"type": "object", "properties": {name: schema_of(field) for name, field in named.items()}}
    return {**schema, "required": required} if required else schema


def _inputs(given: Json, sample: Mapping[str, Json], told: Told) -> Entries:
    """The variables of `inputs`; of a file that has none those of its `sample`, which are required."""
    variables: Entries = {}
    fields = _fields(given) or {name: {"type": type_of(value)} for name, value in sample.items()}
    for name, field in fields.items():
        kind = str(field.get("kind") or field.get("type") or "string")
        if kind in ("thread", "image", "file", "audio"):
            raise LeftOutError(f"inputs.{name}: a variable of ours is no {kind}")
        variable, lost = variable_of(schema_of(field))
        if lost:
            told.differs(f"inputs.{name}", f"{', '.join(lost)}: is kept in the metadata, and not checked here")
        if field.get("default") is not None:
            variable["default"] = field["default"]
        elif field.get("required") is False or field.get("is_required") is False:
            variable |= empty_default(variable, f"inputs.{name}", told)
        variables[name] = variable
    return variables


def _syntax(given: Json) -> str:
    """The template syntax. Raises LeftOutError for one that is neither jinja nor mustache."""
    said = given
    if isinstance(given, dict):
        said = given.get("format") or given.get("type")
        said = said.get("kind") if isinstance(said, dict) else said
    syntax = str(said or "jinja2").lower()
    if syntax not in ("jinja2", "mustache"):
        raise LeftOutError(f"template: the syntax {syntax} has no counterpart")
    return syntax


def _messages(sheet: Sheet, syntax: str, inputs: Entries, told: Told) -> tuple[list[Spoken], list[Piece]]:
    """The messages, and the pieces of all: line ends as LF, and none around a message, as Prompty has them.

    A text above the first header is a message of the system.
    """
    found: list[tuple[str, int, list[str]]] = [("system", sheet.line, [])]
    for number, line in enumerate(sheet.body.replace("\r\n", "\n").split("\n"), sheet.line):
        header = HEADER.match(line)
        if header:
            role = header["role"].lower().replace("developer", "system")
            if role not in get_args(Role) or header["more"]:
                raise LeftOutError(f"line {number}: {line.strip()} has no counterpart")
            found.append((role, number + 1, []))
        elif line.strip().startswith("![thread]"):
            raise LeftOutError(f"line {number}: ![thread], a conversation among the messages, has no counterpart")
        else:
            found[-1][2].append(line)
    spoken: list[Spoken] = []
    pieces: list[Piece] = []
    kinds = {name: str(mapping(one).get("type")) for name, one in inputs.items()}
    for role, begin, lines in found:
        text = "\n".join(lines).strip("\n")
        if not text.strip():
            continue
        if _IMAGE.search(text):
            told.left_out(f"line {begin}", "an image, which stays the text that it is")
        spoken.append((role, _jinja(text, begin, syntax, kinds, told)))
        pieces += mentions(spoken[-1][1], "jinja")
    return spoken, pieces


def _jinja(text: str, line: int, syntax: str, kinds: Mapping[str, str], told: Told) -> str:
    if syntax == "jinja2":
        return checked_jinja(text, line)
    try:
        pieces, escapes = read_mustache(text, kinds)
    except LeftOutError as error:
        raise LeftOutError(f"in the message at line {line}, {error}") from None
    if escapes:
        told.differs("the template", "values are filled in as they are, without escapes for HTML")
    return jinja_of(pieces)


def _tools(given: Json, told: Told) -> Entries:
    tools: list[Json] = []
    for one in given if isinstance(given, list) else []:
        tool = mapping(one)
        parameters = tool.get("parameters")
        if str(tool.get("kind") or tool.get("type") or "") != "function" or not isinstance(tool.get("name"), str):
            told.left_out(f"tool {tool.get('name') or tool.get('id') or ''}".strip(), "it is no function of the caller")
            continue
        function: Entries = {key: tool[key] for key in ("name", "description") if tool.get(key)}
        if isinstance(parameters, list):
            parameters = object_of(parameters)
        if isinstance(parameters, dict):
            function["parameters"] = parameters
        tools.append({"type": "function", "function": function})
    return {"tools": tools} if tools else {}
