"""Who reads a file: the prompts that would change with a partial or an output schema."""

from dataclasses import dataclass

from llmops_cli.errors import FileError, Problem
from llmops_cli.prompts.file import load_prompt, prompt_names, prompt_path
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.registry import Registry


@dataclass(frozen=True, slots=True)
class UsedBy:
    """The prompts of the working tree that read `path`, by name, and why of some nobody can say whether they do."""

    path: str
    prompts: tuple[Prompt, ...]
    problems: tuple[Problem, ...]


def used_by(registry: Registry, path: str) -> UsedBy:
    """Which prompts read the file at a path from the project root, directly or through another partial."""
    tree, folder = registry.work_tree, registry.folder
    prompts: list[Prompt] = []
    problems: dict[Problem, None] = {}
    for name in prompt_names(tree, folder=folder):
        try:
            file = prompt_path(tree, name, folder=folder)
            prompt = load_prompt(tree, file or name, folder=folder)
        except FileError as error:
            problems |= dict.fromkeys(error.problems)
            continue
        if path in prompt.parts:
            prompts.append(prompt)
    return UsedBy(path, tuple(prompts), tuple(problems))
