"""Promotion and rollback: all prompts of a wish in one commit on the branch of the environment, or nothing at all.

Of two people who move the same prompt at once one wins and the other is told; two who move different prompts both win.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from llmops_cli.errors import InputError, LlmopsError, MeasureError
from llmops_cli.prompts.approval import Approval, Moment
from llmops_cli.prompts.branch import Draft, EnvironmentBranch
from llmops_cli.prompts.default_branch import fetch_default_branch
from llmops_cli.prompts.everything import all_of, latest_of_all
from llmops_cli.prompts.live import Environment
from llmops_cli.prompts.moves import Move, message_of, read_moves
from llmops_cli.prompts.promotable import check_promotable
from llmops_cli.prompts.reference import check_name
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.remote_environment import check_environment_name, fetch_releases
from llmops_cli.prompts.rules import Rules, Ruling, read_rules, refusal
from llmops_cli.prompts.serving import begun
from llmops_cli.prompts.step import Step, notices, steps_to, tag_in_log, version_below
from llmops_cli.prompts.tag import Release, tag_name
from llmops_cli.prompts.tag_push import EVERY_PROMPT
from llmops_cli.prompts.version import exact_version
from llmops_cli.prompts.wish import Done, Moved, Target, Wish, Wishes
from llmops_cli.vcs.trailers import one_line

__all__ = ["Wish", "Wishes", "move", "move_all"]


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
    names = [check_name(target.name) for target in wishes.targets]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise InputError(f"{twice} is named twice", hint="one version of a prompt is live at a time")
    branch = EnvironmentBranch.open(registry, wishes.environment, push=wishes.push, tell=tell)
    branch.fetch(names or [EVERY_PROMPT])
    if not wishes.dry_run:
        branch.follow()
    mover = _Mover(branch, wishes, _rules(branch, wishes), now or datetime.now(UTC))
    return mover.done(branch.write(mover.draft))


def _rules(branch: EnvironmentBranch, wishes: Wishes) -> Rules:
    """The rules as the default branch has them now; and what the environments serve from which they let come.

    A promotion does not go on without them; a rollback does, with a warning.
    """
    promotes = wishes.action == "promote"
    if branch.remote and (problem := fetch_default_branch(branch.registry)):
        if promotes:
            raise MeasureError(f"the rules cannot be fetched from {branch.remote}: {problem}; nothing was changed")
        branch.tell(f"the rules could not be fetched from {branch.remote}: {problem}; those known here hold")
    rules = read_rules(branch.registry, wishes.environment)
    if rules.unknown and not promotes:
        branch.tell(f"the rules of {rules.environment} are not known, and a rollback goes on: {rules.unknown}")
    if wishes.source:
        branch.registry.environment(wishes.source)  # a slip of the pen is told at once
    asks = promotes or any(target.version for target in wishes.targets)  # a way back to what was never live there
    for source in dict.fromkeys(name for name in (rules.asked.from_, wishes.source) if name and asks):
        try:
            check_environment_name(branch.repo, Environment(source))
            branch.fetch(environment=source)
        except LlmopsError:
            if promotes:
                raise
            branch.gone.add(source)  # what cannot be asked approves nothing, and stops no way back to what was live
    return rules


@dataclass(slots=True)
class _Mover:
    """The wishes, worked out on the latest state: `steps`, of which some may be so already, and what the rules say."""

    branch: EnvironmentBranch
    wishes: Wishes
    rules: Rules
    now: datetime
    steps: Sequence[Step] = ()
    rulings: Sequence[Ruling] = ()

    @property
    def _registry(self) -> Registry:
        return self.branch.registry

    def draft(self) -> Draft | None:
        """The commit on the environment as it is now; None when there is nothing to do, or it is not to be done."""
        environment = self.branch.environment
        moment = Moment(self._registry, self.now, pushes=bool(self.branch.remote), gone=self.branch.gone)
        approval = Approval(moment, self.rules, self.wishes, self.branch.tell_once)
        if self.wishes.everything:
            self._registry.releases()  # all tags in one process, not one for each prompt
        releases = [self._release(environment, target) for target in self._targets(environment, approval)]
        back = self.wishes.action == "rollback"
        self.steps = steps_to(self._registry, environment, releases, back=back, tell=self.branch.tell_once)
        self._say_notices()
        self._say_who(environment)
        self._refuse_yanked()
        changing = [step for step in self.steps if not step.already]
        self.rulings = approval.rulings(changing) if changing else []
        if not changing or self.wishes.dry_run:
            return None
        if not all(ruling.met for ruling in self.rulings):
            raise refusal(self.rules, self.rulings)
        first = begun(self._registry, environment, but=[step.name for step in changing])
        moved = [self._as_move(step.release, step.version_before) for step in changing]
        return Draft(
            change={
                path: blob
                for change in (*first.values(), *(step.change for step in changing))
                for path, blob in change.items()
            },
            message=message_of([*moved, *(self._as_move(release, "") for release in first)]),
            releases=(*first, *(step.release for step in changing)),
            names=frozenset(step.name for step in self.steps),
        )

    def done(self, commit: str) -> Done:
        """What became of it, by the commit that was made, empty for none."""
        pushed = bool(commit and self.branch.remote)
        moves = [
            Moved(
                environment=self.branch.name,
                name=step.name,
                before=step.version_before,
                after=step.version,
                changed=bool(commit) and not step.already,
                already=step.already,
                commit="" if step.already else commit,
                pushed=pushed and not step.already,
            )
            for step in self.steps
        ]
        return Done(self.branch.name, tuple(moves), tuple(self.rulings), commit, pushed)

    def _targets(self, environment: Environment, approval: Approval) -> Sequence[Target]:
        """What is wanted, every one with a version, whose release this clone knows as far as the remote has it."""
        source = self.wishes.source or self.rules.asked.from_
        if self.wishes.everything:
            targets = all_of(source, approval.served(source)[1]) if source else latest_of_all(self._registry)
        else:
            targets = tuple(self._versioned(environment, target) for target in self.wishes.targets)
        missing = []
        for target in targets:
            wanted = exact_version(target.version)
            if wanted is None or self._registry.release(target.name, wanted) is None:
                # of a range the remote may have a later one
                tag = tag_name(target.name, wanted) if wanted else f"{target.name}@v*"
                missing += [tag, f"{tag}#*"] if wanted else [tag]  # GTO may have numbered it
        if missing and self.branch.remote and fetch_releases(self.branch.repo, self.branch.remote, missing):
            self.branch.reopen()
        return targets

    def _release(self, environment: Environment, target: Target) -> Release:
        try:
            return self._registry.choose(target.name, target.version)
        except InputError as error:
            back = tag_in_log(self.branch.repo, environment, target) if self.wishes.action == "rollback" else ""
            if not back:
                raise
            message = f"{error.message} any more: its tag is gone; nothing was changed"
            hint = f"the log of {environment.name} has the tag; run this, and try again: {back}"
            raise InputError(message, hint=hint) from None

    def _versioned(self, environment: Environment, target: Target) -> Target:
        version = target.version.removeprefix("v")
        if not version and self.wishes.action == "promote":
            raise InputError(f"{target.name}: the version is empty", hint="name one, a range, or latest")
        if not version:
            version = version_below(self._registry, environment, target.name, seen=self.branch.seen)
        return Target(target.name, version)

    def _say_notices(self) -> None:
        """Of a rollback, what callers will notice."""
        for step in self.steps if self.wishes.action == "rollback" else ():
            for sentence in notices(self._registry, step.before, step.release) if step.change and step.before else ():
                self.branch.tell_once(f"callers may notice, {step.version} against {step.version_before}: {sentence}")

    def _as_move(self, release: Release, before: str) -> Move:
        return Move(
            environment=self.branch.name,
            commit="",
            action=self.wishes.action,
            prompt=release.name,
            before=before,
            after=str(release.version),
            who="",
            date="",
            reason=one_line(self.wishes.reason),
            digest=release.digest,
            release_commit=release.commit,
        )

    def _refuse_yanked(self) -> None:
        """A yanked version is not to be served, where it is live already neither. Of everything that is only said."""
        for step in self.steps:
            if step.already and step.release.yanked:
                if not self.wishes.everything:
                    check_promotable(self._registry, step.release)
                self.branch.tell_once(f"{step.release.reference} is live there, and yanked: {step.release.yanked}")

    def _say_who(self, environment: Environment) -> None:
        """Who made it so: of two people with the same wish the later one learns that somebody else was there first."""
        for step in self.steps if not self.wishes.everything else ():
            if step.already and environment.tip:
                moves = read_moves(self.branch.repo, environment.name, environment.tip, name=step.name)
                for newest in moves[:1]:
                    self.branch.tell_once(newest.sentence())
