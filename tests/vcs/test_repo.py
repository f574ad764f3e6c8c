"""Reading repositories of every kind: SHA-256, empty, detached, shallow, worktrees, owned by others, inside hooks."""

import os
import subprocess
from pathlib import Path

import pytest

from llmops_cli.errors import InputError
from llmops_cli.vcs.repo import Repo, check_id, check_remote
from tests.conftest import GitRepo


def found(path: Path) -> Repo:
    repo = Repo.find(path)
    assert repo is not None
    return repo


def test_nothing_is_found_outside_of_a_repository(tmp_path: Path) -> None:
    assert Repo.find(tmp_path) is None


def test_a_bare_repository_stands_in_its_own_folder(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "bare.git")], check=True)
    for start in (tmp_path / "bare.git", tmp_path / "bare.git" / "refs"):
        here = found(start)
        assert (here.bare, here.root, here.git_dir) == (True, tmp_path / "bare.git", tmp_path / "bare.git")
        assert not here.is_dirty(["x"])


def test_the_top_is_found_from_below(repo: GitRepo) -> None:
    repo.commit({"a/b/c.txt": "x"})
    assert found(repo.path / "a" / "b").root == repo.path.resolve()


def test_before_the_first_commit(repo: GitRepo) -> None:
    here = found(repo.path)
    assert (here.head(), here.branch(), here.commit_of("main"), here.is_shallow()) == (None, "main", None, False)
    assert not here.is_dirty()
    repo.write({"x.txt": "x"})
    assert here.is_dirty(["x.txt"]) and here.is_dirty() and not here.is_dirty(["y.txt"])
    assert not here.is_tracked("x.txt")


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_names_and_files(tmp_path: Path, object_format: str) -> None:
    path = tmp_path / object_format
    subprocess.run(["git", "init", "-q", f"--object-format={object_format}", str(path)], check=True)
    repo = GitRepo(path)
    first = repo.commit({"prompts/a.yaml": b"one\r\n", "prompts/deep/b.yaml": "two"})
    second = repo.commit({"prompts/a.yaml": b"\x00\xff\n\n"})
    repo.git("tag", "-a", "-m", "nested", "inner", "HEAD")
    repo.git("tag", "-a", "-m", "nested", "outer", "inner")
    here = found(path)
    assert len(first) == (40 if object_format == "sha1" else 64)
    assert here.head() == second
    assert [here.commit_of(name) for name in ("main", "HEAD~1", "outer", first[:10])] == [second, first, second, first]
    assert here.read_blobs(
        [f"{first}:prompts/a.yaml", f"{second}:prompts/a.yaml", f"{first}:no", f"{first}:prompts"]
    ) == [
        b"one\r\n",
        b"\x00\xff\n\n",
        None,
        None,
    ]
    assert here.list_files(first, "prompts") == ["prompts/a.yaml", "prompts/deep/b.yaml"]
    assert here.list_files(first, "prompts/deep") == ["prompts/deep/b.yaml"]
    assert here.list_files(first, "nowhere") == []
    assert here.merge_base(first, second) == first
    assert here.is_ancestor(first, second) and not here.is_ancestor(second, first)


@pytest.mark.parametrize(
    "name", ["", "--help", "-x", "main..main", "a b", "a\nb", "main:x", "nope", "*", "HEAD^{/x}", "\x00", "@{-1}x"]
)
def test_a_name_that_is_none_is_no_commit(repo: GitRepo, name: str) -> None:
    repo.commit({"x": "x"})
    assert found(repo.path).commit_of(name) is None


def test_detached_and_in_a_worktree(repo: GitRepo, tmp_path: Path) -> None:
    first = repo.commit({"x": "x"})
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "other"))
    here = found(tmp_path / "other")
    assert (here.branch(), here.head(), here.root) == (None, first, (tmp_path / "other").resolve())


def test_variables_of_the_process_do_not_lead_astray(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of them count is decided once, where the settings are read (`vcs/place.py`)."""
    first = repo.commit({"x": "x"})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "no-index"))
    here = found(repo.path)
    assert here.head() == first and not here.is_dirty() and here.is_tracked("x")


def test_what_a_commit_leads_to_is_tracked(repo: GitRepo) -> None:
    """A link, or a submodule, on the way to a file is the word of whoever committed it."""
    repo.commit({"theirs/kept.json": "{}", "sub/own.txt": "x"})
    for place in ("state", "sub/state"):
        (repo.path / place).symlink_to(repo.path / "theirs")
        assert not found(repo.path).is_tracked(str(repo.path / place / "kept.json"))
        repo.git("add", place)
        assert found(repo.path).is_tracked(str(repo.path / place / "kept.json"))
    assert found(repo.path).is_tracked(str(repo.path / "theirs"))
    assert not found(repo.path).is_tracked(str(repo.path / "their"))


def test_a_replaced_commit_is_read_as_it_was_made(repo: GitRepo) -> None:
    first = repo.commit({"x": "one"})
    second = repo.commit({"x": "two"})
    repo.git("replace", first, second)
    (repo.path / ".git/info/grafts").write_text(f"{second}\n")
    here = found(repo.path)
    assert here.read_blobs([f"{first}:x"]) == [b"one"]
    assert here.is_ancestor(first, second)


def test_reading_runs_no_hook_and_no_monitor(repo: GitRepo, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {ran}\n")
    script.chmod(0o755)
    repo.commit({"x": "x"})
    repo.git("config", "core.fsmonitor", str(script))
    here = found(repo.path)
    here.is_dirty()
    here.list_files(here.head() or "", "")
    assert not ran.exists()


def test_a_repository_that_git_cannot_read_is_not_taken_for_none(repo: GitRepo) -> None:
    repo.commit({"x": "x"})
    repo.git("config", "core.repositoryformatversion", "1")
    repo.git("config", "extensions.fromthefuture", "true")
    with pytest.raises(InputError, match=r"git cannot read this repository: .*fromthefuture|extension"):
        Repo.find(repo.path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_somebody_else_is_refused_with_the_way_out(repo: GitRepo) -> None:
    repo.commit({"x": "x"})
    for path in [repo.path, *repo.path.rglob("*")]:
        os.chown(path, 12345, 12345)
    with pytest.raises(InputError, match="dubious ownership") as caught:
        Repo.find(repo.path)
    assert "git config --global --add safe.directory" in caught.value.hint


def test_dirt_counts_where_it_is(repo: GitRepo) -> None:
    repo.commit({"a.txt": "a", "b.txt": "b", "ä ö.txt": "x"})
    here = found(repo.path)
    repo.write({"b.txt": "changed"})
    assert (here.is_dirty(["a.txt"]), here.is_dirty(["b.txt"]), here.is_dirty(["a.txt", "b.txt"])) == (
        False,
        True,
        True,
    )
    (repo.path / "ä ö.txt").unlink()
    assert here.is_dirty(["ä ö.txt"])
    assert not here.is_dirty(["*.txt"]), "a path is a path, not a pattern"


@pytest.mark.parametrize("name", ["--upload-pack=x", "", "a b", "https://example.org/x", "../x", "-o"])
def test_a_remote_is_a_name(name: str) -> None:
    with pytest.raises(InputError):
        check_remote(name)


def test_an_id_is_full_and_hexadecimal() -> None:
    assert check_id("a" * 40) and check_id("0" * 64)
    for text in ("a" * 39, "--all", "A" * 40, "a" * 40 + "\n"):
        with pytest.raises(ValueError, match="not a full object id"):
            check_id(text)
