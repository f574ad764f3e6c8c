"""What an environment holds of released prompts, made without git: files, and tag objects, signed if one likes."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from llmops_cli.prompts.served import file_of, tag_of
from llmops_cli.prompts.tag import Release
from llmops_cli.runtime import Prompts, ServedPrompt
from tests.prompts.making import load

MakePrompts = Callable[..., Prompts]
QUESTION = "question: {type: string}"
BOTH = QUESTION + ", context: {type: string}"


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_760_000_000.0

    def __call__(self) -> float:
        return self.now


def text(version: str, *, name: str = "rag-answer", variables: str = QUESTION, more: str = "") -> str:
    """A prompt file that renders each variable after the words `Words of VERSION.`"""
    names = [part.split(":")[0].strip() for part in variables.split("},") if part.strip()]
    used = " ".join(f"${each}" for each in names)
    return (
        f"name: {name}\nversion: {version}\nmodel: openai/gpt-5-mini\ntemplate_format: dollar\n{more}"
        f"variables: {{{variables}}}\ntemplate: Words of {version}. {used}\n"
    )


def released(
    version: str, *, name: str = "rag-answer", variables: str = QUESTION, more: str = "", key: Path | None = None
) -> dict[str, bytes]:
    """The file and the tag of a release."""
    source = text(version, name=name, variables=variables, more=more)
    prompt = load(source, name=name)
    release = Release(name, prompt.version, prompt.digest, "c" * 40, f"prompts/{name}.yaml", "minor")
    head = (
        f"object {'c' * 40}\ntype commit\ntag {release.tag}\ntagger Ann Example <ann@example.org> 1750000000 +0000\n\n"
    )
    tag = (head + release.message().rstrip("\n") + "\n").encode()
    return {file_of(name): source.encode(), tag_of(name): tag + (signature(tag, key) if key else b"")}


def signature(data: bytes, key: Path) -> bytes:
    """What git appends to a tag when it is set up to sign with this key of SSH."""
    command = ["ssh-keygen", "-Y", "sign", "-n", "git", "-f", str(key)]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def said(prompt: ServedPrompt) -> tuple[str, str, float]:
    """What a prompt says of itself: version, source, age in seconds."""
    return prompt.version, prompt.source, prompt.age_s
