"""A prompt file's YAML as a `Prompt`: the shape, then everything a shape cannot see, all problems in one pass."""

from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import Field

from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.files.json_value import Json, parse_json
from llmops_cli.files.shape import FileShape, read_shape
from llmops_cli.files.yaml_source import Document, Key, dotted, parse_yaml
from llmops_cli.prompts.prompt import Message, Output, Prompt, Role, tool_name
from llmops_cli.prompts.reference import check_name
from llmops_cli.prompts.template import TemplateFormat
from llmops_cli.prompts.variable import Variable
from llmops_cli.prompts.version import Version
from llmops_cli.prompts.wording import Written, read_wording
from llmops_cli.vcs.tree import Tree, beside, read_text

ENDINGS = (".yaml", ".yml")
# these are said elsewhere in the file, or decide where the request and its key go, which no file of a change may
NOT_PARAMS = {"model", "messages", "tools", "stream", "api_key", "api_base", "base_url"}


class MessageShape(FileShape):
    """One of `messages:`."""

    role: Role = Field(description="Who speaks: system, user or assistant.")
    content: str = Field(description='Template text; `{% include "partials/x.md" %}` is the text of a file.')


class OutputShape(FileShape):
    """`output:`; the schema is a mapping, or the path of a JSON or YAML file relative to the prompt file."""

    format: Literal["text", "json"] = Field(default="text", description="What the prompt answers: text, or json.")
    schema_: str | dict[str, Json] | None = Field(
        default=None,
        alias="schema",
        description="The JSON schema of the answer: a mapping, or the path of a file relative to this one.",
    )


class PromptShape(FileShape):
    """The YAML of a prompt file."""

    name: str = Field(description="The path of the file below the prompts folder, without its ending.")
    version: str = Field(
        description="MAJOR.MINOR.PATCH, perhaps with a prerelease such as 2.0.0-rc.1; `llmops prompt bump` raises it."
    )
    description: str = Field(default="", description="What it is for. For people; not part of the digest.")
    owner: str = Field(default="", description="Who answers for it. For people; not part of the digest.")
    model: str = Field(default="", description="LiteLLM's name of the model: provider/model.")
    params: dict[str, Json] = Field(
        default_factory=dict,
        description="Sampling settings: temperature, max_tokens and the like. No keys, no addresses.",
    )
    template_format: TemplateFormat | None = Field(
        default=None, description="dollar $name, braces {name}, or jinja {{ name }}; inferred when missing."
    )
    variables: dict[str, Variable] | None = Field(
        default=None,
        description="What callers pass, by name. When missing: the names in the template, all required strings.",
    )
    template: str | None = Field(
        default=None,
        description='One message of the user, which the model sees; `{% include "x.md" %}` is the text of a file.',
    )
    messages: list[MessageShape] | None = Field(
        default=None, description="What the model sees, as several messages; instead of template."
    )
    tools: list[dict[str, Json]] = Field(
        default_factory=list, description="Tool definitions as the provider takes them; each has a name."
    )
    output: OutputShape = Field(default_factory=OutputShape, description="What the prompt promises to answer.")
    metadata: dict[str, Json] = Field(
        default_factory=dict, description="Anything else, for people and programs; not part of the digest."
    )


