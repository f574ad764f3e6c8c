"""What the commits of a branch changed, each against its first parent: two processes, however long the branch is."""

from collections.abc import Mapping
from dataclasses import dataclass

from llmops_cli.vcs.plumbing import SLOW_TIMEOUT_S
from llmops_cli.vcs.repo import Repo, check_id

NOTHING = ""  # in place of an object id: there was, or is, no such file


@dataclass(frozen=True, slots=True)
class Changed:
    """A commit with its first parent (empty for the first commit), and path -> object ids before and after.

    `cut`: the clone is shallow and ends here, so what the commit changed is not known.
    """

    commit: str
    parent: str
    paths: Mapping[str, tuple[str, str]]
    cut: bool = False


def changes_of(repo: Repo, tip: str) -> list[Changed]:
    """The commits of a branch along first parents, newest first. Raises MeasureError."""
    walked = repo.ask("rev-list", "--first-parent", "--topo-order", "--parents", check_id(tip), timeout=SLOW_TIMEOUT_S)
    pairs = [(words[0], words[1] if len(words) > 1 else "") for words in map(str.split, walked.lines)]
    cut = _cut(repo) if any(not parent for _, parent in pairs) else set()
    stdin = "".join(f"{commit} {parent}".rstrip() + "\n" for commit, parent in pairs).encode()
    said = repo.ask(
        "diff-tree", "--stdin", "--root", "-r", "-z", "--no-abbrev", "--no-renames", stdin=stdin, timeout=SLOW_TIMEOUT_S
    )
    changed: dict[str, dict[str, tuple[str, str]]] = {commit: {} for commit, _ in pairs}
    words = iter(said.out.decode("utf-8", "surrogateescape").split("\0"))
    commit = ""
    for word in words:  # an id, then `:modes ids letter` and a path for each file
        if word.startswith(":"):
            _, _, before, after, _ = word.split(" ")
            changed[commit][next(words)] = (before.strip("0") and before, after.strip("0") and after)
        elif word.strip() in changed:
            commit = word.strip()
    return [Changed(commit, parent, changed[commit], not parent and commit in cut) for commit, parent in pairs]


def _cut(repo: Repo) -> set[str]:
    """The commits whose parents a shallow clone does not have."""
    place = repo.root / repo.ask("rev-parse", "--git-path", "shallow").text
    return set(place.read_text(encoding="ascii").split()) if place.is_file() else set()
