"""Writes docs/reference/cli.md from the commands themselves; with --check it only says whether that is up to date."""

import contextlib
import io
import os
import sys
from pathlib import Path

import typer

from llmops_cli.cli.main import app, main

TARGET = Path(__file__).resolve().parent / "reference" / "cli.md"
INTRODUCTION = """# Commands

What `llmops COMMAND --help` says, for every command. This page is generated: `make docs` writes it, `make check` fails
when it is out of date. Exit codes are explained in [exit-codes.md](exit-codes.md).
"""


def commands(group: typer.Typer, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The words of every command below a Typer app, without the program's name."""
    found = [
        (*prefix, command.name or command.callback.__name__.replace("_", "-"))
        for command in group.registered_commands
        if command.callback is not None and not command.hidden
    ]
    for entry in group.registered_groups:
        if entry.typer_instance is not None and not entry.hidden:
            found += commands(entry.typer_instance, (*prefix, str(entry.name)))
    return found


def help_of(words: tuple[str, ...]) -> str:
    """What `--help` prints, as it looks in a pipe of 80 columns."""
    os.environ.update(COLUMNS="80", NO_COLOR="1", TERM="dumb")
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        code = main([*words, "--help"])
    if code:
        raise SystemExit(f"llmops {' '.join(words)} --help ended with {code}")
    return "\n".join(line.rstrip() for line in stream.getvalue().strip().splitlines())


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, f"## llmops\n\n```text\n{help_of(())}\n```\n"]
    parts += [f"## llmops {' '.join(words)}\n\n```text\n{help_of(words)}\n```\n" for words in commands(app)]
    return "\n".join(parts)


def run(arguments: list[str]) -> int:
    """0 when the page is (now) up to date, else 1."""
    text = page()
    if arguments == ["--check"]:
        if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
            return 0
        sys.stderr.write(f"{TARGET.name} does not say what the commands say: run `make docs`\n")
        return 1
    TARGET.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
