"""The prompt: what the model sees, who may pass what, and the digest that names exactly that."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from llmops_cli.errors import InputError
from llmops_cli.files.json_value import Json, digest
from llmops_cli.prompts.template import Template, TemplateError, TemplateFormat, parse_template
from llmops_cli.prompts.variable import Variable
from llmops_cli.prompts.version import Version

NAME = re.compile(r"[a-z0-9]([a-z0-9\-_/]*[a-z0-9])?\Z")
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; in a prompt its content is template text, once rendered it is what the model sees.

    `parts` are the paths of the partials that were included in it.
    """

    role: Role
    content: str
    parts: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def as_json(self) -> dict[str, Json]:
        return {"role": self.role, "content": self.content}


@dataclass(frozen=True, slots=True)
class Output:
    """What the prompt promises to answer: free text, or JSON, perhaps of a schema (already read from its file)."""

    format: Literal["text", "json"] = "text"
    schema: Mapping[str, Json] | None = None


@dataclass(frozen=True)
class Prompt:
    """A prompt at one version. A frozen value: two prompts with the same digest are the same to the model."""

    name: str
    version: Version
    messages: tuple[Message, ...]
    template_format: TemplateFormat
    variables: Mapping[str, Variable]
    model: str = ""
    params: Mapping[str, Json] = field(default_factory=dict)
    tools: tuple[Mapping[str, Json], ...] = ()
    output: Output = field(default_factory=Output)
    description: str = ""
    owner: str = ""
    metadata: Mapping[str, Json] = field(default_factory=dict)
    path: str = ""
    parts: tuple[str, ...] = ()  # the files it reads besides its own, from the project root, in order of reading
    # where the words come from: the partials by path, and the messages before anything was included; may be unknown
    partials: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    written: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def reference(self) -> str:
        """`NAME@VERSION`, as tags and recordings write it."""
        return f"{self.name}@{self.version}"

    @cached_property
    def digest(self) -> str:
        """sha256 over canonical JSON of what the model sees; line ends count as LF, comments and owners not at all."""
        return digest(self.contract())

    def contract(self) -> dict[str, Json]:
        """The part of the prompt that the digest covers."""
        return {
            "messages": [{"role": m.role, "content": m.content.replace("\r\n", "\n")} for m in self.messages],
            "template_format": self.template_format,
            "variables": {name: variable.contract() for name, variable in self.variables.items()},
            "model": self.model,
            "params": dict(self.params),
            "tools": [dict(tool) for tool in self.tools],
            "output": {
                "format": self.output.format,
                "schema": dict(self.output.schema) if self.output.schema else None,
            },
        }

    @property
    def unused(self) -> list[str]:
        """Variables that no message mentions: the caller passes them for nothing."""
        mentioned = {name for template in self.templates for name in template.names}
        return [name for name in self.variables if name not in mentioned]

    @cached_property
    def templates(self) -> tuple[Template, ...]:
        """The parsed content of every message. Raises TemplateError."""
        return tuple(parse_template(message.content, self.template_format) for message in self.messages)

    def render(self, values: Mapping[str, Json]) -> tuple[Message, ...]:
        """The messages with all variables filled in.

        Raises InputError that names every missing, unknown or misfitting variable.
        """
        problems = self.misfits(values)
        if problems:
            takes = ", ".join(name if v.required else f"{name} (optional)" for name, v in self.variables.items())
            raise InputError(f"{self.reference}: " + "; ".join(problems), hint=f"it takes: {takes or 'no variables'}")
        known: dict[str, Json] = {name: variable.default for name, variable in self.variables.items()}
        filled = {**known, **values}
        try:
            return tuple(
                Message(message.role, template.render(filled))
                for message, template in zip(self.messages, self.templates, strict=True)
            )
        except TemplateError as error:
            raise InputError(f"{self.reference}: {error.message}", hint=error.hint) from None

    def misfits(self, values: Mapping[str, Json]) -> list[str]:
        """What is wrong with these values, one sentence each; empty when the prompt can be rendered with them."""
        missing = [
            f"variable {name!r} is missing"
            for name, variable in self.variables.items()
            if variable.required and name not in values
        ]
        unknown = [f"{name!r} is not a variable of this prompt" for name in values if name not in self.variables]
        wrong = [
            f"variable {name!r} {reason}"
            for name, value in values.items()
            if name in self.variables and (reason := self.variables[name].misfit(value))
        ]
        return missing + unknown + wrong


def tool_name(tool: Mapping[str, Json]) -> str:
    """The name of a tool, in either shape that providers take (`{function: {name}}` or `{name}`); empty without one."""
    name = tool_function(tool).get("name")
    return name if isinstance(name, str) else ""


def tool_function(tool: Mapping[str, Json]) -> Mapping[str, Json]:
    """The part of a tool that names and describes it."""
    function = tool.get("function")
    return function if isinstance(function, dict) else tool


def tool_schema(tool: Mapping[str, Json]) -> Mapping[str, Json]:
    """The JSON schema of a tool's arguments; empty when it takes none."""
    function = tool_function(tool)
    for key in ("parameters", "input_schema"):
        schema = function.get(key)
        if isinstance(schema, dict):
            return schema
    return {}
