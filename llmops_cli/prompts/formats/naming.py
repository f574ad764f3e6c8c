"""Names of prompts, made from labels and file names that people wrote."""

import os
import re
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from llmops_cli.errors import InputError

MAX_FILES = 2_000


def slug(text: str, *, most: int = 60) -> str:
    """Lowercase letters, digits and single dashes; `imported` when nothing of that is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:most].strip("-") or "imported"


def unused(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where it is taken."""
    number = 2
    found = name
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found


def prompt_name(label: str) -> str:
    """The name of a prompt that is nearest to a path or label; empty when no letter or digit is left."""
    parts = (re.sub(r"[^a-z0-9_]+", "-", part.lower()).strip("-_") for part in label.split("/"))
    return "/".join(part for part in parts if part)


def named_files(
    given: Sequence[Path], endings: Collection[str], *, name: str = "", hidden: tuple[str, ...] = (".",)
) -> list[tuple[str, Path]]:
    """The files of an import with the names of their prompts, sorted by name.

    A folder stands for all files below it with one of these endings; those that begin like one of `hidden` are passed
    over. A prompt is called as its file; as the path from what the files have in common where that is a folder or two
    files are called the same; and as the folder where all files are called the same (`summarize/system.md`,
    `translate/system.md`). `name` is that of the one file, or of the folder of several.
    Raises InputError when there is no such file, there are too many, or two prompts would have one name.
    """
    files = [file for one in given for file in (_below(one, endings, hidden) if one.is_dir() else [one])]
    if not files:
        shown = ", ".join(map(str, given))
        raise InputError(f"{shown}: there is no file to import", hint=f"its name must end with {' or '.join(endings)}")
    if len(files) > MAX_FILES:
        raise InputError(f"{len(files):,} files are too many at once", hint="import one folder after the other")
    if name and len(files) == 1:
        return [(name, files[0])]
    labels = _labels(files, whole=len(given) == 1 and given[0].is_dir())
    found: dict[str, Path] = {}
    for label, file in zip(labels, files, strict=True):
        full = prompt_name(f"{name}/{label}" if name else label)
        if not full or full in found:
            why = f"would be called {full!r}, as {found[full]}" if full else "no name can be made of its name"
            raise InputError(f"{file} {why}", hint="import it by itself, with --name")
        found[full] = file
    return sorted(found.items())


def _below(folder: Path, endings: Collection[str], hidden: tuple[str, ...]) -> list[Path]:
    """The files below a folder. Raises InputError for a link that leads out of it, and for a pipe or a device."""
    found: list[Path] = []
    for directory, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        found += [
            Path(directory) / one
            for one in sorted(names)
            if one.lower().endswith(tuple(endings)) and not one.startswith(hidden)
        ]
    for file in found:
        if not file.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{file} is a link that leads out of {folder}", hint="import what it leads to by itself")
        if not file.is_file():
            raise InputError(f"{file} is no file, or a link to none", hint="remove it, or import the files one by one")
    return found


def _labels(files: Sequence[Path], *, whole: bool) -> list[str]:
    """What each file is called among the others, `/` between folders."""
    stems = [file.stem for file in files]
    if len(files) == 1 or (not whole and len(set(stems)) == len(stems)):
        return stems
    paths = [PurePosixPath(file.resolve().with_suffix("").as_posix()) for file in files]
    top = os.path.commonpath([path.parent for path in paths])
    labels = [path.relative_to(top) for path in paths]
    same = len(Counter(stems)) == 1 and all(label.parent.parts for label in labels)
    return [str(label.parent if same else label) for label in labels]
