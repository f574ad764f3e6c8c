"""An environment's branch and the remote's: fetching it, pushing to it, and letting the local branch follow."""

import time
from collections.abc import Sequence

from llmops_cli.errors import ConflictError, InputError, MeasureError
from llmops_cli.prompts.live import BRANCHES, Environment
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.tag_push import mark_refspecs
from llmops_cli.vcs.push import Outcome, Pushed, push
from llmops_cli.vcs.refs import checked_out, update_ref
from llmops_cli.vcs.repo import Repo

_ATTEMPTS = 4
_PAUSE_S = 0.2
_NOTHING_CHANGED = "nothing was changed"


def fetch_environment(repo: Repo, remote: str, environment: str, *, names: Sequence[str] = ()) -> bool:
    """Fetch the branch of one environment, and the marks on these prompts; False when the remote has no such branch.

    Raises MeasureError when the remote cannot be reached.
    """
    branch = f"+refs/heads/{BRANCHES}{environment}:{_tracking(remote, environment)}"
    marks = [refspec for name in names for refspec in mark_refspecs(name)]
    for attempt in range(_ATTEMPTS):
        fetched = repo.fetch(remote, branch, *marks)
        there = "couldn't find remote ref" not in fetched.err
        if not there and not marks:
            return False
        if not there:
            fetched = repo.fetch(remote, *marks)  # for one missing branch git fetches nothing at all
        if fetched.ok:
            return there
        if "cannot lock ref" not in fetched.err or attempt == _ATTEMPTS - 1:
            break
        time.sleep(_PAUSE_S)  # an editor or another terminal fetches at the same moment
    raise MeasureError(
        f"{remote} cannot be reached: {fetched.complaint}; {_NOTHING_CHANGED}",
        hint=f"--no-push records it here only; push it later: git push {remote} {BRANCHES}{environment}",
    )


def fetch_releases(repo: Repo, remote: str, tags: Sequence[str]) -> bool:
    """Fetch the tags of releases, or all of a pattern; False when the remote has none or cannot be asked."""
    refspecs = [f"refs/tags/{tag}:refs/tags/{tag}" for tag in tags]
    fetched = repo.fetch(remote, *refspecs)
    if "couldn't find remote ref" not in fetched.err or len(tags) == 1:
        return fetched.ok
    had = [repo.fetch(remote, refspec).ok for refspec in refspecs]  # for one missing tag git fetches none at all
    return any(had)


def push_environment(
    repo: Repo, remote: str, environment: Environment, commit: str, releases: Sequence[Release]
) -> Pushed:
    """Push the commit to the environment together with the tags of the releases: all or none.

    Returns DONE, BEHIND or BUSY. Raises ConflictError when the remote says no for good, MeasureError when it cannot be
    reached. The person's pre-push hook does not run: it would test a work tree that has nothing to do with this.
    """
    tags = [release.tag for release in releases]
    refspecs = [f"{commit}:{environment.ref}", *(f"refs/tags/{tag}:refs/tags/{tag}" for tag in tags)]
    result = push(repo, remote, refspecs, hooks=False)
    if result.outcome is Outcome.UNREACHABLE:
        hint = "--no-push records it here only"
        raise MeasureError(f"{remote} cannot be reached: {result.words}; {_NOTHING_CHANGED}", hint=hint)
    if result.outcome is Outcome.REFUSED:
        raise ConflictError(f"{remote} refuses to move {environment.name}: {result.words}; {_NOTHING_CHANGED}")
    if result.outcome is Outcome.BEHIND and "already exists" in result.words:
        raise ConflictError(
            f"{' or '.join(tags)} on {remote} is not the release that is known here; {_NOTHING_CHANGED}",
            hint=f"compare with: git ls-remote --tags {remote}",
        )
    return result


def remember(repo: Repo, remote: str, environment: str, commit: str) -> None:
    """Note what the remote now has; git does so itself only where the clone fetches all branches."""
    ref = _tracking(remote, environment)
    known = repo.commit_of(ref)
    if known != commit:
        update_ref(repo, ref, commit, before=known)


def follow(repo: Repo, environment: Environment, tip: str) -> str:
    """Fast-forward the local branch to the tip, so that its log tells the whole story; else why it was left alone."""
    local = repo.commit_of(environment.ref)
    if local == tip:
        return ""
    branch = environment.ref.removeprefix("refs/heads/")
    if place := checked_out(repo, environment.ref):
        return f"the local branch {branch} was left alone: it is checked out in {place} (there: git merge --ff-only)"
    if local is not None and not repo.is_ancestor(local, tip):
        return f"the local branch {branch} was left alone: it has commits of its own"
    update_ref(repo, environment.ref, tip, before=local)
    return ""


def check_environment_name(repo: Repo, environment: Environment) -> None:
    """Raises InputError when no branch can have the name that llmops.yaml gives the environment."""
    if not repo.git("check-ref-format", environment.ref).ok:
        raise InputError(f"{environment.name!r} cannot be an environment: git allows no such branch")


def _tracking(remote: str, environment: str) -> str:
    return f"refs/remotes/{remote}/{BRANCHES}{environment}"
