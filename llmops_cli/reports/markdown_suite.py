"""One suite in markdown: its figures, and the cases that people want to see, in the order of their weight."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from llmops_cli.errors import InputError
from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.comparison import Effect
from llmops_cli.evals.figures import amount, change, many
from llmops_cli.evals.run import Result, Role, Side
from llmops_cli.evals.verdict import Status
from llmops_cli.prompts.version import Level, Version
from llmops_cli.reports.answer_diff import diff_lines
from llmops_cli.reports.case_standing import CheckStanding, standings
from llmops_cli.reports.eval_view import CaseView, EvalView, headline
from llmops_cli.reports.fitting import Piece
from llmops_cli.reports.markdown_text import cell, code, code_cell, fence
from llmops_cli.reports.plain import not_passing, title

_NAMES: Final = 40  # cases that are only named
_TOLD: Final = 15  # cases that are named with a reason
_ANSWER: Final = 3_000  # characters of both answers of a case
_ID: Final = 120
_WHERE: Final[dict[Role, str]] = {"candidate": "this change", "baseline": "the base", "anchor": "the anchor"}

# the larger, the sooner it is left out
_SUITE, _GATING, _FINDINGS, _OTHER, _SLICE, _ANCHOR = 1, 2, 10, 12, 20, 22
_FACTS, _NOTES, _LISTED, _CASE = 30, 40, 50, 60


def effect_words(analysis: Analysis) -> str:
    """One suite in a sentence: the headline of its report, and the effect on what it is about, where that is not in it.

    It is about the metrics that decide; where it passed, about the first two that gate.
    """
    said = headline(analysis)
    if analysis.comparison is None:
        return said
    verdict = analysis.verdict
    # what was found against the anchor says its effect itself, and the one on the base would contradict it
    deciding = [one.metric for one in verdict.findings if one.status is verdict.status and one.guard != "anchor"]
    names = analysis.policy.metrics if verdict.status is Status.PASS else deciding
    effects = [
        analysis.comparison.effects[name] for name in dict.fromkeys(names) if name in analysis.comparison.effects
    ]
    passed = verdict.status is Status.PASS
    shown = [effect for effect in effects[:2] if change(effect.metric, effect.change) not in said]
    told = [_effect(effect, whole=passed) for effect in shown]
    return f"{said}; {', '.join(told)}" if told else said


def suite_pieces(analysis: Analysis, view: EvalView, *, several: bool) -> Iterator[Piece]:
    """The pieces of one suite; with `several` it has a heading and its own headline."""
    if several:
        sentence = f"**{cell(effect_words(analysis), 600)}**"
        yield Piece(_SUITE, (f"### {code(analysis.run.suite, _ID)}", "", sentence, ""), "suites")
    yield Piece(_FINDINGS, (_prompt_line(analysis, view), ""), "what was measured")
    if view.listed:
        yield Piece(_FINDINGS, (*(f"- {cell(finding, 500)}" for finding in view.listed[:_NAMES]), ""), "findings")
    yield from _table(analysis, view.columns, view.rows, anchor=False)
    if view.anchor_rows:
        yield Piece(_ANCHOR, (f"**{cell(view.anchor_title)}**", ""), "the anchor")
        yield from _table(analysis, view.columns, view.anchor_rows, anchor=True)
    told = [*_changes(analysis), *view.facts]
    if told:
        yield Piece(_FACTS, (" · ".join(cell(fact, 400) for fact in told), ""), "facts")
    yield from _cases("turned worse", view.regressed, view.regressed_total)
    yield from _cases(not_passing(view.failing_total), view.failing, view.failing_total)
    yield from _lists(analysis, view)
    notes = [f"- {cell(note, 500)}" for note in view.notes]
    if notes:
        fold = many(len(notes), "note")
        yield Piece(_NOTES, (*notes[:_NAMES], *([f"- {len(notes) - _NAMES} more"] if len(notes) > _NAMES else [])),
                    "notes", fold)  # fmt: skip
    yield Piece(_FACTS, (f"{cell(view.footer)} · reproduce: {code(view.command, 600)}", ""), "how it was run")


def _effect(effect: Effect, *, whole: bool) -> str:
    """What became of a metric; the `whole` with its value, which a finding about it has told already."""
    name = effect.metric
    moved = change(name, effect.change) if effect.worse or effect.better else "no case changed"
    return f"{effect.name} {amount(name, effect.candidate_mean)} ({moved})" if whole else f"{effect.name} {moved}"


def _prompt_line(analysis: Analysis, view: EvalView) -> str:
    """What was measured, with the step in version."""
    run = analysis.run
    if run.baseline is None:
        return f"Prompt: {cell(view.subject, 600)}"
    level = _level(run.baseline.version, run.candidate.version)
    step = f", a {level} step" if level else ""
    if run.baseline.version == run.candidate.version and run.baseline.digest != run.candidate.digest:
        step = ", changed **without another version**"
    return f"Prompt: {cell(view.subject, 600)}{step}"


def _level(before: str, after: str) -> str:
    """The level of the step between two versions; empty where there is none, or one of them is no version."""
    try:
        level = Version.parse(after).level_from(Version.parse(before))
    except InputError:
        return ""
    return str(level) if level is not Level.NONE else ""


def _table(
    analysis: Analysis, columns: Sequence[str], rows: Sequence[Sequence[str]], *, anchor: bool
) -> Iterator[Piece]:
    """Head and rows as pieces of their own: slices go first, then what does not gate."""
    if not rows:
        return
    gating = set(analysis.policy.metrics)
    head = "| " + " | ".join(cell(column) for column in columns) + " |"
    yield Piece(_ANCHOR if anchor else _SUITE, (head, "|" + " --- |" * len(columns)), "suites")
    for row in rows:
        name, *values = row
        line = "| " + " | ".join([code_cell(name, _ID), *(cell(value, 200) for value in values)]) + " |"
        rank = _ANCHOR if anchor else _SLICE if _is_slice(analysis, name) else _GATING if name in gating else _OTHER
        yield Piece(rank, (line,), "rows of slices" if rank == _SLICE else "rows of metrics")
    yield Piece(_ANCHOR if anchor else _SUITE, ("",), "suites")


def _is_slice(analysis: Analysis, name: str) -> bool:
    effects = analysis.comparison.slices if analysis.comparison else {}
    return name in effects or (name in analysis.slices and name not in analysis.metrics)


def _changes(analysis: Analysis) -> Iterator[str]:
    """What became of the cost and the time of a case, where both sides have them and they moved."""
    effects = analysis.comparison.effects if analysis.comparison else {}
    for name, word in (("cost_usd", "cost"), ("latency_ms", "latency")):
        effect = effects.get(name)
        if effect is not None and (effect.worse or effect.better):
            before, after = amount(name, effect.baseline_mean), amount(name, effect.candidate_mean)
            moved = abs(effect.change) >= 0.005 * abs(effect.baseline_mean) > 0
            share = f" ({effect.change / effect.baseline_mean:+.0%})" if moved else ""
            yield f"{word} of a case {before} → {after}{share}"


def _cases(what: str, cases: Sequence[CaseView], total: int) -> Iterator[Piece]:
    """The cases with a diff of both answers, the worst first."""
    fold = title(what, len(cases), total)
    for number, case in enumerate(cases):
        tags = f" ({cell(case.tags, 200)})" if case.tags else ""
        lines = [f"**{number + 1}.** {code(case.id, _ID)} {cell(case.metrics, 200)}{tags}", ""]
        lines += [f"Asked: {cell(case.asked, 300)}", ""]
        if case.before == "(none)":
            lines += [*fence(case.after, most=_ANSWER), ""]
        elif case.before == case.after:
            lines += ["Both answered the same:", "", *fence(case.after, most=_ANSWER // 2), ""]
        else:
            lines += [*fence("\n".join(diff_lines(case.before, case.after)), language="diff", most=_ANSWER), ""]
        lines += [*(f"- {cell(said, 400)}" for said in case.said[:10]), ""]
        yield Piece(_CASE + min(number, 30), tuple(lines), "answers of cases", fold)


def _lists(analysis: Analysis, view: EvalView) -> Iterator[Piece]:
    """Cases that are only named, or named with a reason."""
    for count, what, lines in (
        _moved(view),
        _flaky(analysis),
        _unmeasured(analysis),
        _new(analysis),
        _removed(analysis),
    ):
        if count:
            yield Piece(_LISTED, (*lines, ""), "lists of cases", what)


_List = tuple[int, str, list[str]]


def _moved(view: EvalView) -> _List:
    """Every case that turned worse or better, by metric, and by the slices that something is said of."""
    worse = {case for moved in view.moved for case in moved.worse}
    better = {case for moved in view.moved for case in moved.better}
    lines = []
    for moved in view.moved:
        parts = [f"{len(cases)} {word}: {_named(cases)}" if cases else f"0 {word}"
                 for word, cases in (("worse", moved.worse), ("better", moved.better))]  # fmt: skip
        lines.append(f"- {code(moved.name, _ID)}: {'; '.join(parts)}")
    return len(worse | better), f"who moved: {len(worse)} worse, {len(better)} improved", lines


def _flaky(analysis: Analysis) -> _List:
    """Cases of which the repeats of one side do not agree whether a check passes."""
    found = [case for case in standings(analysis) if "flaky" in case.signs]
    checks = [(case.record.id, check) for case in found for check in case.checks if "flaky" in check.signs]
    lines = [f"- {code(case, _ID)} {code(check.name, _ID)}: {_passed(check)}" for case, check in checks[:_TOLD]]
    return len(found), f"{many(len(found), 'flaky case')}: the repeats disagree", _more(lines, len(checks))


def _passed(check: CheckStanding) -> str:
    """How many repeats pass a check, on either side."""
    after, before = check.after, check.before
    base = f", {before.passed} of {before.scored} at the base" if before is not None and before.scored else ""
    return f"{after.passed} of {after.scored} passed{base}"


def _unmeasured(analysis: Analysis) -> _List:
    """Trials without an answer, and scores that failed, each with its reason."""
    count = sum(1 for _ in _failures(analysis))
    lines = [
        f"- {code(result.case, _ID)} ({_WHERE[side.role]}){what}: {cell(why, 200)}"
        for side, result, what, why in islice(_failures(analysis), _TOLD)
    ]
    return count, f"{many(count, 'measurement')} failed", _more(lines, count)


def _failures(analysis: Analysis) -> Iterator[tuple[Side, Result, str, str]]:
    """Side, result, what failed, and why."""
    for side in analysis.run.sides:
        for result in side.results:
            if not result.answered:
                yield side, result, ": no answer", result.error
                continue
            for name, score in result.scores.items():
                if score.status == "failed":
                    yield side, result, f" {code(name, _ID)}", score.reason


def _new(analysis: Analysis) -> _List:
    cases = analysis.comparison.new_cases if analysis.comparison else ()
    return len(cases), f"{many(len(cases), 'new case')}: floors only", [f"- {_named(cases)}"]


def _removed(analysis: Analysis) -> _List:
    cases = analysis.run.removed_cases
    return len(cases), f"{many(len(cases), 'case')} removed", [f"- {_named(cases)}"]


def _named(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - _NAMES} more" if len(cases) > _NAMES else ""
    return ", ".join(code(case, _ID) for case in cases[:_NAMES]) + more


def _more(lines: list[str], total: int) -> list[str]:
    return [*lines, *([f"- {total - len(lines)} more"] if total > len(lines) else [])]
