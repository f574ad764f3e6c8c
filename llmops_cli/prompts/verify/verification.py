"""The whole verification: what is looked at, in which order, and what this clone cannot tell."""

from collections.abc import Sequence

from llmops_cli.errors import InputError
from llmops_cli.prompts.default_branch import find_default_branch
from llmops_cli.prompts.reference import check_name
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.verify import releases as of_releases
from llmops_cli.prompts.verify import signatures
from llmops_cli.prompts.verify.finding import Finding, Verified


def verify(registry: Registry, names: Sequence[str] = (), *, environment: str = "") -> Verified:
    """Verify the releases of these prompts (all, when none is named) and what environments serve.

    With `environment`: that one alone, and the releases that it serves. What is wrong is a finding, never an exception.
    Raises InputError outside of git and for unknown names, MeasureError when git cannot be asked.
    """
    if registry.repo is None:
        raise InputError("this is not a git repository, so there are no releases to verify", hint="run: git init")
    environments = [registry.environment(environment)] if environment else registry.environments()
    chosen = _chosen(registry, names, environment)
    findings: list[Finding] = []
    if registry.tags_missing():
        findings.append(
            Finding("missing-tag", "unchecked", "tags", "not a single tag is known here", "run: git fetch --tags")
        )
    findings += of_releases.texts(registry, chosen)
    branch = find_default_branch(registry)
    findings += of_releases.reached(registry, chosen, branch)
    findings += signatures.named(registry, chosen)
    findings += signatures.signed(registry, chosen, branch)
    return Verified.of(len(chosen), [each.name for each in environments], findings)


def _chosen(registry: Registry, names: Sequence[str], environment: str) -> list[Release]:
    known = registry.names()
    for name in map(check_name, names):
        if name not in known:
            raise InputError(f"there is no prompt {name!r}", hint=registry.known(name))
    releases = [release for release in registry.releases() if not names or release.name in names]
    if not environment:
        return releases
    live = {(one.name, str(one.version)) for one in registry.live(environment).values()}
    return [release for release in releases if (release.name, str(release.version)) in live]
