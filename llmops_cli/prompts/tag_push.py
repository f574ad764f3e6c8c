"""Tags and the remote: fetching those of some prompts, pushing new ones, and taking back what was not taken."""

from collections.abc import Mapping, Sequence

from llmops_cli.errors import ConflictError, GateError, InputError, MeasureError
from llmops_cli.vcs.push import Outcome, push
from llmops_cli.vcs.refs import delete_ref
from llmops_cli.vcs.repo import Repo

EVERY_PROMPT = ""  # in place of a name, also for prompts that this clone has not heard of
_CLOBBER = "would clobber existing tag"


def fetch_tags(repo: Repo, remote: str, names: Sequence[str], *, nothing: str, more: Sequence[str] = ()) -> None:
    """The tags of these prompts: releases and marks. `nothing` ends messages: `nothing was released`.

    `more` refspecs are fetched with them.
    Of two marks with one meaning (two people yanked one version) the remote's stays.
    Raises MeasureError when they cannot be had, ConflictError when a release is not the remote's.
    """
    if remote not in repo.remotes():
        raise InputError(f"there is no remote {remote!r} to push to", hint="name one in llmops.yaml: remote")
    wanted = [*(f"refs/tags/{name}@*:refs/tags/{name}@*" for name in names), *more]
    fetched = repo.fetch(remote, *wanted)
    if not fetched.ok and _CLOBBER in fetched.err:
        repo.fetch(remote, *(spec for name in names for spec in mark_refspecs(name)))
        fetched = repo.fetch(remote, *wanted)
    if fetched.ok:
        return
    if _CLOBBER in fetched.err:
        raise ConflictError(
            f"a release here and on {remote} have the same tag but are not the same: {fetched.complaint}",
            hint=f"compare with: git ls-remote --tags {remote}",
        )
    raise MeasureError(f"{remote} cannot be reached: {fetched.complaint}; {nothing}")


def mark_refspecs(name: str) -> list[str]:
    """What to fetch to learn what is said of the releases of a prompt; the remote's word takes the place of ours."""
    if name == EVERY_PROMPT:
        return [f"+refs/tags/{tag}:refs/tags/{tag}" for tag in ("*!", "*.deprecated", "*@deprecated")]
    tags = [f"refs/tags/{name}@v*!", f"refs/tags/{name}@v*.deprecated", f"refs/tags/{name}@deprecated*"]
    return [f"+{tag}:{tag}" for tag in tags]


def push_new_tags(repo: Repo, remote: str, tags: Sequence[str], *, nothing: str) -> bool:
    """False when the remote has a tag of that name already. Raises when it cannot be reached or says no."""
    result = push(repo, remote, [f"refs/tags/{tag}:refs/tags/{tag}" for tag in tags], hooks=True)
    match result.outcome:
        case Outcome.DONE:
            return True
        case Outcome.BEHIND | Outcome.BUSY:
            return False
        case Outcome.REFUSED:
            raise ConflictError(f"{remote} refuses the tag: {result.words}; {nothing}")
        case Outcome.STOPPED:
            raise GateError(f"your pre-push hook says no: {result.words or 'without a word'}; {nothing}")
        case Outcome.UNREACHABLE:
            hint = "without a push the tag stays here; push it later: git push " + remote + " TAG"
            raise MeasureError(f"{remote} cannot be reached: {result.words}; {nothing}", hint=hint)


def take_back(repo: Repo, made: Mapping[str, str]) -> None:
    """A tag that the remote did not take must not stay: it would say that something happened. `made`: name to id."""
    for tag, tag_id in made.items():
        delete_ref(repo, f"refs/tags/{tag}", before=tag_id)
