"""Files of many commits, read together: one git process for all of them, not one for each commit."""

from collections.abc import Iterable

from llmops_cli.errors import FileError, Problem
from llmops_cli.vcs.repo import Repo


class ManyCommits:
    """What was read ahead of `<commit>:<path>`, and what was asked for and is not here yet.

    Modes are not looked at: of a symbolic link the bytes are where it leads to.
    """

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self._known: dict[str, bytes | None] = {}
        self._missed: dict[str, None] = {}

    def read_ahead(self, specs: Iterable[str] = ()) -> int:
        """Read these, and whatever a tree was asked for in vain; returns how many there were."""
        wanted = [spec for spec in dict.fromkeys([*self._missed, *specs]) if spec not in self._known]
        self._missed.clear()
        self._known.update(zip(wanted, self._repo.read_blobs(wanted), strict=True))
        return len(wanted)

    def tree(self, commit: str, *, prefix: str = "", label: str = "") -> "AheadTree":
        """The files of one of the commits below `prefix` (empty or ending with `/`)."""
        return AheadTree(self, commit, prefix, label or commit[:7])

    def read(self, spec: str) -> bytes | None:
        """The bytes of a file, None for what does not exist or was not read ahead."""
        if spec not in self._known:
            self._missed[spec] = None
        return self._known.get(spec)


class AheadTree:
    """A Tree that knows the files that were read ahead. Of all others it says that they are missing."""

    def __init__(self, files: ManyCommits, commit: str, prefix: str, label: str) -> None:
        self._files = files
        self._commit = commit
        self._prefix = prefix
        self.label = label

    def read(self, path: str) -> bytes | None:
        if path.startswith("/") or ".." in path.split("/") or "\n" in path:
            raise FileError([Problem(path, 0, "", "leads out of the project", "keep the file below the project root")])
        return self._files.read(f"{self._commit}:{self._prefix}{path}")

    def paths(self, folder: str) -> list[str]:
        """Nothing: whoever reads ahead names the files."""
        del folder
        return []
