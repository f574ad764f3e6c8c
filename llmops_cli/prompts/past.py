"""What was live at a moment, by the log of an environment.

Ancestry orders the commits; their committers' dates only place them on the clock. Where clocks ran backwards, a commit
whose date is before an earlier commit's counts as of that one's date.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from llmops_cli.errors import InputError, MeasureError
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.live import Environment, Live, read_live
from llmops_cli.settings import length_of_time
from llmops_cli.vcs.repo import Repo

_AGO = re.compile(r"(?P<length>[0-9]+[smhd])\s*ago\Z")
_LATEST = 253_370_764_800  # the year 9999, in seconds; git takes dates that Python has no name for


@dataclass(frozen=True, slots=True)
class Past:
    """An environment at a moment. `commit` is empty when nothing had been promoted yet; `date` is when it was made.

    `skewed` counts the commits up to it whose date is before an earlier one's.
    """

    environment: str
    commit: str = ""
    date: str = ""  # RFC 3339, UTC
    skewed: int = 0

    def as_json(self, live: Mapping[str, Live]) -> dict[str, Json]:
        """With what it served."""
        return {
            "name": self.environment,
            "commit": self.commit,
            "date": self.date,
            "skewed": self.skewed,
            "live": {name: str(one.version) for name, one in live.items()},
        }


def written(moment: datetime) -> str:
    """A moment as RFC 3339, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse_moment(text: str, *, now: datetime) -> datetime:
    """RFC 3339 with or without a zone (else that of this machine), a date (its beginning), `2h ago`, or `now`; in UTC.

    Raises InputError.
    """
    said = text.strip()
    if said == "now":
        return now.astimezone(UTC)
    try:
        if ago := _AGO.match(said):
            length = length_of_time(ago["length"])
            if length is not None:
                return (now - length).astimezone(UTC)
        return datetime.fromisoformat(said).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    hint = "write 2026-11-20T10:00Z, 2026-11-20T10:00 (the time of this machine), 2026-11-20, or 2h ago"
    raise InputError(f"{text!r} is no time", hint=hint)


def past_of(repo: Repo, environment: Environment, when: datetime) -> Past:
    """The commit of the environment's branch that was its tip then, as far as is known here.

    Raises MeasureError when the log of this clone is cut off before that moment.
    """
    if environment.tip is None:
        return Past(environment.name)
    log = repo.ask("log", "--first-parent", "--topo-order", "--format=%H %ct", "--end-of-options", environment.tip)
    found, latest, skewed = Past(environment.name), datetime.min.replace(tzinfo=UTC), 0
    for line in reversed(log.lines):
        commit, _, seconds = line.partition(" ")
        date = datetime.fromtimestamp(min(int(seconds), _LATEST), UTC)
        skewed += date < latest
        latest = max(date, latest)
        if latest > when:
            break
        found = Past(environment.name, commit, written(date), skewed)
    if not found.commit and repo.is_shallow():
        raise MeasureError(
            f"the log of {environment.name} in this clone does not reach back to {written(when)}",
            hint="run: git fetch --unshallow",
        )
    return found


def live_then(repo: Repo, past: Past, name: str = "") -> dict[str, Live]:
    """What it served, by prompt; or of one prompt alone. Raises MeasureError when git cannot be asked."""
    if not past.commit:
        return {}
    live = read_live(repo, [Environment(past.environment, past.commit)]).get(past.environment, {})
    return {each: one for each, one in live.items() if name in ("", each)}


def backwards(pasts: Sequence[Past]) -> list[str]:
    """A sentence for every environment in whose log clocks ran backwards."""
    return [
        f"{one.environment}: {one.skewed} commit{'s' if one.skewed > 1 else ''} up to then with a date before an "
        "earlier one's; the log orders them, and the earlier date counts for them"
        for one in pasts
        if one.skewed
    ]
