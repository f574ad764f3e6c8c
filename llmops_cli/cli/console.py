"""The sink: stdout is data, stderr is talk; rich on a terminal, plain text in a pipe, one JSON document with --json."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from llmops_cli.errors import InputError, LlmopsError
from llmops_cli.reports.visible import inert, visible

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.console import RenderableType


def say(text: str) -> None:
    """A line of talk on stderr."""
    _write(sys.stderr, _for_people(visible(text) + "\n"))


def warn(text: str) -> None:
    """A warning on stderr."""
    say(f"warning: {text}")


def warn_some(texts: Sequence[str], *, most: int = 5, more: str) -> None:
    """The first of these warnings, and a last one that says how many there are besides."""
    for text in texts[:most]:
        warn(text)
    if len(texts) > most:
        warn(f"{len(texts) - most} {more}")


def out(text: str) -> None:
    """A line of data on stdout; control characters are made visible."""
    out_text(visible(text) + "\n")


def out_text(text: str) -> None:
    """Text for people on stdout, in which control characters are visible already."""
    _write(sys.stdout, _for_people(text))


def out_raw(text: str) -> None:
    """Text on stdout exactly as it is, for data that a program reads."""
    _write(sys.stdout, text)


def deliver(pieces: Iterable[str], output: Path | None, *, for_people: bool = False) -> None:
    """Data in a file, written as a whole or not at all; without one, or for `-`, on stdout.

    A file and a pipe get the true text; on a terminal control characters are made visible. Text `for_people` holds no
    commands for a runner. Raises InputError.
    """
    from llmops_cli.files.atomic import write_atomic

    if output is None or str(output) == "-":
        watched = is_terminal(sys.stdout)
        for piece in pieces:
            shown = visible(piece.replace("\r\n", "\n")) if watched else piece
            _write(sys.stdout, _for_people(shown) if for_people else shown)
        return
    try:
        write_atomic(output, (piece.encode("utf-8", "backslashreplace") for piece in pieces))
    except OSError as error:
        raise InputError(f"{output} could not be written: {error.strerror}") from None


def append(text: str, summary: Path) -> None:
    """Text at the end of a summary, which several commands may write to. Raises InputError."""
    try:
        with summary.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise InputError(f"the summary could not be written to {summary}: {error.strerror}") from None


def out_json(document: object) -> None:
    """The one JSON document of a --json command."""
    _write(sys.stdout, json_text(document))


def json_text(document: object) -> str:
    """A JSON document as commands print it."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "") -> None:
    """Rows on stdout: a rich table on a terminal, aligned plain columns (nothing cut) in a pipe."""
    cells = [[visible(cell) for cell in row] for row in rows]
    if is_terminal(sys.stdout):
        show(lambda _: _rich_table(columns, cells, title))
        return
    widths = [max([len(column), *(len(row[i]) for row in cells)]) for i, column in enumerate(columns)]
    for row in [list(columns), *cells]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        out_text(line + "\n")


def show(build: "Callable[[int], RenderableType]") -> None:
    """A rich renderable on stdout, built for the width of the terminal; rich is loaded only when something is drawn."""
    console = rich_console(sys.stdout)
    try:
        console.print(build(console.width))
    except OSError as error:
        _not_written(sys.stdout, error)


def rich_console(stream: TextIO) -> "RichConsole":
    """A console on the stream without markup, emoji or highlighting; without colour and cut lines in a pipe."""
    from rich.console import Console as RichConsole

    terminal = is_terminal(stream)
    width = None if terminal else 1000
    return RichConsole(
        file=stream, markup=False, emoji=False, highlight=False, width=width, no_color=None if terminal else True
    )


def is_terminal(stream: TextIO) -> bool:
    """Whether a person is looking; TERM=dumb counts as a pipe."""
    if not stream.isatty():
        return False
    from llmops_cli.config import dumb_terminal

    return not dumb_terminal()


def report_error(error: LlmopsError) -> None:
    """An error for people: what is wrong and what to do."""
    for index, line in enumerate(error.message.split("\n")):
        say(f"error: {line}" if index == 0 else f"       {line}")
    if error.hint:
        say(f"help:  {error.hint}")


def open_missing_streams() -> None:
    """Where the process was started with a closed stream (`>&-`), open the null device in its place.

    Else the next file that is opened would become stdout, and Python's own None would look like a bug.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDWR)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def flush() -> None:
    """Flush both streams; a closed pipe is no error. Raises InputError when the output cannot be written."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            _not_written(stream, error)
        except ValueError:  # already closed
            pass


def _for_people(text: str) -> str:
    """The text; where a runner would read commands out of it, without any: it may quote what a model said."""
    from llmops_cli.config import log_takes_commands

    return inert(text) if log_takes_commands() else text


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except OSError as error:
        _not_written(stream, error)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _not_written(stream: TextIO, error: OSError) -> None:
    """A reader that has gone (`| head`) ends nothing, so that the exit code still tells the truth.

    Raises InputError for everything else: a report that nobody can read must not look like a pass.
    """
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, stream.fileno())
    os.close(devnull)
    if not isinstance(error, BrokenPipeError) and stream is sys.stdout:
        raise InputError(f"the output could not be written: {error.strerror}")


def _rich_table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> "RenderableType":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", header_style="bold", pad_edge=False)
    for column in columns:
        drawn.add_column(Text(column), overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    return drawn
