"""What a sparse checkout left out is read from the index; what is on disk counts first."""

from llmops_cli.config import load_config
from tests.conftest import GitRepo


def test_files_that_were_left_out_are_there_and_deleted_ones_are_not(repo: GitRepo) -> None:
    repo.commit({"a/b/one.txt": "one", "a/two.txt": "two", "a/.hidden/x.txt": "x", "c/three.txt": "three"})
    repo.git("sparse-checkout", "set", "--no-cone", "/c/")
    assert not (repo.path / "a").exists()
    files = load_config(repo.path).files()
    assert files.paths("a") == ["a/b/one.txt", "a/two.txt"]
    assert (files.read("a/b/one.txt"), files.read("c/three.txt"), files.read("a/none.txt")) == (b"one", b"three", None)
    (repo.path / "c/three.txt").unlink()
    repo.write({"a/two.txt": "written since"})
    files = load_config(repo.path).files()
    assert (files.read("c/three.txt"), files.read("a/two.txt")) == (None, b"written since")
    assert load_config(repo.path / "c").files().paths("") == files.paths("")
