"""The formats that a prompt can be exported to, by name."""

from collections.abc import Callable, Mapping

from llmops_cli.errors import InputError
from llmops_cli.files.shape import nearest
from llmops_cli.prompts.formats.imported import Exported
from llmops_cli.prompts.formats.text import export_text
from llmops_cli.prompts.prompt import Prompt

FORMATS: Mapping[str, Callable[[Prompt], Exported]] = {
    "text": export_text,
}


def export_prompt(prompt: Prompt, to: str) -> Exported:
    """The prompt as a file of the format. Raises InputError for an unknown format, and where it cannot say anything."""
    if to not in FORMATS:
        raise InputError(f"{to!r} is no format", hint=nearest(to, [*FORMATS, "json"]))
    return FORMATS[to](prompt)
