"""One prompt of a wish, worked out on one state of the environment: which release takes the place of which."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmops_cli.errors import ConflictError, FileError, InputError
from llmops_cli.prompts.branch import lost
from llmops_cli.prompts.level import needed_level
from llmops_cli.prompts.live import Environment, Live
from llmops_cli.prompts.moves import read_moves, stack_of
from llmops_cli.prompts.promotable import way_back
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.released_texts import ReleasedText, read_released
from llmops_cli.prompts.served import tag_of
from llmops_cli.prompts.serving import Change, changes_to_serve
from llmops_cli.prompts.tag import Release, tag_name
from llmops_cli.prompts.version import Level, exact_version
from llmops_cli.prompts.wish import Target
from llmops_cli.vcs.repo import Repo


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


def steps_to(
    registry: Registry,
    environment: Environment,
    releases: Sequence[Release],
    *,
    back: bool,
    tell: Callable[[str], None],
) -> list[Step]:
    """What it takes to serve these releases. The way `back` leads also to one that is no prompt any more: it served.

    Raises InputError when a commit does not hold its release, when a release is no prompt, or when what is to go back
    is not live there; ConflictError when a release is not what its tag says; MeasureError when git cannot be asked.
    """
    live = registry.live(environment.name)
    for release in releases if back else ():
        if release.name not in live:
            raise InputError(
                f"{release.name} is not live on {environment.name}, so it cannot be rolled back",
                hint=f"run: llmops promote {release.name} {release.version} --env {environment.name}",
            )
    texts = read_released(registry, releases)
    parts = [_parts(text, back=back, tell=tell) for text in texts]
    changes = changes_to_serve(registry, list(zip(releases, parts, strict=True)), tip=environment.tip)
    return [
        Step(release, live.get(release.name), own, change)
        for release, own, change in zip(releases, parts, changes, strict=True)
    ]


def _parts(text: ReleasedText, *, back: bool, tell: Callable[[str], None]) -> tuple[str, ...]:
    """The other files that a release reads; none of one that cannot be read."""
    release = text.release
    if text.prompt:
        return text.prompt.parts
    if text.misfit == "missing-file":
        raise InputError(f"{release.tag} does not hold {release.path}", hint=f"look at it: git show {release.tag}")
    if text.misfit == "unreadable-file" and not back:
        raise InputError(f"{release.reference} cannot be read: {text.problem}")
    if text.misfit == "unreadable-file":
        tell(f"{release.reference} cannot be read any more, so its file goes alone: {text.problem}")
        return ()
    raise ConflictError(
        f"{release.tag} is not what its tag says: {text.problem}; nothing was changed",
        hint="release it anew under another version; what was released stays as it is",
    )


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


def tag_in_log(repo: Repo, environment: Environment, target: Target) -> str:
    """The command that brings back the tag of a release which was live there; empty where the log does not hold it."""
    wanted = exact_version(target.version)
    if wanted is None or environment.tip is None:
        return ""
    log = read_moves(repo, environment.name, environment.tip, name=target.name)
    places = [f"{move.commit}:{tag_of(target.name)}" for move in log if move.after == str(wanted)]
    held = next((place for place, blob in zip(places, repo.object_ids(places), strict=True) if blob), "")
    ref = f"refs/tags/{tag_name(target.name, wanted)}"
    return f"git update-ref {ref} $(git show {held} | git hash-object -w -t tag --stdin)" if held else ""


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
