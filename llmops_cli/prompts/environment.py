"""Promotion and rollback: one commit on the branch of the environment, pushed plainly, or nothing at all.

Of two people who move the same prompt at once one wins and the other is told; two who move different prompts both win.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from llmops_cli.errors import ConflictError, FileError, InputError
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.level import needed_level
from llmops_cli.prompts.live import Environment, Live, Move, read_moves, stack_of
from llmops_cli.prompts.promotable import check_promotable, way_back
from llmops_cli.prompts.reference import check_name
from llmops_cli.prompts.registry import Registry, open_registry
from llmops_cli.prompts.remote_environment import (
    check_environment_name,
    fetch_environment,
    fetch_release,
    follow,
    push_environment,
    remember,
)
from llmops_cli.prompts.serving import Change, change_to_serve
from llmops_cli.prompts.tag import Release, tag_name
from llmops_cli.prompts.version import Level, exact_version
from llmops_cli.vcs.commit import commit_files
from llmops_cli.vcs.push import Outcome, Pushed
from llmops_cli.vcs.refs import checked_out, update_ref
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.trailers import one_line, with_trailers

ATTEMPTS = 4  # the first one and three more, each on what the others did meanwhile
_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants moved. An empty `version` is for a rollback: to what was live before."""

    action: Literal["promote", "rollback"]
    name: str
    version: str
    environment: str
    reason: str = ""
    push: bool = True
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a wish. `changed` is False when it was so `already`, or on a dry run; `commit` is empty then."""

    environment: str
    name: str
    before: str
    after: str
    changed: bool
    already: bool = False
    commit: str = ""
    pushed: bool = False

    def as_json(self) -> dict[str, Json]:
        return {
            "environment": self.environment,
            "name": self.name,
            "from": self.before,
            "to": self.after,
            "changed": self.changed,
            "commit": self.commit,
            "pushed": self.pushed,
        }


@dataclass(frozen=True, slots=True)
class _Step:
    """A wish, worked out on one state of the environment."""

    environment: Environment
    release: Release
    before: Live | None
    change: Change

    @property
    def already(self) -> bool:
        """Whether it is so, to the byte: a file that was edited by hand is not the released one, whatever it says."""
        return not self.change


def move(registry: Registry, wish: Wish, *, tell: Callable[[str], None]) -> Moved:
    """Promote or roll back. `tell` gets sentences for people: what callers will notice, what others did meanwhile.

    Raises InputError (exit 2) when the version is not released or there is nothing to go back to, ConflictError (4)
    when somebody else moved the same prompt meanwhile, MeasureError (3) when the remote cannot be reached. After an
    error nothing is changed, but that the local branch follows the remote's.
    """
    return _Mover(registry, wish, tell).move()


def notices(registry: Registry, before: Live, target: Release) -> list[str]:
    """What callers of the live version would notice of the other: variables and output fields that stop to fit."""
    current = registry.release(before.name, before.version)
    if current is None:
        return []
    try:
        needed = needed_level(registry.released_prompt(current), registry.released_prompt(target))
    except FileError as error:
        return [f"the two versions could not be compared: {error.message}"]
    return [reason.sentence for reason in needed.reasons if reason.level == Level.MAJOR]


@dataclass(slots=True)
class _Mover:
    registry: Registry
    wish: Wish
    tell: Callable[[str], None]
    remote: str = field(default="", init=False)
    noticed: bool = field(default=False, init=False)

    def move(self) -> Moved:
        check_name(self.wish.name)
        repo = self.registry.need_git("an environment is a branch")
        known = self.registry.environment(self.wish.environment)
        check_environment_name(repo, known)
        self.remote = self._remote(repo) if self.wish.push else ""
        if self.remote:
            self._fetch(repo, known)
        elif place := checked_out(repo, known.ref):
            branch = known.ref.removeprefix("refs/heads/")
            raise InputError(f"{branch} is checked out in {place}", hint="switch that work tree to another branch")
        seen = known.tip
        recorded = Pushed(Outcome.BEHIND)
        for attempt in range(ATTEMPTS):
            step = self._step(repo, seen)
            if step.already:
                self._say_who(repo, step)
            if step.already or self.wish.dry_run:
                return self._result(step, changed=False)
            commit = commit_files(repo, step.environment.tip, step.change, self._message(step))
            recorded = self._record(repo, step, commit)
            if recorded.outcome is Outcome.DONE:
                return self._result(step, changed=True, commit=commit)
            if recorded.outcome is Outcome.BUSY:
                time.sleep(_PAUSE_S * (attempt + 1))
            self._look(repo, step)
            seen = self.registry.environment(self.wish.environment).tip
        raise ConflictError(
            f"{self.wish.environment} could not be moved in {ATTEMPTS} attempts: {recorded.words}; nothing was changed",
            hint="others may be writing to it right now; try again",
        )

    def _remote(self, repo: Repo) -> str:
        """The remote to push to; empty where there is none at all.

        Raises InputError when there are others only: a rollback that nobody but this clone hears of is none.
        """
        remotes, configured = repo.remotes(), self.registry.config.settings.remote
        if remotes and configured not in remotes:
            raise InputError(
                f"there is no remote {configured!r} to push to, only {', '.join(remotes)}; nothing was changed",
                hint="name it in llmops.yaml: remote; --no-push records it here only",
            )
        return configured if remotes else ""

    def _fetch(self, repo: Repo, environment: Environment) -> None:
        fetch_environment(repo, self.remote, environment.name, names=[self.wish.name])
        self.registry = open_registry(self.registry.config)
        now = self.registry.environment(environment.name)
        if self.wish.dry_run or now.tip is None or now.tip != now.tracking:
            return
        if note := follow(repo, now, now.tip):
            self.tell(note)

    def _step(self, repo: Repo, seen: str | None) -> _Step:
        """The wish on the environment as it is now; `seen` is the tip that the person can have known."""
        environment = self.registry.environment(self.wish.environment)
        before = self.registry.live(environment.name).get(self.wish.name)
        version = self.wish.version.removeprefix("v") or self._version_below(repo, environment, before, seen)
        release = self._release(repo, version)
        if warning := check_promotable(self.registry, release):
            self.tell(warning)
        change = change_to_serve(self.registry, release, self._parts(release), tip=environment.tip)
        if self.wish.action == "rollback":
            if before is None:
                raise InputError(
                    f"{self.wish.name} is not live on {environment.name}, so it cannot be rolled back",
                    hint=f"run: llmops promote {self.wish.name} {version} --env {environment.name}",
                )
            if change and not self.noticed:
                self.noticed = True
                for sentence in notices(self.registry, before, release):
                    self.tell(f"callers may notice, {release.version} against {before.version}: {sentence}")
        return _Step(environment, release, before, change)

    def _version_below(self, repo: Repo, environment: Environment, before: Live | None, seen: str | None) -> str:
        """The version that was live before this one. Raises ConflictError when somebody just went back already."""
        if before is None or environment.tip is None:
            names = ", ".join(sorted(self.registry.live(environment.name))) or "nothing"
            raise InputError(f"{self.wish.name} is not live on {environment.name}", hint=f"live there: {names}")
        if seen and seen != environment.tip and repo.is_ancestor(seen, environment.tip):
            # two people on call, one second apart: the second must not go back twice without knowing it
            news = read_moves(repo, environment.name, environment.tip, name=self.wish.name, since=seen)
            if news and news[0].action == "rollback":
                raise _lost(news[0])
        stack = stack_of(read_moves(repo, environment.name, environment.tip, name=self.wish.name))
        earlier = way_back(self.registry, self.wish.name, stack, str(before.version))
        if not earlier:
            raise InputError(
                f"{environment.name}: there is nothing to go back to: no other version of {self.wish.name} than "
                f"{before.version} was live there that is not yanked",
                hint=f"name a version: llmops rollback {self.wish.name} VERSION; {self.registry.known(self.wish.name)}",
            )
        return earlier

    def _release(self, repo: Repo, version: str) -> Release:
        name, wanted = self.wish.name, exact_version(version)
        missing = wanted is None or self.registry.release(name, wanted) is None
        tag = tag_name(name, wanted) if wanted else f"{name}@v*"  # of a range the remote may have a later one
        if missing and self.remote and fetch_release(repo, self.remote, tag):
            self.registry = open_registry(self.registry.config)
        return self.registry.choose(name, version)

    def _parts(self, release: Release) -> tuple[str, ...]:
        """The other files that the release reads.

        Raises InputError when its commit does not hold it, ConflictError when it is not what its tag says, and for a
        promotion FileError when it is no prompt. A rollback to such a one goes through: it served once.
        """
        if self.registry.blob_of(release) is None:
            hint = f"look at it: git show {release.tag}"
            raise InputError(f"{release.tag} does not hold {release.path}", hint=hint)
        try:
            prompt = self.registry.released_prompt(release)
        except FileError as error:
            if self.wish.action == "promote":
                raise
            self.tell(f"{release.reference} cannot be read any more, so its file goes alone: {error.message}")
            return ()
        if prompt.digest != release.digest:
            raise ConflictError(
                f"{release.tag} is not what its tag says (another digest); nothing was changed",
                hint="release it anew under another version; what was released stays as it is",
            )
        return prompt.parts

    def _message(self, step: _Step) -> str:
        place, name, after = step.environment.name, self.wish.name, str(step.release.version)
        before = str(step.before.version) if step.before else ""
        back = self.wish.action == "rollback"
        subject = (
            f"{place}: {name} back from {before} to {after}"
            if back
            else f"{place}: {name} {before or '(new)'} -> {after}"
        )
        return with_trailers(
            subject,
            {
                "Llmops-Action": self.wish.action,
                "Llmops-Prompt": name,
                "Llmops-From": before,
                "Llmops-To": after,
                "Llmops-Digest": step.release.digest,
                "Llmops-Commit": step.release.commit,
                "Llmops-Reason": one_line(self.wish.reason),
            },
        )

    def _record(self, repo: Repo, step: _Step, commit: str) -> Pushed:
        """Make the commit the environment's tip: on the remote, and then here; or here alone."""
        if not self.remote:
            refused = update_ref(repo, step.environment.ref, commit, before=step.environment.local)
            return Pushed(Outcome.BEHIND if refused else Outcome.DONE, refused)
        result = push_environment(repo, self.remote, step.environment, commit, step.release)
        if result.outcome is Outcome.DONE:
            remember(repo, self.remote, step.environment.name, commit)
            if note := follow(repo, step.environment, commit):
                self.tell(note)
        return result

    def _look(self, repo: Repo, step: _Step) -> None:
        """What the others did meanwhile. Raises ConflictError when it was the same prompt."""
        if self.remote:
            self._fetch(repo, step.environment)
        else:
            self.registry = open_registry(self.registry.config)
        now = self.registry.environment(step.environment.name)
        if now.tip is None or now.tip == step.environment.tip:
            return
        news = read_moves(repo, now.name, now.tip, since=step.environment.tip)
        for one in news:
            if one.prompt == self.wish.name:
                raise _lost(one)
        for one in reversed(news):
            self.tell(f"meanwhile {one.sentence()}; trying again on top of that")

    def _say_who(self, repo: Repo, step: _Step) -> None:
        """Who made it so: of two people with the same wish the later one learns that somebody else was there first."""
        tip = step.environment.tip
        moves = read_moves(repo, step.environment.name, tip, name=self.wish.name) if tip else []
        if moves:
            self.tell(moves[0].sentence())

    def _result(self, step: _Step, *, changed: bool, commit: str = "") -> Moved:
        return Moved(
            environment=step.environment.name,
            name=self.wish.name,
            before=str(step.before.version) if step.before else "",
            after=str(step.release.version),
            changed=changed,
            already=step.already,
            commit=commit,
            pushed=changed and bool(self.remote),
        )


def _lost(other: Move) -> ConflictError:
    return ConflictError(
        f"{other.sentence()} meanwhile; nothing of yours was changed",
        hint=f"look at it: llmops env log {other.environment} {other.prompt}; then say again what you want",
    )
