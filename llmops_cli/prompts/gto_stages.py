"""What GTO's stages serve: `NAME#STAGE#N` puts the version of its commit on a stage, `NAME#STAGE!#N` takes it off.

Order is that of N, which counts up over all stages of a prompt, never that of clocks. `--simple` tags bear no N and
come before all others, the one that takes off after the one that puts on.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from llmops_cli.prompts.moves import Move
from llmops_cli.prompts.prompt import NAME
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.version import Version
from llmops_cli.vcs.refs import TagName
from llmops_cli.vcs.tag_object import TagRef

_STAGE = re.compile(
    r"(?P<name>[^@#]+)#(?P<stage>[a-zA-Z0-9](?:[a-zA-Z0-9\-/_]*[a-zA-Z0-9])?)(?P<off>!?)(?:#(?P<number>[0-9]{1,15}))?\Z"
)


@dataclass(frozen=True, slots=True)
class StageTag:
    """One tag of a stage. `off` where it takes the version of its commit off; `number` is 0 for a simple one."""

    name: str
    stage: str
    off: bool
    number: int
    tag: TagName

    @property
    def order(self) -> tuple[int, bool]:
        return self.number, self.off


@dataclass(frozen=True, slots=True)
class StageStep:
    """What one tag of a stage did: the release that was served before it, and after it."""

    said: TagRef
    before: Release | None
    after: Release | None


def stage_tags(tags: Iterable[TagName]) -> list[StageTag]:
    """The tags of stages, of every prompt in the order in which they were made. Lightweight ones are GTO's no more."""
    found = [
        StageTag(match["name"], match["stage"], bool(match["off"]), int(match["number"] or 0), tag)
        for tag in tags
        if "#" in tag.name and tag.kind == "tag" and (match := _STAGE.match(tag.name)) and NAME.match(match["name"])
    ]
    return sorted(found, key=lambda one: (one.name, one.order))


def replay(said: Sequence[TagRef], off: Sequence[bool], releases: Sequence[Release]) -> list[StageStep]:
    """What the tags of one prompt on one stage did, oldest first. A tag whose commit has no release does nothing.

    To take off the version that is served brings the one before back, as GTO reads it. Of two versions on one commit
    the higher is meant, a prerelease only where it is alone.
    """
    by_commit = _by_commit(releases)
    served: list[Release] = []
    steps: list[StageStep] = []
    for tag, takes_off in zip(said, off, strict=True):
        release = by_commit.get(tag.target) if tag.kind == "commit" else None
        if release is None:
            continue
        before = served[-1] if served else None
        served = [one for one in served if one != release]
        if not takes_off:
            served.append(release)
        steps.append(StageStep(tag, before, served[-1] if served else None))
    return steps


class Stages:
    """The stages of a repository that GTO keeps. `read` gives what tags say, `releases` those of a prompt."""

    def __init__(
        self,
        tags: Iterable[TagName],
        read: Callable[[Sequence[TagName]], list[TagRef]],
        releases: Callable[[str], Sequence[Release]],
    ) -> None:
        self._tags = stage_tags(tags)
        self._read = read
        self._releases = releases

    @property
    def names(self) -> list[str]:
        """Every stage that a tag names."""
        return sorted({tag.stage for tag in self._tags})

    def steps(self, stage: str) -> dict[str, list[StageStep]]:
        """What the tags did on a stage, by prompt, oldest first."""
        found: dict[str, list[StageTag]] = {}
        for tag in self._tags:
            if tag.stage == stage:
                found.setdefault(tag.name, []).append(tag)
        said = {name: self._read([one.tag for one in tags]) for name, tags in found.items()}
        return {
            name: replay(said[name], [one.off for one in tags], self._releases(name)) for name, tags in found.items()
        }

    def served(self, stage: str) -> dict[str, Release]:
        """What a stage serves, by prompt."""
        last = {name: steps[-1].after for name, steps in self.steps(stage).items() if steps}
        return {name: release for name, release in last.items() if release is not None}

    def moves(self, stage: str, name: str = "") -> list[Move]:
        """The log of a stage, newest first within each prompt."""
        return [
            _move(stage, prompt, step)
            for prompt, steps in self.steps(stage).items()
            if name in ("", prompt)
            for step in reversed(steps)
        ]


def _move(stage: str, name: str, step: StageStep) -> Move:
    return Move(
        environment=stage,
        commit=step.said.target,
        action="gto",
        prompt=name,
        before=str(step.before.version) if step.before else "",
        after=str(step.after.version) if step.after else "",
        who=step.said.tagger,
        date=step.said.date,
        reason=step.said.subject,
        digest=step.after.digest if step.after else "",
        release_commit=step.after.commit if step.after else "",
    )


def _by_commit(releases: Sequence[Release]) -> Mapping[str, Release]:
    def rank(release: Release) -> tuple[bool, Version]:
        return not release.version.pre, release.version

    found: dict[str, Release] = {}
    for release in releases:
        other = found.get(release.commit)
        if other is None or rank(other) < rank(release):
            found[release.commit] = release
    return found
