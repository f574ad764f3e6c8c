"""What is live: an environment is a branch, its tree is what it serves, its log is how that came to be."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from llmops_cli.errors import LlmopsError
from llmops_cli.files.json_value import Json
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.prompts.served import FOLDER, file_of, tag_of
from llmops_cli.prompts.tag import DIGEST
from llmops_cli.prompts.version import Version
from llmops_cli.vcs.refs import Refs
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.trailers import read_trailers

BRANCHES = "llmops/"  # below refs/heads/ here, below refs/remotes/REMOTE/ for what the remote is known to have
Action = Literal["promote", "rollback", "by hand"]
_VERSION_LINE = re.compile(
    rb"^version:[ \t]*(?P<quote>[\"']?)(?P<version>[^\s\"'#]+)(?P=quote)[ \t]*(?:#.*)?\r?$", re.M
)
_FIELDS = ("%H", "%P", "%an", "%aI", "%B")
_LOG = "".join(f"{field}%x00" for field in _FIELDS)
_NOTHING = "0" * 40  # no commit has this id


@dataclass(frozen=True, slots=True)
class Environment:
    """A place that serves prompts. `tip` is the commit that counts; None when nothing was ever promoted there."""

    name: str
    tip: str | None = None
    local: str | None = None
    tracking: str | None = None
    diverged: bool = False

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


@dataclass(frozen=True, slots=True)
class Move:
    """One step in the life of an environment. `before` and `after` are versions, empty for none."""

    environment: str
    commit: str
    action: Action
    prompt: str
    before: str
    after: str
    who: str
    date: str  # RFC 3339; for people, never for order
    reason: str = ""
    digest: str = ""
    release_commit: str = ""

    def sentence(self) -> str:
        """`production: rag-answer was moved 3.2.0 -> 3.1.0 by Bob Example (reason: wrong citations)`."""
        reason = f" (reason: {self.reason})" if self.reason else ""
        step = f"{self.before or 'nothing'} -> {self.after or 'nothing'}"
        return f"{self.environment}: {self.prompt} was moved {step} by {self.who}{reason}"

    def as_json(self) -> dict[str, Json]:
        return {
            "environment": self.environment,
            "commit": self.commit,
            "action": self.action,
            "prompt": self.prompt,
            "from": self.before,
            "to": self.after,
            "who": self.who,
            "date": self.date,
            "reason": self.reason,
            "digest": self.digest,
            "release_commit": self.release_commit,
        }


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
                (environment, path.removeprefix(FOLDER).removesuffix(".yaml"), blob)
                for path, (mode, blob) in sorted(entries.items())
                if path.endswith(".yaml") and mode.startswith("100")
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


def read_moves(repo: Repo, environment: str, tip: str, *, name: str = "", since: str | None = None) -> list[Move]:
    """The moves of an environment, newest first: of one prompt, or of all; only those after the commit `since`.

    Commits made by hand count by what they did to the files.
    """
    commits = f"{since}..{tip}" if since else tip
    where = ["--", file_of(name), tag_of(name)] if name else []
    log = repo.ask("log", "--first-parent", "--topo-order", f"--format={_LOG}", "--end-of-options", commits, *where)
    fields = log.out.decode("utf-8", "replace").split("\0")
    moves: list[Move] = []
    parents: dict[str, str] = {}  # of commits by hand
    for start in range(0, len(fields) - len(_FIELDS), len(_FIELDS)):
        commit, parent, who, date, message = (part.strip() for part in fields[start : start + len(_FIELDS)])
        said = read_trailers(message)
        if said.get("Llmops-Action") in ("promote", "rollback") and said.get("Llmops-Prompt"):
            if not name or said["Llmops-Prompt"] == name:
                moves.append(_told(environment, commit, who, date, said))
        else:
            parents[commit] = parent.split(" ")[0]
            moves.append(Move(environment, commit, "by hand", name, "", "", who, date, message.split("\n")[0]))
    by_hand = _by_hand(repo, [move for move in moves if move.commit in parents], parents)
    return [each for move in moves for each in (by_hand[move.commit] if move.commit in parents else [move])]


def log_of(repo: Repo | None, environment: Environment, name: str = "") -> list[Move]:
    """The whole log of an environment, newest first; empty when nothing was ever promoted there."""
    return read_moves(repo, environment.name, environment.tip, name=name) if repo and environment.tip else []


def stack_of(moves: Sequence[Move]) -> list[str]:
    """The versions one can go back through, the live one last; `moves` of one prompt, newest first.

    A promotion puts its version on top. A rollback takes off everything above its target, so that the next rollback
    goes further back and not forth again; a target that was never live takes the place of the one it replaces.
    """
    stack: list[str] = []
    for move in reversed(moves):
        if not move.after:
            continue
        if move.action == "rollback":
            stack = stack[: stack.index(move.after)] if move.after in stack else stack[:-1]
        if not stack or stack[-1] != move.after:
            stack.append(move.after)
    return stack


def _told(environment: str, commit: str, who: str, date: str, said: Mapping[str, str]) -> Move:
    digest = said.get("Llmops-Digest", "")
    return Move(
        environment=environment,
        commit=commit,
        action="rollback" if said["Llmops-Action"] == "rollback" else "promote",
        prompt=said["Llmops-Prompt"],
        before=said.get("Llmops-From", ""),
        after=said.get("Llmops-To", ""),
        who=who,
        date=date,
        reason=said.get("Llmops-Reason", ""),
        digest=digest if DIGEST.match(digest) else "",
        release_commit=said.get("Llmops-Commit", ""),
    )


def _by_hand(repo: Repo, moves: Sequence[Move], parents: Mapping[str, str]) -> dict[str, list[Move]]:
    """By commit, what those without our trailers did: a move for every prompt touched (for `move.prompt`, if given)."""
    touched = _touched(repo, parents) if any(not move.prompt for move in moves) else {}
    steps = [
        (move, path) for move in moves for path in ([file_of(move.prompt)] if move.prompt else touched[move.commit])
    ]
    after = repo.read_blobs([f"{move.commit}:{path}" for move, path in steps])
    before = repo.read_blobs([f"{parents[move.commit] or _NOTHING}:{path}" for move, path in steps])
    found: dict[str, list[Move]] = {move.commit: [] for move in moves}
    for (move, path), was, now in zip(steps, before, after, strict=True):
        prompt = path.removeprefix(FOLDER).removesuffix(".yaml")
        versions = str(version_in(was) or ""), str(version_in(now) or "")
        found[move.commit].append(replace(move, prompt=prompt, before=versions[0], after=versions[1]))
    return found


def _touched(repo: Repo, parents: Mapping[str, str]) -> dict[str, list[str]]:
    """The prompt files that each commit changed against its first parent, in one process."""
    lines = "".join(f"{commit} {parent}".strip() + "\n" for commit, parent in parents.items())
    said = repo.ask("diff-tree", "--stdin", "--root", "-r", "-z", "--name-only", stdin=lines.encode())
    found: dict[str, list[str]] = {commit: [] for commit in parents}
    commit = ""
    for word in said.text.split("\0"):  # an id, and the paths it touched
        if word in found:
            commit = word
        elif word.startswith(FOLDER) and word.endswith(".yaml"):
            found[commit].append(word)
    return found
