"""The prompts of many releases at once: two or three git processes, however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llmops_cli.errors import FileError
from llmops_cli.prompts.file import load_prompt
from llmops_cli.prompts.gto import load_gto
from llmops_cli.prompts.partials import MAX_LEVELS
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.tag import Release
from llmops_cli.vcs.many_commits import ManyCommits

Misfit = Literal["missing-file", "unreadable-file", "other-version", "other-digest"]
_ROUNDS = MAX_LEVELS + 2  # schemas and partials, the partials that those include, and one to spare


@dataclass(frozen=True, slots=True)
class ReleasedText:
    """A release and its prompt; `prompt` is None where it cannot be read or is another, and `problem` says why."""

    release: Release
    prompt: Prompt | None = None
    problem: str = ""
    misfit: Misfit | None = None


def read_released(registry: Registry, releases: Sequence[Release]) -> list[ReleasedText]:
    """The prompts of these releases, in their order. What cannot be read is a value, never an exception.

    Raises MeasureError when git cannot be asked.
    """
    if registry.repo is None:
        return [
            ReleasedText(release, problem="this is not a git repository", misfit="missing-file") for release in releases
        ]
    files = ManyCommits(registry.repo)
    files.read_ahead(f"{release.commit}:{release.path}" for release in releases)
    read = {release: _read(registry, files, release) for release in releases}
    for _ in range(_ROUNDS):
        if not files.read_ahead():
            break
        read |= {release: _read(registry, files, release) for release, text in read.items() if text.prompt is None}
    return [read[release] for release in releases]


def _read(registry: Registry, files: ManyCommits, release: Release) -> ReleasedText:
    place = registry.place_of(release)
    if files.read(f"{release.commit}:{release.path}") is None:
        problem = f"no such file in its commit {release.commit[:7]}: {release.path}"
        return ReleasedText(release, problem=problem, misfit="missing-file")
    tree = files.tree(release.commit, prefix=place.prefix, label=release.reference)
    try:
        if not release.digest:  # its tag is GTO's, and says nothing that could be wrong
            return ReleasedText(release, load_gto(tree, place.path, release))
        prompt = load_prompt(tree, place.path, folder=place.folder)
    except FileError as error:
        return ReleasedText(release, problem=error.message, misfit="unreadable-file")
    if not release.digest:
        return ReleasedText(release, prompt)  # of GTO, whose tags say nothing that the file could contradict
    if prompt.version != release.version:
        problem = f"the file in its commit says version {prompt.version}"
        return ReleasedText(release, problem=problem, misfit="other-version")
    if prompt.digest != release.digest:
        problem = "the file in its commit is not what its tag says (another digest)"
        return ReleasedText(release, problem=problem, misfit="other-digest")
    return ReleasedText(release, prompt)
