"""The tree of an environment against the releases: the same bytes, whole, and nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from llmops_cli.errors import InputError
from llmops_cli.prompts.live import BRANCHES, Environment, version_in
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.released_texts import read_released
from llmops_cli.prompts.served import FROZEN, file_of, name_at, parts_of, tag_of
from llmops_cli.prompts.tag import Release, read_tag_object
from llmops_cli.prompts.verify.finding import Finding
from llmops_cli.vcs.repo import Repo

_PLAIN = "100644"
_SET_RIGHT = "promote the version again, which sets it right: llmops promote {name} {version} --env {environment}"


@dataclass(frozen=True, slots=True)
class _Held:
    """What an environment holds of one prompt. `said`: the release in the tag with it; `version`: what is stated."""

    environment: Environment
    name: str
    entries: Mapping[str, tuple[str, str]]  # path -> mode, object id
    version: str
    said: Release | None
    problem: str = ""

    @property
    def where(self) -> str:
        return f"{BRANCHES}{self.environment.name}:{file_of(self.name)}"

    def wrong(self, message: str) -> Finding:
        """A finding of bytes that are not those of the release."""
        hint = _SET_RIGHT.format(name=self.name, version=self.version or "VERSION", environment=self.environment.name)
        return Finding("served-bytes", "error", self.where, message, hint)


def compared(
    registry: Registry, environments: Sequence[Environment], names: Sequence[str], moved: frozenset[str]
) -> Iterator[Finding]:
    """What is not as released, of these prompts or of all. `moved`: tags that are told of already.

    Raises MeasureError.
    """
    assert registry.repo is not None
    held: list[_Held] = []
    for environment in environments:
        if environment.tip is None:
            continue
        entries = registry.repo.entries(environment.tip)
        by_name: dict[str, dict[str, tuple[str, str]]] = {}
        for path, entry in entries.items():
            if name := name_at(path):
                by_name.setdefault(name, {})[path] = entry
            elif not names and path != FROZEN:
                where = f"{BRANCHES}{environment.name}:{path}"
                yield Finding("stray-file", "error", where, "nothing that is served", "remove it from the branch")
        held += _held(registry.repo, environment, {n: e for n, e in by_name.items() if not names or n in names})
    whole = [(one, registry.release(one.name, one.version)) for one in held if not one.problem]
    yield from (one.wrong(one.problem) for one in held if one.problem)
    for one, release in whole:
        yield from _standing(registry, one, release, moved)
    yield from _bytes(registry, [(one, release) for one, release in whole if release])


def _held(repo: Repo, environment: Environment, by_name: Mapping[str, Mapping[str, tuple[str, str]]]) -> list[_Held]:
    """What the environment holds of each prompt, read in one go."""
    wanted = [entries[path][1] for name, entries in by_name.items() for path in (file_of(name), tag_of(name))
              if path in entries]  # fmt: skip
    data = dict(zip(wanted, repo.read_blobs(wanted), strict=True))
    found: list[_Held] = []
    for name, entries in sorted(by_name.items()):
        file, tag = (data.get(entries[path][1]) if path in entries else None for path in (file_of(name), tag_of(name)))
        version = str(version_in(file) or "")
        said, problem = None, ""
        if odd := [path for path, (mode, _) in entries.items() if mode != _PLAIN]:
            problem = f"{odd[0]} is not a plain file"
        elif file is None:
            problem = f"there is {next(iter(entries))}, but no {file_of(name)}"
        elif not version:
            problem = "it states no version"
        elif tag is not None:
            said, problem = _said(name, tag)
        found.append(_Held(environment, name, entries, version, said, problem))
    return found


def _said(name: str, tag: bytes) -> tuple[Release | None, str]:
    try:
        return read_tag_object(tag), ""
    except InputError as error:
        return None, f"{tag_of(name)} is not the tag of a release: {error.message}"


def _standing(registry: Registry, held: _Held, release: Release | None, moved: frozenset[str]) -> Iterator[Finding]:
    """Whether what is served is a release that may be, and the tag beside it that release's."""
    if release is None:
        if f"{held.name}@v{held.version}" not in moved:
            yield _unknown(registry, held)
        return
    if release.yanked:
        hint = f"run: llmops rollback {held.name} --env {held.environment.name}; or promote another version"
        yield Finding("yanked-live", "error", held.where, f"{held.version} is yanked: {release.yanked}", hint)
    if held.said is None:
        message = "the tag of its release is not with it, as an older llmops left it"
        yield Finding("unproven", "note", held.where, message, "the next promotion adds it")
    elif held.said.tag_id != release.tag_id and release.tag not in moved:
        yield held.wrong(f"{tag_of(held.name)} is not the tag object of {release.tag}")


def _unknown(registry: Registry, held: _Held) -> Finding:
    """The version that is served is no release: none at all, or none that was fetched."""
    tag, remote = f"{held.name}@v{held.version}", registry.config.settings.remote
    if registry.repo is not None and remote in registry.repo.remotes():
        message, hint = f"the tag {tag} is not here", f"run: git fetch {remote} refs/tags/{tag}:refs/tags/{tag}"
        return Finding("unknown-version", "unchecked", held.where, message, hint)
    message = f"{held.version} was never released: there is no tag {tag}"
    return Finding("unknown-version", "error", held.where, message, "promote a version that is released")


def _bytes(registry: Registry, served: Sequence[tuple[_Held, Release]]) -> Iterator[Finding]:
    """The file, and every other file that the prompt reads, against the commit of the release."""
    assert registry.repo is not None
    texts = {text.release: text.prompt for text in read_released(registry, [release for _, release in served])}
    wanted: list[dict[str, str]] = []
    for held, release in served:
        prompt, prefix = texts[release], registry.place_of(release).prefix
        parts = prompt.parts if prompt and held.said else ()
        wanted.append({file_of(held.name): release.path}
                      | {f"{parts_of(held.name)}{prefix}{part}": prefix + part for part in parts})  # fmt: skip
    specs = [f"{release.commit}:{path}" for (_, release), places in zip(served, wanted, strict=True)
             for path in places.values()]  # fmt: skip
    blobs = iter(registry.repo.object_ids(specs))
    for (held, release), places in zip(served, wanted, strict=True):
        for path in places:
            blob = next(blobs)
            if blob is not None and held.entries.get(path, ("", ""))[1] != blob:
                what = "is not byte for byte" if path in held.entries else "is not there, as"
                yield held.wrong(f"{path} {what} that of release {release.version}")
        further = sorted(held.entries.keys() - places.keys() - {tag_of(held.name)})
        if further and texts[release] is not None:
            yield held.wrong(f"{further[0]} is not part of release {release.version}")
