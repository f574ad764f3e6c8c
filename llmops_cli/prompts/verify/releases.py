"""Releases against their commits: the file is there, says what the tag says, and was merged."""

from collections import Counter
from collections.abc import Iterator, Sequence

from llmops_cli.prompts.default_branch import DefaultBranch
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.released_texts import Misfit, read_released
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.verify.finding import Finding
from llmops_cli.vcs.reach import beyond

_WHAT_TO_DO: dict[Misfit, str] = {
    "missing-file": "this tag was made by other means, or moved; restore it from a clone that has the first",
    "unreadable-file": "look at it: git show {tag}",
    "other-version": "this tag was made by other means, or moved; look at it: git show {tag}",
    "other-digest": "this tag was made by other means, or moved; restore it from a clone that has the first",
}


def texts(registry: Registry, releases: Sequence[Release]) -> Iterator[Finding]:
    """The digest, recomputed from every tagged commit, the version and the name in the file. Raises MeasureError."""
    yield from _without_digest(releases)
    for text in read_released(registry, [release for release in releases if release.digest]):
        if text.misfit:
            hint = _WHAT_TO_DO[text.misfit].format(tag=text.release.tag)
            yield Finding(text.misfit, "error", text.release.tag, text.problem, hint)


def _without_digest(releases: Sequence[Release]) -> Iterator[Finding]:
    """Releases whose tags say no digest, as those of GTO: they come before the first that llmops made."""
    for name, count in Counter(release.name for release in releases if not release.digest).items():
        message = (
            f"{count} of its releases say no digest, as GTO makes them: their text cannot be held against anything"
        )
        yield Finding("no-digest", "warning", name, message, "releases that llmops makes say one")


def reached(registry: Registry, releases: Sequence[Release], branch: DefaultBranch | None) -> Iterator[Finding]:
    """Whether the commit of every release is part of the default branch. Raises MeasureError."""
    repo = registry.repo
    if repo is None or not releases:
        return
    if branch is None:
        remote, main = registry.config.settings.remote, registry.config.settings.main
        hint = f"run: git fetch {remote} {main}:refs/remotes/{remote}/{main}; or name the branch in llmops.yaml: main"
        yield Finding("unreachable", "unchecked", main, "this branch is not known here, so it is not known what was "
                      "merged", hint)  # fmt: skip
        return
    outside = beyond(repo, [release.commit for release in releases], branch.tips)
    shallow = bool(outside) and repo.is_shallow()
    for release in releases:
        if release.commit not in outside:
            continue
        if shallow:
            message = f"its commit {release.commit[:7]} is not in the part of {branch.name} that this clone has"
            yield Finding("unreachable", "unchecked", release.tag, message, "run: git fetch --unshallow")
        else:
            message = f"its commit {release.commit[:7]} is not part of {branch.label}, so it was never merged"
            hint = f"merge it; or release the prompt again from {branch.name}, as a further version"
            yield Finding("unreachable", "error", release.tag, message, hint)
