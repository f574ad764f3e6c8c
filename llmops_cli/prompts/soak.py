"""How long a release has been live without interruption, by the log of the environment and the dates in it.

Ancestry orders the log; the dates were written by the clocks of whoever committed, and may be wrong. A wrong one never
makes the time longer than the others allow.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from llmops_cli.prompts.served import file_of, parts_of, tag_of
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


def soaked_since(repo: Repo, tip: str, name: str, *, now: datetime) -> datetime:
    """When what the environment serves of a prompt at `tip` was put there, in UTC: the last commit that touched it.

    A date before an earlier commit's counts as that one's, unless that one lies in the future itself. Raises
    MeasureError when git cannot be asked.
    """
    paths = (file_of(name), tag_of(name), parts_of(name))
    last = repo.ask("log", "-1", "--first-parent", "--format=%H", "--end-of-options", tip, "--", *paths).text
    said = repo.ask("log", "--first-parent", "--topo-order", "--format=%ct", "--end-of-options", last or tip).lines
    dates = [datetime.fromtimestamp(min(int(line), _LATEST), UTC) for line in said]
    return dates[0] if dates[0] > now else max(date for date in dates if date <= now)


def _words(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{count}{unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")) if count]
    return " ".join(parts[:2]) or "0s"
