"""What every reader of a foreign prompt does alike: variables from what a file declares and what its text mentions."""

from collections.abc import Mapping, Sequence

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.jinja_pieces import pieces_of
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.formats.pieces import Each, Piece, Pieces, Place, Print, jinja_text, kinds_of, walk
from llmops_cli.prompts.formats.schemas import EMPTY, Entries, mapping, property_of, variable_of
from llmops_cli.prompts.formats.settings import Told
from llmops_cli.prompts.partials import own_text
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.template import TemplateError, TemplateFormat, parse_template

Spoken = tuple[str, str]  # role, and text in the prompt's template format


def message_keys(messages: Sequence[Spoken], template_format: str) -> Entries:
    """`template_format`, and `template` for one message of the user, else `messages`. Raises LeftOutError for none."""
    if not messages:
        raise LeftOutError("there is no message in it")
    if len(messages) == 1 and messages[0][0] == "user":
        return {"template_format": template_format, "template": messages[0][1]}
    said: list[Json] = [{"role": role, "content": content} for role, content in messages]
    return {"template_format": template_format, "messages": said}


def jinja_of(pieces: Sequence[Piece]) -> str:
    """Pieces as jinja that our sandbox takes. Raises LeftOutError with the line where it does not."""
    text = jinja_text(pieces)
    checked_jinja(own_text(text, "jinja"))  # an include that stands there is of a partial that was brought in
    return text


def checked_jinja(text: str, line: int = 1) -> str:
    """Jinja of others, which begins at `line` of its file. Raises LeftOutError with the line that is refused here."""
    try:
        parse_template(text, "jinja")
    except TemplateError as error:
        hint = f" ({error.hint})" if error.hint else ""
        raise LeftOutError(f"line {max(error.line, 1) + line - 1}: {error.message}{hint}") from None
    return text


def mentions(text: str, template_format: TemplateFormat) -> Pieces:
    """A template in pieces; of one that pieces cannot say the variables alone. Raises TemplateError."""
    try:
        return pieces_of(text, template_format)
    except LeftOutError:
        return tuple(Print(Place(name)) for name in sorted(parse_template(text, template_format).names))


def declared(schema: Mapping[str, Json], defaults: Mapping[str, Json], where: str, told: Told) -> Entries:
    """The variables of a JSON schema of an object. What is optional without a default is empty by default."""
    properties, required = schema.get("properties"), schema.get("required")
    needed = required if isinstance(required, list) else []
    variables: Entries = {}
    for name, given in (properties if isinstance(properties, dict) else {}).items():
        variable, lost = variable_of(given if isinstance(given, dict) else {})
        if lost:
            told.differs(f"{where}.{name}", f"{', '.join(lost)}: is kept in the metadata, and not checked here")
        own = given.get("default") if isinstance(given, dict) else None
        default = defaults.get(name, own)
        if default is not None:
            variable["default"] = default
        elif name not in needed:
            variable |= empty_default(variable, f"{where}.{name}", told)
        variables[name] = variable
    for name, value in defaults.items():
        if name not in variables:
            variable, _ = variable_of({"enum": [value]})
            variables[name] = {"type": variable["type"], "default": value}
    return variables


def empty_default(variable: Mapping[str, Json], where: str, told: Told) -> Entries:
    """The default of an optional variable that states none: an empty value, where there is one and it fits."""
    kind = str(variable["type"])
    if kind in EMPTY and "enum" not in variable and not variable.get("min_length"):
        return {"default": EMPTY[kind]}
    told.differs(where, f"is required here: no {kind} stands for one that is not given")
    return {}


def completed(variables: Mapping[str, Json], pieces: Sequence[Piece], told: Told, *, strict: bool) -> Entries:
    """The variables, and those that the text mentions besides, which are required.

    `strict` says that the other tool wants them too; else it writes nothing for one that is not given, which is told.
    """
    found: Entries = {**variables}
    for name, kind in kinds_of(pieces).items():
        if name not in found:
            found[name] = {"type": kind}
            if not strict and variables:
                told.differs(name, "is mentioned and not declared: required here, and empty there when it is missing")
    return found


def refuse_loops_over_objects(pieces: Sequence[Piece], variables: Mapping[str, Json]) -> None:
    """Raises LeftOutError for a loop over an object: jinja goes through its keys, the others through its values."""
    for piece in walk(pieces):
        if isinstance(piece, Each) and not piece.items.steps:
            name = piece.items.name
            if mapping(variables.get(name)).get("type") == "object":
                raise LeftOutError(f"a loop over the object {name} goes through its keys here, and not there")


def variables_of(prompt: Prompt) -> dict[str, Entries]:
    """The variables of a prompt as plain data."""
    return {
        name: {**variable.contract(), **({"description": variable.description} if variable.description else {})}
        for name, variable in prompt.variables.items()
    }


def object_schema(variables: Mapping[str, Entries]) -> Entries:
    """Variables as the JSON schema of an object."""
    required: list[Json] = [name for name, variable in variables.items() if "default" not in variable]
    schema: Entries = {"type": "object", "properties": {name: property_of(one) for name, one in variables.items()}}
    return {**schema, "required": required} if required else schema
