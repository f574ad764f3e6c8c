"""What `verify` has to say of one place, and all that it said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from llmops_cli.files.json_value import Json

Level = Literal["error", "unchecked", "warning", "note"]
Rule = Literal[
    "missing-file", "unreadable-file", "other-version", "other-digest", "no-digest", "unreachable", "missing-tag",
    "other-name", "unsigned", "bad-signature", "tag-moved", "look-alike",
    "served-bytes", "stray-file", "unproven", "unknown-version", "yanked-live", "log-disagrees",
    "log-rewritten", "by-hand", "not-fetched",
]  # fmt: skip
_ORDER: Sequence[Level] = ("error", "unchecked", "warning", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, or (`unchecked`) that this clone cannot tell.

    `where` is a tag, or a branch with a path or a commit; `hint` says what to do.
    """

    rule: Rule
    level: Level
    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.level}: {self.rule}: {self.message}" + (f" ({self.hint})" if self.hint else "")

    def as_json(self) -> dict[str, Json]:
        return {
            "rule": self.rule, "level": self.level, "where": self.where, "message": self.message, "hint": self.hint,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verified:
    """How many releases and which environments were looked at, and what is wrong with them, worst first."""

    releases: int
    environments: tuple[str, ...]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, releases: int, environments: Iterable[str], findings: Iterable[Finding]) -> "Verified":
        """With the findings in order: errors first, then by place as they came."""
        return cls(releases, tuple(environments), tuple(sorted(findings, key=lambda one: _ORDER.index(one.level))))

    def count(self, level: Level) -> int:
        """How many findings are of a level."""
        return sum(finding.level == level for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """1 when something is wrong, else 3 when something could not be checked, else 0."""
        return 1 if self.count("error") else 3 if self.count("unchecked") else 0
