"""One prompt of a wish, worked out on one state of the environment: which release takes the place of which."""

from collections.abc import Callable
from dataclasses import dataclass

from llmops_cli.errors import ConflictError, FileError, InputError
from llmops_cli.prompts.branch import lost
from llmops_cli.prompts.level import needed_level
from llmops_cli.prompts.live import Environment, Live
from llmops_cli.prompts.moves import read_moves, stack_of
from llmops_cli.prompts.promotable import way_back
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.serving import Change, change_to_serve
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.version import Level


@dataclass(frozen=True, slots=True)
class Step:
    """`parts` are the other files that the release reads, by their paths from the root of its project."""

    release: Release
    before: Live | None
    parts: tuple[str, ...]
    change: Change

    @property
    def name(self) -> str:
        return self.release.name

    @property
    def version(self) -> str:
        return str(self.release.version)

    @property
    def version_before(self) -> str:
        """Empty when the prompt is not live yet."""
        return str(self.before.version) if self.before else ""

    @property
    def already(self) -> bool:
        """Whether it is so, to the byte: a file that was edited by hand is not the released one, whatever it says."""
        return not self.change


def promotion_of(registry: Registry, environment: Environment, release: Release) -> Step:
    """Raises as `parts_of`, and FileError when the release is no prompt."""
    before = registry.live(environment.name).get(release.name)
    parts = parts_of(registry, release)
    return Step(release, before, parts, change_to_serve(registry, release, parts, tip=environment.tip))


def rollback_to(registry: Registry, environment: Environment, release: Release, tell: Callable[[str], None]) -> Step:
    """The way back to a release, also to one that is no prompt any more: it served once.

    Raises InputError when the prompt is not live there, and as `parts_of`.
    """
    before = registry.live(environment.name).get(release.name)
    if before is None:
        raise InputError(
            f"{release.name} is not live on {environment.name}, so it cannot be rolled back",
            hint=f"run: llmops promote {release.name} {release.version} --env {environment.name}",
        )
    try:
        parts = parts_of(registry, release)
    except FileError as error:
        tell(f"{release.reference} cannot be read any more, so its file goes alone: {error.message}")
        parts = ()
    return Step(release, before, parts, change_to_serve(registry, release, parts, tip=environment.tip))


def parts_of(registry: Registry, release: Release) -> tuple[str, ...]:
    """The other files that the release reads.

    Raises InputError when its commit does not hold it, ConflictError when it is not what its tag says, and FileError
    when it is no prompt.
    """
    if registry.blob_of(release) is None:
        raise InputError(f"{release.tag} does not hold {release.path}", hint=f"look at it: git show {release.tag}")
    prompt = registry.released_prompt(release)
    if prompt.digest != release.digest:
        raise ConflictError(
            f"{release.tag} is not what its tag says (another digest); nothing was changed",
            hint="release it anew under another version; what was released stays as it is",
        )
    return prompt.parts


def version_below(registry: Registry, environment: Environment, name: str, *, seen: str | None) -> str:
    """The version that was live before the one that is. `seen` is the tip that the person can have known.

    Raises InputError when there is none, ConflictError when somebody just went back already.
    """
    repo, before = registry.repo, registry.live(environment.name).get(name)
    if before is None or environment.tip is None or repo is None:
        names = ", ".join(sorted(registry.live(environment.name))) or "nothing"
        raise InputError(f"{name} is not live on {environment.name}", hint=f"live there: {names}")
    if seen and seen != environment.tip and repo.is_ancestor(seen, environment.tip):
        # two people on call, one second apart: the second must not go back twice without knowing it
        news = read_moves(repo, environment.name, environment.tip, name=name, since=seen)
        if news and news[0].action == "rollback":
            raise lost(news[0])
    stack = stack_of(read_moves(repo, environment.name, environment.tip, name=name))
    earlier = way_back(registry, name, stack, str(before.version))
    if not earlier:
        raise InputError(
            f"{environment.name}: there is nothing to go back to: no other version of {name} than "
            f"{before.version} was live there that is not yanked",
            hint=f"name a version: llmops rollback {name} VERSION; {registry.known(name)}",
        )
    return earlier


def notices(registry: Registry, before: Live, target: Release) -> list[str]:
    """What callers of the live version would notice of the other: variables and output fields that stop to fit."""
    current = registry.release(before.name, before.version)
    if current is None:
        return []
    try:
        needed = needed_level(registry.released_prompt(current), registry.released_prompt(target))
    except FileError as error:
        return [f"the two versions could not be compared: {error.message}"]
    return [reason.sentence for reason in needed.reasons if reason.level == Level.MAJOR]
