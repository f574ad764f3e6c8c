"""The whole verification: what is looked at, in which order, and what this clone cannot tell."""

from collections.abc import Iterator, Sequence

from llmops_cli.errors import InputError
from llmops_cli.prompts.default_branch import find_default_branch
from llmops_cli.prompts.live import BRANCHES, Environment
from llmops_cli.prompts.reference import check_name
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.verify import recorded, signatures
from llmops_cli.prompts.verify import releases as of_releases
from llmops_cli.prompts.verify.finding import Finding, Verified
from llmops_cli.prompts.verify.history import replayed, steps_of
from llmops_cli.prompts.verify.remote import differing
from llmops_cli.prompts.verify.tips import remember_tips, rewritten
from llmops_cli.prompts.verify.tree import compared


def verify(registry: Registry, names: Sequence[str] = (), *, environment: str = "", remote: bool = False) -> Verified:
    """Verify the releases of these prompts (all, when none is named) and what environments serve.

    With `environment`: that one alone, and the releases that it serves. With `remote` it is asked what it has under the
    same names, else this clone is verified as it is. What is wrong is a finding, never an exception.
    Raises InputError outside of git and for unknown names, MeasureError when git cannot be asked.
    """
    registry.need_git("a release is a tag")
    environments = [registry.environment(environment)] if environment else registry.environments()
    chosen = _chosen(registry, names, environment)
    branch = find_default_branch(registry)
    findings = [
        *_not_here(registry, names, environment),
        *of_releases.texts(registry, chosen),
        *of_releases.reached(registry, chosen, branch),
        *signatures.named(registry, chosen),
        *signatures.signed(registry, chosen, branch),
        *_of_environments(registry, environments, chosen, names),
        *rewritten(registry, environments),
        *(differing(registry, chosen, names, environment) if remote else ()),
    ]
    doubtful = {finding.where for finding in findings if finding.level == "error"}
    sure = [release for release in chosen if release.tag not in doubtful]
    known = [each for each in environments if f"{BRANCHES}{each.name}" not in doubtful]
    if not (recorded.remember(registry, sure) and remember_tips(registry, known)):
        message = "what was seen cannot be kept, so the next verification of this clone will not know of it"
        findings.append(Finding("tag-moved", "note", str(registry.config.state_dir), message, "make it writable"))
    return Verified.of(len(chosen), [each.name for each in environments if each.tip], findings)


def _of_environments(
    registry: Registry, environments: Sequence[Environment], chosen: Sequence[Release], names: Sequence[str]
) -> Iterator[Finding]:
    """Their logs, their trees, and with what they and others recorded: tags that moved."""
    assert registry.repo is not None
    steps = [step for each in environments for step in steps_of(registry.repo, each)]
    promoted = [one for one in recorded.by_environments(registry.repo, steps) if not names or one.name in names]
    records = [*promoted, *recorded.by_releases(chosen), *recorded.by_this_clone(registry, names)]
    tags = list(recorded.moved(registry, records))
    moved = frozenset(one.where for one in tags)
    yield from tags
    yield from compared(registry, environments, names, moved)
    yield from replayed(registry, steps, names, moved)


def _not_here(registry: Registry, names: Sequence[str], environment: str) -> Iterator[Finding]:
    """What was asked for and is not here, so that nothing can be said of it; and what only looks like a release."""
    remote = registry.config.settings.remote
    others = registry.repo.remotes() if registry.repo else []
    if others and remote not in others:
        message = f"there is no remote {remote!r} here, only {', '.join(others)}: what others have is not known"
        yield Finding("unreachable", "unchecked", remote, message, "name it in llmops.yaml: remote")
    if registry.tags_missing():
        yield Finding("missing-tag", "unchecked", "tags", "not a single tag is known here", "run: git fetch --tags")
    released = {release.name for release in registry.releases()}
    for name in names:
        if name not in released:
            hint = "release it, or run: git fetch --tags"
            yield Finding("missing-tag", "unchecked", name, "no release of it is known here", hint)
    if environment and registry.environment(environment).tip is None:
        hint = f"run: git fetch {remote} '+refs/heads/{BRANCHES}*:refs/remotes/{remote}/{BRANCHES}*'"
        where = f"{BRANCHES}{environment}"
        yield Finding("unknown-version", "unchecked", where, "nothing is known to be live on it", hint)
    for warning in registry.warnings:
        yield Finding("look-alike", "warning", "tags", warning)


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
