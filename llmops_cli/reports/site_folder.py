"""A site on disk: pages are replaced one by one, old or new and never half, and only where the folder is ours."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from llmops_cli.errors import InputError
from llmops_cli.files.atomic import write_atomic

MARKER = ".llmops-site"
_MARKED = b"This folder was written by `llmops report site`, which replaces and removes the pages in it.\n"


@dataclass(frozen=True, slots=True)
class Wrote:
    """What became of a folder: pages it holds, and how many of them were written and removed this time."""

    pages: int
    changed: int
    removed: int


def write_site(folder: Path, pages: Iterable[tuple[str, str]]) -> Wrote:
    """Make the folder hold exactly these pages, by relative POSIX path. A page that is the same is left alone.

    Raises InputError when the folder holds anything that is not a page of a site, or cannot be written.
    """
    target = folder.resolve()
    try:
        before = set(_checked(target, folder))
        write_atomic(target / MARKER, _MARKED)
        kept: set[str] = set()
        changed = 0
        for path, text in pages:
            kept.add(path)
            changed += _write(target / path, text.encode())
        gone = before - kept
        for path in gone:
            (target / path).unlink()
        _remove_empty(target)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror or error}") from None
    return Wrote(len(kept), changed, len(gone))


def check_folder(folder: Path) -> None:
    """Raises InputError when a site cannot be written there, before anything is read or drawn."""
    try:
        for _ in _checked(folder.resolve(), folder):
            pass
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror or error}") from None


def _checked(target: Path, shown: Path) -> Iterator[str]:
    """The pages that the folder holds already. Raises InputError for everything else that is in it."""
    if not target.exists():
        return
    if not target.is_dir():
        raise InputError(f"{shown} is not a folder", hint="name one that is empty or does not exist yet")
    files = sorted(_files(target))
    if files and MARKER not in files:
        raise InputError(
            f"{shown} holds other things ({_some(files)})", hint="name a folder that is empty or does not exist yet"
        )
    foreign = [path for path in files if not _is_ours(target, path)]
    if foreign:
        raise InputError(f"{shown} holds what is no page of a site: {_some(foreign)}", hint="move it elsewhere")
    yield from (path for path in files if path != MARKER)


def _is_ours(target: Path, path: str) -> bool:
    of_prompt = path.startswith("prompts/") and path.endswith(".html")
    known = of_prompt or path in (MARKER, "index.html", "environments.html")
    return known and not (target / path).is_symlink()  # through a link a page would be written somewhere else


def _files(target: Path) -> Iterator[str]:
    """Everything in the folder that is no folder of its own; a link to one counts."""
    for directory, folders, files in os.walk(target, onerror=_raise):
        here = Path(directory)
        links = [name for name in folders if (here / name).is_symlink()]
        yield from ((here / name).relative_to(target).as_posix() for name in [*links, *files])


def _raise(error: OSError) -> None:
    raise error


def _write(path: Path, data: bytes) -> bool:
    """Whether the page had to be written."""
    try:
        if path.read_bytes() == data:
            return False
    except FileNotFoundError:
        pass
    write_atomic(path, data)
    return True


def _remove_empty(target: Path) -> None:
    for directory, _, _ in os.walk(target / "prompts", topdown=False):
        if not any(Path(directory).iterdir()):
            Path(directory).rmdir()


def _some(paths: list[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
