"""What `promote --all` means: all that another environment serves, or the latest release of every prompt."""

from collections.abc import Mapping

from llmops_cli.errors import InputError
from llmops_cli.prompts.default_branch import find_default_branch
from llmops_cli.prompts.file import prompt_names
from llmops_cli.prompts.live import Live
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.wish import Target


def all_of(source: str, live: Mapping[str, Live]) -> tuple[Target, ...]:
    """What an environment serves. Raises InputError when that is nothing."""
    if not live:
        raise InputError(f"nothing is live on {source}, so there is nothing to promote")
    return tuple(Target(name, str(one.version)) for name, one in sorted(live.items()))


def latest_of_all(registry: Registry) -> tuple[Target, ...]:
    """The latest release of every prompt that the default branch still has, but of deprecated prompts and of those
    with prereleases alone. Raises InputError when there are none."""
    branch = find_default_branch(registry)
    kept = prompt_names(branch.tree, folder=branch.settings().prompts) if branch else registry.authored()
    latest = [release for name in kept if registry.mark(name) is None and (release := registry.latest(name))]
    found = tuple(Target(release.name, str(release.version)) for release in latest if not release.version.pre)
    if not found:
        hint = "no tags fetched; run: git fetch --tags" if registry.tags_missing() else "run: llmops prompt release"
        raise InputError("no prompt has a release, so there is nothing to promote", hint=hint)
    return found