class Reading:
    """One pass over one file that gathers every problem before it gives up."""

    def __init__(self, document: Document, tree: Tree, path: str) -> None:
        assert isinstance(document.data, dict)
        self.document = document
        self.data = document.data
        self.tree = tree
        self.path = path
        self.problems: list[Problem] = []
        self.parts: dict[str, None] = {}

    def prompt(self, name: str) -> Prompt:
        shape = self._try(lambda: read_shape(PromptShape, self.document))
        self._check_name(name)
        version = self._version()
        written = self._messages()
        words = read_wording(self.document, self.tree, self.path, written, self._declared())
        self.problems += words.problems
        self.parts |= dict.fromkeys(words.partials)
        schema = self._schema()
        if shape is not None:
            self._check_values(shape)
        if self.problems or shape is None or version is None or words.template_format is None:
            own = self.document.path
            raise FileError(sorted(dict.fromkeys(self.problems), key=lambda one: (one.path != own, one.path, one.line)))
        variables = shape.variables
        if variables is None:
            variables = {each: Variable() for each in words.names}
        return Prompt(
            name=shape.name,
            version=version,
            messages=words.messages,
            template_format=words.template_format,
            variables=variables,
            model=shape.model,
            params=shape.params,
            tools=tuple(shape.tools),
            output=Output(shape.output.format, schema),
            description=shape.description,
            owner=shape.owner,
            metadata=shape.metadata,
            path=self.path,
            parts=tuple(self.parts),
            partials=words.partials,
            written=tuple(each.message.content for each in written),
        )

    def _check_name(self, expected: str) -> None:
        name = self.data.get("name")
        if not isinstance(name, str):
            return  # the shape says so
        try:
            check_name(name)
        except InputError as error:
            self._problem(("name",), error.message, error.hint)
            return
        if name != expected:
            self._problem(("name",), f"name {name!r} but the file is {self.path}", "rename one of the two")

    def _version(self) -> Version | None:
        version = self.data.get("version")
        if not isinstance(version, str):
            return None
        try:
            return Version.parse(version)
        except InputError as error:
            self._problem(("version",), error.message, error.hint)
            return None

    def _messages(self) -> list[Written]:
        """The messages as they are written; a `template` is one message of the user."""
        template, given = self.data.get("template"), self.data.get("messages")
        if (template is None) == (given is None):
            both = template is not None
            self._problem(
                ("messages",) if both else (),
                "template and messages say the same" if both else "template or messages is missing",
                "keep one of them" if both else "write the text of the prompt under template:",
            )
        found: list[Written] = []
        if isinstance(template, str):
            found.append(Written(("template",), Message("user", template)))
        if isinstance(given, list):
            if not given:
                self._problem(("messages",), "must hold at least one message")
            for index, each in enumerate(given):
                if message := _message(each):
                    found.append(Written(("messages", index, "content"), message))
        return found

    def _declared(self) -> frozenset[str] | None:
        """The names of the declared variables, None when the file declares none and they come from the template."""
        variables = self.data.get("variables")
        if variables is None:
            return None
        if not isinstance(variables, dict):
            return frozenset()
        for name in variables:
            if not name.isascii() or not name.isidentifier():
                self._problem(
                    ("variables", name), "no template can mention this name", "use letters, digits and _ only"
                )
        return frozenset(variables)

    def _schema(self) -> Mapping[str, Json] | None:
        """The output schema, read from its file where the prompt names one."""
        output = self.data.get("output")
        given = output.get("schema") if isinstance(output, dict) else None
        if given is None or not isinstance(output, dict):
            return None
        key: Key = ("output", "schema")
        if output.get("format", "text") != "json":
            self._problem(key, "a schema is for JSON output", "write format: json beside it")
        schema: Json = given
        if isinstance(given, str):
            try:
                place = beside(self.path, given)
                schema = _read_schema(self.tree, place)
                self.parts.setdefault(place)
            except FileError as error:
                self._problem(key, "; ".join(str(problem) for problem in error.problems))
                return None
        if not isinstance(schema, dict):
            self._problem(key, "a JSON schema is a mapping")
            return None
        if foreign := _foreign_reference(schema):
            self._problem(key, f"$ref {foreign!r} leads out of the schema", "put it under $defs and write #/$defs/NAME")
        return schema

    def _check_values(self, shape: PromptShape) -> None:
        for name in shape.params.keys() & NOT_PARAMS:
            self._problem(("params", name), "cannot be set here", "params are sampling settings of the model")
        seen: set[str] = set()
        for index, tool in enumerate(shape.tools):
            name = tool_name(tool)
            if not name:
                self._problem(("tools", index), "has no name", "write name: or function: {name: ...}")
            elif name in seen:
                self._problem(("tools", index), f"tool {name!r} is there twice", "remove one of the two")
            seen.add(name)

    def _try(self, read: Callable[[], PromptShape]) -> PromptShape | None:
        try:
            return read()
        except FileError as error:
            self.problems += error.problems
            return None

    def _problem(self, key: Key, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self.document.path, self.document.line(key), dotted(key), message, hint))


def _message(data: Json) -> Message | None:
    """A message where it is one; what else it may be, the shape says."""
    match data:
        case {"role": "system" | "user" | "assistant" as role, "content": str(content)}:
            return Message(role, content)
    return None


def _read_schema(tree: Tree, path: str) -> Json:
    text = read_text(tree, path)
    if path.endswith(ENDINGS):
        return parse_yaml(text, path=path).data
    try:
        return parse_json(text)
    except ValueError as error:
        raise FileError([Problem(path, 0, "", f"not valid JSON: {error}")]) from None


def _foreign_reference(schema: Json) -> str:
    """The first `$ref` to somewhere else: the digest could not see a change over there."""
    if isinstance(schema, list):
        return next((found for each in schema if (found := _foreign_reference(each))), "")
    if not isinstance(schema, dict):
        return ""
    reference = schema.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#"):
        return reference
    return next((found for each in schema.values() if (found := _foreign_reference(each))), "")
