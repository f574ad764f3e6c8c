"""The base of a comparison: where HEAD left the branch it is measured against, also in shallow, detached checkouts."""

from dataclasses import dataclass

from llmops_cli.errors import MeasureError
from llmops_cli.vcs.repo import Repo

_STEPS = (50, 200, 1000)  # commits to deepen by, before everything is fetched


@dataclass(frozen=True, slots=True)
class BaseCommit:
    """`commit`: the merge base of HEAD and the named ref; `against_commit`: the ref's tip; `name`: as asked for."""

    commit: str
    against_commit: str
    name: str

    @property
    def label(self) -> str:
        """How messages name the base: `main (a1b2c3d)`."""
        return f"{self.name} ({self.commit[:7]})"


def find_base(repo: Repo, against: str, *, remote: str) -> BaseCommit:
    """The merge base of HEAD and `against`: a local branch, else one of the remote, else any revision, else fetched.

    A shallow clone is deepened in steps and then completed until the two meet.
    Raises MeasureError when there is no HEAD, no such ref, or no common ancestor within reach.
    """
    head = repo.head()
    if head is None:
        raise MeasureError("there is no commit yet, so there is nothing to compare with", hint="commit first")
    tip = tip_of(repo, against, remote=remote)
    if tip is None:
        raise MeasureError(
            f"there is no branch, tag or commit {against!r} to compare with", hint=_where_to_look(repo, remote)
        )
    base = repo.merge_base(head, tip) or _deepened(repo, against, remote, head)
    if base is None:
        raise MeasureError(
            f"HEAD and {against} have no common ancestor in this clone",
            hint="in CI check out the whole history (fetch-depth: 0); else: git fetch --unshallow",
        )
    return BaseCommit(base, tip_of(repo, against, remote=remote) or tip, against)


def tip_of(repo: Repo, name: str, *, remote: str) -> str | None:
    """The commit a name stands for: local branch, remote-tracking branch, any revision, or fetched from the remote.

    A local branch that is merely behind the remote's does not count: who works on topic branches seldom updates it.
    """
    local, tracking = repo.commit_of(f"refs/heads/{name}"), repo.commit_of(f"refs/remotes/{remote}/{name}")
    if local and tracking and repo.is_ancestor(local, tracking):
        return tracking
    if found := local or tracking or repo.commit_of(name):
        return found
    branch = name.removeprefix(f"{remote}/").removeprefix("refs/heads/")
    if remote not in repo.remotes() or repo.commit_of(f"refs/heads/{branch}"):
        return None
    if not repo.git("check-ref-format", f"refs/heads/{branch}").ok:
        return None
    repo.fetch_history(remote, _refspec(branch, remote), deepen=_STEPS[0])
    return repo.commit_of(f"refs/remotes/{remote}/{branch}")


def _where_to_look(repo: Repo, remote: str) -> str:
    """What may be meant: the default branch under its other name, or what was not fetched."""
    default = repo.git("symbolic-ref", "--quiet", "--short", f"refs/remotes/{remote}/HEAD").text
    name = default.removeprefix(f"{remote}/") or repo.branch() or ""
    other = f"; the default branch may be {name}: --against {name}, and main: {name} in llmops.yaml" if name else ""
    return f"in CI check out the whole history (fetch-depth: 0); else: git fetch {remote}{other}"


def _deepened(repo: Repo, against: str, remote: str, head: str) -> str | None:
    """The merge base once enough history was fetched; None when there is none, or nothing can be fetched."""
    if remote not in repo.remotes():
        return None
    branch = against.removeprefix(f"{remote}/").removeprefix("refs/heads/")
    known = repo.commit_of(f"refs/remotes/{remote}/{branch}") is not None
    refspecs = [_refspec(branch, remote)] if known else []
    for step in (*_STEPS, None):
        if not repo.is_shallow():
            break
        # HEAD is named too: deepening reaches only the commits below what is asked for
        for wanted in ([head, *refspecs], refspecs):
            if repo.fetch_history(remote, *wanted, deepen=step, unshallow=step is None).ok:
                break
        tip = tip_of(repo, against, remote=remote)
        if tip and (base := repo.merge_base(head, tip)):
            return base
    return None


def _refspec(branch: str, remote: str) -> str:
    return f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}"
