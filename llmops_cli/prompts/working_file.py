"""The prompt files of the working tree, told from the released ones without being parsed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from llmops_cli.errors import InputError
from llmops_cli.prompts.file import prompt_path, prompt_paths
from llmops_cli.prompts.live import version_in
from llmops_cli.prompts.reference import check_name
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.version import Version

# a file with such a word may read others, and then its own bytes do not say all
_OTHERS = (b"include", b"schema", b"partial")


@dataclass(frozen=True, slots=True)
class WorkingFile:
    """A file as it is on disk; `version` as it states it. `problem` where it cannot even be read."""

    name: str
    path: str
    data: bytes
    version: Version | None
    problem: str = ""


def read_files(registry: Registry) -> dict[str, WorkingFile]:
    """The files of all prompts of the working tree, by name."""
    paths = prompt_paths(registry.work_tree, registry.folder)
    return {name: _read(registry, name, found) for name, found in sorted(paths.items())}


def _read(registry: Registry, name: str, paths: list[str]) -> WorkingFile:
    try:
        if len(paths) > 1:
            prompt_path(registry.work_tree, name, folder=registry.folder)  # says what is wrong with that
        check_name(name)
        data = registry.work_tree.read(paths[0]) or b""
    except InputError as error:
        return WorkingFile(name, "", b"", None, error.message)
    return WorkingFile(name, paths[0], data, version_in(data))


def as_released(registry: Registry, files: Iterable[WorkingFile]) -> set[str]:
    """The names of the prompts whose file is, to the byte, the one in the commit of its release, at the same path.

    What such a file means was read when it was released; two git objects with one id have the same bytes.
    """
    if registry.repo is None:
        return set()
    wanted: dict[str, tuple[WorkingFile, str]] = {}
    for file in files:
        commit = registry.tagged(file.name, file.version) if file.version else None
        if commit and not any(word in file.data for word in _OTHERS):
            wanted[file.name] = (file, f"{commit}:{registry.config.prefix}{file.path}")
    blobs = registry.repo.object_ids([spec for _, spec in wanted.values()])
    return {file.name for (file, _), blob in zip(wanted.values(), blobs, strict=True) if blob == _id(file.data, blob)}


def _id(data: bytes, like: str | None) -> str:
    """The id that git gives a file with these bytes, by the hash of the repository."""
    hashed = hashlib.sha256() if like and len(like) == 64 else hashlib.sha1(usedforsecurity=False)
    hashed.update(b"blob %d\0" % len(data) + data)
    return hashed.hexdigest()
