"""A report of a run as a person sees it on a terminal. Imports rich, so commands import this file only to draw."""

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from llmops_cli.evals.gate import Status
from llmops_cli.reports.eval_view import CaseView, EvalView
from llmops_cli.reports.plain import case_blocks, case_lines
from llmops_cli.reports.visible import one_line

_COLOUR = {Status.PASS: "green", Status.FAIL: "red", Status.INCONCLUSIVE: "yellow", Status.INVALID: "magenta"}


def rich_report(view: EvalView) -> RenderableType:
    """The report for a terminal."""
    colour = "cyan" if view.unchanged else _COLOUR[view.status]
    head = Text(one_line(view.headline), style=f"bold {colour}")
    head.append("\n" + one_line(view.subject), style="not bold default")
    parts: list[RenderableType] = [Panel(head, box=box.HEAVY, border_style=colour, expand=True)]
    if len(view.findings) > 1:
        parts += [Text(f"  • {one_line(finding)}") for finding in view.findings]
    if view.rows:
        parts.append(_rich_table(view))
    for title, cases in case_blocks(view):
        parts.append(Text(f"\n{title}", style="bold"))
        parts += [_rich_case(case) for case in cases]
    parts += [Text(f"note: {one_line(note)}", style="yellow") for note in view.notes]
    if view.facts:
        parts.append(Text("\n" + " · ".join(view.facts)))
    parts.append(Text(f"{one_line(view.footer)}\nagain: {one_line(view.command)}", style="dim"))
    return Group(*parts)


def _rich_table(view: EvalView) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for index, column in enumerate(view.columns):
        table.add_column(
            Text(column), overflow="fold", justify="left" if index in (0, len(view.columns) - 1) else "right"
        )
    for row in view.rows:
        word = row[-1].split(" ")[0]
        style = {"ok": "green", "fail": "bold red", "inconclusive": "yellow", "invalid": "magenta"}.get(word, "dim")
        table.add_row(*(Text(cell) for cell in row[:-1]), Text(row[-1], style=style))
    return table


def _rich_case(case: CaseView) -> Text:
    text = Text()
    head, *rest = case_lines(case)
    text.append(f"  {head}\n", style="bold")
    styles = {"- ": "red", "+ ": "green"}
    for line in rest:
        text.append(f"  {line}\n", style=styles.get(line[:2], "dim"))
    return text
