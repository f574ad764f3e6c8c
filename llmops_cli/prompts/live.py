"""What is live: an environment is a branch, and its tree is what it serves."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llmops_cli.errors import LlmopsError
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.prompts.served import FOLDER, name_at
from llmops_cli.prompts.version import Version
from llmops_cli.vcs.refs import Refs
from llmops_cli.vcs.repo import Repo

BRANCHES = "llmops/"  # below refs/heads/ here, below refs/remotes/REMOTE/ for what the remote is known to have
_VERSION_LINE = re.compile(
    rb"^version:[ \t]*(?P<quote>[\"']?)(?P<version>[^\s\"'#]+)(?P=quote)[ \t]*(?:#.*)?\r?$", re.M
)


@dataclass(frozen=True, slots=True)
class Environment:
    """A place that serves prompts. `tip` is the commit that counts; None when nothing was ever promoted there."""

    name: str
    tip: str | None = None
    local: str | None = None
    tracking: str | None = None
    diverged: bool = False
    by_gto: bool = False  # there is no branch, but GTO's tags of a stage of this name

    @property
    def ref(self) -> str:
        return f"refs/heads/{BRANCHES}{self.name}"


@dataclass(frozen=True, slots=True)
class Live:
    """A prompt that an environment serves."""

    environment: str
    name: str
    version: Version
    blob: str  # object id of the file, byte for byte the released one
    commit: str  # of the environment's branch


def read_environments(repo: Repo, refs: Refs, configured: Sequence[str]) -> dict[str, Environment]:
    """The configured environments in their order, then every other branch below `llmops/`."""
    names = dict.fromkeys([*configured, *sorted({*refs.local, *refs.remote})])
    return {name: environment_of(repo, name, refs.local.get(name), refs.remote.get(name)) for name in names}


def environment_of(repo: Repo, name: str, local: str | None, tracking: str | None) -> Environment:
    """What the remote has counts, unless the local branch is strictly ahead of it."""
    if local is None or tracking is None or local == tracking:
        return Environment(name, tracking or local, local, tracking)
    if repo.is_ancestor(tracking, local):
        return Environment(name, local, local, tracking)
    return Environment(name, tracking, local, tracking, diverged=not repo.is_ancestor(local, tracking))


def read_live(repo: Repo, environments: Iterable[Environment]) -> dict[str, dict[str, Live]]:
    """Environment -> prompt -> what is live. Files there that are not prompts are passed over."""
    places: list[tuple[Environment, str, str]] = []
    for environment in environments:
        if environment.tip:
            entries = repo.entries(environment.tip, FOLDER)
            places += [
                (environment, name, blob)
                for path, (mode, blob) in sorted(entries.items())
                if (name := name_at(path)) and mode.startswith("100")
            ]
    blobs = sorted({blob for _, _, blob in places})
    versions = dict(zip(blobs, map(version_in, repo.read_blobs(blobs)), strict=True))
    found: dict[str, dict[str, Live]] = {}
    for environment, name, blob in places:
        version = versions[blob]
        if version is not None and environment.tip:
            found.setdefault(environment.name, {})[name] = Live(environment.name, name, version, blob, environment.tip)
    return found


def version_in(data: bytes | None) -> Version | None:
    """The version that a prompt file states, None when it states none. Reads one line where one line is enough."""
    if data is None:
        return None
    matches = _VERSION_LINE.findall(data)
    try:
        if len(matches) == 1:
            return Version.parse(matches[0][1].decode())
        document = parse_yaml(data.decode(), path="").data
        return Version.parse(str(document.get("version"))) if isinstance(document, dict) else None
    except (LlmopsError, UnicodeDecodeError):
        return None
