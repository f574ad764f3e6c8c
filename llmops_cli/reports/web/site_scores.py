"""The scores in the tags of one prompt, release by release, as its pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from llmops_cli.evals.policy import MEASURED
from llmops_cli.evals.release_scores import ReleaseScore, ReleaseScores, read_scores
from llmops_cli.prompts.chronicle import PromptChronicle
from llmops_cli.reports.web.trend import Point

_WORST_FIRST = ("fail", "invalid", "inconclusive", "pass")


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one suite. `name` is what it is called on the page."""

    metric: str
    suite: str
    name: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """A release and the scores in its tag, a suite each; nothing where nobody measured it."""

    version: str
    date: str
    scores: tuple[ReleaseScores, ...]

    @property
    def verdict(self) -> str:
        """The worst verdict of its suites, empty for none."""
        found = {one.verdict for one in self.scores}
        return next((word for word in _WORST_FIRST if word in found), "")

    @property
    def runs(self) -> str:
        return ", ".join(one.run for one in self.scores)

    def score(self, series: Series) -> ReleaseScore | None:
        return self.point(series).score

    def point(self, series: Series) -> Point:
        """The release as a point of a trend."""
        own = next(
            (one for one in self.scores if one.suite_name == series.suite and series.metric in one.metrics), None
        )
        return Point(self.version, self.date, own.metrics[series.metric] if own else None, own.golden if own else "")


def tagged(each: PromptChronicle) -> list[Tagged]:
    """The releases of a prompt in ascending order of versions."""
    return [
        Tagged(str(text.release.version), text.release.date, read_scores(text.release.eval_summary))
        for text in each.releases
    ]


def all_series(releases: Sequence[Tagged]) -> list[Series]:
    """What was ever measured: as the newest releases name it first, checks before what a run measures besides."""
    known = dict.fromkeys(
        (one.suite_name, name) for release in reversed(releases) for one in release.scores for name in one.metrics
    )
    several = len({suite for suite, _ in known}) > 1
    found = [Series(name, suite, f"{suite}: {name}" if several and suite else name) for suite, name in known]
    return sorted(found, key=lambda one: one.metric in MEASURED)
