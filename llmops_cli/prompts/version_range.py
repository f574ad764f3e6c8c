"""Ranges of versions, with npm's meaning: `^3.1`, `~3.1.2`, `>=3.1 <4`, `3.x`, `*`.

Comparisons side by side must all hold. A prerelease is in a range only where one of its comparisons names a prerelease
of the same MAJOR.MINOR.PATCH: whoever writes `>=3.2.0-rc.1` wants candidates of 3.2.0, and not those of 4.0.0.
The rules: https://github.com/npm/node-semver#ranges. Without `||`, hyphen ranges and a bare `3.1`, which in
`NAME@3.1` could be a commit or a branch as well.
"""

import re
from dataclasses import dataclass
from operator import ge, gt, le, lt

from llmops_cli.errors import InputError
from llmops_cli.prompts.version import Version

_LONGEST = 200
_NUMBER = r"(?:0|[1-9][0-9]{0,15})"
_PART = rf"(?:{_NUMBER}|[xX*])"
_COMPARISON = re.compile(
    rf"(?P<sign>\^|~|>=|<=|>|<|=|)v?(?P<major>{_PART})"
    rf"(?:\.(?P<minor>{_PART})(?:\.(?P<patch>{_PART})(?P<pre>-[0-9A-Za-z.-]+)?)?)?\Z"
)
_GAP = re.compile(r"(?<=[\^~<>=]) +")  # `>= 3.1` is one comparison
_HOLDS = {">=": ge, ">": gt, "<": lt, "<=": le}
_LOWEST = ("0",)  # 4.0.0-0 comes before every other 4.0.0


@dataclass(frozen=True, slots=True)
class Bound:
    """One comparison: `sign` is `>=`, `>`, `<` or `<=`."""

    sign: str
    version: Version

    def holds(self, version: Version) -> bool:
        return bool(_HOLDS[self.sign](version, self.version))


@dataclass(frozen=True, slots=True)
class VersionRange:
    """What a person wrote, and the comparisons that it stands for."""

    text: str
    bounds: tuple[Bound, ...]

    @classmethod
    def parse(cls, text: str) -> "VersionRange | None":
        """The range, or None when the text is not one; an exact version is none."""
        if len(text) > _LONGEST or not text.isprintable() or not text.strip():
            return None
        bounds: list[Bound] = []
        for word in _GAP.sub("", text).split():
            match = _COMPARISON.match(word)
            read = _bounds(match) if match else None
            if read is None:
                return None
            bounds += read
        return cls(text, tuple(bounds))

    def __contains__(self, version: Version) -> bool:
        if not all(bound.holds(version) for bound in self.bounds):
            return False
        if not version.pre:
            return True
        return any(bound.version.pre and _triple(bound.version) == _triple(version) for bound in self.bounds)


def _bounds(match: re.Match[str]) -> list[Bound] | None:
    sign, numbers, pre = match["sign"], _numbers(match), _pre(match)
    if numbers is None or pre is None:
        return None
    if not sign and (not _is_open(match) or match[0] in ("x", "X")):
        return None  # an exact version, or perhaps a commit or a branch
    major, minor, patch = [*numbers, 0, 0, 0][:3]
    low = Version(major, minor, patch, pre)
    if sign in ("", "="):
        return _spread(low, numbers, sign="~" if len(numbers) < 3 else "=")
    if sign in ("^", "~"):
        return _spread(low, numbers, sign=sign)
    return _compared(sign, low, numbers)


def _spread(low: Version, numbers: list[int], *, sign: str) -> list[Bound]:
    """From `low` up to the first version that is out: of `~3` and `~3.1` alike the last number given stays."""
    if sign == "=":
        return [Bound(">=", low), Bound("<=", low)]
    if not numbers:
        return [Bound(">=", low)]
    if sign == "~":
        keep = min(len(numbers), 2) - 1
    else:
        # below 1.0.0 a minor step may break, and below 0.1.0 a patch: the first number that is not 0 stays
        keep = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
    return [Bound(">=", low), Bound("<", _after(numbers, keep))]


def _compared(sign: str, low: Version, numbers: list[int]) -> list[Bound]:
    """`>3.1` is from 3.2.0 on, `<=3.1` is below 3.2.0: what is not written stands for all of it."""
    if len(numbers) == 3:
        return [Bound(sign, low)]
    if not numbers:
        nothing = Version(0, 0, 0, _LOWEST)
        return [Bound("<", nothing)] if sign in (">", "<") else [Bound(">=", Version(0, 0, 0))]
    if sign in (">", "<="):
        after = _after(numbers, len(numbers) - 1)
        return [Bound("<", after)] if sign == "<=" else [Bound(">=", Version(after.major, after.minor, after.patch))]
    return [Bound("<", Version(low.major, low.minor, low.patch, _LOWEST)) if sign == "<" else Bound(">=", low)]


def _after(numbers: list[int], keep: int) -> Version:
    """The lowest version in which the number at `keep` is one higher."""
    parts = [*numbers[:keep], numbers[keep] + 1, 0, 0][:3]
    return Version(parts[0], parts[1], parts[2], _LOWEST)


def _numbers(match: re.Match[str]) -> list[int] | None:
    """The numbers up to the first one left open; None when one stands behind an open one with a prerelease."""
    numbers: list[int] = []
    for part in ("major", "minor", "patch"):
        if match[part] is None or match[part] in "xX*":
            break
        numbers.append(int(match[part]))
    return None if match["pre"] and len(numbers) < 3 else numbers


def _is_open(match: re.Match[str]) -> bool:
    return any(match[part] and match[part] in "xX*" for part in ("major", "minor", "patch"))


def _pre(match: re.Match[str]) -> tuple[str, ...] | None:
    if not match["pre"]:
        return ()
    try:
        return Version.parse("0.0.0" + match["pre"]).pre
    except InputError:
        return None


def _triple(version: Version) -> tuple[int, int, int]:
    return version.major, version.minor, version.patch
