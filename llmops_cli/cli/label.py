"""`llmops judge label`: the terminal edge of rating outputs. What is decided, and how, stands in evals/labelling.py."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from llmops_cli.checks.labels import Labels
    from llmops_cli.evals.labelling import Shown

Rater = Annotated[str, typer.Option("--rater", metavar="NAME", help="Who rates; everybody has an order of their own.")]
Choices = Annotated[str, typer.Option("--labels", metavar="A,B", help="The labels to choose from, at least two.")]
Target = Annotated[
    Path | None,
    typer.Option("--file", metavar="FILE", help="Where labels are added (default: evals/labels/SUITE.jsonl)."),
]


def label(
    run: Annotated[str, typer.Argument(help="A run id or its beginning, a file, or `latest`.")],
    rater: Rater,
    labels: Choices = "pass,fail",
    file: Target = None,
) -> int:
    """Rate the outputs of a stored run, one key each, blind to side and model; stop and go on at any time."""
    from datetime import UTC, datetime

    from llmops_cli.config import load_config
    from llmops_cli.errors import InputError
    from llmops_cli.evals.labelling import LabelFile, keys_for, label_sheets, sheets_of
    from llmops_cli.evals.run_store import RunStore

    if sys.stdin.isatty() and not console.is_terminal(sys.stderr):
        raise InputError("there is no terminal to show outputs on", hint="take `2>` off the command, or set TERM")
    if not rater.strip():
        raise InputError("--rater is empty", hint="say who rates, such as --rater ann")
    config = load_config()
    config.need_work_tree()
    stored = RunStore(config.state_dir / "runs").load(run)
    path = file or config.root / config.settings.evals / "labels" / f"{stored.suite}.jsonl"
    kept = LabelFile(path, rater=rater, run=stored.id, now=lambda: datetime.now(UTC))
    if kept.mend():
        console.warn(f"the last row of {path.name} was cut off while it was written: rate that output again")
    known = kept.known()
    keys = keys_for([one.strip() for one in labels.split(",") if one.strip()])
    sheets = sheets_of(stored, rater=rater)
    done = label_sheets(sheets, known, keys, _pressed(), show=_show, write=kept.add)
    _clear()
    where = os.path.relpath(path)  # from here, as a person would type it
    counts = f"{done.rated} rated, {done.passed_over} passed over, {done.open} of {len(sheets)} open"
    console.out(f"{counts}; labels in {where}")
    _agreement(kept.read())
    return 0


def _pressed() -> Iterator[str]:
    """The keys as they come: from the terminal one by one, else the characters of a pipe."""
    if not sys.stdin.isatty():
        while character := sys.stdin.read(1):
            yield character
        return
    while True:
        try:
            yield typer.getchar().lower()
        except EOFError:
            return


def _show(shown: "Shown") -> None:
    """Draw one page of a sheet on stderr; stdout is for what comes of it."""
    from rich.segment import Segment, Segments
    from rich.text import Text

    if not console.is_terminal(sys.stderr):
        return
    _clear()
    screen = console.rich_console(sys.stderr)
    head, body, foot = _sheet(shown)
    lines = screen.render_lines(body, pad=False)
    # what head and foot take, the head with its page, and the line where the cursor stands
    around = [*screen.render_lines(Text(f"{head}{'-' * 40}")), *screen.render_lines(foot)]
    room = max(5, screen.height - len(around) - 1)
    pages = -(-len(lines) // room)
    first = shown.page % pages * room
    if pages > 1:
        head.append(f"   page {shown.page % pages + 1} of {pages}: space turns it", style="bold yellow")
    screen.print(head)
    for line in lines[first : first + room]:
        screen.print(Segments([*line, Segment.line()]), end="")
    screen.print(foot)


def _clear() -> None:
    if console.is_terminal(sys.stderr):
        sys.stderr.write("\x1b[2J\x1b[3J\x1b[H")
        sys.stderr.flush()


def _sheet(shown: "Shown") -> "tuple[Text, RenderableType, RenderableType]":
    """Head, body and foot; only the body can be longer than the screen."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.rule import Rule
    from rich.text import Text

    from llmops_cli.reports.visible import one_line, visible

    head = Text(f"{shown.place} of {shown.total}", style="bold")
    head.append(f"   case {one_line(shown.sheet.case, 60)}", style="dim")
    if shown.label:
        head.append(f"   you said: {one_line(shown.label, 40)}", style="yellow")
    parts: list[RenderableType] = []
    for title, text, style in (
        ("asked", shown.sheet.asked, "dim"),
        ("expected", shown.sheet.expected, "dim"),
        ("output", shown.sheet.output or "(empty)", ""),
    ):
        if text:
            parts += [
                Rule(Text(title, style="cyan"), align="left", style="cyan"),
                Padding(Text(visible(text), style), (0, 2)),
            ]
    foot = Text()
    for key, name in (*shown.keys.items(), ("b", "back"), ("s", "skip"), ("q", "quit")):
        own = key in shown.keys
        foot.append(f" {key} ", style="reverse bold" if own else "reverse")
        foot.append(f" {one_line(name, 40)}   ", style="bold" if own else "dim")
    return head, Group(*parts), Group(Rule(style="cyan"), foot)


def _agreement(labels: "Labels") -> None:
    """How far the raters of the file agree, where there are several."""
    from llmops_cli.checks.label_scale import scale_of
    from llmops_cli.checks.people import people_agreement
    from llmops_cli.reports.calibration_text import agreement_lines

    if len(labels.raters) < 2:
        return
    people = people_agreement(labels, scale_of(labels), seed=int(labels.digest[7:19], 16))
    for line in agreement_lines(people):
        console.out(f"  {line}")
