"""What a branch contains."""

from llmops_cli.vcs.reach import beyond
from llmops_cli.vcs.repo import Repo
from tests.conftest import GitRepo


def test_one_walk_for_all(repo: GitRepo) -> None:
    first, second = repo.commit({"a": "1"}), repo.commit({"a": "2"})
    repo.git("checkout", "-q", "-b", "topic", first)
    third, fourth = repo.commit({"b": "3"}), repo.commit({"b": "4"})
    git = Repo.find(repo.path)
    assert git is not None
    everything = [first, second, third, fourth]
    assert beyond(git, everything, [second]) == {third, fourth}
    assert beyond(git, everything, [second, third]) == {fourth}
    assert beyond(git, everything, [fourth, second]) == set()
    assert beyond(git, [], [second]) == set()
    lost = "f" * 40  # what is not here is in nothing
    assert beyond(git, [first, lost], [second]) == {lost}
