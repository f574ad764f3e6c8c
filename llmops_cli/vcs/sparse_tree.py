"""A work tree out of which a sparse checkout left files: they are not on disk, and nobody deleted them."""

from functools import cached_property
from pathlib import Path

from llmops_cli.vcs.repo import Repo, listed
from llmops_cli.vcs.tree import WorkTree


class SparseTree(WorkTree):
    """The files on disk below `root`, and those that were left out of it, as the index holds them."""

    def __init__(self, root: Path, repo: Repo, *, prefix: str) -> None:
        super().__init__(root)
        self._repo = repo
        self._prefix = prefix

    def read(self, path: str) -> bytes | None:
        data = super().read(path)
        if data is not None or path not in self._left_out:
            return data
        return self._repo.read_blobs([self._left_out[path]])[0]

    def paths(self, folder: str) -> list[str]:
        start = folder.strip("/") + "/" if folder.strip("/") else ""
        below = [
            path
            for path in self._left_out
            if path.startswith(start) and not any(part.startswith(".") for part in path[len(start) :].split("/")[:-1])
        ]
        return sorted({*super().paths(folder), *below})

    @cached_property
    def _left_out(self) -> dict[str, str]:
        """Path in the project -> object id of the plain files that are marked to be skipped."""
        answer = self._repo.ask("ls-files", "-t", "--stage", "-z", "--", *([self._prefix] if self._prefix else []))
        marked = {
            path.removeprefix(self._prefix): (mode, blob)
            for path, (mode, blob) in listed(answer, id_at=1, after="S ").items()
        }
        return {path: blob for path, (mode, blob) in marked.items() if mode.startswith("100")}
