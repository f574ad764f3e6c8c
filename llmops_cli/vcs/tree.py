"""A tree of files, wherever it is: the working tree or a commit. Everything that loads files reads through one."""

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

from llmops_cli.errors import FileError, Problem
from llmops_cli.files.json_value import decode

MAX_FILE = 200_000_000


class Tree(Protocol):
    """Files below the project root, by POSIX path relative to it."""

    @property
    def label(self) -> str:
        """How messages name it: empty for the working tree, `main (a1b2c3d)` for a commit."""
        ...

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None when there is none. Raises FileError for what is no plain file in the project."""
        ...

    def paths(self, folder: str) -> list[str]:
        """All files below a folder, sorted; empty when there is no such folder."""
        ...


class WorkTree:
    """The files on disk below `root`; links and paths that lead out of it are refused."""

    label = ""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._folders: dict[str, Path] = {}

    def read(self, path: str) -> bytes | None:
        target = self._inside(path)
        try:
            found = target.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(path, error) from None
        if not stat.S_ISREG(found.st_mode):
            raise FileError([Problem(path, 0, "", "is not a regular file")])
        if found.st_size > MAX_FILE:
            raise FileError([Problem(path, 0, "", f"is larger than {MAX_FILE:,} bytes")])
        try:
            return target.read_bytes()
        except OSError as error:
            raise FileError([Problem(path, 0, "", f"cannot be read: {error.strerror}")]) from None

    def paths(self, folder: str) -> list[str]:
        top = self._inside(folder)
        found: list[str] = []
        for directory, names, files in os.walk(top):
            names[:] = sorted(name for name in names if not name.startswith("."))
            found += [(Path(directory) / name).relative_to(self.root).as_posix() for name in files]
        return sorted(found)

    def _inside(self, path: str) -> Path:
        """Where a path leads; that of a folder is found once, as most files of a project lie in few."""
        folder, _, name = path.rpartition("/")
        if not folder or name in ("", ".", ".."):
            return self._followed(path)
        if folder not in self._folders:
            self._folders[folder] = self._followed(folder)
        target = self._folders[folder] / name
        return self._followed(path) if target.is_symlink() else target

    def _followed(self, path: str) -> Path:
        try:
            target = (self.root / path).resolve()
        except (OSError, RuntimeError) as error:
            raise _unreadable(path, error) from None
        if not target.is_relative_to(self.root):
            raise FileError([Problem(path, 0, "", "leads out of the project", "keep the file below the project root")])
        parts, given = target.relative_to(self.root).parts, PurePosixPath(path).parts
        if any(part not in given and (part == ".git" or part == parts[-1]) for part in parts if part.startswith(".")):
            # a change can bring a link to .git/config, which holds the token of a CI checkout, or to .env
            raise FileError([Problem(path, 0, "", "is a link to a hidden file", "keep the file itself there")])
        return target


class Overlay:
    """The working tree with files on top that are not written yet."""

    label = ""

    def __init__(self, root: Path, files: Mapping[str, str]) -> None:
        self._below: Tree = WorkTree(root)
        self._files = files

    def read(self, path: str) -> bytes | None:
        return self._files[path].encode() if path in self._files else self._below.read(path)

    def paths(self, folder: str) -> list[str]:
        start = folder.rstrip("/") + "/"
        return sorted({*self._below.paths(folder), *(path for path in self._files if path.startswith(start))})


def _unreadable(path: str, error: OSError | RuntimeError) -> FileError:
    # of links that lead to themselves Python says RuntimeError up to 3.12, and nothing before stat from 3.13 on
    loop = isinstance(error, RuntimeError) or error.errno == errno.ELOOP
    why = "a symbolic link leads to itself" if loop else (error.strerror if isinstance(error, OSError) else str(error))
    return FileError([Problem(path, 0, "", f"cannot be read: {why}")])


def read_text(tree: Tree, path: str) -> str:
    """The UTF-8 text of a file that must be there. Raises FileError."""
    data = tree.read(path)
    shown = f"{path} at {tree.label}" if tree.label else path
    if data is None:
        raise FileError([Problem(shown, 0, "", "no such file")])
    return decode(data, path=shown)


def beside(path: str, relative: str) -> str:
    """The path of a file that another names relative to itself: `evals/x.yaml`, `golden/x` -> `evals/golden/x`.

    Raises FileError when it leads out of the project.
    """
    if (
        not relative.isprintable()
        or relative.startswith(("/", "~"))
        or "\\" in relative
        or "://" in relative
        or relative[1:2] == ":"
    ):
        raise FileError([Problem(path, 0, "", f"{relative!r} must be a path relative to this file")])
    parts: list[str] = []
    for part in (PurePosixPath(path).parent / relative).parts:
        if part == "..":
            if not parts:
                raise FileError([Problem(path, 0, "", f"{relative!r} leads out of the project")])
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
