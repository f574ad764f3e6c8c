"""Files of many commits, read together."""

import pytest

from llmops_cli.errors import FileError
from llmops_cli.vcs.many_commits import ManyCommits
from llmops_cli.vcs.repo import Repo
from tests.conftest import GitRepo


def test_what_was_read_ahead_is_known_and_the_rest_can_be_asked_for(repo: GitRepo) -> None:
    first = repo.commit({"a/one.txt": "one", "a/schema.json": "{}"})
    second = repo.commit({"a/one.txt": "two"})
    found = Repo.find(repo.path)
    assert found is not None
    files = ManyCommits(found)
    assert files.read_ahead([f"{first}:a/one.txt", f"{second}:a/one.txt", f"{second}:a/one.txt"]) == 2
    trees = [files.tree(commit, prefix="a/") for commit in (first, second)]
    assert [tree.read("one.txt") for tree in trees] == [b"one", b"two"]
    assert trees[0].read("schema.json") is None
    assert trees[0].read("nowhere.json") is None
    assert files.read_ahead() == 2
    assert (trees[0].read("schema.json"), trees[0].read("nowhere.json")) == (b"{}", None)
    assert files.read_ahead() == 0
    assert trees[0].label == first[:7]


@pytest.mark.parametrize("path", ["../b", "/etc/passwd", "x\ny"])
def test_nothing_is_read_outside(repo: GitRepo, path: str) -> None:
    commit = repo.commit({"a/one.txt": "one", "b": "two"})
    found = Repo.find(repo.path)
    assert found is not None
    with pytest.raises(FileError, match="leads out of the project"):
        ManyCommits(found).tree(commit, prefix="a/").read(path)
