"""A repository with released prompts, and the registry of it."""

from llmops_cli.config import load_config
from llmops_cli.prompts.registry import Registry, open_registry
from llmops_cli.prompts.release import release
from tests.conftest import GitRepo
from tests.journeys.team import prompt

__all__ = ["opened", "prompt", "released"]


def opened(repo: GitRepo) -> Registry:
    """The registry as it is now."""
    return open_registry(load_config(repo.path))


def released(repo: GitRepo, *versions: str, name: str = "rag-answer") -> Registry:
    """Commit and release these versions in this order, each with words of its own."""
    for version in versions:
        repo.commit({f"prompts/{name}.yaml": prompt(version, f"Words of {version}.", name=name)}, f"{name} {version}")
        release(opened(repo), [name])
    return opened(repo)
