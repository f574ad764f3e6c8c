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
from llmops_cli.reports.comment_suite import alert_of, effect_words, suite_pieces
from llmops_cli.reports.eval_view import view_of
from llmops_cli.reports.fitting import KEEP, Piece, fitted
from llmops_cli.reports.markdown_text import cell, code

# GitHub takes 65,536 characters; which it counts is not documented, so these are UTF-16 units, and some are kept back
LONGEST: Final = 64_000
_HEADLINE: Final = 900
_SHOWN: Final = 20  # suites, findings and reasons by name
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
    verdict = _verdict(results)
    pieces = [*_top(_headline(results, occasion), verdict, occasion)]
    pieces += _reasons(results)
    several = len(results.analyses) > 1
    for analysis in results.analyses:
        pieces += suite_pieces(analysis, view_of(analysis, most_cases=cases), several=several)
    pieces += _objections(results.checked) if results.checked is not None else []
    pieces.append(Piece(KEEP, tuple(_footer(results, occasion))))
    return _cut(pieces, occasion, limit)


def refused_text(reason: str, occasion: Occasion) -> str:
    """The comment where the results could not be read: an older one must not go on saying that all is well."""
    headline = cell(
        f"Nothing can be said of this change: the results of its run could not be read: {reason}", _HEADLINE
    )
    return _cut([*_top(headline, Status.INVALID, occasion), Piece(KEEP, tuple(_links(occasion)))], occasion, LONGEST)


def is_news(results: Results) -> bool:
    """Whether there is anything to tell: something changed, was not measured, or is objected to."""
    objected = results.unchecked or (results.checked is not None and results.checked.objects)
    return objected or results.outcome.exit_code != 0 or any(not one.run.unchanged for one in results.analyses)


def _verdict(results: Results) -> Status:
    """The worst of all, as one word."""
    statuses = {analysis.verdict.status for analysis in results.analyses if not analysis.run.unchanged}
    if results.outcome.exit_code == 1 or (results.checked is not None and results.checked.objects):
        return Status.FAIL
    if results.outcome.exit_code or results.unchecked:
        return Status.INVALID
    return Status.INCONCLUSIVE if Status.INCONCLUSIVE in statuses else Status.PASS


def _top(headline: str, verdict: Status, occasion: Occasion) -> Iterator[Piece]:
    lines = [f"**{headline}**"]
    if occasion.untrusted:
        lines += ["", f"Measured by an untrusted run: the code came from {code(occasion.untrusted)}, which could have "
                      "made these figures say anything."]  # fmt: skip
    alert = alert_of(verdict) or ("NOTE" if occasion.untrusted else "")
    quoted = [f"> [!{alert}]", *(f"> {line}".rstrip() for line in lines)] if alert else lines
    yield Piece(KEEP, (marker(occasion.config_id), state_line(occasion.measured), *quoted, ""))


def _headline(results: Results, occasion: Occasion) -> str:
    """Markdown that is true alone: how many suites came to what, the worst of them in full, and what else objects."""
    commit = next((one.run.baseline_commit for one in results.analyses if one.run.baseline_commit), "")
    text = cell("; ".join(_sentences(results)), _HEADLINE)
    if commit and occasion.repository_url:
        shown = f"[{code(commit[:7])}]({occasion.repository_url}/commit/{commit})"
        text = text.replace(cell(f"({commit[:7]})"), f"({shown})", 1)
    return text


def _sentences(results: Results) -> Iterator[str]:
    analyses = sorted(results.analyses, key=lambda one: _order(one.verdict.status, one.run.unchanged))
    if len(analyses) > 1:
        worst = analyses[0].verdict.status
        same = sum(1 for one in analyses if one.verdict.status is worst and not one.run.unchanged)
        yield f"{_counted(worst, same, len(analyses))}: {effect_words(analyses[0])}"
    elif analyses:
        yield effect_words(analyses[0])
    stopped = results.outcome.stopped
    if stopped:
        more = f" (and {len(stopped) - 1} more)" if len(stopped) > 1 else ""
        what = "something else could not be measured" if analyses else "nothing was measured"
        yield f"{what}: {stopped[0].message}{more}"
    elif not analyses:
        yield "nothing was measured"
    if results.checked is not None and results.checked.objects:
        said = [one.message for one in results.checked.findings]
        said += [f"{one.path}: {one.message}" for one in results.checked.problems]
        more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
        yield f"the check of versions objects: {said[0]}{more}"
    if results.unchecked:
        yield "the versions could not be checked"


def _order(status: Status, unchanged: bool) -> int:
    return 4 if unchanged else [Status.FAIL, Status.INVALID, Status.INCONCLUSIVE, Status.PASS].index(status)


def _counted(status: Status, count: int, total: int) -> str:
    words = {
        Status.FAIL: "FAILED",
        Status.INVALID: "could not be decided",
        Status.INCONCLUSIVE: "inconclusive",
        Status.PASS: "passed",
    }
    return f"{count} of {total} suites {words[status]}" if count else f"{total} suites unchanged"


def _reasons(results: Results) -> Iterator[Piece]:
    """Why something was not measured."""
    stopped = results.outcome.stopped
    if not stopped:
        return
    lines = ["**Not measured**", ""]
    for one in stopped[:_SHOWN]:
        hint = f" ({cell(one.hint, 300)})" if one.hint else ""
        lines.append(f"- exit code {one.exit_code}: {cell(one.message, 600)}{hint}")
    lines += [f"- {many(len(stopped) - _SHOWN, 'more reason')}"] if len(stopped) > _SHOWN else []
    yield Piece(3, (*lines, ""), "why something was not measured")


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


def _footer(results: Results, occasion: Occasion) -> list[str]:
    outcome = results.outcome
    again = [f"Again: {code(shlex.join(outcome.command), 600)}", ""] if outcome.command else []
    return [*again, *_links(occasion, outcome.llmops_version)]


def _links(occasion: Occasion, version: str = "") -> list[str]:
    measured = occasion.measured
    parts = [f"measured at {code(measured.commit[:12])}"] if measured.commit else []
    parts += [f"[the run]({measured.url})"] if measured.url else []
    parts += [f"[the report]({occasion.report_url})"] if occasion.report_url else []
    parts += [f"llmops {cell(version, 40)}"] if version else []
    return [f"<sub>{' · '.join(parts)}</sub>"] if parts else []


def _cut(pieces: Sequence[Piece], occasion: Occasion, limit: int) -> str:
    def missing(what: Sequence[str]) -> list[str]:
        names = ", ".join(dict.fromkeys(what))
        where = occasion.report_url or occasion.measured.url
        place = f"[in the report]({where})" if where else "in what `llmops eval report` says of the run"
        return ["", f"Left out, for a comment takes no more: {names}. It stands {place}."]

    return fitted(pieces, limit, size=_units, missing=missing)


def _units(text: str) -> int:
    """How long a text is in UTF-16 units, of which a character takes one or two."""
    return len(text) + sum(1 for character in text if character > "\uffff")
