"""What the tag of a release says of its evaluation: the `Llmops-Eval` line, written and read here.

    RUN VERDICT; cites=0.9318 (n 44, yes 41), tone=0.8712 (n 44, se 0.0210); suite rag; golden 7f3a9c0d; by gpt-5-mini

One such text for each suite that measured the prompt, with ` | ` between them. Older tags hold one, which ends after
the metrics and knows only `(n 44)`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from llmops_cli.evals.run_id import suite_of
from llmops_cli.prompts.measured import BETWEEN_SUITES, run_and_verdict

_NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,15})?(?:e[+-]?[0-9]{1,2})?"
_METRIC = re.compile(
    rf"(?P<name>\w[\w.\-]*)=(?P<mean>{_NUMBER}) "
    rf"\(n (?P<n>[0-9]{{1,9}})(?:, (?:yes (?P<yes>[0-9]{{1,9}})|se (?P<se>{_NUMBER})))?\)\Z"
)
_NAME = re.compile(r"[\w.:/@+-]{1,120}\Z")
_GOLDEN = 16  # hex digits of the digest


@dataclass(frozen=True, slots=True)
class ReleaseScore:
    """One metric: its mean over `n` cases, and how far that varies, which older tags do not say.

    `yes` counts the cases of a yes-or-no metric that were asked once. For all others `error` is the standard error of
    the mean (over clusters, where cases have them), in the unit of the metric.
    """

    mean: float
    n: int
    yes: int | None = None
    error: float | None = None


@dataclass(frozen=True, slots=True)
class ReleaseScores:
    """The scores of a release by one suite.

    `golden` is the beginning of the golden set's digest, `answered_by` what the provider called the model that
    answered. `suite` and both of these are empty in older tags.
    """

    run: str
    verdict: str
    metrics: Mapping[str, ReleaseScore] = field(default_factory=dict)
    suite: str = ""
    golden: str = ""
    answered_by: tuple[str, ...] = ()

    @property
    def suite_name(self) -> str:
        """The suite, in older tags as the id of the run tells it; empty where that does not either."""
        return self.suite or suite_of(self.run)

    def brief(self) -> str:
        """Run, verdict and means, for people."""
        means = (f"{name}={_figure(one.mean)} (n {one.n})" for name, one in self.metrics.items())
        return f"{self.run} {self.verdict}; {', '.join(means)}"

    def line(self) -> str:
        """The text for the trailer."""
        parts = [f"{self.run} {self.verdict}", ", ".join(_written(name, one) for name, one in self.metrics.items())]
        parts += [f"suite {self.suite}"] if self.suite and not re.search("[;|]", self.suite) else []
        parts += [f"golden {self.golden}"] if self.golden else []
        named = [name for name in self.answered_by if _NAME.match(name)]
        parts += [f"by {', '.join(named)}"] if named else []
        return "; ".join(part for part in parts if part)

    def same_golden(self, digest: str) -> bool | None:
        """Whether a golden set is the one that was used, None when the tag does not say."""
        return golden_mark(digest) == self.golden if self.golden and digest else None


def golden_mark(digest: str) -> str:
    """The part of a golden set's digest that stands in a tag."""
    return digest.removeprefix("sha256:")[:_GOLDEN]


def write_scores(scores: Sequence[ReleaseScores]) -> str:
    """The trailer."""
    return BETWEEN_SUITES.join(one.line() for one in scores)


def read_scores(trailer: str) -> tuple[ReleaseScores, ...]:
    """The scores in a trailer, a suite each. What is not of this shape is left out: a suite, or a single metric."""
    read = (_of_suite(text) for text in trailer.split(BETWEEN_SUITES))
    return tuple(one for one in read if one is not None)


def _of_suite(text: str) -> ReleaseScores | None:
    head = run_and_verdict(text)
    if head is None:
        return None
    rest = text.split("; ")[1:]
    metrics: dict[str, ReleaseScore] = {}
    named = {"suite": "", "golden": "", "by": ""}
    for part in rest:
        key, _, value = part.partition(" ")
        if key in named and "=" not in key:
            named[key] = value
            continue
        for one in re.split(r", (?=\w[\w.\-]*=)", part):
            if found := _METRIC.match(one):
                metrics[found["name"]] = _score(found)
    by = tuple(name for name in named["by"].split(", ") if _NAME.match(name))
    return ReleaseScores(*head, metrics, named["suite"], named["golden"], by)


def _score(found: re.Match[str]) -> ReleaseScore:
    yes = int(found["yes"]) if found["yes"] else None
    error = float(found["se"]) if found["se"] else None
    return ReleaseScore(float(found["mean"]), int(found["n"]), yes, error)


def _written(name: str, score: ReleaseScore) -> str:
    more = f", yes {score.yes}" if score.yes is not None else ""
    more += f", se {_figure(score.error)}" if score.error is not None and score.yes is None else ""
    return f"{name}={_figure(score.mean)} (n {score.n}{more})"


def _figure(value: float) -> str:
    """Four decimals, and more where four would say nothing (the price of a call)."""
    return f"{value:.4f}" if value == 0 or abs(value) >= 0.01 else f"{value:.4g}"
