"""What the commits of a branch changed."""

from collections.abc import Callable

from llmops_cli.vcs.changes import changes_of
from llmops_cli.vcs.repo import Repo
from tests.conftest import GitRepo


def test_each_commit_against_its_first_parent(repo: GitRepo, make_repo: Callable[..., GitRepo]) -> None:
    first = repo.commit({"a": "one\n", "ä b": "two\n"})
    empty = repo.commit({})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"c": "three\n"})
    repo.git("checkout", "-q", "main")
    repo.git("mv", "a", "d")
    moved = repo.commit({})
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    merge = repo.git("rev-parse", "HEAD")
    one, two, three = (repo.git("rev-parse", f"HEAD:{path}") for path in ("d", "ä b", "c"))
    git = Repo.find(repo.path)
    assert git is not None
    seen = changes_of(git, merge)
    assert [(each.commit, each.parent, each.cut) for each in seen] == [
        (merge, moved, False), (moved, empty, False), (empty, first, False), (first, "", False),
    ]  # fmt: skip
    assert [dict(each.paths) for each in seen] == [
        {"c": ("", three)}, {"a": (one, ""), "d": ("", one)}, {}, {"a": ("", one), "ä b": ("", two)},
    ]  # fmt: skip
    shallow = make_repo("shallow")
    shallow.git("fetch", "-q", "--depth=2", f"file://{repo.path}", "main")
    git = Repo.find(shallow.path)
    assert git is not None
    assert [each.cut for each in changes_of(git, merge)] == [False, True]
