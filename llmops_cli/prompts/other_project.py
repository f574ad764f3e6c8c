"""Tags belong to the repository and not to a project in it: no two of its projects can release a prompt of one name."""

from llmops_cli.prompts.registry import Registry


def file_of_another(registry: Registry, name: str, path: str) -> str:
    """The file, from the top of the repository, that a release of this name was made from while it is not ours.

    `path` is our file, relative to the project root. Empty where there is none: a file that HEAD no longer has was
    moved, and not left to another project.
    """
    repo = registry.repo
    latest = registry.latest(name, yanked=True)
    if repo is None or latest is None or not latest.path or latest.path == registry.config.prefix + path:
        return ""
    head = repo.head()
    return latest.path if head and repo.object_ids([f"{head}:{latest.path}"]) != [None] else ""
