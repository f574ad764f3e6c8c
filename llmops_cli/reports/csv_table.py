"""Runs as CSV (RFC 4180) for spreadsheets: a row for every case, with both answers and every score."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.case_verdict import CaseVerdict, case_verdicts
from llmops_cli.evals.metric import CaseValue, case_values
from llmops_cli.evals.policy import MEASURED
from llmops_cli.evals.run import CaseRecord, Result
from llmops_cli.files.json_value import canonical
from llmops_cli.reports.eval_view import answer_of, asked_of, telling
from llmops_cli.reports.visible import visible

_ABOUT = ("run", "suite", "prompt", "case", "tags", "critical", "cluster", "result", "why", "asked", "expected")
_ANSWERS = ("base answer", "answer")
_BEGINS_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"  # no width, and no white space either
_MOST = 32_000  # characters; a cell of a spreadsheet holds 32,767

Values = Mapping[str, Mapping[str, CaseValue]]


def case_table(analyses: Sequence[Analysis]) -> Iterator[str]:
    """The table, line by line: one row for every case of every run, one group of columns for every metric.

    It begins with a byte order mark, without which spreadsheets take UTF-8 for something else. Texts are cut at what a
    cell can hold, and none of them can be taken for a formula; numbers are numbers. Nothing is lost in `jsonl`.
    """
    names = list(dict.fromkeys(name for analysis in analyses for name in _metrics(analysis)))
    columns = [column for name in names for column in _columns(name)]
    yield "\ufeff" + _line([*_ABOUT, *_ANSWERS, *columns])
    for analysis in analyses:
        yield from (_line(row) for row in _rows(analysis, names))


def _columns(metric: str) -> list[str]:
    """Those of a metric; nobody says anything of what is measured without a check."""
    figures = [f"{metric} base", metric, f"{metric} change"]
    return figures if metric in MEASURED else [*figures, f"{metric} says"]


def _metrics(analysis: Analysis) -> list[str]:
    """Those that gate first."""
    found = dict.fromkeys([*analysis.metrics, *(analysis.comparison.effects if analysis.comparison else ())])
    gating = set(analysis.policy.metrics)
    return sorted(found, key=lambda name: name not in gating)


def _rows(analysis: Analysis, names: Sequence[str]) -> Iterator[list[str | float | None]]:
    run = analysis.run
    after = {name: case_values(run.candidate, name, repeats=run.repeats) for name in names}
    base = run.baseline
    before: Values = {name: case_values(base, name, repeats=run.repeats) for name in names} if base else {}
    theirs, mine = base.by_case if base else {}, run.candidate.by_case
    records = {case.id: case for case in run.cases}
    for case, one in case_verdicts(run, analysis.policy, analysis.verdict).items():
        earlier, later = telling(run, theirs.get(case, [])), telling(run, mine[case])
        row = _about(analysis, records[case], one)
        row += [answer_of(earlier) if earlier else "", answer_of(later)]
        for name in names:
            row += _scores(later, name, before.get(name, {}).get(case), after[name].get(case))
        yield row


def _about(analysis: Analysis, case: CaseRecord, one: CaseVerdict) -> list[str | float | None]:
    run = analysis.run
    expected = case.expected if isinstance(case.expected, str | None) else canonical(case.expected)
    return [
        run.id,
        run.suite,
        run.candidate.reference,
        case.id,
        ", ".join(case.tags),
        "critical" if case.critical else "",
        case.cluster,
        one.kind,
        "" if one.kind == "pass" else one.reason,
        " | ".join(asked_of(case)),
        expected,
    ]


def _scores(
    shown: Result | None, name: str, before: CaseValue | None, after: CaseValue | None
) -> list[str | float | None]:
    """The columns of a metric: both values (means over repeats), their difference, what the check said."""
    then, now = before.value if before else None, after.value if after else None
    change = now - then if then is not None and now is not None else None
    if name in MEASURED:
        return [then, now, change]
    record = shown.scores.get(name) if shown else None
    return [then, now, change, record.reason if record else ""]


def _line(cells: Iterable[str | float | None]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerow([_text(c) if isinstance(c, str) else c for c in cells])
    return stream.getvalue()


def _text(text: str) -> str:
    """A text that a spreadsheet shows and does not compute: a `'` stands before each line that looks like a formula.

    See https://owasp.org/www-community/attacks/CSV_Injection.
    """
    shown = visible(text.replace("\r\n", "\n"))
    safe = "\n".join("'" + line if _looks_computed(line) else line for line in shown.split("\n"))
    return safe if len(safe) <= _MOST else f"{safe[:_MOST]}\n[{len(safe) - _MOST:,} more characters]"


def _looks_computed(line: str) -> bool:
    first = line.lstrip(" \u00a0" + _UNSEEN)
    return first.startswith("\t") or first.lstrip().lstrip(_UNSEEN).startswith(_BEGINS_FORMULA)
