"""Promotion and rollback: one commit on the branch of the environment, pushed plainly, or nothing at all.

Of two people who move the same prompt at once one wins and the other is told; two who move different prompts both win.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from llmops_cli.errors import ConflictError, InputError, MeasureError
from llmops_cli.prompts.approval import Approval, Moment
from llmops_cli.prompts.default_branch import fetch_default_branch
from llmops_cli.prompts.everything import all_of, latest_of_all
from llmops_cli.prompts.live import Environment
from llmops_cli.prompts.moves import Move, message_of, read_moves
from llmops_cli.prompts.reference import check_name
from llmops_cli.prompts.registry import Registry, open_registry
from llmops_cli.prompts.remote_environment import (
    check_environment_name,
    fetch_environment,
    fetch_releases,
    follow,
    push_environment,
    remember,
)
from llmops_cli.prompts.rules import Rules, Ruling, read_rules, refusal
from llmops_cli.prompts.step import Step, lost, notices, promotion_of, rollback_to, version_below
from llmops_cli.prompts.tag import Release, tag_name
from llmops_cli.prompts.version import exact_version
from llmops_cli.prompts.wish import Done, Moved, Target, Wish, Wishes
from llmops_cli.vcs.commit import commit_files
from llmops_cli.vcs.push import Outcome, Pushed
from llmops_cli.vcs.refs import checked_out, update_ref
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.trailers import one_line

__all__ = ["ATTEMPTS", "Wish", "Wishes", "move", "move_all", "notices"]
ATTEMPTS = 4  # the first one and three more, each on what the others did meanwhile
_PAUSE_S = 0.2


def move(registry: Registry, wish: Wish, *, tell: Callable[[str], None], now: datetime | None = None) -> Moved:
    """Promote or roll back a single prompt. See `move_all`."""
    (moved,) = move_all(registry, wish.alone(), tell=tell, now=now).moves
    return moved


def move_all(registry: Registry, wishes: Wishes, *, tell: Callable[[str], None], now: datetime | None = None) -> Done:
    """Promote or roll back, all in one commit or nothing at all. `now` is the moment by which a soak is over.

    `tell` gets sentences for people: what callers will notice, what others did meanwhile. Raises InputError (exit 2)
    when a version is not released or there is nothing to go back to, GateError (1) when a rule of the environment says
    no, ConflictError (4) when somebody else moved one of the prompts meanwhile, MeasureError (3) when the remote cannot
    be reached. After an error nothing is changed, but that the local branch follows the remote's.
    """
    return _Mover(registry, wishes, tell, now or datetime.now(UTC)).move()


@dataclass(frozen=True, slots=True)
class _Plan:
    """The wishes, worked out on one state of the environment. `steps` are those that change something."""

    environment: Environment
    steps: tuple[Step, ...]
    idle: tuple[Step, ...]

    @property
    def names(self) -> set[str]:
        return {step.name for step in (*self.steps, *self.idle)}


@dataclass(slots=True)
class _Mover:
    registry: Registry
    wishes: Wishes
    tell: Callable[[str], None]
    now: datetime
    remote: str = field(default="", init=False)
    told: set[str] = field(default_factory=set, init=False)

    def move(self) -> Done:
        repo, known = self._begin()
        seen = known.tip
        rules = self._rules(repo)
        recorded = Pushed(Outcome.BEHIND)
        for attempt in range(ATTEMPTS):
            approval = self._approval(rules)
            plan = self._plan(repo, approval, rules, seen)
            self._say_who(repo, plan)
            rulings = approval.rulings(plan.steps) if plan.steps else []
            if not plan.steps or self.wishes.dry_run:
                return self._done(plan, rulings)
            if not all(ruling.met for ruling in rulings):
                raise refusal(rules, rulings)
            change = {path: blob for step in plan.steps for path, blob in step.change.items()}
            commit = commit_files(repo, plan.environment.tip, change, self._message(plan))
            recorded = self._record(repo, plan, commit)
            if recorded.outcome is Outcome.DONE:
                return self._done(plan, rulings, commit)
            if recorded.outcome is Outcome.BUSY:
                time.sleep(_PAUSE_S * (attempt + 1))
            self._look(repo, plan)
            seen = self.registry.environment(self.wishes.environment).tip
        raise ConflictError(
            f"{self.wishes.environment} could not be moved in {ATTEMPTS} attempts: {recorded.words}; "
            "nothing was changed",
            hint="others may be writing to it right now; try again",
        )

    def _begin(self) -> tuple[Repo, Environment]:
        """The repository, and the environment as this person can have known it; then what the remote has is fetched."""
        names = [check_name(target.name) for target in self.wishes.targets]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise InputError(f"{twice} is named twice", hint="one version of a prompt is live at a time")
        repo = self.registry.need_git("an environment is a branch")
        known = self.registry.environment(self.wishes.environment)
        check_environment_name(repo, known)
        self.remote = self._remote(repo) if self.wishes.push else ""
        if self.remote:
            self._fetch(repo, known.name)
            self._follow(repo)
        elif place := checked_out(repo, known.ref):
            branch = known.ref.removeprefix("refs/heads/")
            raise InputError(f"{branch} is checked out in {place}", hint="switch that work tree to another branch")
        return repo, known

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

    def _fetch(self, repo: Repo, environment: str) -> None:
        names = [target.name for target in self.wishes.targets] or [each.name for each in self.registry.releases()]
        fetch_environment(repo, self.remote, environment, names=sorted(set(names)))
        self.registry = open_registry(self.registry.config)

    def _follow(self, repo: Repo) -> None:
        now = self.registry.environment(self.wishes.environment)
        if self.wishes.dry_run or now.tip is None or now.tip != now.tracking:
            return
        if note := follow(repo, now, now.tip):
            self._tell_once(note)

    def _rules(self, repo: Repo) -> Rules:
        """The rules as the default branch has them now, and what the environments have from which they let come.

        A promotion does not go on without them; a rollback does, with a warning.
        """
        promotes = self.wishes.action == "promote"
        if self.remote and (problem := fetch_default_branch(self.registry)):
            if promotes:
                raise MeasureError(f"the rules cannot be fetched from {self.remote}: {problem}; nothing was changed")
            self.tell(f"the rules could not be fetched from {self.remote}: {problem}; those known here hold")
        rules = read_rules(self.registry, self.wishes.environment)
        if rules.unknown and not promotes:
            self.tell(f"the rules of {rules.environment} are not known, and a rollback goes on: {rules.unknown}")
        for source in dict.fromkeys((rules.asked.from_, self.wishes.source)):
            if source and self.remote and promotes:
                self._fetch(repo, source)
        return rules

    def _approval(self, rules: Rules) -> Approval:
        moment = Moment(self.registry, self.now, pushes=bool(self.remote))
        return Approval(moment, rules, self.wishes, self._tell_once)

    def _plan(self, repo: Repo, approval: Approval, rules: Rules, seen: str | None) -> _Plan:
        """The wishes on the environment as it is now; `seen` is the tip that the person can have known."""
        environment = self.registry.environment(self.wishes.environment)
        source = self.wishes.source or rules.asked.from_
        if self.wishes.everything:
            targets = all_of(source, approval.served(source)[1]) if source else latest_of_all(self.registry)
        else:
            targets = tuple(self._versioned(environment, target, seen) for target in self.wishes.targets)
        self._fetch_missing(repo, targets)
        releases = [self.registry.choose(target.name, target.version) for target in targets]
        steps = [self._step(environment, release) for release in releases]
        return _Plan(
            environment,
            tuple(step for step in steps if not step.already),
            tuple(step for step in steps if step.already),
        )

    def _versioned(self, environment: Environment, target: Target, seen: str | None) -> Target:
        version = target.version.removeprefix("v")
        return Target(target.name, version or version_below(self.registry, environment, target.name, seen=seen))

    def _fetch_missing(self, repo: Repo, targets: Sequence[Target]) -> None:
        """Fetch the tags of releases that this clone does not know, in one go."""
        if not self.remote:
            return
        missing = []
        for target in targets:
            wanted = exact_version(target.version)
            if wanted is None or self.registry.release(target.name, wanted) is None:
                # of a range the remote may have a later one
                missing.append(tag_name(target.name, wanted) if wanted else f"{target.name}@v*")
        if missing and fetch_releases(repo, self.remote, missing):
            self.registry = open_registry(self.registry.config)

    def _step(self, environment: Environment, release: Release) -> Step:
        if self.wishes.action == "promote":
            return promotion_of(self.registry, environment, release)
        step = rollback_to(self.registry, environment, release, self._tell_once)
        if step.change and step.before:
            for sentence in notices(self.registry, step.before, release):
                self._tell_once(f"callers may notice, {step.version} against {step.version_before}: {sentence}")
        return step

    def _message(self, plan: _Plan) -> str:
        moves = [
            Move(
                environment=plan.environment.name,
                commit="",
                action=self.wishes.action,
                prompt=step.name,
                before=step.version_before,
                after=step.version,
                who="",
                date="",
                reason=one_line(self.wishes.reason),
                digest=step.release.digest,
                release_commit=step.release.commit,
            )
            for step in plan.steps
        ]
        return message_of(moves)

    def _record(self, repo: Repo, plan: _Plan, commit: str) -> Pushed:
        """Make the commit the environment's tip: on the remote, and then here; or here alone."""
        environment = plan.environment
        if not self.remote:
            refused = update_ref(repo, environment.ref, commit, before=environment.local)
            return Pushed(Outcome.BEHIND if refused else Outcome.DONE, refused)
        result = push_environment(repo, self.remote, environment, commit, [step.release for step in plan.steps])
        if result.outcome is Outcome.DONE:
            remember(repo, self.remote, environment.name, commit)
            if note := follow(repo, environment, commit):
                self.tell(note)
        return result

    def _look(self, repo: Repo, plan: _Plan) -> None:
        """What the others did meanwhile. Raises ConflictError when it was one of the same prompts."""
        if self.remote:
            self._fetch(repo, plan.environment.name)
            self._follow(repo)
        else:
            self.registry = open_registry(self.registry.config)
        now = self.registry.environment(plan.environment.name)
        if now.tip is None or now.tip == plan.environment.tip:
            return
        news = read_moves(repo, now.name, now.tip, since=plan.environment.tip)
        for one in news:
            if one.prompt in plan.names:
                raise lost(one)
        for one in reversed(news):
            self.tell(f"meanwhile {one.sentence()}; trying again on top of that")

    def _say_who(self, repo: Repo, plan: _Plan) -> None:
        """Who made it so: of two people with the same wish the later one learns that somebody else was there first."""
        tip = plan.environment.tip
        for step in plan.idle if tip and not self.wishes.everything else ():
            moves = read_moves(repo, plan.environment.name, tip, name=step.name) if tip else []
            if moves:
                self._tell_once(moves[0].sentence())

    def _tell_once(self, sentence: str) -> None:
        """What does not change from one attempt to the next."""
        if sentence not in self.told:
            self.told.add(sentence)
            self.tell(sentence)

    def _done(self, plan: _Plan, rulings: Sequence[Ruling], commit: str = "") -> Done:
        pushed = bool(commit and self.remote)
        moves = [
            Moved(
                environment=plan.environment.name,
                name=step.name,
                before=step.version_before,
                after=step.version,
                changed=bool(commit) and not step.already,
                already=step.already,
                commit="" if step.already else commit,
                pushed=pushed and not step.already,
            )
            for step in (*plan.steps, *plan.idle)
        ]
        return Done(plan.environment.name, tuple(moves), tuple(rulings), commit, pushed)
