"""Which repository is meant: in hooks, with GIT_DIR of a person, in bare ones, where .git is a file."""

from pathlib import Path

import pytest

from llmops_cli.errors import InputError
from llmops_cli.vcs.place import GitPlace, find_place
from llmops_cli.vcs.repo import Repo
from tests.conftest import GitRepo


def place(here: Path, **given: object) -> GitPlace:
    found = find_place(here.resolve(), {name: str(value) for name, value in given.items()})
    assert found is not None
    return found


def test_outside_of_a_repository_there_is_none(tmp_path: Path) -> None:
    assert find_place(tmp_path, {}) is None
    (tmp_path / "HEAD").write_text("no repository\n")
    for name in ("objects", "refs"):
        (tmp_path / name).mkdir()
    assert find_place(tmp_path, {}) is None, "what only looks like a repository"


def test_what_git_tells_its_hooks_says_nothing_new(repo: GitRepo) -> None:
    """Also where the hook has gone down into a folder: with GIT_DIR alone git would take that for the top."""
    repo.commit({"services/a/prompts/x.txt": "x"})
    git_dir, below = repo.path.resolve() / ".git", repo.path / "services/a"
    plain = GitPlace(repo.path.resolve(), git_dir)
    assert place(repo.path, GIT_DIR=".git") == plain
    assert place(below, GIT_DIR=git_dir) == plain
    assert place(below, GIT_DIR=".git", GIT_INDEX_FILE=".git/index") == plain
    assert place(below, GIT_DIR=git_dir, GIT_WORK_TREE=repo.path) == plain


def test_another_repository_in_git_dir_is_the_one_that_is_meant(repo: GitRepo, tmp_path: Path) -> None:
    first = repo.commit({"x": "x"})
    git_dir, home = (tmp_path / "dotfiles").resolve(), (tmp_path / "home").resolve()
    (repo.path / ".git").rename(git_dir)
    home.mkdir()
    (home / "x").write_text("changed")
    for here in (home, tmp_path):
        found = place(here, GIT_DIR=git_dir, GIT_WORK_TREE=home)
        assert (found.top, found.bare) == (home, False)
        git = Repo.find(found.top, env=found.env)
        assert git is not None and git.head() == first and git.is_dirty(["x"])
    assert place(home, GIT_DIR=git_dir).top == home, "without a work tree it is the folder, as git has it"
    with pytest.raises(InputError, match=r"GIT_DIR names .*nowhere, which is no repository"):
        place(home, GIT_DIR=tmp_path / "nowhere")


def test_a_work_tree_of_its_own(repo: GitRepo, tmp_path: Path) -> None:
    """core.worktree, and GIT_WORK_TREE beside a repository that git finds by itself."""
    repo.commit({"x": "x"})
    there = (tmp_path / "there").resolve()
    there.mkdir()
    found = place(repo.path, GIT_WORK_TREE=there)
    assert found.top == there and found.env["GIT_DIR"] == str(repo.path.resolve() / ".git")
    repo.git("config", "core.worktree", str(there))
    for found in (place(repo.path), place(there, GIT_DIR=repo.path / ".git")):
        git = Repo.find(found.top, env=found.env)
        assert found.top == there and git is not None and git.is_dirty(["x"])


def test_bare_repositories_and_the_folders_of_their_work_trees(tmp_path: Path, repo: GitRepo) -> None:
    repo.commit({"x": "x"})
    project = tmp_path.resolve() / "project"
    project.mkdir()
    repo.git("clone", "-q", "--bare", str(repo.path), str(project / ".bare"))
    (project / ".git").write_text("gitdir: ./.bare\n")
    bare = GitRepo(project / ".bare")
    bare.git("worktree", "add", "-q", str(project / "main"), "-b", "topic")
    for here in (project, project / ".bare", project / ".bare/hooks"):
        assert (place(here).top, place(here).bare) == (project / ".bare", True)
    # what git tells a hook there
    assert place(project / ".bare", GIT_DIR=".") == GitPlace(project / ".bare", project / ".bare", bare=True)
    assert (place(project / "main").top, place(project / "main").bare) == (project / "main", False)


def test_a_hook_that_decides_about_a_push_sees_what_is_pushed(tmp_path: Path) -> None:
    bare = tmp_path.resolve() / "bare.git"
    GitRepo(tmp_path).git("init", "-q", "--bare", str(bare))
    (bare / "objects/incoming").mkdir()
    found = place(
        bare,
        GIT_DIR=".",
        GIT_QUARANTINE_PATH=bare / "objects/incoming",
        GIT_OBJECT_DIRECTORY="./objects/incoming",
        GIT_ALTERNATE_OBJECT_DIRECTORIES=bare / "objects",
    )
    assert found.env == {
        "GIT_OBJECT_DIRECTORY": str(bare / "objects/incoming"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(bare / "objects"),
    }


def test_a_submodule_and_git_s_own_files(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit({"x": "x"})
    outer = GitRepo(tmp_path / "outer")
    repo.git("init", "-q", str(outer.path))
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repo.path), "inner")
    assert place(outer.path / "inner").top == outer.path.resolve() / "inner"
    assert place(outer.path / ".git/modules/inner").top == outer.path.resolve() / "inner"
    repo.git("clone", "-q", f"--separate-git-dir={tmp_path / 'apart'}", str(repo.path), str(tmp_path / "files"))
    assert place(tmp_path / "files").top == tmp_path.resolve() / "files"
    with pytest.raises(InputError, match="in no work tree"):
        place(tmp_path / "apart")


def test_a_bare_repository_that_a_commit_brought_is_not_believed(repo: GitRepo) -> None:
    """Files called HEAD, objects/ and refs/ can stand in any commit; the settings beside them are its author's."""
    folder = repo.path.resolve() / "services/desk"
    repo.git("init", "-q", "--bare", str(folder))
    with pytest.raises(InputError, match=r"looks like a bare repository, inside of ") as caught:
        place(folder)
    assert f"GIT_DIR={folder}" in caught.value.hint
    assert place(folder, GIT_DIR=folder).bare
    (folder / "refs").rename(folder / "other")
    assert place(folder).top == repo.path.resolve()
