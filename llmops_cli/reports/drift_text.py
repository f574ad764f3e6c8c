"""What a watch for drift found, as words and rows: for a terminal, and as markdown for a summary or an issue."""

from collections.abc import Sequence

from llmops_cli.evals.drift import MetricDrift, SuiteDrift
from llmops_cli.evals.figures import amount, bounds, change, probability
from llmops_cli.reports.markdown import table
from llmops_cli.reports.markdown_text import cell
from llmops_cli.reports.visible import one_line

COLUMNS = ("metric", "then", "now", "change [95 %]", "p", "could see", "answer")
_ALERT = {"drifted": "CAUTION", "cannot tell": "WARNING"}


def headline(found: SuiteDrift) -> str:
    """One sentence that is true alone."""
    what = f"{found.suite}: {found.reference} ({found.place})"
    match found.answer:
        case "drifted" | "better":
            moved = [_moved(one) for one in found.metrics if one.answer == found.answer]
            verb = "answers worse" if found.answer == "drifted" else "answers better"
            return f"{found.answer}: {what} {verb} than when it was released: {'; '.join(moved)}"
        case "stable":
            return f"stable: {what} answers as when it was released, as far as {found.cases} cases show"
    return f"cannot tell: {what}: {'; '.join(found.reasons) or 'no check was measured then and now'}"


def rows_of(found: SuiteDrift) -> list[list[str]]:
    """A row for each metric; empty where nothing was asked."""
    return [
        [
            one.metric,
            _mean(one, one.before, one.n_before),
            _mean(one, one.now, one.n_now),
            _change(one),
            probability(one.adjusted_p) if one.adjusted_p is not None else "-",
            change(one.metric, one.visible).lstrip("+") if one.visible is not None and one.answer else "-",
            one.answer or "not tested",
        ]
        for one in found.metrics
    ]


def lines_of(found: SuiteDrift) -> list[str]:
    """What else is to be known: how it was compared, who answered, what stands in the way."""
    if not found.metrics:
        return []
    how = "case by case with its stored run" if found.paired else "with the scores in its tag"
    lines = [f"compared {how} ({found.released_run}); p is two-sided, after Holm over all checks"]
    before, now = _names(found.answered_before), _names(found.answered_now)
    if before != now:
        lines.append(f"answered then by {before}, now by {now}")
    elif found.answered_now:
        lines.append(f"answered then and now by {now}")
    if found.answer != "cannot tell":
        lines += [f"note: {reason}" for reason in found.reasons]
    lines += [f"note: {note}" for note in found.notes]
    cost = f", {amount('cost_usd', found.cost_usd)}" if found.cost_usd is not None else ""
    answers = f"; the answers: llmops eval report {found.stored}" if found.stored else ""
    lines.append(f"{found.cases} cases asked anew{cost}{answers}")
    return [one_line(line) for line in lines]


def drift_markdown(suites: Sequence[SuiteDrift]) -> str:
    """All answers as GitHub-flavoured markdown, those that need somebody first."""
    lines: list[str] = []
    for found in sorted(suites, key=lambda one: list(_ALERT).index(one.answer) if one.answer in _ALERT else 9):
        alert = _ALERT.get(found.answer)
        said = f"**{cell(headline(found))}**"
        lines += [f"> [!{alert}]", f"> {said}", ""] if alert else [said, ""]
        lines += table(COLUMNS, rows_of(found)) if found.metrics else []
        lines += [*(f"- {cell(line)}" for line in lines_of(found)), ""] if found.metrics else []
    return "\n".join(lines)


def _moved(one: MetricDrift) -> str:
    ends = f" {bounds(one.metric, one.interval.low, one.interval.high)}" if one.interval else ""
    return f"{one.metric} {change(one.metric, one.change)}{ends}"


def _change(one: MetricDrift) -> str:
    if one.change is None:
        return "-"
    ends = f" {bounds(one.metric, one.interval.low, one.interval.high)}" if one.interval else ""
    return change(one.metric, one.change) + ends


def _mean(one: MetricDrift, value: float | None, n: int) -> str:
    return f"{amount(one.metric, value)} (n {n})" if value is not None else "-"


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "nobody knows whom"
