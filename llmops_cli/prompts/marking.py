"""Yanking and deprecating: a tag beside the release's. Doing it twice, or at the same time, is doing it once."""

from dataclasses import dataclass

from llmops_cli.errors import ConflictError, InputError
from llmops_cli.prompts.default_branch import fetch_default_branch
from llmops_cli.prompts.live import BRANCHES, Live
from llmops_cli.prompts.mark import Kind, Mark
from llmops_cli.prompts.moves import read_moves, stack_of
from llmops_cli.prompts.promotable import next_lower, way_back
from llmops_cli.prompts.reference import Reference, check_name
from llmops_cli.prompts.registry import Registry, open_registry
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.tag_push import fetch_tags, push_new_tags, take_back
from llmops_cli.vcs.refs import create_tag
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.trailers import one_line

ATTEMPTS = 3
_NOTHING = "nothing was changed"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants said of a release; of the whole prompt without a `version`, which a yank must have.

    `use` is a reference to what should be taken instead.
    """

    kind: Kind
    name: str
    version: str
    reason: str
    use: str = ""
    push: bool = True
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class StillServed:
    """An environment that serves a version which was yanked, and the command that ends it (empty: there is none)."""

    environment: str
    way_out: str


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of an order: `already` where it had been said before, and `mark` is what was said then."""

    mark: Mark
    already: bool
    pushed: bool
    served: tuple[StillServed, ...] = ()


def mark(registry: Registry, order: Order) -> Marked:
    """Say it with a tag, here and, with `push`, on the remote, if there is one.

    Raises InputError for an unknown version, an empty reason or a `use` that does not exist, ConflictError when the
    remote refuses, MeasureError when it cannot be reached. After an error no tag of this call is left behind.
    """
    repo = registry.repo
    if repo is None:
        raise InputError("this is not a git repository, and a release is a tag", hint="run: git init")
    check_name(order.name)
    if not one_line(order.reason):
        raise InputError("there is no reason, and it is all that others will have", hint="--reason TEXT")
    remote = registry.config.settings.remote if order.push and repo.remotes() else ""
    if remote:
        registry = _fetched(registry, repo, remote, order.name)
    _check_use(registry, order)
    wanted = _wanted(registry, order)
    for _ in range(ATTEMPTS):
        done = _attempt(registry, repo, wanted, "" if order.dry_run else remote, dry_run=order.dry_run)
        if done is not None:
            return done
        registry = _fetched(registry, repo, remote, order.name)  # somebody said the same in the same moment
    raise ConflictError(f"{remote} did not take {wanted.tag} {ATTEMPTS} times in a row; {_NOTHING}", hint="try again")


def still_served(registry: Registry, release: Release) -> tuple[StillServed, ...]:
    """Where a release is live, as of the last fetch, and how to go back from it."""
    serving = [live for live in registry.serving(release.name) if live.version == release.version]
    return tuple(StillServed(live.environment, _way_out(registry, release, live)) for live in serving)


def _way_out(registry: Registry, release: Release, live: Live) -> str:
    environment = registry.environment(live.environment)
    assert registry.repo is not None and environment.tip is not None
    stack = stack_of(read_moves(registry.repo, environment.name, environment.tip, name=live.name))
    command = f"llmops rollback {live.name}"
    if not way_back(registry, live.name, stack, str(live.version)):
        lower = next_lower(registry, release)
        if lower is None:
            return ""
        command += f" {lower.version}"
    return f"{command} --env {live.environment}"


def _fetched(registry: Registry, repo: Repo, remote: str, name: str) -> Registry:
    """The registry as the remote knows it: the tags of the prompt, what the environments serve, what was merged."""
    environments = f"+refs/heads/{BRANCHES}*:refs/remotes/{remote}/{BRANCHES}*"
    fetch_tags(repo, remote, [name], nothing=_NOTHING, more=[environments])
    fetch_default_branch(registry)  # else a release would look as if it had never been merged
    return open_registry(registry.config)


def _check_use(registry: Registry, order: Order) -> None:
    if not order.use:
        return
    reference = Reference.parse(order.use)
    if reference.at:
        registry.resolve(reference)
    elif reference.name not in registry.names():
        raise InputError(f"--use: there is no prompt {order.use!r}", hint=registry.known(order.use))


def _wanted(registry: Registry, order: Order) -> Mark:
    reason = one_line(order.reason)
    if order.version:
        release = registry.must_release(order.name, order.version)
        if order.kind == "deprecated" and release.version.pre:
            raise InputError(
                f"{release.version} is a prerelease, which nobody takes unasked; it cannot be deprecated",
                hint=f"llmops prompt yank {order.name} {release.version} withdraws it",
            )
        if order.kind == "deprecated" and release.yanked:
            raise InputError(f"{release.reference} is yanked, which says more: {release.yanked}")
        return Mark(order.kind, order.name, release.version, release.commit, reason, order.use)
    if order.kind == "yanked":
        raise InputError("a yank is of one version", hint=registry.known(order.name))
    latest = registry.latest(order.name, yanked=True)
    if latest is None:
        raise InputError(f"nothing of {order.name} is released", hint=registry.known(order.name))
    return Mark(order.kind, order.name, None, latest.commit, reason, order.use)


def _attempt(registry: Registry, repo: Repo, wanted: Mark, remote: str, *, dry_run: bool) -> Marked | None:
    """Make the tag and push it; None when the remote has got one of its name meanwhile."""
    there = registry.mark(wanted.name, wanted.version)
    if there is not None and there.kind != wanted.kind:
        there = None  # it was deprecated, and now it is yanked
    release = registry.release(wanted.name, wanted.version) if wanted.version else None
    served = still_served(registry, release) if release and wanted.kind == "yanked" else ()
    made: dict[str, str] = {}
    if there is None and not dry_run:
        tag_id = create_tag(repo, wanted.tag, wanted.commit, wanted.message())
        if tag_id is None:
            raise ConflictError(
                f"tag {wanted.tag} exists and is not one of this kind", hint=f"look at it: git show '{wanted.tag}'"
            )
        made[wanted.tag] = tag_id
    try:
        if remote and not push_new_tags(repo, remote, [(there or wanted).tag], nothing=_NOTHING):
            take_back(repo, made)
            return None
    except BaseException:
        take_back(repo, made)
        raise
    return Marked(there or wanted, already=there is not None, pushed=bool(remote), served=served)
