"""Environments whose log was rewritten: what this clone saw last is no part of what there is now."""

from collections.abc import Iterator, Sequence

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.clone_state import keep, recall
from llmops_cli.prompts.live import BRANCHES, Environment
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.verify.finding import Finding

_KEPT = "environments"


def rewritten(registry: Registry, environments: Sequence[Environment]) -> Iterator[Finding]:
    """A finding for every environment that does not contain what the last verification saw.

    Raises InputError when git tracks the state folder.
    """
    assert registry.repo is not None
    kept = recall(registry, _KEPT)
    for environment in environments:
        seen, now = kept.get(environment.name), _shared_tip(environment)
        if not isinstance(seen, str) or seen == now:
            continue
        if now is None or registry.repo.commit_of(seen) is None or not registry.repo.is_ancestor(seen, now):
            message = f"its log was at {seen[:7]} at the last verification in this clone, and does not hold that now"
            place = registry.config.state_dir / "registry" / f"{_KEPT}.json"
            hint = f"find out who pushed it by force, and what is missing; if that was meant, delete {place}"
            yield Finding("log-rewritten", "error", f"{BRANCHES}{environment.name}", message, hint)


def remember_tips(registry: Registry, environments: Sequence[Environment]) -> bool:
    """Write down where these environments are; False when it cannot be kept."""
    kept = recall(registry, _KEPT)
    tips: dict[str, Json] = {each.name: tip for each in environments if (tip := _shared_tip(each))}
    return tips.items() <= kept.items() or keep(registry, _KEPT, {**kept, **tips})


def _shared_tip(environment: Environment) -> str | None:
    """What the remote has, where that is known: what is only here may still give way to what others have pushed."""
    return environment.tracking or environment.local
