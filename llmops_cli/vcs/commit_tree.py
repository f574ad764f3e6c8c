"""The files of one commit as a Tree: nothing is checked out, nothing on disk is touched."""

from dataclasses import dataclass, field

from llmops_cli.errors import FileError, Problem
from llmops_cli.vcs.repo import Repo

_KINDS = {"120000": "is a symbolic link", "160000": "is a submodule"}
_SMALL = ((".yaml", ".yml"), (".md", ".txt", ".j2"))  # prompts and suites; partials
_AHEAD = 500  # files read ahead at once


@dataclass(frozen=True, slots=True)
class Known:
    """What trees of one repository have read already, so that a file of many commits is read once."""

    blobs: dict[str, bytes | None] = field(default_factory=dict)  # by object id
    listed: dict[tuple[str, str], dict[str, tuple[str, str]]] = field(default_factory=dict)  # by commit and path


class CommitTree:
    """The project below `prefix` (empty or ending with `/`) at a commit, given by its full id; nothing is checked out.

    `label` is how messages name it, such as `main (a1b2c3d)`. Links and submodules are refused when they are read.
    Trees with the same `known` read no file twice.
    """

    def __init__(
        self, repo: Repo, commit: str, *, prefix: str = "", label: str = "", known: Known | None = None
    ) -> None:
        self.repo = repo
        self.commit = commit
        self.prefix = prefix
        self.label = label or commit[:7]
        self._known = known or Known()
        self._blobs = self._known.blobs

    def read(self, path: str) -> bytes | None:
        if path.startswith("/") or ".." in path.split("/") or "\n" in path:
            raise FileError([Problem(path, 0, "", "leads out of the project", "keep the file below the project root")])
        mode, blob = self._entries(path).get(self.prefix + path, ("", ""))
        if not mode:
            self.must_hold(path)
            return None
        if mode in _KINDS:
            raise FileError([Problem(f"{path} at {self.label}", 0, "", f"{_KINDS[mode]}, not a regular file")])
        if blob not in self._blobs:
            wanted = [blob, *self._siblings(path)]
            self._blobs.update(zip(wanted, self.repo.read_blobs(wanted), strict=True))
        return self._blobs[blob]

    def paths(self, folder: str) -> list[str]:
        self.must_hold(folder.strip("/") + "/")
        start = self.prefix + (folder.strip("/") + "/" if folder.strip("/") else "")
        below = [
            path.removeprefix(start)
            for path, (mode, _) in self._entries(folder).items()
            if path.startswith(start) and mode != "160000"
        ]
        shown = [path for path in below if not any(part.startswith(".") for part in path.split("/")[:-1])]
        return sorted((start + path).removeprefix(self.prefix) for path in shown)

    def must_hold(self, path: str) -> None:
        """Raises FileError for a path inside of a submodule: its files are in no commit of this repository."""
        entries = self._entries(path)
        parts = path.split("/")[:-1]
        for place in ("/".join(parts[: count + 1]) for count in range(len(parts))):
            if entries.get(self.prefix + place, ("", ""))[0] == "160000":
                why = "is a submodule, so what lies in it belongs to another repository"
                hint = "make that one the project: keep its prompts below a folder prompts/ of its own, and work there"
                raise FileError([Problem(f"{place} at {self.label}", 0, "", why, hint)])

    def _entries(self, path: str) -> dict[str, tuple[str, str]]:
        """What lies below the first folder of the path: a whole monorepo is not listed for one prompt."""
        top = self.prefix + path.strip("/").split("/")[0]
        listed = self._known.listed
        if (self.commit, top) not in listed:
            listed[self.commit, top] = self.repo.entries(self.commit, top)
        return listed[self.commit, top]

    def _siblings(self, path: str) -> list[str]:
        """Blobs worth reading with this one: whoever reads a prompt mostly reads the next one too."""
        alike = next((endings for endings in _SMALL if path.endswith(endings)), None)
        if alike is None:
            return []
        folder = (self.prefix + path).rpartition("/")[0] + "/"
        near = [
            blob
            for other, (mode, blob) in self._entries(path).items()
            if other.startswith(folder) and other.endswith(alike) and mode.startswith("100")
        ]
        return [blob for blob in dict.fromkeys(near) if blob not in self._blobs][:_AHEAD]
