"""Tags as objects: each says its own name, and is signed by somebody who may where that is required."""

from collections.abc import Iterator, Sequence

from llmops_cli.errors import FileError
from llmops_cli.prompts.default_branch import DefaultBranch
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.signature import SignatureVerdict, signers_of, verdicts_of
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

    Where no signature is required, one that does not hold is a warning; where nobody is named, none is looked at.
    """
    if branch is None:
        return  # told already: so much is not known then
    try:
        signers = signers_of(registry)
    except FileError as error:
        yield Finding("bad-signature", "unchecked", branch.label, f"it is not known who may sign: {error.message}")
        return
    for release, verdict in (
        zip(releases, verdicts_of(registry, releases, signers), strict=True) if signers.named else []
    ):
        if not verdict.good and (signers.required or verdict.state != "unsigned"):
            yield _finding(release, verdict, signers.place if signers.required else "")


def _finding(release: Release, verdict: SignatureVerdict, required_by: str) -> Finding:
    words = verdict.words + (f"; {required_by} requires signatures" if required_by else "")
    if verdict.state == "unsigned":
        return Finding("unsigned", "error", release.tag, words, "release a further version, signed")
    if verdict.state == "unknown":
        level: Level = "unchecked" if required_by else "warning"
        return Finding("bad-signature", level, release.tag, words, "install what git needs to check it, or the key")
    return Finding("bad-signature", "error" if required_by else "warning", release.tag, words, _SOMEBODY_ELSES)
