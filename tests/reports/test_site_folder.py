"""A folder of pages: ours alone, old or new, without what is gone."""

from pathlib import Path

import pytest

from llmops_cli.errors import InputError
from llmops_cli.reports.site_folder import MARKER, Wrote, check_folder, write_site

PAGES = {"prompts/a.html": "A", "prompts/judges/b.html": "B", "environments.html": "E", "index.html": "I"}


def held(folder: Path) -> dict[str, str]:
    """All pages in the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARKER
    }


def test_pages_are_written_changed_and_removed(tmp_path: Path) -> None:
    folder = tmp_path / "deep/site"
    assert write_site(folder, PAGES.items()) == Wrote(pages=4, changed=4, removed=0)
    assert held(folder) == PAGES
    kept = (folder / "prompts/a.html").stat().st_mtime_ns
    later = {**PAGES, "index.html": "I2"}
    del later["prompts/judges/b.html"]
    assert write_site(folder, later.items()) == Wrote(pages=3, changed=1, removed=1)
    assert held(folder) == later
    assert not (folder / "prompts/judges").exists()
    assert (folder / "prompts/a.html").stat().st_mtime_ns == kept


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    check_folder(tmp_path)
    write_site(tmp_path, PAGES.items())
    assert held(tmp_path) == PAGES


@pytest.mark.parametrize("name", ["README.md", "index.html", ".git/config"])
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match="holds other things"):
        check_folder(tmp_path)
    with pytest.raises(InputError, match="holds other things"):
        write_site(tmp_path, PAGES.items())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / name]
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("name", ["CNAME", "prompts/notes.txt", ".git/config"])
def test_what_somebody_put_into_our_folder_is_never_removed(tmp_path: Path, name: str) -> None:
    write_site(tmp_path, PAGES.items())
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match=f"holds what is no page of a site: {name}"):
        write_site(tmp_path, {"index.html": "new"}.items())
    assert (tmp_path / "index.html").read_text() == "I"


@pytest.mark.parametrize("name", ["index.html", "prompts/a.html", MARKER, "prompts"])
def test_links_are_not_followed(tmp_path: Path, name: str) -> None:
    folder, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    write_site(folder, {"index.html": "I", "environments.html": "E"}.items())
    elsewhere.mkdir()
    (elsewhere / "a.html").write_text("mine")
    link = folder / name
    link.unlink(missing_ok=True)
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere if name == "prompts" else elsewhere / "a.html")
    with pytest.raises(InputError):
        write_site(folder, PAGES.items())
    assert (elsewhere / "a.html").read_text() == "mine"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("mine")
    with pytest.raises(InputError, match="is not a folder"):
        check_folder(tmp_path / "site")


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be"):
        write_site(tmp_path / "file/site", PAGES.items())
