"""The log of an environment, replayed: every commit did what its trailers say, and nothing besides."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from llmops_cli.errors import InputError
from llmops_cli.prompts.live import BRANCHES, Environment, version_in
from llmops_cli.prompts.moves import Move, read_moves
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.served import FROZEN, file_of, name_at, tag_of
from llmops_cli.prompts.tag import Release, read_tag_object
from llmops_cli.prompts.verify.finding import Finding
from llmops_cli.vcs.changes import Changed, changes_of
from llmops_cli.vcs.repo import Repo

_NOTHING = "0" * 40  # no commit has this id
_FALSE = "find out who pushed it; what is served now is what counts, and a promotion sets it right"


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of an environment: what it changed, and the moves that its trailers tell (none: made by hand)."""

    environment: str
    changed: Changed
    moves: tuple[Move, ...]

    @property
    def where(self) -> str:
        """How findings name it: `llmops/production (a1b2c3d)`."""
        return f"{BRANCHES}{self.environment} ({self.changed.commit[:7]})"


def steps_of(repo: Repo, environment: Environment) -> list[Step]:
    """The commits of an environment, newest first. Raises MeasureError."""
    if environment.tip is None:
        return []
    told: dict[str, list[Move]] = {}
    for move in read_moves(repo, environment.name, environment.tip):
        if move.action != "by hand":
            told.setdefault(move.commit, []).append(move)
    changes = changes_of(repo, environment.tip)
    return [Step(environment.name, changed, tuple(told.get(changed.commit, ()))) for changed in changes]


def replayed(
    registry: Registry, steps: Sequence[Step], names: Sequence[str], moved: frozenset[str]
) -> Iterator[Finding]:
    """Where the log and the tree disagree; of these prompts, or of all. Raises MeasureError.

    `moved`: tags that are told of already; what their releases are now says nothing of commits from before.
    """
    assert registry.repo is not None
    whole = [step for step in steps if not step.changed.cut]
    for step in steps:
        if step.changed.cut:
            message = "the log of this clone ends here, so it is not known what came before"
            yield Finding("log-disagrees", "unchecked", step.where, message, "run: git fetch --unshallow")
        elif not step.moves:
            yield Finding("by-hand", "warning", step.where, "was made by hand: nothing says what was meant")
    for step in whole:
        yield from (_disagrees(step, sentence) for sentence in _besides(step, names))
    told = [
        (step, move) for step in whole for move in step.moves if move.prompt and (not names or move.prompt in names)
    ]
    facts = _facts(registry.repo, told)
    released = _released_blobs(registry, [move for _, move in told], moved)
    for step, move in told:
        fact = facts[step.changed.commit, move.prompt]
        if not step.changed.parent:  # what was before the branch began, GTO's tags said
            fact = replace(fact, before=move.before)
        for sentence in _lies(move, fact, released):
            yield _disagrees(step, sentence)


def _besides(step: Step, names: Sequence[str]) -> Iterator[str]:
    """What a commit with trailers did that they do not tell, and what they tell of a freeze and is not so."""
    ice = {path: after for path, (_, after) in step.changed.paths.items() if path.split("/")[0] == FROZEN}
    touched = {name_at(path) or (FROZEN if path in ice else path) for path in step.changed.paths} if step.moves else ()
    for stray in sorted(set(touched) - {move.prompt or FROZEN for move in step.moves}):
        if not names or stray in names:
            yield f"it changed {stray}, of which its trailers do not speak"
    for move in step.moves:
        if not move.prompt and (not ice or any(ice.values()) != (move.action == "freeze")):
            yield f"its trailers say {move.action}, and it did not"


@dataclass(frozen=True, slots=True)
class _Fact:
    """What a commit did to one prompt: versions before and after, the file's object id, the release in the tag.

    `tagged`: whether there is a tag beside it; what is no tag of a release has none.
    """

    before: str
    after: str
    blob: str
    tagged: bool
    release: Release | None


def _facts(repo: Repo, told: Sequence[tuple[Step, Move]]) -> Mapping[tuple[str, str], _Fact]:
    keys = [(step.changed.commit, move.prompt) for step, move in told]
    parents = [step.changed.parent or _NOTHING for step, _ in told]
    before = repo.object_ids([f"{parent}:{file_of(key[1])}" for parent, key in zip(parents, keys, strict=True)])
    after = repo.object_ids([f"{commit}:{file_of(name)}" for commit, name in keys])
    tags = repo.object_ids([f"{commit}:{tag_of(name)}" for commit, name in keys])
    data = _read(repo, [*before, *after, *tags])
    versions = {blob: str(version_in(data[blob]) or "") for blob in {*before, *after} if blob}
    return {
        key: _Fact(
            versions.get(was or "", ""), versions.get(now or "", ""), now or "", bool(tag), _tag(data.get(tag or ""))
        )
        for key, was, now, tag in zip(keys, before, after, tags, strict=True)
    }


def _lies(move: Move, fact: _Fact, released: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """What the trailers say of a move and is not so."""
    if (move.before, move.after) != (fact.before, fact.after):
        said, done = (f"{a or 'nothing'} -> {b or 'nothing'}" for a, b in
                      ((move.before, move.after), (fact.before, fact.after)))  # fmt: skip
        yield f"its trailers say {move.prompt} {said}, its files {done}"
    known = released.get((move.prompt, move.after))
    if known and fact.blob != known:
        yield f"the file of {move.prompt} is not that of release {move.after}"
    if fact.tagged and _identity(fact.release, move) != (move.prompt, move.after, move.digest, move.release_commit):
        yield f"its trailers and {tag_of(move.prompt)} do not speak of the same release"


def _identity(release: Release | None, move: Move) -> tuple[str, str, str, str] | None:
    """What the tag says of the release; the digest that one of GTO's does not say is left to the move."""
    return (release.name, str(release.version), release.digest or move.digest, release.commit) if release else None


def _released_blobs(registry: Registry, moves: Iterable[Move], moved: frozenset[str]) -> dict[tuple[str, str], str]:
    """(prompt, version) -> the object id of the released file."""
    assert registry.repo is not None
    wanted = dict.fromkeys((move.prompt, move.after) for move in moves)
    found = {key: release for key in wanted if (release := registry.release(*key))}
    known = {key: release for key, release in found.items() if release.tag not in moved}
    blobs = registry.repo.object_ids([f"{release.commit}:{release.path}" for release in known.values()])
    return {key: blob for key, blob in zip(known, blobs, strict=True) if blob}


def _read(repo: Repo, blobs: Iterable[str | None]) -> dict[str, bytes | None]:
    wanted = sorted({blob for blob in blobs if blob})
    return dict(zip(wanted, repo.read_blobs(wanted), strict=True))


def _tag(data: bytes | None) -> Release | None:
    try:
        return read_tag_object(data) if data else None
    except InputError:
        return None


def _disagrees(step: Step, message: str) -> Finding:
    return Finding("log-disagrees", "error", step.where, message, _FALSE)
