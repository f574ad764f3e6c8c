"""LangChain's prompts in YAML and JSON: `_type: prompt | few_shot | chat`, and what `dumps` writes of a chat (`lc`).

Source: https://python.langchain.com/api_reference/core/prompts (PromptTemplate, FewShotPromptTemplate,
ChatPromptTemplate, loading) and `langchain_core.load`, 0.3.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from llmops_cli.errors import FileError, Problem
from llmops_cli.files.json_value import Json, parse_json
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.files.yaml_text import yaml_text
from llmops_cli.prompts.formats.foreign import FILES, Format
from llmops_cli.prompts.formats.front_matter import Sheet, has_comments
from llmops_cli.prompts.formats.jinja_pieces import pieces_of
from llmops_cli.prompts.formats.mustache import read_mustache
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.formats.pieces import Piece, Place, Print, Text
from llmops_cli.prompts.formats.schemas import Entries, mapping, type_of
from llmops_cli.prompts.formats.settings import Told
from llmops_cli.prompts.formats.wording import checked_jinja, completed, jinja_of, mentions, message_keys
from llmops_cli.prompts.partials import own_text
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.template import TemplateError, TemplateFormat, parse_template

_FORMATS: Final[Mapping[str, TemplateFormat]] = {"f-string": "braces", "jinja2": "jinja", "mustache": "jinja"}
_KNOWN: Final = {
    "_type", "input_variables", "template", "template_format", "partial_variables", "examples", "example_prompt",
    "prefix", "suffix", "example_separator", "template_path", "messages", "lc", "type", "id", "kwargs", "name",
    "optional_variables",
}  # fmt: skip
_SPEAKERS: Final = {
    "System": "system", "Human": "user", "AI": "assistant", "system": "system", "human": "user", "user": "user",
    "ai": "assistant", "assistant": "assistant",
}  # fmt: skip
_CLASS: Final = re.compile(r"(System|Human|AI)Message(PromptTemplate)?\Z")
_FILE_NAME: Final = re.compile(r"[\w\-]+\.txt")
_OF_MESSAGES: Final = ("prompt", "content", "role", "type", "input_variables")
_PLACEHOLDERS: Final = ("MessagesPlaceholder", "placeholder")


class _Said:
    """The messages as they are gathered: role, template, and which of our formats that is."""

    def __init__(self, told: Told, beside: Callable[[str], str | None]) -> None:
        self.told = told
        self.beside = beside
        self.files: Entries = {}
        self.messages: list[tuple[str, str, TemplateFormat]] = []
        self.partial: Entries = {}
        self.listed: list[str] = []

    def bind(self, given: Mapping[str, Json]) -> None:
        """Take its bound variables. Raises LeftOutError for one whose value a program makes."""
        bound = mapping(given.get("partial_variables"))
        for name, value in bound.items():
            if mapping(value).get("lc") is not None:
                raise LeftOutError(f"partial_variables.{name} is made by a program, and its value is not written down")
        self.partial |= bound

    def add(self, role: str, given: Mapping[str, Json], *, literal: bool = False) -> None:
        """A template with its syntax and bound variables; a `literal` one is text alone. Raises LeftOutError."""
        text = given.get("template")
        path = given.get("template_path")
        if isinstance(path, str):
            text = self.beside(path)
            if text is None:
                raise LeftOutError(f"template_path: there is no file {path} beside it")
        if not isinstance(text, str):
            raise LeftOutError("its template is no text")
        self.bind(given)
        names = given.get("input_variables")
        self.listed += [str(name) for name in names] if isinstance(names, list) else []
        if literal:
            self.messages.append((role, text.replace("{", "{{").replace("}", "}}"), "braces"))
            return
        syntax = str(given.get("template_format") or "f-string")
        if syntax not in _FORMATS:
            raise LeftOutError(f"template_format {syntax} has no counterpart")
        template = _template(text, syntax, self.told)
        if isinstance(path, str) and _FILE_NAME.fullmatch(path):
            where = f"partials/{path}"
            self.files[where] = template + "\n"  # an include leaves out one line end at the end of a file
            template = f'{{% include "{where}" %}}'
        self.messages.append((role, template, _FORMATS[syntax]))


def read(sheet: Sheet, told: Told) -> Entries:
    """The keys of a prompt of ours. Raises LeftOutError."""
    front = sheet.front or {}
    said = _Said(told, sheet.beside)
    _gather(front, said)
    formats = {template_format for _, _, template_format in said.messages}
    chosen: TemplateFormat = "braces" if formats <= {"braces"} else "jinja"
    messages = [
        (role, text if template_format == chosen else _in_jinja(text, template_format))
        for role, text, template_format in said.messages
    ]
    variables: Entries = {name: {"type": type_of(value), "default": value} for name, value in said.partial.items()}
    if variables:
        told.differs("partial_variables", "are defaults here, which a caller may replace")
    pieces: list[Piece] = []
    for text in [*(own_text(text, chosen) for _, text in messages), *map(str, said.files.values())]:
        pieces += mentions(text, chosen)
    variables = completed(variables, pieces, told, strict=True)
    variables |= {name: {"type": "string"} for name in said.listed if name not in variables}
    for key in front:
        if key not in _KNOWN:
            told.differs(key, "is kept in the metadata of the prompt, and means nothing here")
    files: Entries = {FILES: said.files} if said.files else {}
    return {"variables": variables, **message_keys(messages, chosen), **files}


def _in_jinja(text: str, template_format: TemplateFormat) -> str:
    if own_text(text, template_format) != text:
        raise LeftOutError("template_path: messages of several syntaxes cannot name files")
    return jinja_of(pieces_of(text, template_format))


def _gather(front: Mapping[str, Json], said: _Said) -> None:
    if front.get("lc") is not None:
        _gather_constructed(front, said)
        return
    match front.get("_type", "prompt"):
        case "prompt":
            said.add("user", front)
        case "few_shot":
            said.add("user", {**front, "template": _few_shot(front)})
        case "chat":
            for message in _listed(front.get("messages")):
                _gather_message(mapping(message), said)
        case other:
            raise LeftOutError(f"_type {other} has no counterpart")


def _gather_constructed(front: Mapping[str, Json], said: _Said) -> None:
    """What `dumps` writes: `{lc: 1, type: constructor, id: [..., CLASS], kwargs: {...}}`."""
    name, kwargs = _constructed(front)
    said.bind(kwargs)
    match name:
        case "PromptTemplate":
            said.add("user", kwargs)
        case "FewShotPromptTemplate":
            said.add("user", {**kwargs, "template": _few_shot(kwargs)})
        case "ChatPromptTemplate":
            for message in _listed(kwargs.get("messages")):
                _gather_message(mapping(message), said)
        case _:
            raise LeftOutError(f"{name or 'what is constructed'} has no counterpart")


def _gather_message(message: Mapping[str, Json], said: _Said) -> None:
    name, kwargs = _constructed(message) if message.get("lc") is not None else ("", message)
    if name in _PLACEHOLDERS or (not name and ("variable_name" in message or message.get("role") == "placeholder")):
        where = kwargs.get("variable_name") or kwargs.get("content")
        said.told.left_out(f"placeholder {where}", "a conversation follows the messages of a prompt; its place is kept")
        return
    found = _CLASS.match(name)
    spoken_by = found[1] if found else str(message.get("role") or message.get("type") or "human")
    role = _SPEAKERS.get(spoken_by)
    if role is None:
        raise LeftOutError(f"a message of {name or spoken_by} has no counterpart")
    for key, value in kwargs.items():
        if value and key in ("tool_calls", "invalid_tool_calls"):
            said.told.left_out(f"{key} of a message", "a message of a prompt is text alone")
        elif value and key not in _OF_MESSAGES:
            said.told.differs(f"{key} of a message", "is kept in the metadata of the prompt, and means nothing here")
    inner = mapping(kwargs.get("prompt"))
    if inner:
        said.add(role, _constructed(inner)[1] if inner.get("lc") is not None else inner)
    elif isinstance(kwargs.get("content"), str):
        said.add(role, {"template": kwargs["content"]}, literal=bool(found and not found[2]))
    else:
        raise LeftOutError(f"a message of {role} is no text")


def _constructed(data: Mapping[str, Json]) -> tuple[str, Entries]:
    """The class that something is of, and what it is made from."""
    path = data.get("id")
    name = str(path[-1]) if isinstance(path, list) and path else ""
    if data.get("type") != "constructor":
        raise LeftOutError(f"{name or 'a part'} is {data.get('type')}, and nothing of it is written down")
    return name, mapping(data.get("kwargs"))


def _few_shot(front: Mapping[str, Json]) -> str:
    """Prefix, examples and suffix as the one template that LangChain makes of them. Raises LeftOutError."""
    examples, shape = front.get("examples"), mapping(front.get("example_prompt"))
    shape = _constructed(shape)[1] if shape.get("lc") is not None else shape
    syntax = str(front.get("template_format") or "f-string")
    if not isinstance(examples, list) or "example_prompt_path" in front or not isinstance(shape.get("template"), str):
        raise LeftOutError("its examples, or how they are shown, are in another file; put them into this one")
    if str(shape.get("template_format") or "f-string") != "f-string" or syntax != "f-string":
        raise LeftOutError("few-shot examples are read in f-string syntax only")
    bound = mapping(shape.get("partial_variables"))
    shown = [_filled(str(shape["template"]), {**bound, **mapping(example)}) for example in examples]
    parts = [front.get("prefix") or "", *shown, front.get("suffix") or ""]
    separator = front.get("example_separator")
    return ("\n\n" if separator is None else str(separator)).join(str(part) for part in parts if part)


def _filled(template: str, example: Mapping[str, Json]) -> str:
    try:
        parsed = parse_template(template, "braces")
        if missing := sorted(parsed.names - example.keys()):
            raise LeftOutError(f"example_prompt: an example has no {', '.join(missing)}")
        text = parsed.render({name: example[name] for name in parsed.names})
    except TemplateError as error:
        raise LeftOutError(f"example_prompt: {error}") from None
    if "{" in text or "}" in text:
        raise LeftOutError("an example holds braces, which LangChain would read as variables")
    return text


def _template(text: str, syntax: str, told: Told) -> str:
    """A template in the format of ours that `_FORMATS` says. Raises LeftOutError with the line that is refused."""
    if syntax == "jinja2":
        return checked_jinja(text.removesuffix("\n"))  # as jinja2 itself does
    if syntax == "mustache":
        pieces, escapes = read_mustache(text, {})
        if escapes:
            told.differs("the template", "values are filled in as they are, without escapes for HTML")
        return jinja_of(pieces)
    try:
        parse_template(text, "braces")
    except TemplateError as error:
        raise LeftOutError(f"line {error.line}: {error.message}") from None
    return text


def write(prompt: Prompt, told: Told) -> Sheet:
    """The prompt as a document: `prompt` for one message of the user, else a chat as `dumps` writes it."""
    for key, value in (("model", prompt.model), ("params", prompt.params), ("tools", prompt.tools)):
        if value:
            told.left_out(key, "has no place in this format")
    if prompt.output.format == "json":
        told.left_out("output", "has no place in this format")
    if prompt.description:
        told.left_out("description", "has no place in this format")
    plain = [_f_string(message.content, prompt.template_format) for message in prompt.messages]
    syntax = "f-string" if None not in plain else "jinja2"
    texts = (
        [text or "" for text in plain] if syntax == "f-string" else [_jinja2(m.content, told) for m in prompt.messages]
    )
    names = [[name for name in prompt.variables if name in template.names] for template in prompt.templates]
    for name, variable in prompt.variables.items():
        if variable.contract() not in ({"type": "string"}, {"type": "string", "default": variable.default}):
            told.left_out(f"variable {name}", "its type and its limits have no place in this format")
    partial: Entries = {name: one.default for name, one in prompt.variables.items() if not one.required}
    if len(texts) == 1 and prompt.messages[0].role == "user":
        asked: list[Json] = [name for name in prompt.variables if name not in partial]
        front: Entries = {"_type": "prompt", "input_variables": asked}
        front |= {"partial_variables": partial} if partial else {}
        return Sheet({**front, "template_format": syntax, "template": texts[0]}, "")
    classes = {"system": "System", "user": "Human", "assistant": "AI"}
    messages: list[Json] = []
    for message, text, mentioned in zip(prompt.messages, texts, names, strict=True):
        inner = _constructor("prompt.PromptTemplate", {
            "input_variables": list(mentioned), "template": text, "template_format": syntax,
        })  # fmt: skip
        messages.append(_constructor(f"chat.{classes[message.role]}MessagePromptTemplate", {"prompt": inner}))
    asked = [name for name in prompt.variables if name not in partial]
    kwargs: Entries = {"input_variables": asked, "messages": messages}
    return Sheet(
        _constructor("chat.ChatPromptTemplate", {**kwargs, **({"partial_variables": partial} if partial else {})}), ""
    )


def _constructor(path: str, kwargs: Entries) -> Entries:
    return {
        "lc": 1, "type": "constructor", "id": ["langchain_core", "prompts", *path.split(".")], "kwargs": kwargs,
    }  # fmt: skip


def _f_string(text: str, template_format: TemplateFormat) -> str | None:
    """The template in f-string syntax, which knows nothing but names; None where it says more."""
    try:
        pieces = pieces_of(text, template_format)
    except LeftOutError:
        return None
    made = ""
    for piece in pieces:
        match piece:
            case Text():
                made += piece.text.replace("{", "{{").replace("}", "}}")
            case Print(place=Place(steps=()), json=False):
                made += f"{{{piece.place.name}}}"
            case _:
                return None
    return made


def _jinja2(text: str, told: Told) -> str:
    """The template for jinja2, which drops one line end at the end of it."""
    told.differs("template_format", "LangChain loads jinja2 only when it is told to")
    if "tojson" in text:
        told.differs("the template", "tojson of jinja2 sorts keys, and writes <, >, & and ' as escapes")
    return text + ("\n" if text.endswith("\n") else "")


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def parse(text: str, path: str) -> Sheet:
    """The document. Raises FileError where it is no mapping in YAML or JSON."""
    data: Json
    comments = False
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        try:
            data = parse_json(text)
        except ValueError as error:
            raise FileError([Problem(path, 0, "", f"not valid JSON: {error}")]) from None
    else:
        document = parse_yaml(text, path=path)
        data, comments = document.data, has_comments(text, document)
    if not isinstance(data, dict):
        raise FileError([Problem(path, 1, "", "a mapping of keys to values is expected")])
    return Sheet(data, "", comments=comments)


def document_text(sheet: Sheet) -> str:
    """A chat as JSON, as `loads` wants it; everything else as YAML."""
    front = {**(sheet.front or {})}
    return json.dumps(front, indent=2, ensure_ascii=False) + "\n" if "lc" in front else yaml_text(front)


LANGCHAIN: Final = Format(
    name="langchain", endings=(".yaml", ".yml", ".json"), parse=parse, read=read, write=write, text=document_text
)
