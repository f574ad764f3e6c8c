"""dotprompt, Google's `.prompt` files: YAML with Picoschema above, Handlebars below.

Source: https://google.github.io/dotprompt/reference (frontmatter, picoschema, template), version of 2026-01.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.foreign import FILES, Format
from llmops_cli.prompts.formats.front_matter import Sheet, read_sheet, sheet_text
from llmops_cli.prompts.formats.handlebars import PARTIAL_ENDING, PARTIALS, read_handlebars
from llmops_cli.prompts.formats.handlebars_text import handlebars_text
from llmops_cli.prompts.formats.jinja_pieces import pieces_of
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.formats.pieces import Include, Marker, Piece, Pieces, Text, merged, walk
from llmops_cli.prompts.formats.schemas import Entries, mapping, picoschema
from llmops_cli.prompts.formats.settings import Told, read_params, renamed, write_params
from llmops_cli.prompts.formats.wording import (
    Spoken,
    completed,
    declared,
    jinja_of,
    message_keys,
    object_schema,
    refuse_loops_over_objects,
    variables_of,
)  # fmt: skip
from llmops_cli.prompts.prompt import Prompt, tool_function, tool_name, tool_schema

_PROVIDERS: Final = {"googleai": "gemini", "vertexai": "vertex_ai"}
_READ: Final = ("model", "description", "config", "tools", "toolDefs", "input", "output", "name", "variant", "version")
_ROLES: Final = {"system": "system", "user": "user", "model": "assistant"}
NAME: Final = "dotprompt"
HISTORY: Final = "history"
_BLANK: Final = "{{!}}"  # a comment that keeps the blanks at the end of a file


def read(sheet: Sheet, told: Told) -> Entries:
    """The keys of a prompt of ours. Raises LeftOutError."""
    front = sheet.front or {}
    keys: Entries = {}
    if isinstance(front.get("description"), str):
        keys["description"] = front["description"]
    if isinstance(front.get("model"), str):
        keys["model"] = renamed(str(front["model"]), _PROVIDERS)
    if params := read_params(mapping(front.get("config")), "config", told):
        keys["params"] = params
    body = sheet.body.strip() if sheet.front is not None else sheet.body
    skipped = sheet.body[: len(sheet.body) - len(sheet.body.lstrip())] if sheet.front is not None else ""
    messages, pieces, history = _messages(body, sheet.line + skipped.count("\n") - 1, told)
    partials = _partials(pieces, sheet)
    for included in partials.values():
        pieces = (*pieces, *included)
    if partials:
        keys[FILES] = {path: jinja_of(included) + "\n" for path, included in partials.items()}
    variables = completed(_variables(mapping(front.get("input")), told), pieces, told, strict=False)
    refuse_loops_over_objects(pieces, variables)
    keys["variables"] = variables
    keys |= message_keys(messages, "jinja")
    keys |= _tools(front, told)
    keys |= _output(front.get("output"), told)
    if history is not None:
        keys["metadata"] = {NAME: {HISTORY: history}}
    for key in front:
        if key not in _READ:
            told.differs(key, "is kept in the metadata of the prompt, and means nothing here")
    return keys


def _messages(body: str, above: int, told: Told) -> tuple[list[Spoken], Pieces, int | None]:
    """The messages, all their pieces, and before which message (from 0) the conversation goes.

    `above` is the number of lines of the file above the body.
    """
    try:
        pieces, comments = read_handlebars(body, _special)
    except LeftOutError as error:
        message = re.sub(r"\Aline (\d+)", lambda found: f"line {int(found[1]) + above}", str(error))
        raise LeftOutError(message) from None
    if any(comments):
        told.differs("the template", "its comments are not carried over")
    spoken: list[tuple[str, list[Piece]]] = [("user", [])]
    history: int | None = None
    for piece in pieces:
        if not isinstance(piece, Marker):
            spoken[-1][1].append(piece)
            continue
        if piece.name == HISTORY:
            told.left_out("{{history}}", "a conversation follows the messages of a prompt; its place is kept")
            history = sum(not _blank(said) for _, said in spoken)
        role = "assistant" if piece.name == HISTORY else piece.name
        if _blank(spoken[-1][1]):
            spoken[-1] = (role, spoken[-1][1])
        else:
            spoken.append((role, []))
    messages = [(role, jinja_of(merged(said))) for role, said in spoken if not _blank(said)]
    return messages, pieces, history


def _partials(pieces: Pieces, sheet: Sheet) -> dict[str, Pieces]:
    """The partials that are included, by the paths that they get: of `{{>header}}` the text of `_header.prompt`."""
    found: dict[str, Pieces] = {}
    for piece in walk(pieces):
        if not isinstance(piece, Include) or piece.path in found:
            continue
        name = piece.path.removeprefix(PARTIALS).removesuffix(PARTIAL_ENDING)
        text = sheet.beside(f"_{name}.prompt")
        if text is None:
            raise LeftOutError(f"{{{{>{name}}}}}: there is no _{name}.prompt beside it")
        inner = read_sheet(text, path=f"_{name}.prompt")
        found[piece.path], _ = read_handlebars(inner.body.strip() if inner.front is not None else inner.body)
        if any(isinstance(one, Include) for one in walk(found[piece.path])):
            raise LeftOutError(f"_{name}.prompt includes a partial itself; put the text of that one into it")
    return found


def _special(words: Sequence[str], line: int) -> Piece | None:
    """`role` and `history`, which stand between messages."""
    match list(words):
        case ["role", role]:
            name = role.strip("\"'")
            if name not in _ROLES:
                raise LeftOutError(f"line {line}: the role {name!r} has no counterpart")
            return Marker(_ROLES[name])
        case ["history"]:
            return Marker(HISTORY)
    return None


def _blank(pieces: Sequence[Piece]) -> bool:
    return all(isinstance(piece, Text) and not piece.text.strip() for piece in pieces)


def _variables(given: Mapping[str, Json], told: Told) -> Entries:
    schema = picoschema(given["schema"]) if given.get("schema") else {}
    return declared(schema, mapping(given.get("default")), "input", told)


def _tools(front: Mapping[str, Json], told: Told) -> Entries:
    defined = front.get("toolDefs")
    tools: list[Json] = []
    for one in defined if isinstance(defined, list) else []:
        given = mapping(one)
        function: Entries = {"name": given.get("name")}
        if given.get("description"):
            function["description"] = given["description"]
        if given.get("inputSchema"):
            function["parameters"] = picoschema(given["inputSchema"])
        if "outputSchema" in given:
            told.differs(f"tool {given.get('name')}", "its outputSchema is kept in the metadata, and not checked here")
        tools.append({"type": "function", "function": function})
    names = [tool_name(tool) for tool in tools if isinstance(tool, dict)]
    mentioned = front.get("tools")
    for name in mentioned if isinstance(mentioned, list) else []:
        if name not in names:
            told.left_out(f"tool {name}", "it is defined in a program; write it into `tools` of the prompt")
    return {"tools": tools} if tools else {}


def _output(given: Json, told: Told) -> Entries:
    output = mapping(given)
    kind = output.get("format", "json" if output.get("schema") else "text")
    if kind not in ("json", "text"):
        told.differs("output.format", f"{kind} is kept in the metadata; here the output is text")
    if kind != "json":
        return {}
    schema = picoschema(output["schema"]) if output.get("schema") else None
    return {"output": {"format": "json", **({"schema": schema} if schema else {})}}


def write(prompt: Prompt, told: Told) -> Sheet:
    """The prompt in two halves. Raises LeftOutError where Handlebars cannot say its messages."""
    front: Entries = {}
    if prompt.description:
        front["description"] = prompt.description
    if prompt.model:
        front["model"] = renamed(prompt.model, {ours: theirs for theirs, ours in _PROVIDERS.items()})
    if prompt.params:
        known, others = write_params(prompt.params)
        front["config"] = {**known, **others}
        for key in others:
            told.differs(f"config.{key}", "is written under the name that it has here")
    if prompt.tools:
        front["tools"] = [tool_name(tool) for tool in prompt.tools]
        front["toolDefs"] = [_tool_def(tool) for tool in prompt.tools]
    if variables := variables_of(prompt):
        defaults = {name: one["default"] for name, one in variables.items() if "default" in one}
        front["input"] = {"schema": _pico(variables), **({"default": defaults} if defaults else {})}
    if prompt.output.format == "json":
        schema: Entries = {"schema": dict(prompt.output.schema)} if prompt.output.schema else {}
        front["output"] = {"format": "json", **schema}
    return Sheet(front, _body(prompt))


def _tool_def(tool: Mapping[str, Json]) -> Entries:
    function = tool_function(tool)
    made: Entries = {"name": tool_name(tool)}
    if function.get("description"):
        made["description"] = function["description"]
    return {**made, "inputSchema": dict(tool_schema(tool)) or {"type": "object"}}


def _pico(variables: Mapping[str, Entries]) -> Entries:
    """The variables as a Picoschema where it can say them, else as a JSON schema."""
    made: Entries = {}
    for name, variable in variables.items():
        kind = variable["type"]
        if variable.keys() - {"type", "description", "default"} or kind not in (
            "string",
            "integer",
            "number",
            "boolean",
        ):
            return object_schema(variables)
        about = f", {variable['description']}" if variable.get("description") else ""
        made[f"{name}{'?' if 'default' in variable else ''}"] = f"{kind}{about}"
    return made


def _body(prompt: Prompt) -> str:
    """The messages as Handlebars; a comment at the end keeps the blanks before it."""
    body = ""
    roles = {ours: theirs for theirs, ours in _ROLES.items()}
    history = mapping(prompt.metadata.get(NAME)).get(HISTORY)
    for index, message in enumerate(prompt.messages):
        pieces = pieces_of(message.content, prompt.template_format)
        refuse_loops_over_objects(pieces, variables_of(prompt))
        text = handlebars_text(pieces)
        alone = len(prompt.messages) == 1 and message.role == "user" and not text[:1].isspace() and history is None
        body += ("{{history}}" if history == index else "") + (
            text if alone else f'{{{{role "{roles[message.role]}"}}}}{text}'
        )
    body += "{{history}}" if history == len(prompt.messages) else ""
    return body + (_BLANK if body[-1:].isspace() else "") + "\n"


DOTPROMPT: Final = Format(
    name=NAME,
    hidden=(".", "_"),
    endings=(".prompt",),
    parse=lambda text, path: read_sheet(text, path=path),
    read=read,
    write=write,
    text=lambda sheet: sheet_text(sheet.front or {}, sheet.body),
)
