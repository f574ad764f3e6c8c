"""Semantic versions: order and steps."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.errors import InputError
from llmops_cli.prompts.version import Level, Version

PARTS = st.integers(0, 50)
PRE = st.lists(st.sampled_from(["rc", "alpha", "1", "10", "x-y", "0"]), max_size=3).map(tuple)
VERSIONS = st.builds(Version, PARTS, PARTS, PARTS, PRE)
STEPS = st.sampled_from([Level.PATCH, Level.MINOR, Level.MAJOR])


@given(VERSIONS)
def test_a_version_reads_back_from_its_text(version: Version) -> None:
    assert Version.parse(str(version)) == version


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0-a..b", "1.0.0+build", "1.0.0\n",
     " 1.0.0", "1.0.0-rc.lock", "-1.0.0", "1.0.٣", "9" * 5000 + ".0.0"],
)  # fmt: skip
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(InputError):
        Version.parse(text)


def test_order_is_that_of_semver() -> None:
    texts = ["0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
             "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"]  # fmt: skip
    versions = [Version.parse(text) for text in texts]
    assert all(earlier < later for earlier, later in pairwise(versions))
    assert sorted(set(versions)) == versions


@pytest.mark.parametrize(
    ("before", "level", "after"),
    [
        ("1.2.3", Level.NONE, "1.2.3"),
        ("1.2.3", Level.PATCH, "1.2.4"),
        ("1.2.3", Level.MINOR, "1.3.0"),
        ("1.2.3", Level.MAJOR, "2.0.0"),
        ("2.0.0-rc.1", Level.PATCH, "2.0.0"),
        ("2.0.0-rc.1", Level.MAJOR, "2.0.0"),
        ("2.1.0-rc.1", Level.MINOR, "2.1.0"),
        ("2.1.0-rc.1", Level.MAJOR, "3.0.0"),
        ("2.1.1-rc.1", Level.MINOR, "2.2.0"),
        ("0.0.0", Level.PATCH, "0.0.1"),
    ],
)
def test_bumps(before: str, level: Level, after: str) -> None:
    assert str(Version.parse(before).bump(level)) == after


@given(VERSIONS, STEPS)
def test_a_bump_is_a_step_of_at_least_its_level(version: Version, level: Level) -> None:
    assert version < version.bump(level)
    assert version.bump(level).level_from(version) >= level


@given(VERSIONS, VERSIONS)
def test_there_is_a_level_exactly_where_the_version_is_higher(one: Version, other: Version) -> None:
    assert (one.level_from(other) > Level.NONE) == (other < one)
