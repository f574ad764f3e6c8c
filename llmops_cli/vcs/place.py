"""Which repository git means in a folder: the one around it, or another that GIT_DIR and GIT_WORK_TREE name.

Git sets these variables for its hooks as well, where they name the repository around the folder and say nothing new.
There they are dropped: a hook that has gone down into a folder would take that folder for the top of the work tree.
Where they name another repository a person has set them, and that one is meant, as git itself has it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from llmops_cli.errors import InputError
from llmops_cli.vcs.repo import Repo

_QUARANTINE = ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
# what makes the top of the work tree another one than the folder that holds .git; whether it does, git is asked
_PERHAPS_ELSEWHERE = re.compile(rb"^\s*(bare|worktree|worktreeConfig|path)\s*=", re.IGNORECASE | re.MULTILINE)
_NOT_BARE = re.compile(rb"^\s*bare\s*=\s*false\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class GitPlace:
    """A repository. `top` is the top of its work tree, of a bare one its own folder; `env` is what git must be told."""

    top: Path
    git_dir: Path
    bare: bool = False
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def sparse(self) -> bool:
        """Whether files may have been left out of the work tree."""
        return (self.git_dir / "info" / "sparse-checkout").is_file()


def find_place(here: Path, given: Mapping[str, str]) -> GitPlace | None:
    """The repository of a folder (a full path), None outside of one; `given` are the variables of the environment.

    Git is asked only where the files do not tell.
    Raises InputError where GIT_DIR names no repository, where git refuses it, inside of a repository's own files, and
    in a bare repository that lies in the work tree of another one, unless GIT_DIR says that it is meant.
    """
    around = _around(here)
    env = _meant(here, given, around)
    if around is None and not env:
        return None
    if around is not None and "GIT_DIR" not in env and "GIT_WORK_TREE" not in env and _is_plain(around):
        return GitPlace(around[0], around[1], env=env)
    repo = Repo.find(around[0] if around is not None and not env else here, env=env)
    if repo is None and "GIT_DIR" in env:
        raise InputError(f"GIT_DIR names {env['GIT_DIR']}, which is no repository", hint="unset it, or mend it")
    if repo is None:
        # of what has .git it is told where it is read that git cannot read it; else it only looked like a repository
        return GitPlace(*around) if around is not None and around[0] != around[1] else None
    top = repo.root.resolve()
    if repo.bare and not given.get("GIT_DIR"):
        _refuse_smuggled(top)
    if {"GIT_DIR", "GIT_WORK_TREE"} & env.keys() or top not in (here, *here.parents):  # or core.worktree says where
        env = {**env, "GIT_DIR": str(repo.git_dir), **({} if repo.bare else {"GIT_WORK_TREE": str(top)})}
    return GitPlace(top, repo.git_dir, repo.bare, env)


def _refuse_smuggled(bare: Path) -> None:
    """Raises InputError for a bare repository in a work tree: a commit can hold its files, and so its settings."""
    outer = _around(bare.parent)
    if outer is not None and outer[1].resolve() != bare:
        raise InputError(
            f"{bare} looks like a bare repository, inside of {outer[0]}: anybody can have committed it there",
            hint=f"if you mean it: GIT_DIR={bare} llmops ...",
        )


def _around(here: Path) -> tuple[Path, Path] | None:
    """The nearest folder upwards that is a repository or has one, and where its files lie."""
    for folder in (here, *here.parents):
        if (folder / ".git").exists():
            return folder, _git_dir(folder / ".git")
        if folder.name != ".git" and _looks_like_one(folder):
            return folder, folder
    return None


def _git_dir(path: Path) -> Path:
    """What `.git` stands for: itself, or the folder that a file of linked work trees and submodules names."""
    if path.is_dir():
        return path.resolve()
    try:
        said = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return path
    return (path.parent / said.removeprefix("gitdir:").strip()).resolve()


def _looks_like_one(folder: Path) -> bool:
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _is_plain(around: tuple[Path, Path]) -> bool:
    """Whether the folder is the top of the work tree beyond doubt: it holds .git, and no setting says otherwise."""
    top, git_dir = around
    if git_dir != top / ".git":
        return False
    try:
        config = (git_dir / "config").read_bytes()
    except OSError:
        return True
    return not _PERHAPS_ELSEWHERE.search(_NOT_BARE.sub(b"", config))


def _meant(here: Path, given: Mapping[str, str], around: tuple[Path, Path] | None) -> dict[str, str]:
    """What git must be told, because it would not find it by itself."""
    git_dir, work_tree = given.get("GIT_DIR", ""), given.get("GIT_WORK_TREE", "")
    named = (here / git_dir).resolve() if git_dir else None
    if named is not None and around is not None and not Path(git_dir).is_absolute() and not named.exists():
        named = around[1]  # a hook's, which was right in the folder that it began in
    same = named is None or (around is not None and named == around[1])
    tree = (here / work_tree).resolve() if work_tree else None
    if same and around is not None and tree in (None, around[0]):
        # what is being pushed lies apart until the hook says yes
        apart = "GIT_QUARANTINE_PATH" in given and named is not None
        return {name: str((here / given[name]).resolve()) if name == _QUARANTINE[0] else given[name]
                for name in _QUARANTINE if apart and name in given}  # fmt: skip
    if named is None and around is None:
        return {}
    said = {"GIT_DIR": named, "GIT_WORK_TREE": tree}
    return {name: str(path) for name, path in said.items() if path is not None}
