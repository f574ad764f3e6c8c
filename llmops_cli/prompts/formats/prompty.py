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
from llmops_cli.prompts.formats.prompty_reading import HEADER, read
from llmops_cli.prompts.formats.schemas import Entries
from llmops_cli.prompts.formats.settings import Told, write_params
from llmops_cli.prompts.formats.wording import variables_of
from llmops_cli.prompts.prompt import Prompt, tool_function, tool_name, tool_schema


def write(prompt: Prompt, told: Told) -> Sheet:
    """The prompt in two halves. Raises LeftOutError where its messages cannot be told apart."""
    front: Entries = {"name": prompt.name}
    if prompt.description:
        front["description"] = prompt.description
    if model := _written_model(prompt, told):
        front["model"] = model
    if variables := variables_of(prompt):
        front["inputs"] = [_written_input(name, one, told) for name, one in variables.items()]
    if prompt.tools:
        front["tools"] = [_written_tool(tool) for tool in prompt.tools]
    front["template"] = {"format": "jinja2", "parser": "prompty"}
    return Sheet(front, "".join(_written_message(prompt, index, told) for index in range(len(prompt.messages))))


def _written_model(prompt: Prompt, told: Told) -> Entries:
    model: Entries = {}
    provider, slash, name = prompt.model.partition("/")
    if slash and provider in ("openai", "azure", "anthropic"):
        model |= {"id": name, "provider": provider}
    elif prompt.model:
        model["id"] = prompt.model
    options = write_params(prompt.params, "params", told)
    if prompt.output.format == "json":
        schema = dict(prompt.output.schema) if prompt.output.schema else None
        described: Entries = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        options["response_format"] = described if schema else {"type": "json_object"}
    return {**model, **({"options": options} if options else {})}


def _written_tool(tool: Mapping[str, Json]) -> Entries:
    description = tool_function(tool).get("description")
    about: Entries = {"description": description} if description else {}
    return {"name": tool_name(tool), "kind": "function", **about, "parameters": dict(tool_schema(tool))}


def _written_input(name: str, variable: Entries, told: Told) -> Entries:
    made: Entries = {"name": name, "kind": variable["type"]}
    for key, value in variable.items():
        if key in ("description", "default"):
            made[key] = value
        elif key == "enum":
            made["enumValues"] = value
        elif key != "type":
            told.left_out(f"variable {name}", f"{key} has no place in this format")
    return {**made, "required": "default" not in variable}


def _written_message(prompt: Prompt, index: int, told: Told) -> str:
    message = prompt.messages[index]
    text = message.content
    if prompt.template_format != "jinja":
        text = jinja_text(pieces_of(text, prompt.template_format))
    if any(HEADER.match(line.rstrip("\r")) for line in text.split("\n")):
        raise LeftOutError("a line of a message reads as the header of another one, such as `user:`")
    if "\r" in text:
        told.differs(f"messages[{index}]", "line ends become \\n")
    if "tojson" in text:
        told.differs(f"messages[{index}]", "tojson of jinja2 writes <, >, & and ' as escapes")
    return f"{message.role}:\n{text}\n"


PROMPTY: Final = Format(
    name="prompty",
    endings=(".prompty",),
    parse=lambda text, path: read_sheet(text, path=path),
    read=read,
    write=write,
    text=lambda sheet: sheet_text(sheet.front or {}, sheet.body),
)
