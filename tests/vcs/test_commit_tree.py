"""The files of a commit, as the project below its prefix sees them."""

import pytest

from llmops_cli.errors import FileError
from llmops_cli.vcs.commit_tree import CommitTree, Known
from llmops_cli.vcs.repo import Repo
from tests.conftest import GitRepo


def tree(repo: GitRepo, commit: str, *, prefix: str = "") -> CommitTree:
    here = Repo.find(repo.path)
    assert here is not None
    return CommitTree(here, commit, prefix=prefix, label="main (test)")


def test_files_are_those_of_the_commit(repo: GitRepo) -> None:
    first = repo.commit(
        {"prompts/a.yaml": b"one\r\n", "prompts/b.yml": "b", "prompts/.hidden/x.yaml": "h", "top.txt": "t"}
    )
    repo.commit({"prompts/a.yaml": "two", "prompts/c.yaml": "c"})
    repo.write({"prompts/a.yaml": "three"})
    of_first = tree(repo, first)
    assert of_first.paths("prompts") == ["prompts/a.yaml", "prompts/b.yml"]
    assert [of_first.read(path) for path in ("prompts/a.yaml", "prompts/b.yml", "prompts/c.yaml", "top.txt")] == [
        b"one\r\n",
        b"b",
        None,
        b"t",
    ]
    assert of_first.read("prompts") is None
    assert of_first.paths("nowhere") == []


def test_a_project_below_a_prefix(repo: GitRepo) -> None:
    commit = repo.commit(
        {"apps/bot/prompts/a.yaml": "in", "apps/bottle/prompts/b.yaml": "out", "prompts/c.yaml": "out"}
    )
    below = tree(repo, commit, prefix="apps/bot/")
    assert below.paths("prompts") == ["prompts/a.yaml"]
    assert below.read("prompts/a.yaml") == b"in"
    assert below.read("prompts/c.yaml") is None


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "prompts/../../x", "a\nb"])
def test_no_path_leads_out(repo: GitRepo, path: str) -> None:
    commit = repo.commit({"x": "x"})
    with pytest.raises(FileError, match="leads out of the project"):
        tree(repo, commit).read(path)


def test_links_and_submodules_are_refused(repo: GitRepo) -> None:
    first = repo.commit({"prompts/a.yaml": "a"})
    (repo.path / "prompts" / "link.yaml").symlink_to("a.yaml")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{first},prompts/module.yaml")
    repo.git("add", "prompts/link.yaml")
    repo.git("commit", "-q", "-m", "odd")
    odd = tree(repo, repo.git("rev-parse", "HEAD"))
    assert odd.paths("prompts") == ["prompts/a.yaml", "prompts/link.yaml"]
    with pytest.raises(FileError, match=r"prompts/link.yaml at main \(test\): is a symbolic link"):
        odd.read("prompts/link.yaml")
    with pytest.raises(FileError, match="is a submodule"):
        odd.read("prompts/module.yaml")
    assert odd.read("prompts/a.yaml") == b"a"


def test_git_is_asked_once_for_files_that_lie_together_also_of_several_commits(repo: GitRepo) -> None:
    files = {f"prompts/partials/{name}.md": name for name in "abc"} | {"prompts/p.yaml": "p"}
    first, second = repo.commit(dict(files)), repo.commit({"prompts/p.yaml": "p2"})
    here = Repo.find(repo.path)
    assert here is not None
    known = Known()
    trees = [CommitTree(here, commit, known=known) for commit in (first, second)]
    assert [each.read("prompts/p.yaml") for each in trees] == [b"p", b"p2"]
    assert trees[0].read("prompts/partials/a.md") == b"a"
    (repo.path / ".git").rename(repo.path / "gone")  # from here on nobody answers
    assert [each.read(f"prompts/partials/{name}.md") for name in "bc" for each in trees] == [b"b", b"b", b"c", b"c"]
