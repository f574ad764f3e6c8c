"""Releases are found by the names of tags; what a tag says is read once, and only when it counts."""

from pathlib import Path

import pytest

from llmops_cli.prompts.shelf import TagReader, sort_tags
from llmops_cli.prompts.version import Version
from llmops_cli.prompts.working_file import as_released, read_files
from llmops_cli.vcs.refs import TagName
from llmops_cli.vcs.repo import Repo
from tests.conftest import GitRepo
from tests.prompts.registered import opened, prompt, released


class Counting(Repo):
    """Counts the processes that read tags, and the tags."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads: list[int] = []

    def read_tags(self, tag_ids):  # type: ignore[no-untyped-def]
        self.reads.append(len(tag_ids))
        return super().read_tags(tag_ids)


def test_versions_come_from_names_and_one_message_is_read_once(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0", "1.10.0", "2.0.0-rc.1")
    here = Counting(repo.path)
    shelves, odd = sort_tags(opened(repo).refs.tags, TagReader(here), lambda releases: releases)
    shelf = shelves["rag-answer"]
    assert [str(one) for one in shelf.versions] == ["1.0.0", "1.1.0", "1.10.0", "2.0.0-rc.1"]
    assert (here.reads, odd) == ([], [])
    latest = shelf.latest(yanked=False)
    assert latest is not None and str(latest.version) == "1.10.0"
    assert shelf.release(Version(1, 10, 0)) == latest and shelf.release(Version(9, 9, 9)) is None
    assert here.reads == [1]
    assert len(shelf.releases()) == 4
    assert here.reads == [1, 3]


def test_a_tag_that_is_no_release_gives_way_to_the_one_before(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    repo.git("tag", "-a", "-m", "m", "rag-answer@v1.1.0", "rag-answer@v1.0.0")
    registry = opened(repo)
    latest = registry.latest("rag-answer")
    assert latest is not None and str(latest.version) == "1.0.0"
    assert registry.warnings == ["tag rag-answer@v1.1.0 is skipped: it points at a tag, not at a commit"]


def test_many_tags_of_one_impossible_name_are_one_sentence() -> None:
    tags = [TagName(f"dir=rag@v{number}.0.0", "tag", "0" * 40) for number in range(1000)]
    shelves, odd = sort_tags(tags, TagReader(None), lambda releases: releases)
    assert shelves == {}
    assert odd == ["tag dir=rag@v0.0.0 and 999 more are skipped: 'dir=rag' is not a prompt name"]


@pytest.mark.parametrize(
    ("text", "unchanged"),
    [
        (prompt("1.0.0", "Words of 1.0.0."), True),
        (prompt("1.0.0", "Words of 1.0.0.").replace("\n", "\r\n"), False),
        (prompt("1.0.0", "Other words."), False),
        (prompt("1.0.1", "Words of 1.0.0."), False),
    ],
)
def test_a_file_is_as_released_only_to_the_byte(repo: GitRepo, text: str, unchanged: bool) -> None:
    released(repo, "1.0.0")
    repo.write({"prompts/rag-answer.yaml": text})
    registry = opened(repo)
    assert bool(as_released(registry, read_files(registry).values())) is unchanged


def test_a_file_that_may_read_others_is_never_taken_for_the_released_one(repo: GitRepo) -> None:
    text = prompt("1.0.0") + "output: {format: json, schema: schemas/answer.json}\n"
    repo.commit({"prompts/rag-answer.yaml": text, "prompts/schemas/answer.json": '{"type": "object"}'})
    from llmops_cli.prompts.release import release

    release(opened(repo))
    registry = opened(repo)
    assert as_released(registry, read_files(registry).values()) == set()
