"""What has to change in an environment so that it serves a release. See `served` for what lies where."""

from collections.abc import Mapping

from llmops_cli.errors import InputError
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.served import file_of, parts_of, tag_of
from llmops_cli.prompts.tag import Release

Change = Mapping[str, str | bytes | None]  # path -> object id, or the bytes of a new file; None: it must go


def change_to_serve(registry: Registry, release: Release, parts: tuple[str, ...], *, tip: str | None) -> Change:
    """What a commit on `tip` must change; empty when the environment serves the release already, whole.

    `parts` are the paths of the other files that the prompt reads, from the root of its project.
    Raises InputError when the release's commit does not hold its files, MeasureError when git cannot be asked.
    """
    assert registry.repo is not None
    repo, name, prefix = registry.repo, release.name, registry.place_of(release).prefix
    places = {file_of(name): release.path} | {f"{parts_of(name)}{prefix}{part}": prefix + part for part in parts}
    found = repo.object_ids([f"{release.commit}:{path}" for path in places.values()])
    missing = [path for path, blob in zip(places.values(), found, strict=True) if blob is None]
    if missing:
        hint = f"look at it: git show {release.tag}"
        raise InputError(f"{release.tag} does not hold {', '.join(missing)}", hint=hint)
    held = repo.entries(tip) if tip else {}
    change: dict[str, str | bytes | None] = {
        place: blob for place, blob in zip(places, found, strict=True) if held.get(place) != ("100644", blob)
    }
    tag = repo.tag_object(release.tag_id)
    if tip is None or repo.read_blobs([f"{tip}:{tag_of(name)}"]) != [tag]:
        change[tag_of(name)] = tag
    return change | {path: None for path in held if path.startswith(parts_of(name)) and path not in places}
