"""What a branch contains: one walk for all commits that are asked about, never one for each."""

from collections.abc import Iterable, Sequence

from llmops_cli.vcs.plumbing import SLOW_TIMEOUT_S
from llmops_cli.vcs.repo import Repo, check_id


def beyond(repo: Repo, commits: Iterable[str], tips: Sequence[str]) -> set[str]:
    """Those of the commits that no tip contains (in a shallow clone: as far as it knows), also what is not here at all.

    Raises MeasureError when git cannot be asked.
    """
    asked = sorted({check_id(commit) for commit in commits})
    found = repo.object_ids([f"{commit}^{{commit}}" for commit in asked])
    here = {commit for commit, found_id in zip(asked, found, strict=True) if found_id == commit}
    lines = [*sorted(here), *(f"^{check_id(tip)}" for tip in tips)]
    stdin = "".join(f"{line}\n" for line in lines).encode()
    walked = repo.ask("rev-list", "--stdin", stdin=stdin, timeout=SLOW_TIMEOUT_S)
    return (set(asked) - here) | (here & set(walked.lines))
