"""What is said of releases later: how a mark is written, read, and told from what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.prompts.mark import Mark, is_mark, read_marks
from llmops_cli.prompts.version import Version
from llmops_cli.vcs.tag_object import TagRef
from llmops_cli.vcs.trailers import one_line
from tests.prompts.test_tag import NAMES, VERSIONS


def as_tag(mark: Mark) -> TagRef:
    subject, _, body = mark.message().partition("\n\n")
    return TagRef(mark.tag, "", "commit", mark.commit, mark.who, mark.date, subject, body)


@given(NAMES, VERSIONS, st.text().map(one_line).filter(bool), st.sampled_from(["yanked", "deprecated", "prompt"]))
def test_round_trip(name: str, version: Version, reason: str, what: str) -> None:
    kind = "yanked" if what == "yanked" else "deprecated"
    mark = Mark(kind, name, None if what == "prompt" else version, "c" * 40, reason, use="other@^1")
    about = name if mark.version is None else f"{name}@{version}"
    assert read_marks([as_tag(mark)]) == ({about: mark}, [])


@pytest.mark.parametrize(
    ("tag", "mark"),
    [
        ("rag@v1.0.0!", True),
        ("rag@v1.0.0!#7", True),
        ("rag@v1.0.0-rc.1!", True),
        ("rag@v1.0.0.deprecated", True),
        ("rag@deprecated", True),
        ("rag@deprecated#3", True),
        ("rag@v1.0.0", False),
        ("rag@v1.0.0#7", False),
        ("rag@v1.0.0-rc.1.deprecated", False),  # a version
        ("rag#prod!#2", False),
        ("rag#prod", False),
    ],
)
def test_which_tags_are_marks(tag: str, mark: bool) -> None:
    assert is_mark(tag) is mark


def test_a_mark_of_another_tool_gives_its_subject_as_the_reason() -> None:
    tag = TagRef("rag@v1.0.0!", "", "commit", "c" * 40, "Ann", "", "Deregistering artifact rag version v1.0.0", "")
    marks, warnings = read_marks([tag])
    assert warnings == [] and marks["rag@1.0.0"].reason == "Deregistering artifact rag version v1.0.0"
    assert read_marks([TagRef("rag@v1!", "", "commit", "c", "", "", "m", "")])[1] == [
        "tag rag@v1! is skipped: '1' is not a version"
    ]
    assert "lightweight" in read_marks([TagRef("rag@v1.0.0!", "", "", "c", "", "", "m", "")])[1][0]


def test_a_yank_counts_before_a_deprecation() -> None:
    old = Mark("deprecated", "rag", Version(1, 0, 0), "c", "old")
    gone = Mark("yanked", "rag", Version(1, 0, 0), "c", "wrong")
    for order in ([old, gone], [gone, old]):
        assert read_marks(map(as_tag, order))[0]["rag@1.0.0"].kind == "yanked"
