"""How long a release has been live without interruption, by the log of the environment and the dates in it.

Ancestry orders the log; the dates were written by the clocks of whoever committed, and may be wrong. A wrong one never
makes the time longer than the others allow.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from llmops_cli.prompts.served import name_at
from llmops_cli.vcs.changes import changes_of
from llmops_cli.vcs.repo import Repo

_LATEST = 32_503_680_000  # the year 3000, in seconds; git takes dates that Python has no name for


@dataclass(frozen=True, slots=True)
class Soak:
    """Live since then, to be live for `asked`, at the moment `now`."""

    since: datetime
    asked: timedelta
    now: datetime

    @property
    def over(self) -> bool:
        """Whether it has been live that long. Of a commit from the future nothing is known but that it is not."""
        return self.since <= self.now and self.now - self.since >= self.asked

    @property
    def so_far(self) -> str:
        """`45m`, rounded down."""
        return _words(max(self.now - self.since, timedelta()))

    @property
    def when(self) -> str:
        """When it will be over."""
        ahead = "; the date of that commit lies in the future" if self.since > self.now else ""
        return f"over at {self.since + self.asked:%Y-%m-%dT%H:%M:%SZ}{ahead}"


def soaked_since(repo: Repo, tip: str, *, now: datetime) -> dict[str, datetime]:
    """By prompt, when what the environment has of it at `tip` was put there, in UTC: the last commit that touched it.

    A date before an earlier commit's counts as that one's, unless that one lies in the future itself. Raises
    MeasureError when git cannot be asked.
    """
    said = repo.ask("log", "--first-parent", "--topo-order", "--format=%H %ct", "--end-of-options", tip).lines
    dates = {commit: _date(seconds) for commit, seconds in (line.split(" ") for line in said)}
    latest = datetime.min.replace(tzinfo=UTC)
    since: dict[str, datetime] = {}
    for changed in reversed(changes_of(repo, tip)):
        own = dates[changed.commit]
        if own <= now:
            latest = max(latest, own)
        counts = own if own > now else latest
        since |= {name: counts for path in changed.paths if (name := name_at(path))}
    return since


def _date(seconds: str) -> datetime:
    return datetime.fromtimestamp(min(int(seconds), _LATEST), UTC)


def _words(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{count}{unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")) if count]
    return " ".join(parts[:2]) or "0s"
