"""Folders of this machine, and remotes that only git can reach."""

from pathlib import Path

import pytest

from llmops_cli.errors import InputError, ServeError
from llmops_cli.runtime.git_process import FetchedRepository, LocalRepository, local_folder, run
from llmops_cli.runtime.limits import Deadline
from tests.runtime.environment import BRANCH, bare, git, put

FILES = {"prompts/a.yaml": b"a\r\n\xff\n", "prompts/team/b.yaml": b"", "releases/a.tag": b"tag"}


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_folder_is_read_as_it_is(tmp_path: Path, object_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = bare(tmp_path / "r.git", object_format=object_format)
    commit = put(folder, {**FILES, "README.md": b"no"})
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    remote = LocalRepository(folder, poll_timeout_s=20, fetch_timeout_s=20)
    assert remote.tip(BRANCH) == commit
    assert remote.tip(BRANCH + "-none") is None
    assert remote.files(commit) == FILES


def test_in_a_clone_what_origin_has_counts_unless_the_own_branch_is_ahead(tmp_path: Path) -> None:
    folder = bare(tmp_path / "r.git")
    first = put(folder, FILES)
    git(tmp_path, "clone", "-q", "r.git", "clone")
    remote = LocalRepository(tmp_path / "clone", poll_timeout_s=20, fetch_timeout_s=20)
    assert remote.tip(BRANCH) == first
    git(tmp_path / "clone", "branch", "-q", "llmops/production", first)
    second = put(folder, {"prompts/a.yaml": b"2"})
    git(tmp_path / "clone", "fetch", "-q")
    assert remote.tip(BRANCH) == second
    git(tmp_path / "clone", "branch", "-q", "-f", "llmops/production", second)
    third = put(tmp_path / "clone", {"prompts/a.yaml": b"3"})
    assert remote.tip(BRANCH) == third


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_one_commit_is_fetched_by_git_and_nothing_is_left(
    tmp_path: Path, object_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way of ssh; here ssh is a program that runs on this machine what it was asked to run on the other."""
    folder = bare(tmp_path / "r.git", object_format=object_format)
    put(folder, {"prompts/a.yaml": b"before"})
    commit = put(folder, FILES)
    ssh = tmp_path / "ssh"
    ssh.write_text(
        '#!/bin/sh\nwhile [ "$1" != host ] && [ "$1" != git@host ]; do shift; done\nshift\nexec sh -c "$*"\n'
    )
    ssh.chmod(0o755)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("GIT_SSH", str(ssh))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    remote = FetchedRepository(f"git@host:{folder}", poll_timeout_s=20, fetch_timeout_s=20)
    assert remote.tip(BRANCH) == commit
    assert remote.tip(BRANCH + "-none") is None
    assert remote.files(commit) == FILES
    assert list((tmp_path / "tmp").iterdir()) == []


def test_what_git_says_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match="git says: not a git repository"):
        LocalRepository(tmp_path, poll_timeout_s=20, fetch_timeout_s=20).tip(BRANCH)
    with pytest.raises(ServeError, match=r"^No such file or directory$"):
        LocalRepository(tmp_path / "nowhere", poll_timeout_s=20, fetch_timeout_s=20).tip(BRANCH)
    with pytest.raises(ServeError, match="transport 'ext' not allowed"):
        FetchedRepository("ext::sh -c id", poll_timeout_s=20, fetch_timeout_s=20).tip(BRANCH)
    with pytest.raises(InputError, match="the address of the remote is none"):
        FetchedRepository("--upload-pack=id", poll_timeout_s=20, fetch_timeout_s=20)


def test_git_is_ended_at_the_deadline_and_at_the_limit(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match=r"had no end within 0.2 s"):
        run(tmp_path, Deadline(0.2), "-c", "alias.wait=!sleep 100", "wait")
    with pytest.raises(ServeError, match="had no end within 20 s and 10 bytes"):
        run(tmp_path, Deadline(20), "-c", "alias.talk=!yes", "talk", limit=10)


@pytest.mark.parametrize(
    ("address", "folder"),
    [
        ("/srv/prompts.git", "/srv/prompts.git"),
        ("file:///srv/my%20prompts.git", "/srv/my prompts.git"),
        ("./odd:name", None),
        ("git@host:team/prompts.git", ""),
        ("ssh://git@host/team/prompts.git", ""),
    ],
)
def test_an_address_is_told_as_git_tells_it(address: str, folder: str | None) -> None:
    found = local_folder(address)
    assert found == (Path(address).absolute() if folder is None else Path(folder) if folder else None)
