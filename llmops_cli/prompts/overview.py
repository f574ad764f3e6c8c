"""Every prompt at a glance: its version, whether that is released, and where it is live."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from llmops_cli.errors import FileError
from llmops_cli.prompts.file import load_prompt, prompt_path
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.tag import Release

State = Literal["released", "modified", "unreleased", "deleted", "broken"]


@dataclass(frozen=True, slots=True)
class Overview:
    """One prompt. `state` is of the working tree: `modified` means that its version is released with other content."""

    name: str
    version: str  # of the working tree, empty when deleted or broken
    state: State
    released: str  # the latest released version, empty for none
    live: Mapping[str, str]  # environment -> version
    problem: str = ""


def overview(registry: Registry) -> list[Overview]:
    """All prompts by name; a file that cannot be loaded is `broken`, never an exception."""
    authored = set(registry.authored())
    return [_one(registry, name, name in authored) for name in registry.names()]


def state_of(registry: Registry, name: str, version: str, digest: str) -> State:
    """How a version with this digest stands to the releases."""
    release = registry.release(name, version)
    if release is None:
        return "unreleased"
    return "released" if release.digest == digest else "modified"


def live_on(registry: Registry, release: Release) -> list[str]:
    """The environments that serve a release."""
    return [live.environment for live in registry.serving(release.name) if live.version == release.version]


def _one(registry: Registry, name: str, authored: bool) -> Overview:
    latest = registry.latest(name)
    released = str(latest.version) if latest else ""
    live = {served.environment: str(served.version) for served in registry.serving(name)}
    if not authored:
        return Overview(name, "", "deleted", released, live)
    try:
        path = prompt_path(registry.work_tree, name, folder=registry.folder)
        prompt = load_prompt(registry.work_tree, path or name, folder=registry.folder)
    except FileError as error:
        return Overview(name, "", "broken", released, live, error.message)
    state = state_of(registry, name, str(prompt.version), prompt.digest)
    return Overview(name, str(prompt.version), state, released, live)
