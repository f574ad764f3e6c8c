"""Tags as objects: each says its own name, and is signed by somebody who may where that is required."""

from collections.abc import Iterator, Sequence

from llmops_cli.errors import FileError
from llmops_cli.prompts.default_branch import DefaultBranch
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.signature import SignatureVerdict, must_be_signed, signers_of, verdicts_of
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.verify.finding import Finding, Level
from llmops_cli.vcs.tag_object import parse_tag

_SOMEBODY_ELSES = "do not trust it; restore the tag from a clone that has the first, or release a further version"


def named(registry: Registry, releases: Sequence[Release]) -> Iterator[Finding]:
    """Whether the object of every tag says the name of the tag: else a good signature could be put under another name.

    Raises MeasureError.
    """
    assert registry.repo is not None
    for release, data in zip(releases, registry.repo.read_tags([one.tag_id for one in releases]), strict=True):
        said = parse_tag(data).name if data else "nothing"
        if said != release.tag:
            yield Finding("other-name", "error", release.tag, f"its tag object says {said}", _SOMEBODY_ELSES)


def signed(registry: Registry, releases: Sequence[Release], branch: DefaultBranch | None) -> Iterator[Finding]:
    """Whether the releases are signed by those who may. Raises MeasureError.

    Required is that of all releases, or of those that an environment serves which demands it. Elsewhere a signature
    that does not hold is a warning; where nobody is named, none is looked at.
    """
    if branch is None:
        return  # told already: so much is not known then
    try:
        signers = signers_of(registry)
        wanted = _demanded_by_environments(registry, branch)
    except FileError as error:
        yield Finding("bad-signature", "unchecked", branch.label, f"it is not known who may sign: {error.message}")
        return
    wanted |= dict.fromkeys(must_be_signed(registry, releases, signers), signers.place)
    looked = [release for release in releases if signers.named or release in wanted]
    for release, verdict in zip(looked, verdicts_of(registry, looked, signers), strict=True):
        by = wanted.get(release, "")
        if not verdict.good and (by or verdict.state != "unsigned"):
            yield _finding(release, verdict, by)


def _demanded_by_environments(registry: Registry, branch: DefaultBranch) -> dict[Release, str]:
    """The releases that are live where only signed ones may be, and where that is said. Raises FileError."""
    rules = branch.settings().environments
    strict = [each.name for each in registry.environments() if each.name in rules and rules[each.name].signed]
    return {
        release: f"the environment {name} (llmops.yaml at {branch.label})"
        for name in strict
        for one in registry.live(name).values()
        if (release := registry.release(one.name, one.version))
    }


def _finding(release: Release, verdict: SignatureVerdict, required_by: str) -> Finding:
    words = verdict.words + (f"; {required_by} requires signatures" if required_by else "")
    if verdict.state == "unsigned":
        return Finding("unsigned", "error", release.tag, words, "release a further version, signed")
    if verdict.state == "unknown":
        level: Level = "unchecked" if required_by else "warning"
        return Finding("bad-signature", level, release.tag, words, "install what git needs to check it, or the key")
    return Finding("bad-signature", "error" if required_by else "warning", release.tag, words, _SOMEBODY_ELSES)
