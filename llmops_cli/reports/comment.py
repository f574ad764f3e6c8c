"""What a command measured as the one comment on a pull request; everything in it may have been written by a stranger.

The first line is the marker it is found by, the second says which run speaks, then comes a headline that is true alone.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from llmops_cli.evals.figures import many
from llmops_cli.evals.results_reading import CheckShape, Results
from llmops_cli.evals.verdict import Status
from llmops_cli.forge.event import Measured
from llmops_cli.forge.upkeep import marker, state_line
from llmops_cli.reports.fitting import KEEP, Piece, fitted
from llmops_cli.reports.markdown import HEADLINE, alert_of, alerted, body, headline, sentences, verdict_of
from llmops_cli.reports.markdown_text import cell, code

# GitHub takes 65,536 characters; which it counts is not documented, so these are UTF-16 units, and some are kept back
LONGEST: Final = 64_000
_SHOWN: Final = 20  # objections by name
_CHECK_RANK: Final = 35


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where the comment stands. `untrusted` is the repository the measuring code came from, empty for our own.

    `repository_url` is the page of the repository, `report_url` that of a report or an artifact; both may be empty.
    """

    config_id: str
    measured: Measured = field(default_factory=Measured)
    untrusted: str = ""
    repository_url: str = ""
    report_url: str = ""


def comment_text(results: Results, occasion: Occasion, *, cases: int = 5, limit: int = LONGEST) -> str:
    """The comment: at most `limit` characters, and at most `cases` cases of a suite with both answers."""
    stopped = results.outcome.stopped
    first = headline(_sentences(results), results.analyses, repository_url=occasion.repository_url)
    pieces = [_top(first, _verdict(results), occasion)]
    pieces += body(results.analyses, stopped, cases=cases)
    pieces += _objections(results.checked) if results.checked is not None else []
    again = results.outcome.command if not results.analyses else []
    if again:
        pieces.append(Piece(_CHECK_RANK, (f"Again: {code(shlex.join(again), 600)}", ""), "how to do it again"))
    pieces.append(Piece(KEEP, tuple(_links(occasion, results.outcome.llmops_version))))
    return _cut(pieces, occasion, limit)


def refused_text(reason: str, occasion: Occasion) -> str:
    """The comment where there are no results, or they cannot be read for this `reason`.

    An older one must not go on saying that all is well.
    """
    why = f"the results of its run could not be read: {reason}" if reason else "its run has left no results"
    said = cell(f"Nothing can be said of this change: {why}", HEADLINE)
    return _cut([_top(said, Status.INVALID, occasion), Piece(KEEP, tuple(_links(occasion)))], occasion, LONGEST)


def is_news(results: Results) -> bool:
    """Whether there is anything to tell: something changed, was not measured, or is objected to."""
    objected = results.unchecked or (results.checked is not None and results.checked.objects)
    return objected or results.outcome.exit_code != 0 or any(not one.run.unchanged for one in results.analyses)


def _verdict(results: Results) -> Status:
    """The worst of all, what the check of versions says included."""
    if results.checked is not None and results.checked.objects:
        return Status.FAIL
    verdict = verdict_of(results.analyses, results.outcome.stopped)
    return Status.INVALID if results.unchecked and verdict is not Status.FAIL else verdict


def _top(first: str, verdict: Status, occasion: Occasion) -> Piece:
    lines = [f"**{first}**"]
    if occasion.untrusted:
        lines += ["", f"Measured by an untrusted run: the code came from {code(occasion.untrusted)}, which could have "
                      "made these figures say anything."]  # fmt: skip
    alert = alert_of(verdict) or ("NOTE" if occasion.untrusted else "")
    return Piece(KEEP, (marker(occasion.config_id), state_line(occasion.measured), *alerted(lines, alert), ""))


def _sentences(results: Results) -> list[str]:
    """What the headline says. What makes the check red comes before what is well, a failure of the gate before all."""
    told = list(sentences(results.analyses, results.outcome.stopped))
    objected = []
    if results.checked is not None and results.checked.objects:
        said = [one.message for one in results.checked.findings]
        said += [f"{one.path}: {one.message}" for one in results.checked.problems]
        more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
        objected = [f"the check of versions objects: {said[0]}{more}"]
    if results.unchecked:
        objected = ["the versions could not be checked"]
    failed = verdict_of(results.analyses, results.outcome.stopped) is Status.FAIL
    return [*told, *objected] if failed else [*objected, *told]


def _objections(checked: CheckShape) -> Iterator[Piece]:
    """What the check of versions says."""
    said = [
        (f"{one.path}:{one.line}" if one.line else one.path, one.rule, one.message, one.hint)
        for one in checked.findings
    ]
    said += [(f"{p.path}:{p.line}" if p.line else p.path, "not a prompt", p.message, p.hint) for p in checked.problems]
    if not said:
        yield Piece(
            _CHECK_RANK, (f"Versions: {many(len(checked.prompts), 'prompt')} checked, nothing to object to.", "")
        )
        return
    lines = ["**Versions**", ""]
    for place, rule, message, hint in said[:_SHOWN]:
        mend = f" ({cell(hint, 300)})" if hint else ""
        lines.append(f"- {code(place, 200)} {cell(rule, 60)}: {cell(message, 400)}{mend}")
    lines += [f"- {many(len(said) - _SHOWN, 'more objection')}"] if len(said) > _SHOWN else []
    yield Piece(3, (*lines, ""), "what the check of versions says")


def _links(occasion: Occasion, version: str = "") -> list[str]:
    measured = occasion.measured
    parts = [f"measured at {code(measured.commit[:12])}"] if measured.commit else []
    parts += [f"[the run]({measured.url})"] if measured.url else []
    parts += [f"[the report]({occasion.report_url})"] if occasion.report_url else []
    parts += [f"llmops {cell(version, 40)}"] if version else []
    return [f"<sub>{' · '.join(parts)}</sub>"] if parts else []


def _cut(pieces: Sequence[Piece], occasion: Occasion, limit: int) -> str:
    def missing(what: Sequence[str]) -> list[str]:
        place = "what `llmops eval report` shows"
        if occasion.measured.url:
            place = f"what [the run]({occasion.measured.url}) has left"
        if occasion.report_url:
            place = f"[the report]({occasion.report_url})"
        return ["", f"Left out, for a comment takes no more: {', '.join(what)}. It stands in {place}."]

    return fitted(pieces, limit, size=_units, missing=missing)


def _units(text: str) -> int:
    """How long a text is in UTF-16 units, of which a character takes one or two."""
    return len(text) + sum(1 for character in text if character > "\uffff")
