"""Ranges: npm's examples, and a plain reading of its rules for everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.prompts.version import Version
from llmops_cli.prompts.version_range import VersionRange

SMALL = st.integers(0, 3)
PRE = st.lists(st.sampled_from(["rc", "a", "1", "0"]), max_size=2).map(tuple)
VERSIONS = st.builds(Version, SMALL, SMALL, SMALL, PRE)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^3.1", ["3.1.0", "3.9.9"], ["3.0.9", "4.0.0", "3.2.0-rc.1", "4.0.0-rc.1"]),
        ("^3", ["3.0.0", "3.9.9"], ["2.9.9", "4.0.0"]),
        ("~3.1", ["3.1.0", "3.1.9"], ["3.2.0", "3.0.9"]),
        ("~3.1.4", ["3.1.4", "3.1.9"], ["3.1.3", "3.2.0"]),
        ("~3", ["3.0.0", "3.9.9"], ["4.0.0"]),
        ("^0.2", ["0.2.0", "0.2.9"], ["0.3.0", "1.0.0"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4", "0.1.0"]),
        ("^0.0", ["0.0.0", "0.0.9"], ["0.1.0"]),
        ("^0", ["0.0.1", "0.9.0"], ["1.0.0"]),
        (">=3.1 <4", ["3.1.0", "3.99.0"], ["3.0.0", "4.0.0", "3.5.0-rc.1", "4.0.0-rc.1"]),
        (">= 3.1  < 4", ["3.1.0"], ["4.0.0"]),
        (">3.1", ["3.2.0"], ["3.1.0", "3.1.9"]),
        (">3.1.4", ["3.1.5"], ["3.1.4"]),
        ("<=3.1", ["3.1.9", "0.0.0"], ["3.2.0"]),
        ("<3.1", ["3.0.9"], ["3.1.0", "3.1.0-rc.1"]),
        ("3.x", ["3.0.0", "3.9.0"], ["4.0.0", "2.9.9", "3.0.0-rc.1"]),
        ("3.1.*", ["3.1.0", "3.1.7"], ["3.2.0"]),
        ("*", ["0.0.0", "9.9.9"], ["1.0.0-rc.1"]),
        ("=3.1", ["3.1.5"], ["3.2.0"]),
        ("=3.1.0-rc.1", ["3.1.0-rc.1"], ["3.1.0", "3.1.0-rc.2"]),
        # npm: a range takes a prerelease only if it names one of the same major.minor.patch
        (">1.2.3-alpha.3", ["1.2.3-alpha.7", "3.4.5"], ["3.4.5-alpha.9", "1.2.3-alpha.3"]),
        ("^1.2.3-beta.2", ["1.2.3-beta.4", "1.2.3", "1.9.0"], ["1.2.4-beta.2", "1.2.3-beta.1", "2.0.0-beta.4"]),
        ("~1.2.3-beta.2", ["1.2.3-beta.4", "1.2.9"], ["1.2.4-beta.2", "1.3.0"]),
        (">=2.0.0-rc.1 <2.0.0", ["2.0.0-rc.2"], ["2.0.0", "1.9.9-rc.1"]),
        (">*", [], ["0.0.0", "1.0.0"]),
    ],
)
def test_ranges(text: str, inside: list[str], outside: list[str]) -> None:
    found = VersionRange.parse(text)
    assert found is not None
    assert [version for version in inside if Version.parse(version) not in found] == []
    assert [version for version in outside if Version.parse(version) in found] == []


@pytest.mark.parametrize(
    "text",
    ["", " ", "3.1", "3", "3.1.0", "x", "1234567", "main", "^", "^a", ">=", "^3.1\n", "^3.1\t<4", "^1.x-rc", "^3.1-rc",
     "^1.2.3-", "^1.2.3-rc..1", "^1.2.3-01", "^01", "^" + "9" * 5000, "^1 || ^2", "1.0.0 - 2.0.0", "^1.2.3.4", "^١"],
)  # fmt: skip
def test_what_is_no_range(text: str) -> None:
    assert VersionRange.parse(text) is None


def naive(sign: str, parts: list[int], pre: tuple[str, ...], version: Version) -> bool:
    """One comparison as npm's page says it: by what its leading numbers are, and by order for a whole version."""
    given = (version.major, version.minor, version.patch)
    low = Version(*[*parts, 0, 0, 0][:3], pre)
    same = list(given[: len(parts)]) == parts
    above = version >= low
    match sign:
        case "":
            return same if len(parts) < 3 else version == low
        case "~":
            return above and list(given[: min(len(parts), 2)]) == parts[:2]
        case "^":
            fixed = next((i + 1 for i, number in enumerate(parts) if number), len(parts))
            return above and list(given[:fixed]) == parts[:fixed]
        case ">=":
            return above
        case "<":
            return version < low
        case ">":
            return version > low and not (same and len(parts) < 3)
        case _:
            return version <= low or (same and len(parts) < 3)


COMPARISONS = st.tuples(
    st.sampled_from(["=", "~", "^", ">=", "<", ">", "<="]), st.lists(SMALL, min_size=1, max_size=3), PRE
).map(lambda one: (one[0], one[1], one[2] if len(one[1]) == 3 else ()))


@given(st.lists(COMPARISONS, min_size=1, max_size=2), VERSIONS)
def test_against_a_plain_reading(comparisons: list[tuple[str, list[int], tuple[str, ...]]], version: Version) -> None:
    text = " ".join(
        sign + ".".join(map(str, parts)) + ("-" + ".".join(pre) if pre else "") for sign, parts, pre in comparisons
    )
    found = VersionRange.parse(text)
    assert found is not None
    expected = all(naive(sign.replace("=", "") if sign == "=" else sign, parts, pre, version)
                   for sign, parts, pre in comparisons)  # fmt: skip
    named = [parts for _, parts, pre in comparisons if pre]
    if version.pre and [version.major, version.minor, version.patch] not in named:
        expected = False
    assert (version in found) == expected, text
