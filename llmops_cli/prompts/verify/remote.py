"""What the remote has under the same names. A tag that is here already never follows one that was moved there."""

from collections.abc import Iterator, Sequence

from llmops_cli.errors import MeasureError
from llmops_cli.prompts.live import BRANCHES
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.verify.finding import Finding
from llmops_cli.vcs.plumbing import SLOW_TIMEOUT_S
from llmops_cli.vcs.repo import Repo, check_remote

_TAGS, _BRANCHES = "refs/tags/", f"refs/heads/{BRANCHES}"


def differing(
    registry: Registry, releases: Sequence[Release], names: Sequence[str], environment: str
) -> Iterator[Finding]:
    """Where the remote says otherwise than this clone, and what it has that is not here.

    `names` and `environment` as for `verify`. Releases that were not pushed yet are no finding.
    Raises MeasureError when the remote cannot be asked.
    """
    assert registry.repo is not None
    remote = registry.config.settings.remote
    there = _refs_of(registry.repo, remote)
    for release in releases:
        other = there.get(_TAGS + release.tag, release.tag_id)
        if other != release.tag_id:
            message = f"{remote} has it as {other[:7]}, and here it is {release.tag_id[:7]}"
            hint = "one of the two was moved; see what environments and other clones have"
            yield Finding("tag-moved", "error", release.tag, message, hint)
    here = {tag.name for tag in registry.refs.tags}
    for tag in (ref.removeprefix(_TAGS) for ref in there if ref.startswith(_TAGS) and not environment):
        name, _, version = tag.partition("@v")
        if tag not in here and version[:1].isdigit() and (not names or name in names):
            hint = f"run: git fetch {remote} --tags"
            yield Finding("not-fetched", "unchecked", tag, f"{remote} has it, and it is not here", hint)
    known = {each.name: each.tracking for each in registry.environments()}
    for ref, tip in there.items():
        name = ref.removeprefix(_BRANCHES)
        if ref.startswith(_BRANCHES) and known.get(name) != tip and environment in ("", name):
            message = f"{remote} has it at {tip[:7]}, which is not what this clone knows of it"
            hint = f"run: git fetch {remote} '+{_BRANCHES}*:refs/remotes/{remote}/{BRANCHES}*'"
            yield Finding("not-fetched", "unchecked", f"{BRANCHES}{name}", message, hint)


def _refs_of(repo: Repo, remote: str) -> dict[str, str]:
    """Tags, by the ids of their own objects, and branches of the remote."""
    answer = repo.git("ls-remote", "--refs", "--end-of-options", check_remote(remote), timeout=SLOW_TIMEOUT_S)
    if not answer.ok:
        raise MeasureError(
            f"{remote} cannot be reached: {answer.complaint}", hint="without --remote this clone is verified alone"
        )
    return {ref: object_id for object_id, _, ref in (line.partition("\t") for line in answer.lines)}
