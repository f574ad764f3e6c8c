"""A fresh prompt file, with comments that teach what can be said in it."""

import io
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import LiteralScalarString

from llmops_cli.errors import InputError
from llmops_cli.prompts.file import prompt_path
from llmops_cli.vcs.tree import Tree, WorkTree

_TEMPLATE = """\
You are a $persona.
Answer the question in one short paragraph. When you do not know the answer, say so.

Question: $question
"""
_HEADER = """\
A prompt is versioned: after an edit, `llmops prompt bump {name}` raises the version as far as the change needs.
`llmops prompt diff {name}` shows what changed since the last release, and why that needs which level."""
_VARIABLES = """\
What a caller passes. A variable without a default is required; more limits: enum, min_length, max_length,
minimum, maximum; types: string, integer, number, boolean, array, object."""
_FORMAT = "dollar: $name, and $$ for a literal $ | braces: {name} | jinja: {{ name }}, if, for and filters"
_TEXT = "What the model sees. For several messages write instead: messages: [{role: system, content: ...}, ...]"
_OUTPUT = "For JSON: output: {format: json, schema: schemas/answer.json}, the path relative to this file."


def create_prompt(root: Path, name: str, *, folder: str, text: str, files: Tree | None = None) -> str:
    """Write the file of a new prompt and return its path relative to the project root.

    `files` are those of the project where they are more than what lies on disk.
    Raises InputError when no prompt can have this name, there is one already, or the file cannot be written.
    """
    there = prompt_path(files or WorkTree(root), name, folder=folder)
    if there is not None:
        raise InputError(f"{there} exists already", hint=f"edit it, then: llmops prompt bump {name}")
    if "schemas" in name.split("/")[:-1]:
        raise InputError(f"{name!r}: a folder called schemas holds no prompts", hint="choose another name")
    path = f"{folder.rstrip('/')}/{name}.yaml"
    target = root / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None
    return path


def new_prompt_text(name: str, *, model: str, description: str = "", owner: str = "") -> str:
    """The YAML of a new prompt at version 0.1.0 that loads as it stands. `model` is LiteLLM's name of the model."""
    data = CommentedMap()
    data["name"] = name
    data["version"] = "0.1.0"
    data["description"] = description or "What this prompt is for."
    if owner:
        data["owner"] = owner
    data["model"] = model
    data["params"] = _flow(temperature=0, max_tokens=500)
    data["template_format"] = "dollar"
    variables = CommentedMap()
    variables["question"] = _flow(type="string", min_length=1)
    variables["persona"] = _flow(type="string", default="concise technical assistant")
    data["variables"] = variables
    data["template"] = LiteralScalarString(_TEMPLATE)
    data["output"] = _flow(format="text")
    data.yaml_set_start_comment(_HEADER.format(name=name))
    data.yaml_set_comment_before_after_key("model", before="LiteLLM's name of the model: provider/model")
    data.yaml_set_comment_before_after_key("template_format", before=_FORMAT)
    data.yaml_set_comment_before_after_key("variables", before=_VARIABLES)
    data.yaml_set_comment_before_after_key("template", before=_TEXT)
    data.yaml_set_comment_before_after_key("output", before=_OUTPUT)
    stream = io.StringIO()
    yaml = YAML()  # not shared: an instance keeps state while it works
    yaml.width = 2**31
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(data, stream)
    return stream.getvalue()


def _flow(**values: object) -> CommentedMap:
    """A mapping on one line: `{type: string, min_length: 1}`."""
    data = CommentedMap(values)
    data.fa.set_flow_style()
    return data
