"""What a branch contains: one walk for all commits that are asked about, never one for each."""

from collections.abc import Iterable, Sequence

from llmops_cli.vcs.plumbing import SLOW_TIMEOUT_S
from llmops_cli.vcs.repo import Repo, check_id


def beyond(repo: Repo, commits: Iterable[str], tips: Sequence[str]) -> set[str]:
    """Those of the commits that no tip contains (in a shallow clone: as far as it knows).

    Raises MeasureError when one of them is not here.
    """
    asked = sorted({check_id(commit) for commit in commits})
    lines = [*asked, *(f"^{check_id(tip)}" for tip in tips)]
    walked = repo.ask(
        "rev-list", "--stdin", stdin="".join(f"{line}\n" for line in lines).encode(), timeout=SLOW_TIMEOUT_S
    )
    return set(asked) & set(walked.lines)
