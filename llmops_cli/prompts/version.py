"""Semantic versions (semver.org 2.0.0, without build metadata), and the level of a change."""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache, total_ordering

from llmops_cli.errors import InputError

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_LONGEST = 100
VERSION = re.compile(
    rf"(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})(?:-(?P<pre>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?\Z"
)


class Level(IntEnum):
    """How much a change asks of those who use the prompt."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        return self.name.lower()


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """One semantic version. Orders by semver precedence: a prerelease comes before its release."""

    major: int
    minor: int
    patch: int
    pre: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Version":
        """`3.1.0` or `3.2.0-rc.1` as a version. Raises InputError that says what was expected."""
        return _parsed(text)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}" + ("-" + ".".join(self.pre) if self.pre else "")

    @property
    def final(self) -> "Version":
        """What a prerelease is a prerelease of; a version that is none is its own."""
        return Version(self.major, self.minor, self.patch)

    def __lt__(self, other: "Version") -> bool:
        return self.precedence < other.precedence

    @property
    def precedence(self) -> tuple[object, ...]:
        """What orders versions."""
        if not self.pre:
            return (self.major, self.minor, self.patch, True, ())
        # numeric identifiers come before alphanumeric ones, no prerelease after all (semver.org, item 11)
        pre = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.pre)
        return (self.major, self.minor, self.patch, False, pre)

    def bump(self, level: Level) -> "Version":
        """The next version of that level; a prerelease is finished first when its own release satisfies the level."""
        if self.pre and self.level_of_zeros() >= level:
            return self.final
        match level:
            case Level.MAJOR:
                return Version(self.major + 1, 0, 0)
            case Level.MINOR:
                return Version(self.major, self.minor + 1, 0)
            case Level.PATCH:
                return Version(self.major, self.minor, self.patch + 1)
            case Level.NONE:
                return self

    def level_of_zeros(self) -> Level:
        """The largest level this number could be the first of: 2.0.0 major, 2.1.0 minor, 2.1.1 patch."""
        if self.patch:
            return Level.PATCH
        return Level.MINOR if self.minor else Level.MAJOR

    def level_from(self, earlier: "Version") -> Level:
        """The level of the step from an earlier version to this one; NONE when it is not later."""
        if not earlier < self:
            return Level.NONE
        if self.major != earlier.major:
            return Level.MAJOR
        if self.minor != earlier.minor:
            return Level.MINOR
        if earlier.pre and self.patch == earlier.patch:
            return earlier.level_of_zeros()
        return Level.PATCH


@lru_cache(maxsize=50_000)
def _parsed(text: str) -> Version:
    """A registry has few version numbers and many prompts that bear them."""
    match = VERSION.match(text) if len(text) <= _LONGEST else None
    if match is None:
        raise InputError(f"{text!r} is not a version", hint="write MAJOR.MINOR.PATCH, such as 1.0.0")
    pre = tuple(match["pre"].split(".")) if match["pre"] else ()
    if text.endswith(".lock"):
        raise InputError(f"{text!r} cannot be a tag in git", hint="choose another prerelease name")
    return Version(int(match["major"]), int(match["minor"]), int(match["patch"]), pre)


def exact_version(text: str) -> Version | None:
    """The version that a text is, with or without a `v`; None when it is none."""
    try:
        return Version.parse(text.removeprefix("v"))
    except InputError:
        return None
