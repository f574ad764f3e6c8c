"""Prompty, Microsoft's `.prompty` files: YAML above, below it messages under headers such as `system:`.

Source: https://prompty.ai/docs and https://github.com/microsoft/prompty, 2.1.
"""

from collections.abc import Mapping
from typing import Final

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.foreign import Format
from llmops_cli.prompts.formats.front_matter import Sheet, read_sheet, sheet_text
from llmops_cli.prompts.formats.jinja_pieces import pieces_of
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.formats.pieces import jinja_text
from llmops_cli.prompts.formats.prompty_reading import HEADER, object_of, read
from llmops_cli.prompts.formats.schemas import Entries, mapping
from llmops_cli.prompts.formats.settings import Told, write_params
from llmops_cli.prompts.formats.wording import variables_of
from llmops_cli.prompts.prompt import Prompt, tool_function, tool_name, tool_schema


def write(prompt: Prompt, told: Told) -> Sheet:
    """The prompt in two halves. Raises LeftOutError where its messages cannot be told apart."""
    front: Entries = {"name": prompt.name}
    if prompt.description:
        front["description"] = prompt.description
    if model := _written_model(prompt):
        front["model"] = model
    if variables := variables_of(prompt):
        front["inputs"] = [_written_input(name, one, told) for name, one in variables.items()]
    if prompt.tools:
        front["tools"] = [_written_tool(tool, told) for tool in prompt.tools]
    if outputs := _outputs(prompt):
        front["outputs"] = outputs
    front["template"] = {"format": "jinja2", "parser": "prompty"}
    return Sheet(front, "".join(_written_message(prompt, index, told) for index in range(len(prompt.messages))))


def _written_model(prompt: Prompt) -> Entries:
    model: Entries = {}
    provider, slash, name = prompt.model.partition("/")
    if slash and provider in ("openai", "azure", "anthropic"):
        model |= {"id": name, "provider": provider}
    elif prompt.model:
        model["id"] = prompt.model
    options, others = write_params(prompt.params)
    if prompt.output.format == "json" and not _outputs(prompt):
        schema = dict(prompt.output.schema) if prompt.output.schema else None
        described: Entries = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        others["response_format"] = described if schema else {"type": "json_object"}
    options |= {"additionalProperties": others} if others else {}
    return {**model, **({"options": options} if options else {})}


def _outputs(prompt: Prompt) -> list[Json]:
    """The output schema as fields; empty where fields cannot say it."""
    schema = dict(prompt.output.schema or {})
    fields = _fields_of(schema)
    return fields if fields and object_of(fields) == schema else []


def _fields_of(schema: Mapping[str, Json]) -> list[Json]:
    """The properties of the schema of an object as fields with names."""
    needed = schema.get("required")
    required = needed if isinstance(needed, list) else []
    properties = mapping(schema.get("properties"))
    return [{"name": name, **_field_of(mapping(one)), "required": name in required} for name, one in properties.items()]


def _field_of(schema: Mapping[str, Json]) -> Entries:
    """A JSON schema as a field without a name."""
    given = schema.get("type", "any")
    kind = next((one for one in given if one != "null"), "any") if isinstance(given, list) else given
    field: Entries = {"kind": kind}
    for key, value in schema.items():
        if key == "enum":
            field["enumValues"] = value
        elif key == "items":
            field["items"] = _field_of(mapping(value))
        elif key == "properties":
            field["properties"] = _fields_of(schema)
        elif key not in ("type", "required"):
            field[key] = value
    if kind == "array":
        field.setdefault("items", {"kind": "any"})
    if kind == "object":
        field.setdefault("properties", [])
    return field


def _written_tool(tool: Mapping[str, Json], told: Told) -> Entries:
    description = tool_function(tool).get("description")
    about: Entries = {"description": description} if description else {}
    schema = tool_schema(tool)
    fields = _fields_of(schema)
    if schema and object_of(fields) != schema:
        told.differs(f"tool {tool_name(tool)}", "what fields cannot say of its arguments is not written")
    return {"name": tool_name(tool), "kind": "function", **about, "parameters": fields}


def _written_input(name: str, variable: Entries, told: Told) -> Entries:
    for key in variable.keys() - {"type", "description", "default", "enum"}:
        told.left_out(f"variable {name}", f"{key} has no place in this format")
    said = {key: value for key, value in variable.items() if key in ("type", "description", "enum")}
    default = {"default": variable["default"]} if "default" in variable else {}
    return {"name": name, **_field_of(said), **default, "required": not default}


def _written_message(prompt: Prompt, index: int, told: Told) -> str:
    message = prompt.messages[index]
    text = message.content
    if prompt.template_format != "jinja":
        text = jinja_text(pieces_of(text, prompt.template_format))
    if any(HEADER.match(line.rstrip("\r")) for line in text.split("\n")):
        raise LeftOutError("a line of a message reads as the header of another one, such as `user:`")
    if "\r" in text:
        told.differs(f"messages[{index}]", "line ends become \\n")
    if text.strip("\n") != text:
        told.differs(f"messages[{index}]", "line ends around a message are dropped")
    if "tojson" in text:
        told.differs(f"messages[{index}]", "tojson of jinja2 sorts keys, and writes <, >, & and ' as escapes")
    return f"{message.role}:\n{text}\n"


PROMPTY: Final = Format(
    name="prompty",
    endings=(".prompty",),
    parse=lambda text, path: read_sheet(text, path=path),
    read=read,
    write=write,
    text=lambda sheet: sheet_text(sheet.front or {}, sheet.body),
)
