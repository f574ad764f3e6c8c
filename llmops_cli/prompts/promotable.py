"""Whether a release may become live, which it may not once it is yanked, and what there is instead."""

from collections.abc import Sequence

from llmops_cli.errors import GateError
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.tag import Release


def check_promotable(registry: Registry, release: Release) -> str:
    """What to tell whoever promotes a release or rolls back to it: that it is deprecated; empty for nothing.

    Raises GateError when it is yanked.
    """
    if release.yanked:
        other = next_lower(registry, release)
        hint = f"the next lower one that is not yanked: {other.version}" if other else ""
        raise GateError(f"{release.reference} is yanked: {release.yanked}", hint=hint or "no lower one is left")
    return f"{release.reference} is deprecated: {release.deprecated}" if release.deprecated else ""


def next_lower(registry: Registry, release: Release) -> Release | None:
    """The highest release below this one that is not yanked; a prerelease only where there is nothing else."""
    name, yanked = release.name, registry.yanked(release.name)
    lower = [one for one in registry.versions(name) if one < release.version and one not in yanked]
    best = next((one for one in reversed(lower) if not one.pre), lower[-1] if lower else None)
    return registry.release(name, best) if best else None


def said_of(registry: Registry, prompt: Prompt) -> tuple[str, str]:
    """Why the release that has this very content is yanked, and why it, or the prompt as a whole, is deprecated."""
    release = registry.release(prompt.name, prompt.version)
    if release is not None and release.digest == prompt.digest:
        return release.yanked, release.deprecated
    whole = registry.mark(prompt.name)
    return "", whole.sentence if whole else ""


def way_back(registry: Registry, name: str, stack: Sequence[str], live: str) -> str:
    """The version that was live before, passing over what is yanked; empty when there is none.

    `stack` as `live.stack_of` gives it.
    """
    unwanted = {live, *map(str, registry.yanked(name))}
    return next((version for version in reversed(stack) if version not in unwanted), "")
