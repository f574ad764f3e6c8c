"""The whole registry as one value: every prompt with the texts of its releases, what is live since when, every move."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from llmops_cli.prompts.live import Environment, Live
from llmops_cli.prompts.moves import Move
from llmops_cli.prompts.overview import Overview, overview
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.released_texts import ReleasedText, read_released


@dataclass(frozen=True, slots=True)
class Served:
    """A version that is live. `move` is how it came there; None where the log does not say."""

    environment: str
    prompt: str
    version: str
    as_released: bool  # byte for byte
    move: Move | None


@dataclass(frozen=True, slots=True)
class PromptChronicle:
    """All of one prompt: releases in ascending order of versions, moves newest first within each environment."""

    overview: Overview
    releases: tuple[ReleasedText, ...]
    served: tuple[Served, ...]
    moves: tuple[Move, ...]

    @property
    def name(self) -> str:
        return self.overview.name

    @property
    def prompt(self) -> Prompt | None:
        """The prompt of the working tree, else of the newest release that can be read."""
        texts = (text.prompt for text in reversed(self.releases) if text.prompt)
        return self.overview.prompt or next(texts, None)


@dataclass(frozen=True, slots=True)
class EnvironmentChronicle:
    """What one environment serves, by prompt, and its log, newest first."""

    environment: Environment
    served: tuple[Served, ...]
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Chronicle:
    """A snapshot of a registry; the same state of git and of the prompt files gives an equal one."""

    prompts: tuple[PromptChronicle, ...]
    environments: tuple[EnvironmentChronicle, ...]

    @property
    def problems(self) -> list[str]:
        """A sentence for every prompt file and every release that could not be read."""
        files = [each.overview.problem for each in self.prompts if each.overview.problem]
        texts = [text for each in self.prompts for text in each.releases if text.problem]
        return [*files, *(f"{text.release.reference}: {text.problem}" for text in texts)]


def read_chronicle(registry: Registry) -> Chronicle:
    """Read everything. A release that cannot be read is told of at its place.

    Raises MeasureError when git cannot be asked.
    """
    releases = registry.releases()
    texts = {text.release: text for text in read_released(registry, releases)}
    logs = {each.name: registry.log(each) for each in registry.environments()}
    served = _served(registry, logs)
    environments = tuple(
        EnvironmentChronicle(each, _of(each.name, served), tuple(logs[each.name])) for each in registry.environments()
    )
    moves = _by_prompt(move for log in logs.values() for move in log)
    prompts = tuple(
        PromptChronicle(
            row,
            tuple(texts[release] for release in registry.releases(row.name)),
            tuple(one for one in served if one.prompt == row.name),
            moves.get(row.name, ()),
        )
        for row in overview(registry)
    )
    return Chronicle(prompts, environments)


def _of(environment: str, served: Sequence[Served]) -> tuple[Served, ...]:
    return tuple(one for one in served if one.environment == environment)


def _by_prompt(moves: Iterable[Move]) -> dict[str, tuple[Move, ...]]:
    ordered = sorted(moves, key=lambda move: move.prompt)
    return {name: tuple(own) for name, own in groupby(ordered, key=lambda move: move.prompt)}


def _served(registry: Registry, logs: Mapping[str, Sequence[Move]]) -> list[Served]:
    live = [one for each in registry.environments() for _, one in sorted(registry.live(each.name).items())]
    released = _released_blobs(registry, live)
    return [
        Served(
            environment=one.environment,
            prompt=one.name,
            version=str(one.version),
            as_released=released.get((one.name, str(one.version))) == one.blob,
            move=_came_by(logs[one.environment], one),
        )
        for one in live
    ]


def _released_blobs(registry: Registry, live: Sequence[Live]) -> dict[tuple[str, str], str | None]:
    """(prompt, version) -> the object id of the released file, for what is live."""
    releases = [release for one in live if (release := registry.release(one.name, one.version))]
    specs = [f"{release.commit}:{release.path}" for release in releases]
    blobs = registry.repo.object_ids(specs) if registry.repo else []
    return {(each.name, str(each.version)): blob for each, blob in zip(releases, blobs, strict=True)}


def _came_by(log: Sequence[Move], live: Live) -> Move | None:
    """The move that made it live: the newest of that prompt, if it says so."""
    newest = next((move for move in log if move.prompt == live.name), None)
    return newest if newest and newest.after == str(live.version) else None
