"""The formats that a prompt can be exported to, by name."""

from llmops_cli.errors import InputError
from llmops_cli.files.shape import nearest
from llmops_cli.prompts.formats.dotprompt import DOTPROMPT
from llmops_cli.prompts.formats.foreign import Format, export_to
from llmops_cli.prompts.formats.imported import Exported
from llmops_cli.prompts.formats.langchain import LANGCHAIN
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.formats.promptfoo import export_promptfoo
from llmops_cli.prompts.formats.prompty import PROMPTY
from llmops_cli.prompts.formats.text import export_text
from llmops_cli.prompts.prompt import Prompt

FORMATS = {kind.name: kind for kind in (DOTPROMPT, PROMPTY, LANGCHAIN)}
TEXT, JSON, PROMPTFOO = "text", "json", "promptfoo"

NAMES = (*FORMATS, PROMPTFOO, TEXT, JSON)


def format_named(name: str) -> Format:
    """The format of this name. Raises InputError."""
    if name not in FORMATS:
        raise InputError(f"{name!r} is no format", hint=nearest(name, NAMES))
    return FORMATS[name]


def export_prompt(prompt: Prompt, to: str) -> Exported:
    """The prompt as a file of the format. Raises InputError where it cannot say the messages."""
    if to == TEXT:
        return export_text(prompt)
    try:
        return export_promptfoo(prompt) if to == PROMPTFOO else export_to(format_named(to), prompt)
    except LeftOutError as error:
        raise InputError(f"{prompt.reference} cannot be said in {to}: {error}") from None
