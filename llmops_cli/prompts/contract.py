"""A prompt read back from its contract, the part that its digest covers; a stored run keeps it of every side."""

from collections.abc import Mapping

from pydantic import Field

from llmops_cli.errors import InputError
from llmops_cli.files.json_value import Json, digest
from llmops_cli.files.shape import FileShape, shape_of
from llmops_cli.prompts.prompt import Message, Output, Prompt, Role
from llmops_cli.prompts.template import TemplateFormat
from llmops_cli.prompts.variable import Variable
from llmops_cli.prompts.version import Version


class _Message(FileShape):
    role: Role
    content: str


class _Output(FileShape):
    format: str
    schema_: dict[str, Json] | None = Field(alias="schema")


class _Contract(FileShape):
    messages: list[_Message]
    template_format: TemplateFormat
    variables: dict[str, Variable]
    model: str
    params: dict[str, Json]
    tools: list[dict[str, Json]]
    output: _Output


def read_contract(contract: Mapping[str, Json], *, name: str, version: str, named: str) -> Prompt:
    """The prompt with this contract, whose digest must be `named`: what is shown is what was measured.

    Descriptions, owner and metadata are not part of it, so they are empty. Raises InputError when it is no contract, or
    another one's.
    """
    if digest(dict(contract)) != named:
        raise InputError(f"the text of {name}@{version} is not the one that its digest names")
    try:
        read = shape_of(_Contract, dict(contract), path=name)
        known = Version.parse(version)
    except InputError as error:
        raise InputError(f"the text of {name}@{version} cannot be read: {error}") from None
    return Prompt(
        name=name,
        version=known,
        messages=tuple(Message(message.role, message.content) for message in read.messages),
        template_format=read.template_format,
        variables=read.variables,
        model=read.model,
        params=read.params,
        tools=tuple(read.tools),
        output=Output("json" if read.output.format == "json" else "text", read.output.schema_),
    )
