"""Where the project is and how it is set up: llmops.yaml and the environment, as one frozen value.

The only reader of os.environ.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, cast, get_args
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from llmops_cli.errors import FileError, InputError
from llmops_cli.files.json_value import decode, read_text
from llmops_cli.files.shape import FileShape, ProjectPath, nearest, read_shape
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.vcs.commit_tree import CommitTree
from llmops_cli.vcs.place import GitPlace, find_place
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.sparse_tree import SparseTree
from llmops_cli.vcs.tamed import INHERITED
from llmops_cli.vcs.tree import Tree, WorkTree

SETTINGS_FILE = "llmops.yaml"
CacheMode = Literal["write", "read", "off"]  # write: answers are read from it and kept in it
_FINGERPRINT = re.compile(r"([0-9A-F]{40}|[0-9A-F]{64})\Z")
_SOAK = re.compile(r"(?P<count>[0-9]{1,5})(?P<unit>[smhd])\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_OPENAI_NAMES = ("gpt-", "chatgpt-", "o1", "o3", "o4")


class RunSettings(FileShape):
    """`run:` of llmops.yaml: how models are called."""

    concurrency: int = Field(default=8, ge=1, le=1000, description="Trials at the same time, and calls of one model.")
    timeout_s: int | float = Field(default=120, gt=0, description="Seconds that a call may take.")
    attempts: int = Field(
        default=4, ge=1, le=20, description="How often a call is made until it succeeds, the first time included."
    )
    backoff_s: int | float = Field(
        default=0.5, ge=0, description="Seconds below which the first wait is drawn; doubles after every attempt."
    )


class CalibrationSettings(FileShape):
    """`calibration:` of llmops.yaml: what a judge must show before it is trusted."""

    min_kappa: int | float = Field(
        default=0.6, ge=0, lt=1, description="A judge is trusted when the lower end of kappa's interval is above this."
    )
    min_coverage: int | float = Field(
        default=0.95, gt=0, le=1, description="The share of a judge's replies that must be readable."
    )


class SigningSettings(FileShape):
    """`signing:` of llmops.yaml: who may sign releases, and whether they must be signed."""

    allowed_signers: ProjectPath | Literal[""] = Field(
        default="", description="Who may sign releases with SSH keys: a file below the project root."
    )
    gpg_keys: list[str] = Field(
        default_factory=list, description="Who may sign with GPG keys: their whole fingerprints."
    )
    required: bool = Field(default=False, description="Whether every release must be signed by one of them.")

    @field_validator("gpg_keys")
    @classmethod
    def _whole_fingerprints(cls, keys: list[str]) -> list[str]:
        """Shorter ids of keys can be forged."""
        plain = [key.replace(" ", "").upper() for key in keys]
        if not all(_FINGERPRINT.match(key) for key in plain):
            raise ValueError("must be whole fingerprints of 40 or 64 hex digits, as gpg --fingerprint prints them")
        return plain

    @model_validator(mode="after")
    def _somebody_may(self) -> "SigningSettings":
        if self.required and not (self.allowed_signers or self.gpg_keys):
            raise ValueError("required, but nobody may sign: name allowed_signers or gpg_keys")
        return self


class PromotionRules(FileShape):
    """One environment of llmops.yaml: what a release must show before it may be promoted there."""

    from_: str = Field(
        default="", alias="from", description="The environment where the very release must be live at that moment."
    )
    eval: Literal["pass"] | None = Field(
        default=None, description="pass: every suite that its tag names has passed, and it names one."
    )
    soak: str = Field(default="", description="How long it has been live on `from`: 90s, 30m, 1h, 2d.")
    signed: bool = Field(default=False, description="Whether somebody must have signed it who may.")

    @field_validator("soak")
    @classmethod
    def _a_length_of_time(cls, soak: str) -> str:
        if soak and not _SOAK.match(soak):
            raise ValueError("must be a length of time, such as 90s, 30m, 1h or 2d")
        return soak

    @property
    def soak_time(self) -> timedelta:
        """How long it must have been live on `from`; zero where nothing is said."""
        match = _SOAK.match(self.soak)
        return timedelta(**{_UNITS[match["unit"]]: int(match["count"])}) if match else timedelta()


def _as_mapping(environments: object) -> object:
    """A list of names is a mapping without rules."""
    if isinstance(environments, list) and all(isinstance(name, str) for name in environments):
        return {name: {} for name in environments}
    return environments


Environments = Annotated[
    dict[str, PromotionRules],
    BeforeValidator(_as_mapping, json_schema_input_type=list[str] | dict[str, PromotionRules]),
]


class Settings(FileShape):
    """llmops.yaml, every key optional."""

    prompts: str = Field(default="prompts", description="The folder of the prompts.")
    evals: str = Field(default="evals", description="The folder of the suites.")
    main: str = Field(default="main", description="The branch that changes are merged into.")
    remote: str = Field(default="origin", description="The git remote that is read and pushed to.")
    environments: Environments = Field(
        default_factory=lambda: {name: PromotionRules() for name in ("staging", "production")},
        description="The environments that exist, each the branch llmops/NAME; as a mapping, each with its rules.",
    )
    judge_model: str = Field(
        default="", description="The model of judges where neither the check nor the judge prompt names one."
    )
    interpreters: dict[str, str] = Field(
        default_factory=dict, description="Other Pythons by name: a path relative to the project root."
    )
    embedding_model: str = Field(
        default="", description="The model of checks that compare embeddings, where the check names none."
    )
    run: RunSettings = Field(default_factory=RunSettings, description="How models are called.")
    calibration: CalibrationSettings = Field(
        default_factory=CalibrationSettings, description="What a judge must show before it is trusted."
    )
    signing: SigningSettings = Field(
        default_factory=SigningSettings, description="Who may sign releases; counts as the default branch has it."
    )

    @field_validator("environments")
    @classmethod
    def _rules_that_can_be_met(cls, environments: dict[str, PromotionRules]) -> dict[str, PromotionRules]:
        for name, rules in environments.items():
            if rules.soak and not rules.from_:
                raise ValueError(f"{name}: soak needs a from, the environment where it is to be live that long")
            if rules.from_ and rules.from_ not in environments:
                raise ValueError(f"{name}: from names {rules.from_!r}, which is none of {', '.join(environments)}")
            passed, place = {name}, rules.from_
            while place:
                if place in passed:
                    raise ValueError(f"{name}: from leads back to {place}, so nothing could ever be promoted")
                passed.add(place)
                place = environments[place].from_ if place in environments else ""
        return environments

    @field_validator("prompts", "evals")
    @classmethod
    def _one_spelling(cls, folder: str) -> str:
        """`./prompts/` is `prompts`: git knows one spelling, and another would find nothing at the base."""
        path = PurePosixPath(folder)
        if path.is_absolute() or not path.parts or ".." in path.parts:
            raise ValueError("must be a folder below the project root, such as prompts")
        return path.as_posix()


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


def parse_settings(text: str) -> Settings:
    """The settings in the text of a llmops.yaml. Raises FileError."""
    document = parse_yaml(text, path=SETTINGS_FILE)
    return Settings() if document.data is None else read_shape(Settings, document)


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
