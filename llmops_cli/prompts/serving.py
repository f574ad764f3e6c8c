"""What has to change in an environment so that it serves a release. See `served` for what lies where."""

from collections.abc import Mapping, Sequence

from llmops_cli.errors import InputError
from llmops_cli.prompts.live import Environment
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.served import file_of, parts_of, tag_of
from llmops_cli.prompts.tag import Release

_PLAIN = "100644"
Change = Mapping[str, str | bytes | None]  # path -> object id, or the bytes of a new file; None: it must go


def changes_to_serve(
    registry: Registry, wanted: Sequence[tuple[Release, tuple[str, ...]]], *, tip: str | None
) -> list[Change]:
    """Of each release what a commit on `tip` must change; empty when the environment serves it already, whole.

    With a release come the paths of the other files that its prompt reads, from the root of its project. All of them
    take four git processes. Raises InputError when a release's commit does not hold its files, MeasureError when git
    cannot be asked.
    """
    assert registry.repo is not None
    repo = registry.repo
    places = [_places(registry, release, parts) for release, parts in wanted]
    specs = [f"{each[0].commit}:{path}" for each, of in zip(wanted, places, strict=True) for path in of.values()]
    blobs = iter(repo.object_ids(specs))
    tags = repo.read_tags([release.tag_id for release, _ in wanted])
    held = repo.entries(tip) if tip else {}
    there = repo.read_blobs([held.get(tag_of(release.name), ("", "-"))[1] for release, _ in wanted])
    found: list[Change] = []
    for (release, _), of, tag, now in zip(wanted, places, tags, there, strict=True):
        ids = {place: next(blobs) for place in of}
        missing = [of[place] for place, blob in ids.items() if blob is None]
        if missing or tag is None:
            hint = f"look at it: git show {release.tag}"
            raise InputError(f"{release.tag} does not hold {', '.join(missing) or 'its tag object'}", hint=hint)
        change: dict[str, str | bytes | None] = {
            place: blob for place, blob in ids.items() if held.get(place) != (_PLAIN, blob)
        }
        if now != tag or held[tag_of(release.name)][0] != _PLAIN:
            change[tag_of(release.name)] = tag
        gone = {path: None for path in held if path.startswith(parts_of(release.name)) and path not in of}
        found.append(change | gone)
    return found


def _places(registry: Registry, release: Release, parts: tuple[str, ...]) -> dict[str, str]:
    """Path in the environment -> path in the release's commit."""
    name, prefix = release.name, registry.place_of(release).prefix
    return {file_of(name): release.path} | {f"{parts_of(name)}{prefix}{part}": prefix + part for part in parts}


def begun(registry: Registry, environment: Environment, *, but: Sequence[str]) -> dict[Release, Change]:
    """What a branch that begins where GTO's tags served until now must hold besides: all that the stage serves.

    By release; those of the prompts `but` are about to be moved.
    """
    served = registry.live(environment.name).values() if environment.by_gto else ()
    found = [registry.release(live.name, live.version) for live in served if live.name not in but]
    # the file of one without a digest does not state its version, and no branch could serve it
    wanted = [(release, registry.released_prompt(release).parts) for release in found if release and release.digest]
    changes = changes_to_serve(registry, wanted, tip=None)
    return {release: change for (release, _), change in zip(wanted, changes, strict=True)}
