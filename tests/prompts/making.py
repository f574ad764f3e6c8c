"""Prompts for tests: files in memory, and prompts from a few lines of YAML."""

import re
from textwrap import dedent

from llmops_cli.files.json_value import Json, canonical
from llmops_cli.prompts.file import load_prompt
from llmops_cli.prompts.prompt import Prompt


class Files:
    """A tree in memory."""

    label = ""

    def __init__(self, files: dict[str, str | bytes]) -> None:
        self.files = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def paths(self, folder: str) -> list[str]:
        return sorted(path for path in self.files if path.startswith(folder.rstrip("/") + "/"))


def load(text: str, *, name: str = "p", **files: str) -> Prompt:
    """The prompt of a YAML text as `prompts/NAME.yaml`, with further files beside it (`schema="..."`: schema.json)."""
    tree = Files(
        {f"prompts/{name}.yaml": dedent(text), **{f"prompts/{each}.json": text for each, text in files.items()}}
    )
    return load_prompt(tree, f"prompts/{name}.yaml", folder="prompts")


def make(template: str = "Say $x.", version: str = "1.0.0", **keys: Json) -> Prompt:
    """A prompt called p; `keys` are further top-level keys of its file."""
    data: dict[str, Json] = {"name": "p", "version": version, **keys}
    if "messages" not in keys:
        data["template"] = template
    # JSON is YAML, but for the control characters that JSON may hold as they are
    return load(re.sub("[\x7f-\x9f]", lambda match: f"\\u{ord(match.group()):04x}", canonical(data)))
