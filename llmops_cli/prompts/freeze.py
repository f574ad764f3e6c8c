"""A frozen environment: nothing is promoted to it until somebody unfreezes it. A file in its tree says so."""

from collections.abc import Callable
from dataclasses import dataclass

from llmops_cli.errors import InputError
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.branch import Draft, EnvironmentBranch
from llmops_cli.prompts.live import Environment
from llmops_cli.prompts.moves import message_of_freeze
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.served import FROZEN
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.trailers import one_line

_LONGEST = 4_000  # bytes of a reason that somebody wrote by hand


@dataclass(frozen=True, slots=True)
class Frozen:
    """Why an environment is frozen, and by whom and when that was said. Empty where the log of this clone is cut."""

    reason: str
    who: str
    since: str  # RFC 3339; for people, never for order
    commit: str

    @property
    def sentence(self) -> str:
        """`frozen since 2026-11-21T12:00:00Z by Ann Example (reason: audit)`."""
        return f"frozen since {self.since} by {self.who} (reason: {self.reason})"

    def as_json(self) -> dict[str, Json]:
        return {"reason": self.reason, "who": self.who, "since": self.since, "commit": self.commit}


@dataclass(frozen=True, slots=True)
class Thawing:
    """What became of freezing or unfreezing, and how it stands now. `commit` is empty when it was so already."""

    environment: str
    frozen: Frozen | None
    commit: str
    pushed: bool

    def as_json(self) -> dict[str, Json]:
        return {
            "environment": self.environment,
            "frozen": self.frozen.as_json() if self.frozen else None,
            "changed": bool(self.commit),
            "commit": self.commit,
            "pushed": self.pushed,
        }


def frozen_at(repo: Repo, tip: str | None) -> Frozen | None:
    """Whether the tree of this commit says that its environment is frozen; whatever stands there says so.

    Raises MeasureError when git cannot be asked.
    """
    if tip is None or not repo.entries(tip, FROZEN):
        return None
    said = repo.ask("log", "-1", "--first-parent", "--format=%H%x00%an%x00%cI", "--end-of-options", tip, "--", FROZEN)
    commit, who, since = [*said.text.split("\0"), "", "", ""][:3]
    (text,) = repo.read_blobs([f"{tip}:{FROZEN}"])
    return Frozen(one_line((text or b"")[:_LONGEST].decode("utf-8", "replace")), one_line(who), since, commit)


def freeze(registry: Registry, environment: str, reason: str, *, push: bool, tell: Callable[[str], None]) -> Thawing:
    """Freeze an environment; one that is frozen stays as it is.

    Raises InputError without a reason, ConflictError when the remote says no, MeasureError when it cannot be reached.
    """
    said = one_line(reason)
    if not said:
        raise InputError("the reason is empty, and whoever is refused wants to know it", hint="--reason TEXT")
    return _write(registry, environment, {FROZEN: f"{said}\n".encode()}, said, push=push, tell=tell)


def unfreeze(registry: Registry, environment: str, reason: str, *, push: bool, tell: Callable[[str], None]) -> Thawing:
    """Let promotions go on; where nothing is frozen nothing changes. Raises as `freeze`, but needs no reason."""
    return _write(registry, environment, {FROZEN: None}, one_line(reason), push=push, tell=tell)


def _write(
    registry: Registry,
    environment: str,
    change: dict[str, bytes | None],
    reason: str,
    *,
    push: bool,
    tell: Callable[[str], None],
) -> Thawing:
    branch = EnvironmentBranch.open(registry, environment, push=push, tell=tell)
    branch.fetch()
    branch.follow()
    freezes = change[FROZEN] is not None

    def draft() -> Draft | None:
        frozen = frozen_at(branch.repo, branch.environment.tip)
        if (frozen is not None) == freezes:
            return None
        gone = dict.fromkeys(_entries(branch.repo, branch.environment))
        message = message_of_freeze(environment, "freeze" if freezes else "unfreeze", reason)
        return Draft({**gone, **change}, message)

    commit = branch.write(draft)
    branch.reopen()
    now = frozen_at(branch.repo, commit or branch.environment.tip)
    return Thawing(environment, now, commit, bool(commit and branch.remote))


def _entries(repo: Repo, environment: Environment) -> list[str]:
    """Whatever lies at that place, which by hand may have become a folder."""
    return list(repo.entries(environment.tip, FROZEN)) if environment.tip else []
