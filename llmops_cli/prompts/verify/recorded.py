"""Tags that moved: what a tag was when somebody wrote it down, against what it is now.

Three places remember: the environments (the tag objects of all that was ever promoted), the releases themselves (each
names the one below it and the id of that one's tag), and this clone (what its last verification saw).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from llmops_cli.errors import InputError
from llmops_cli.prompts.clone_state import keep, recall
from llmops_cli.prompts.live import BRANCHES
from llmops_cli.prompts.mark import is_mark
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.served import RELEASES, name_at, tag_of
from llmops_cli.prompts.tag import Release, read_tag_object, tag_name
from llmops_cli.prompts.verify.finding import Finding, Level
from llmops_cli.prompts.verify.history import Step
from llmops_cli.prompts.version import exact_version
from llmops_cli.vcs.repo import Repo

_PREVIOUS = re.compile(r"(?P<version>\S+) (?P<tag_id>[0-9a-f]{40}|[0-9a-f]{64})\Z")
_KEPT = "tags"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A tag as somebody wrote it down: `by` goes after "was recorded by", `back` says how to get it again."""

    tag: str
    tag_id: str
    by: str
    back: str = ""
    here: bool = False  # it was in this very clone

    @property
    def name(self) -> str:
        """The prompt."""
        return self.tag.partition("@")[0]


def by_environments(repo: Repo, steps: Iterable[Step]) -> Iterator[Recorded]:
    """The tag objects that promotions left in environments; what was put there by hand is nobody's record."""
    places = {
        after: (step, path)
        for step in steps
        for path, (_, after) in step.changed.paths.items()
        if step.moves and after and path.startswith(RELEASES) and path == tag_of(name_at(path))
    }  # steps come newest first: the first commit that held an object stays
    for (step, path), data in zip(places.values(), repo.read_blobs(list(places)), strict=True):
        try:
            release = read_tag_object(data or b"")
        except InputError:
            continue  # the replay of the log tells of it
        back = f"its object: git show {step.changed.commit[:7]}:{path} | git hash-object -w -t tag --stdin"
        yield Recorded(release.tag, release.tag_id, f"{BRANCHES}{step.environment}", back)


def by_releases(releases: Iterable[Release]) -> Iterator[Recorded]:
    """What each release says of the one below it."""
    releases = list(releases)
    tags = {(release.name, release.version): release.tag for release in releases}
    for release in releases:
        match = _PREVIOUS.match(release.previous)
        version = exact_version(match["version"]) if match else None
        if match and version:
            tag = tags.get((release.name, version), tag_name(release.name, version))
            yield Recorded(tag, match["tag_id"], release.tag)


def by_this_clone(registry: Registry, names: Sequence[str]) -> Iterator[Recorded]:
    """What the last verification saw. Raises InputError when git tracks the state folder."""
    for tag, tag_id in recall(registry, _KEPT).items():
        if isinstance(tag_id, str) and (not names or tag.partition("@")[0] in names):
            back = f"if that was meant, delete {registry.config.state_dir / 'registry' / _KEPT}.json"
            yield Recorded(tag, tag_id, "the last verification in this clone", back, here=True)


def remember(registry: Registry, releases: Iterable[Release]) -> bool:
    """Write down what the tags of these releases are, unless something else is known; False when it cannot be kept.

    Yanks and deprecations are written down as well: who deletes such a tag would undo it.
    """
    kept = recall(registry, _KEPT)
    marks = {tag.name: tag.tag_id for tag in registry.refs.tags if tag.kind == "tag" and is_mark(tag.name)}
    now = {**{release.tag: release.tag_id for release in releases}, **marks}
    return now.keys() <= kept.keys() or keep(registry, _KEPT, {**now, **kept})


def moved(registry: Registry, records: Iterable[Recorded]) -> Iterator[Finding]:
    """A finding for every tag that is not what was recorded, or is not here; one, whoever recorded it."""
    assert registry.repo is not None
    # a mark that is lightweight now says nothing any more, so it was undone
    now = {tag.name: tag.tag_id for tag in registry.refs.tags}
    undone = {tag.name for tag in registry.refs.tags if is_mark(tag.name) and tag.kind != "tag"}
    shared = registry.config.settings.remote in registry.repo.remotes()
    told: set[str] = set()
    for record in records:
        # of two people who yanked one version the remote's tag stays, so a mark may be another and say the same
        same = now.get(record.tag) == record.tag_id or (is_mark(record.tag) and record.tag in now.keys() - undone)
        if record.tag in told or same:
            continue
        told.add(record.tag)
        if record.tag in now:
            message = f"it is {now[record.tag][:7]} now, and was {record.tag_id[:7]} when {record.by} recorded it"
            hint = f"bring it back: git update-ref refs/tags/{record.tag} {record.tag_id[:12]}"
            yield Finding("tag-moved", "error", record.tag, message, f"{hint}; {record.back}" if record.back else hint)
            continue
        remote = registry.config.settings.remote
        message = f"it is not here, and {record.by} recorded it as {record.tag_id[:7]}"
        hint = f"run: git fetch {remote} refs/tags/{record.tag}:refs/tags/{record.tag}"
        level: Level = "error" if record.here or not shared else "unchecked"
        yield Finding("missing-tag", level, record.tag, message, f"{hint}; {record.back}" if record.here else hint)
