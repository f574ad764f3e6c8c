"""The files of one commit as a Tree: nothing is checked out, nothing on disk is touched."""

from functools import cached_property

from llmops_cli.errors import FileError, Problem
from llmops_cli.vcs.repo import Repo

_KINDS = {"120000": "is a symbolic link", "160000": "is a submodule"}


class CommitTree:
    """The project below `prefix` (empty or ending with `/`) at a commit, given by its full id.

    `label` is how messages name it, such as `main (a1b2c3d)`. Links and submodules are refused when they are read.
    """

    def __init__(self, repo: Repo, commit: str, *, prefix: str = "", label: str = "") -> None:
        self.repo = repo
        self.commit = commit
        self.prefix = prefix
        self.label = label or commit[:7]

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None when there is none. Raises FileError for a link, a submodule, or a way out."""
        if path.startswith("/") or ".." in path.split("/") or "\n" in path:
            raise FileError([Problem(path, 0, "", "leads out of the project", "keep the file below the project root")])
        mode, object_id = self._entries.get(self.prefix + path, ("", ""))
        if not mode:
            return None
        if mode in _KINDS:
            raise FileError([Problem(f"{path} at {self.label}", 0, "", f"{_KINDS[mode]}, not a regular file")])
        return self.repo.read_blobs([object_id])[0]

    def paths(self, folder: str) -> list[str]:
        """All files below a folder, sorted; links count, so that a linked prompt is refused and not overlooked."""
        start = self.prefix + folder.strip("/") + "/" if folder.strip("/") else self.prefix
        return sorted(
            path.removeprefix(self.prefix)
            for path, (mode, _) in self._entries.items()
            if path.startswith(start) and mode != "160000" and not _hidden(path.removeprefix(start))
        )

    @cached_property
    def _entries(self) -> dict[str, tuple[str, str]]:
        return self.repo.entries(self.commit, self.prefix)


def _hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/")[:-1])
