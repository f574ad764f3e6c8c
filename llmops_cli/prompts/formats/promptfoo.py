"""A prompt as a promptfoo configuration that has it as its only prompt: https://promptfoo.dev/docs/configuration/prompts.

(The way in is `llmops_cli.evals.promptfoo`, since a configuration is tests and checks as well.)
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from llmops_cli.files.json_value import Json
from llmops_cli.files.yaml_text import yaml_text
from llmops_cli.prompts.formats.imported import Exported
from llmops_cli.prompts.formats.jinja_pieces import pieces_of
from llmops_cli.prompts.formats.pieces import If, jinja_text, walk
from llmops_cli.prompts.formats.schemas import Entries
from llmops_cli.prompts.formats.settings import Told
from llmops_cli.prompts.formats.wording import refuse_loops_over_objects, variables_of
from llmops_cli.prompts.prompt import Message, Prompt
from llmops_cli.prompts.template import TemplateFormat

# promptfoo's name of a provider, and LiteLLM's
PROVIDERS: Final[Mapping[str, str]] = {
    "openai": "openai", "anthropic": "anthropic", "google": "gemini", "vertex": "vertex_ai", "bedrock": "bedrock",
    "azure": "azure", "azureopenai": "azure", "mistral": "mistral", "groq": "groq", "cohere": "cohere",
    "deepseek": "deepseek", "openrouter": "openrouter", "ollama": "ollama_chat", "xai": "xai",
    "perplexity": "perplexity", "togetherai": "together_ai", "fireworks": "fireworks_ai",
}  # fmt: skip
_KINDS: Final = {"openai": "chat:", "anthropic": "messages:", "azure": "chat:", "ollama": "chat:"}
_LOOKS_LIKE_FILE: Final = re.compile(r"file://|[^\n]+\.\w{1,5}(:\w+)?\Z")


def export_promptfoo(prompt: Prompt) -> Exported:
    """A configuration of one prompt and its model. Raises LeftOutError where Nunjucks cannot say the messages."""
    told = Told()
    front: Entries = {"description": prompt.description} if prompt.description else {}
    front["prompts"] = [{"label": prompt.name, "raw": _raw(prompt, told)}]
    if provider := _provider(prompt, told):
        front["providers"] = [provider]
    defaults: Entries = {name: one.default for name, one in prompt.variables.items() if not one.required}
    if defaults:
        front["defaultTest"] = {"vars": defaults}
    for name, variable in prompt.variables.items():
        if variable.contract().keys() - {"type", "default"}:
            told.left_out(f"variable {name}", "its limits have no place in this format")
    for key in prompt.metadata:
        told.left_out(f"metadata.{key}", "has no place in this format")
    if prompt.owner:
        told.left_out("owner", "has no place in this format")
    return Exported(yaml_text(front), tuple(told.notes))


def _raw(prompt: Prompt, told: Told) -> str:
    """The text of the one message of a user, else the messages in JSON."""
    variables = variables_of(prompt)
    for message in prompt.messages:
        pieces = pieces_of(message.content, prompt.template_format)
        refuse_loops_over_objects(pieces, variables)
        for piece in walk(pieces):
            name = piece.test.place.name if isinstance(piece, If) and piece.test.equals is None else ""
            if variables.get(name, {}).get("type") in ("array", "object"):
                told.differs(f"variable {name}", "Nunjucks takes it for true in a condition when it is empty, too")
    texts = [nunjucks_of(message.content, prompt.template_format) for message in prompt.messages]
    if len(texts) == 1 and prompt.messages[0].role == "user" and not _read_otherwise(texts[0]):
        return texts[0]
    messages = [Message(message.role, text) for message, text in zip(prompt.messages, texts, strict=True)]
    return json.dumps([message.as_json() for message in messages], ensure_ascii=False, indent=2)


def _read_otherwise(text: str) -> bool:
    """Whether promptfoo would take a text for the name of a file, or for messages."""
    try:
        json.loads(text)
    except ValueError:
        return bool(_LOOKS_LIKE_FILE.match(text.strip()))
    return True


def nunjucks_of(template: str, template_format: TemplateFormat) -> str:
    """A template of ours in Nunjucks. Raises LeftOutError with the line of what does not render the same there."""
    pieces = pieces_of(template, template_format)
    if template_format == "jinja" and "tojson" not in template and "{#" not in template:
        return template  # what pieces can say is written alike in both
    return re.sub(r" \| tojson(?:\(indent=(\d+)\))? \}\}", _dumped, jinja_text(pieces))


def _dumped(found: re.Match[str]) -> str:
    return f" | dump({found[1]}) }}}}" if found[1] else " | dump }}"


def _provider(prompt: Prompt, told: Told) -> Entries:
    provider, slash, name = prompt.model.partition("/")
    theirs = next((one for one, ours in PROVIDERS.items() if ours == provider), "")
    if prompt.model and (not slash or not theirs):
        told.left_out("model", f"{prompt.model} has no name that is known there")
        return {}
    config: Entries = dict(prompt.params)
    if prompt.tools:
        config["tools"] = [dict(tool) for tool in prompt.tools]
    if prompt.output.format == "json":
        schema = dict(prompt.output.schema) if prompt.output.schema else None
        described: Entries = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        config["response_format"] = described if schema else {"type": "json_object"}
    if not prompt.model:
        for key in config:
            told.left_out(key, "has no place without a model")
        return {}
    made: Json = f"{theirs}:{_KINDS.get(theirs, '')}{name}"
    return {"id": made, **({"config": config} if config else {})}
