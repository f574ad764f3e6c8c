"""Runs as GitHub's markdown: the summary of a step, and the middle of a comment. Text of others stays text."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.figures import many
from llmops_cli.evals.results_folder import StoppedRecord
from llmops_cli.evals.session import code_of
from llmops_cli.evals.verdict import Status
from llmops_cli.reports.eval_view import view_of
from llmops_cli.reports.fitting import KEEP, Piece, fitted
from llmops_cli.reports.markdown_suite import effect_words, suite_pieces
from llmops_cli.reports.markdown_text import cell, code
from llmops_cli.reports.visible import one_line

LONGEST: Final = 1_000_000  # bytes; GitHub takes no summary of a step that is larger
HEADLINE: Final = 900
_ALERT: Final = {Status.FAIL: "CAUTION", Status.INVALID: "CAUTION", Status.INCONCLUSIVE: "WARNING"}
_SHOWN: Final = 20  # reasons by name
_ORDER: Final = (Status.FAIL, Status.INVALID, Status.INCONCLUSIVE, Status.PASS)


def markdown_report(
    analyses: Sequence[Analysis], *, cases: int = 5, stopped: Sequence[StoppedRecord] = (), limit: int = LONGEST
) -> str:
    """The runs in at most `limit` bytes, and at most `cases` cases of a suite with both answers.

    `stopped` is why others were not made. The headline stays whatever has to go; it is true alone.
    """
    first = headline(sentences(analyses, stopped), analyses)
    pieces = [Piece(KEEP, (*alerted([f"**{first}**"], alert_of(verdict_of(analyses, stopped))), ""))]
    pieces += body(analyses, stopped, cases=cases)
    return fitted(pieces, limit, size=lambda text: len(text.encode()), missing=_missing)


def headline(said: Iterable[str], analyses: Sequence[Analysis], *, repository_url: str = "") -> str:
    """Sentences as one line of markdown, in which the base commit can be copied, and with `repository_url` followed.

    A long one leaves room for the next: it could be the one that makes the check red.
    """
    told = list(said)
    most = HEADLINE if len(told) == 1 else HEADLINE // 2
    text = cell("; ".join(one_line(sentence, most) for sentence in told), HEADLINE)
    commit = next((one.run.baseline_commit for one in analyses if one.run.baseline_commit), "")
    if not commit:
        return text
    shown = code(commit[:7])
    shown = f"[{shown}]({repository_url}/commit/{commit})" if repository_url else shown
    return text.replace(cell(f"({commit[:7]})"), f"({shown})", 1)


def alerted(lines: Sequence[str], alert: str) -> list[str]:
    """The lines within an alert of GitHub's, or as they are without one."""
    return [f"> [!{alert}]", *(f"> {line}".rstrip() for line in lines)] if alert else list(lines)


def alert_of(verdict: Status) -> str:
    """The alert for a verdict; none for a pass."""
    return _ALERT.get(verdict, "")


def verdict_of(analyses: Sequence[Analysis], stopped: Sequence[StoppedRecord]) -> Status:
    """The worst of all, as one word."""
    code = code_of(analyses, [one.exit_code for one in stopped])
    if code:
        return Status.FAIL if code == 1 else Status.INVALID
    open_ = any(one.verdict.status is Status.INCONCLUSIVE for one in analyses)
    return Status.INCONCLUSIVE if open_ else Status.PASS


def sentences(analyses: Sequence[Analysis], stopped: Sequence[StoppedRecord]) -> Iterator[str]:
    """What the headline says: how many suites came to what, the worst of them in full, and what was not measured.

    A failure is told first, then what was not measured, and what is well last.
    """
    ordered = sorted(analyses, key=lambda one: (one.run.unchanged, _ORDER.index(_came_to(one))))
    decided = []
    if len(ordered) > 1:
        worst = _came_to(ordered[0])
        same = sum(1 for one in ordered if _came_to(one) is worst and not one.run.unchanged)
        decided = [f"{_counted(worst, same, len(ordered))}: {effect_words(ordered[0])}"]
    elif ordered:
        decided = [effect_words(ordered[0])]
    missing = []
    if stopped:
        more = f" (and {len(stopped) - 1} more)" if len(stopped) > 1 else ""
        what = "not everything was measured" if ordered else "nothing was measured"
        missing = [f"{what}: {stopped[0].message}{more}"]
    elif not ordered:
        missing = ["nothing was measured"]
    yield from [*decided, *missing] if verdict_of(analyses, stopped) is Status.FAIL else [*missing, *decided]


def _came_to(analysis: Analysis) -> Status:
    """The verdict as the exit code has it: an inconclusive one fails where the suite wants it so."""
    return Status.FAIL if analysis.exit_code == 1 else analysis.verdict.status


def body(analyses: Sequence[Analysis], stopped: Sequence[StoppedRecord], *, cases: int) -> Iterator[Piece]:
    """All below the headline: why something was not measured, then suite by suite."""
    if stopped:
        yield _reasons(stopped)
    for analysis in analyses:
        yield from suite_pieces(analysis, view_of(analysis, most_cases=cases), several=len(analyses) > 1)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of escaped cells, as lines; the last one is empty."""
    head = ["| " + " | ".join(cell(column) for column in columns) + " |", "|" + " --- |" * len(columns)]
    return [*head, *("| " + " | ".join(cell(value) for value in row) + " |" for row in rows), ""]


def _counted(status: Status, count: int, total: int) -> str:
    words = {
        Status.FAIL: "FAILED",
        Status.INVALID: "could not be decided",
        Status.INCONCLUSIVE: "inconclusive",
        Status.PASS: "passed",
    }
    return f"{count} of {total} suites {words[status]}" if count else f"{total} suites unchanged"


def _reasons(stopped: Sequence[StoppedRecord]) -> Piece:
    lines = ["**Not measured**", ""]
    for one in stopped[:_SHOWN]:
        hint = f" ({cell(one.hint, 300)})" if one.hint else ""
        lines.append(f"- exit code {one.exit_code}: {cell(one.message, 600)}{hint}")
    lines += [f"- {many(len(stopped) - _SHOWN, 'more reason')}"] if len(stopped) > _SHOWN else []
    return Piece(3, (*lines, ""), "why something was not measured")


def _missing(what: Sequence[str]) -> list[str]:
    return ["", f"Left out, for a summary takes no more: {', '.join(what)}. `llmops eval report` shows it."]
