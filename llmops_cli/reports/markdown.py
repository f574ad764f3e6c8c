"""A report of a run as markdown, for a step summary or a pull request; model text stays text."""

from collections.abc import Sequence

from llmops_cli.evals.verdict import Status
from llmops_cli.reports.eval_view import CaseView, EvalView
from llmops_cli.reports.markdown_text import cell, code, fence
from llmops_cli.reports.plain import not_passing, title

_ALERT = {Status.FAIL: "CAUTION", Status.INVALID: "CAUTION", Status.INCONCLUSIVE: "WARNING"}


def markdown_report(view: EvalView) -> str:
    """The report as GitHub-flavoured markdown. The first line is true alone."""
    lines: list[str] = []
    alert = None if view.unchanged else _ALERT.get(view.status)
    if alert:
        lines += [f"> [!{alert}]", f"> **{cell(view.headline)}**", ""]
    else:
        lines += [f"**{cell(view.headline)}**", ""]
    lines += [cell(view.subject), ""]
    lines += [*(f"- {cell(finding)}" for finding in view.listed), ""] if view.listed else []
    lines += table(view.columns, view.rows) if view.rows else []
    lines += [f"**{cell(view.anchor_title)}**", "", *table(view.columns, view.anchor_rows)] if view.anchor_rows else []
    if view.moved:
        lines += ["<details>", "<summary>who moved</summary>", ""]
        lines += [*(f"- {cell(moved.sentence())}" for moved in view.moved), "", "</details>", ""]
    lines += _cases("turned worse", view.regressed, view.regressed_total)
    lines += _cases(not_passing(view.failing_total), view.failing, view.failing_total)
    lines += [f"> note: {cell(note)}" for note in view.notes]
    if view.notes:
        lines.append("")
    if view.facts:
        lines += [" · ".join(cell(fact) for fact in view.facts), ""]
    lines += [f"{cell(view.footer)} · reproduce: {code(view.command)}", ""]
    return "\n".join(lines)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of escaped cells, as lines; the last one is empty."""
    head = ["| " + " | ".join(cell(column) for column in columns) + " |", "|" + " --- |" * len(columns)]
    return [*head, *("| " + " | ".join(cell(value) for value in row) + " |" for row in rows), ""]


def _cases(what: str, cases: tuple[CaseView, ...], total: int) -> list[str]:
    if not cases:
        return []
    lines = ["<details>", f"<summary>{title(what, len(cases), total)}</summary>", ""]
    for case in cases:
        tags = f" ({cell(case.tags)})" if case.tags else ""
        lines += [f"**{cell(case.id)}** {cell(case.metrics)}{tags}", ""]
        lines += [f"asked: {cell(case.asked, 300)}", ""]
        if case.before != "(none)":
            lines += ["base:", "", *fence(case.before), ""]
        lines += ["this change:", "", *fence(case.after), ""]
        lines += [*(f"- {cell(said)}" for said in case.said), ""]
    return [*lines, "</details>", ""]
