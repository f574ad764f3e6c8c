"""Where the project is and how it is set up: llmops.yaml and the environment, as one frozen value.

The only reader of os.environ.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import unquote, urlsplit

from llmops_cli.errors import FileError, InputError
from llmops_cli.files.json_value import decode, read_text
from llmops_cli.files.shape import nearest
from llmops_cli.settings import SETTINGS_FILE, Settings, parse_settings
from llmops_cli.vcs.commit_tree import CommitTree
from llmops_cli.vcs.place import GitPlace, find_place
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.sparse_tree import SparseTree
from llmops_cli.vcs.tamed import INHERITED
from llmops_cli.vcs.tree import Tree, WorkTree

CacheMode = Literal["write", "read", "off"]  # write: answers are read from it and kept in it
_OPENAI_NAMES = ("gpt-", "chatgpt-", "o1", "o3", "o4")


@dataclass(frozen=True, slots=True)
class Config:
    """Settings plus places. `root` is the project root, of a bare repository its folder; `git` where git is, if any."""

    root: Path
    git: GitPlace | None
    settings: Settings
    env: Mapping[str, str] = field(repr=False)  # holds keys

    @property
    def git_root(self) -> Path | None:
        """The top of the work tree around the project, of a bare repository its folder; None without git."""
        return self.git.top if self.git else None

    def find_repo(self) -> Repo | None:
        """The repository of the project, None without one. Raises InputError when git refuses to read it."""
        return Repo.find(self.root if not self.git.env else self.git.top, env=self.git.env) if self.git else None

    def files(self) -> Tree:
        """The files of the project as they stand: those on disk and those that a sparse checkout left out.

        In a bare repository, which has no work tree, those of HEAD; raises InputError where that names no commit.
        """
        repo = self.find_repo() if self.git and (self.git.bare or self.git.sparse) else None
        if repo is None:
            return WorkTree(self.root)
        return _head_of(repo) if repo.bare else SparseTree(self.root, repo, prefix=self.prefix)

    def need_work_tree(self) -> None:
        """For what writes files of the project, or runs beside them. Raises InputError in a bare repository."""
        if self.git and self.git.bare:
            raise InputError(
                f"{self.root} is a bare repository: it has no files on disk to work with",
                hint=f"do it in a clone, or in a work tree: git worktree add DIR {self.settings.main}",
            )

    @property
    def state_dir(self) -> Path:
        """Where runs and the cache live (`.llmops/`, never in git)."""
        given = self.env.get("LLMOPS_STATE_DIR")
        return Path(given) if given else self.root / ".llmops"

    @property
    def cache_url(self) -> str:
        """The address of a cache that machines share (LLMOPS_CACHE_URL), empty for the one in the state folder."""
        return self.env.get("LLMOPS_CACHE_URL", "").strip()

    @property
    def cache_mode(self) -> CacheMode:
        """What may be done with the cache (LLMOPS_CACHE_MODE). Raises InputError for a word that is no mode."""
        said = self.env.get("LLMOPS_CACHE_MODE", "").strip() or "write"
        for mode in get_args(CacheMode):
            if said == mode:
                return cast(CacheMode, mode)
        raise InputError(f"LLMOPS_CACHE_MODE is {said!r}", hint="write (the default), read or off")

    @property
    def shards_dir(self) -> Path:
        """Where shards lie until they are merged: apart from runs, which they are not."""
        return self.state_dir / "shards"

    def endpoint_of(self, model: str) -> str:
        """The base URL that the environment names for the provider of a model (`OPENAI_API_BASE`), empty for its own.

        It is part of what an answer depends on: what a stand-in said must never be taken for the provider's answer.
        """
        provider, slash, _ = model.partition("/")
        if not slash:
            # a bare name is some provider's: only OpenAI's own may go, with their key, to OpenAI's address
            provider = "openai" if model.startswith(_OPENAI_NAMES) else ""
        if not provider:
            return ""
        name = provider.upper().replace("-", "_")
        return self.env.get(f"{name}_API_BASE") or self.env.get(f"{name}_BASE_URL") or ""

    def allows(self, endpoint: str) -> bool:
        """Whether calls, and the key that goes with them, may be sent to an address that a file of the project names.

        Loopback is; everything else must stand in LLMOPS_ENDPOINTS (comma-separated URLs), which a change cannot edit.
        """
        try:
            parts = urlsplit(endpoint)
        except ValueError:  # no address at all
            return False
        if ".." in unquote(parts.path).split("/"):
            return False  # below an entry as it is written, and above it where it is sent
        allowed = [one.strip().rstrip("/") for one in self.env.get("LLMOPS_ENDPOINTS", "").split(",") if one.strip()]
        if parts.hostname in ("127.0.0.1", "::1", "localhost"):
            return True
        return any(endpoint.rstrip("/") == one or endpoint.startswith(one + "/") for one in allowed)

    def interpreter(self, name: str) -> str:
        """The path of a Python that llmops.yaml names, ours for an empty name. Raises InputError."""
        if not name:
            return sys.executable
        known = self.settings.interpreters
        if name not in known:
            hint = nearest(name, sorted(known)) or "interpreters: {app: .venv/bin/python} in llmops.yaml"
            raise InputError(f"llmops.yaml names no interpreter {name!r}", hint=hint)
        path = self.root / known[name]  # an absolute path stays as it is
        if not path.is_file():
            raise InputError(f"interpreter {name!r}: there is no {path}", hint="make that environment first")
        return str(path)

    @property
    def prefix(self) -> str:
        """The project root inside the git work tree, POSIX, empty or ending with `/`."""
        if self.git_root is None or self.root == self.git_root:
            return ""
        return self.root.relative_to(self.git_root).as_posix() + "/"


def load_config(
    start: Path | None = None,
    env: Mapping[str, str] | None = None,
    *,
    on_broken: Callable[[FileError], None] | None = None,
) -> Config:
    """The configuration for a directory (default: the current one).

    The root is the nearest folder upwards with a llmops.yaml, else the nearest with a prompts/ folder, else the top of
    the git work tree, else `start` itself; the search ends at the top of the work tree. A bare repository holds one
    project, whose files and settings are those of HEAD.
    Raises InputError when the current folder is gone or git refuses to read what it needs to be asked, and FileError
    when llmops.yaml is not what it must be; with `on_broken` that is told instead, and the defaults hold: a broken
    file on main must not stand between production and the version before.
    """
    variables = dict(os.environ) if env is None else dict(env)
    try:
        here = (start or Path.cwd()).resolve()
    except FileNotFoundError:
        raise InputError("the current folder does not exist any more", hint="change to one that does") from None
    git = find_place(here, variables)
    root = _root(here, git)
    try:
        settings = _settings(root, git)
    except FileError as error:
        if on_broken is None:
            raise
        on_broken(error)
        settings = Settings()
    return Config(root, git, settings, variables)


def _root(here: Path, git: GitPlace | None) -> Path:
    if git is not None and git.bare:
        return git.top
    upwards = [here, *here.parents]
    if git is not None:
        # a work tree that GIT_WORK_TREE names can be anywhere
        upwards = upwards[: upwards.index(git.top) + 1] if git.top in upwards else [git.top]
    root = next((folder for folder in upwards if (folder / SETTINGS_FILE).is_file()), None)
    if root is None and git is not None:
        root = next((folder for folder in upwards if (folder / "prompts").is_dir()), git.top)
    return root or here


def _settings(root: Path, git: GitPlace | None) -> Settings:
    if git is not None and git.bare:
        repo = Repo.find(git.top, env=git.env)
        data = _head_of(repo).read(SETTINGS_FILE) if repo and repo.head() else None
        return Settings() if data is None else parse_settings(decode(data, path=SETTINGS_FILE))
    path = root / SETTINGS_FILE
    return parse_settings(read_text(path, shown=SETTINGS_FILE)) if path.is_file() else Settings()


def _head_of(repo: Repo) -> CommitTree:
    head = repo.head()
    if head is None:
        raise InputError(
            f"HEAD of {repo.root} names {repo.branch() or 'a branch'}, which has no commit",
            hint="push it there, or name another: git symbolic-ref HEAD refs/heads/BRANCH",
        )
    return CommitTree(repo, head, label="HEAD")


@contextmanager
def only_the_folder_counts() -> Iterator[None]:
    """For as long as it lasts no variable says which repository is meant: the demo plays in one of its own."""
    kept = {name: os.environ.pop(name) for name in INHERITED if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


def debugging() -> bool:
    """Whether tracebacks of our own bugs are wanted on stderr (LLMOPS_DEBUG=1)."""
    return os.environ.get("LLMOPS_DEBUG") == "1"


def log_takes_commands() -> bool:
    """Whether what is printed goes to a log in which lines can be commands (GITHUB_ACTIONS=true)."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def dumb_terminal() -> bool:
    """Whether the terminal says it can draw nothing (TERM=dumb)."""
    return os.environ.get("TERM") == "dumb"
