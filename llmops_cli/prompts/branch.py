"""Writing to an environment: one commit on its branch, pushed plainly; and again on top of what others did meanwhile.

Whoever writes says how the commit comes about on a given state. When somebody else was faster it is asked again, so
that nothing is ever decided on what is no longer so.
"""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from llmops_cli.errors import ConflictError, InputError
from llmops_cli.prompts.live import Environment
from llmops_cli.prompts.moves import Move, read_moves
from llmops_cli.prompts.registry import Registry, open_registry
from llmops_cli.prompts.remote_environment import (
    check_environment_name,
    fetch_environment,
    follow,
    push_environment,
    remember,
)
from llmops_cli.prompts.serving import Change
from llmops_cli.prompts.tag import Release
from llmops_cli.vcs.commit import commit_files
from llmops_cli.vcs.push import Outcome, Pushed
from llmops_cli.vcs.refs import checked_out, update_ref
from llmops_cli.vcs.repo import Repo

ATTEMPTS = 4  # in a row that fail although nobody moved anything
_MOST = 24  # in all: others get on, so it is only a matter of time
_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Draft:
    """A commit to be made. The tags of the releases are pushed with it; of `names` nobody else may have moved one."""

    change: Change
    message: str
    releases: tuple[Release, ...] = ()
    names: frozenset[str] = frozenset()


@dataclass(slots=True)
class EnvironmentBranch:
    """The branch of one environment, here and on the remote (`remote` is empty where it is written here only).

    `seen` is the tip that the person can have known; `registry` is opened anew whenever something was fetched. `gone`
    are environments that the remote turned out not to have, whatever this clone still knows of them.
    """

    registry: Registry
    repo: Repo
    name: str
    remote: str
    tell: Callable[[str], None]
    seen: str | None = None
    gone: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, registry: Registry, name: str, *, push: bool, tell: Callable[[str], None]) -> "EnvironmentBranch":
        """Nothing is fetched yet. Raises InputError outside of git, for a name that cannot be, and without a remote to
        push to."""
        repo = registry.need_git("an environment is a branch")
        known = registry.environment(name)
        check_environment_name(repo, known)
        remote = _remote(registry, repo) if push else ""
        if not remote and (place := checked_out(repo, known.ref)):
            branch = known.ref.removeprefix("refs/heads/")
            raise InputError(f"{branch} is checked out in {place}", hint="switch that work tree to another branch")
        return cls(registry, repo, name, remote, tell, known.tip)

    @property
    def environment(self) -> Environment:
        """The environment as it is known now."""
        return self.registry.environment(self.name)

    def fetch(self, names: Iterable[str] = (), *, environment: str = "") -> None:
        """Fetch it (or another one) from the remote, if there is one, and what is said of these prompts.

        Raises MeasureError when the remote cannot be reached.
        """
        if self.remote:
            wanted = environment or self.name
            if not fetch_environment(self.repo, self.remote, wanted, names=sorted(set(names))):
                self.gone.add(wanted)
            self.reopen()

    def reopen(self) -> None:
        """Read the registry anew. What is to be pushed builds on what the remote has: commits that are only here were
        never held against the rules there, and must not travel with it."""
        self.registry = open_registry(self.registry.config, shared=self.name if self.remote else "")

    def follow(self) -> None:
        """Let the local branch follow what was fetched."""
        now = self.environment
        if self.remote and now.tip and now.tip == now.tracking and (note := follow(self.repo, now, now.tip)):
            self.tell_once(note)

    def tell_once(self, sentence: str) -> None:
        """What does not change from one attempt to the next."""
        if sentence not in self.told:
            self.told.add(sentence)
            self.tell(sentence)

    def write(self, work_out: Callable[[], Draft | None]) -> str:
        """Make the commit that `work_out` drafts on the present state; returns its id, empty when there is no draft.

        Raises ConflictError when somebody else moved one of its prompts meanwhile, when the remote says no, or when
        others were faster every time; MeasureError when the remote cannot be reached; and whatever `work_out` raises.
        """
        tries = stuck = 0
        while True:
            environment, draft = self.environment, work_out()
            if draft is None:
                return ""
            commit = commit_files(self.repo, environment.tip, draft.change, draft.message)
            recorded = self._record(environment, commit, draft.releases)
            if recorded.outcome is Outcome.DONE:
                return commit
            tries += 1
            _pause(recorded.outcome, tries)
            self._look(environment, draft.names)
            stuck = 0 if self.environment.tip != environment.tip else stuck + 1
            if stuck == ATTEMPTS or tries == _MOST:
                raise ConflictError(
                    f"{self.name} could not be moved in {tries} attempts: {recorded.words}; nothing was changed",
                    hint="others may be writing to it right now; try again",
                )

    def _record(self, environment: Environment, commit: str, releases: Sequence[Release]) -> Pushed:
        """Make the commit the environment's tip: on the remote, and then here; or here alone."""
        if not self.remote:
            refused = update_ref(self.repo, environment.ref, commit, before=environment.local)
            return Pushed(Outcome.BEHIND if refused else Outcome.DONE, refused)
        result = push_environment(self.repo, self.remote, environment, commit, releases)
        if result.outcome is Outcome.DONE:
            remember(self.repo, self.remote, environment.name, commit)
            if note := follow(self.repo, environment, commit):
                self.tell_once(note)
        return result

    def _look(self, before: Environment, names: frozenset[str]) -> None:
        """What the others did meanwhile. Raises ConflictError when it was one of the same prompts."""
        if self.remote:
            self.fetch(names)
            self.follow()
        else:
            self.reopen()
        now = self.environment
        self.seen = now.tip
        if now.tip is None or now.tip == before.tip:
            return
        news = read_moves(self.repo, now.name, now.tip, since=before.tip)
        for one in news:
            if one.prompt in names:
                raise lost(one)
        for one in reversed(news):
            self.tell(f"meanwhile {one.sentence()}; trying again on top of that")


def _pause(outcome: Outcome, tries: int) -> None:
    """Of many who were too slow each waits another while, or they would all meet again; the first time nobody waits."""
    if outcome is Outcome.BUSY or tries > 1:
        most = min(_PAUSE_S * 2 ** (tries - 1), _LONGEST_PAUSE_S)
        time.sleep(random.uniform(most / 2 if outcome is Outcome.BUSY else 0, most))


def lost(other: Move) -> ConflictError:
    """Somebody else was faster with the same prompt."""
    return ConflictError(
        f"{other.sentence()} meanwhile; nothing of yours was changed",
        hint=f"look at it: llmops env log {other.environment} {other.prompt}; then say again what you want",
    )


def _remote(registry: Registry, repo: Repo) -> str:
    """The remote to push to; empty where there is none at all.

    Raises InputError when there are others only: a rollback that nobody but this clone hears of is none.
    """
    remotes, configured = repo.remotes(), registry.config.settings.remote
    if remotes and configured not in remotes:
        raise InputError(
            f"there is no remote {configured!r} to push to, only {', '.join(remotes)}; nothing was changed",
            hint="name it in llmops.yaml: remote; --no-push records it here only",
        )
    return configured if remotes else ""
