"""Writes that are old or new, never half."""

from pathlib import Path

import pytest

from llmops_cli.files.atomic import write_atomic


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "a" / "f"
    write_atomic(target, b"one")
    assert target.read_bytes() == b"one"
    target.chmod(0o600)
    write_atomic(target, b"two")
    assert target.read_bytes() == b"two"
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["f"]


def test_a_link_is_followed_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"one")
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", b"two")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"two"


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "kept").write_bytes(b"x")
    with pytest.raises(OSError, match="folder"):
        write_atomic(tmp_path / "folder", b"two")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder", "kept"]
