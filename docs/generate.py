"""Writes what of the reference the code itself knows; with --check it only says whether that is up to date.

docs/reference/cli.md comes from the command objects, not from the text of --help, whose layout changes with releases of
Typer; docs/reference/schemas/ from the shapes in which runs are stored and files are written.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from llmops_cli.cli.main import app
from llmops_cli.reports.file_schemas import FILE_SCHEMAS
from llmops_cli.reports.json_schemas import SCHEMAS

REFERENCE = Path(__file__).resolve().parent / "reference"
INTRODUCTION = """# Commands

Every command with its arguments and options. This page is generated: `make docs` writes it, `make check` fails when it
is out of date. Exit codes are explained in [exit-codes.md](exit-codes.md).
"""


def commands() -> Iterator[tuple[str, Any]]:
    """The words after `llmops` and the command object, for every command in the order of --help."""

    def below(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from below(command, f"{prefix}{name} ")
            elif not command.hidden:
                yield prefix + name, command

    yield from below(typer.main.get_command(app), "")


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(section(words, command) for words, command in commands())])


def section(words: str, command: Any) -> str:
    """One command."""
    shown = [parameter for parameter in command.params if not parameter.hidden]
    arguments = [parameter for parameter in shown if parameter.param_type_name == "argument"]
    options = [parameter for parameter in shown if parameter.param_type_name == "option" and parameter.name != "help"]
    usage = " ".join(["llmops", words, *(argument(each) for each in arguments), *(["[OPTIONS]"] if options else [])])
    lines = [f"## llmops {words}", "", "\n".join(line.strip() for line in command.help.strip().splitlines()), ""]
    lines += ["```text", usage, "```", ""]
    if shown:
        lines += ["| argument or option | meaning |", "|---|---|"]
        lines += [row(f"`{argument(each)}`", each) for each in arguments]
        lines += [row(option(each), each) for each in options]
        lines.append("")
    if command.epilog:
        example = " ".join(command.epilog.split()).removeprefix("Example: ")
        lines += ["Example: " + ", or: ".join(f"`{each}`" for each in example.split(", or: ")), ""]
    return "\n".join(lines)


def argument(parameter: Any) -> str:
    """`NAME`, `[NAME]` when it may be left out, with dots when it may come several times."""
    name = parameter.metavar or parameter.name.upper()
    name = name.strip("[]") + ("..." if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def option(parameter: Any) -> str:
    """`--name VALUE`; a flag has no value, and perhaps a way to say no."""
    names = [f"`{name}`" for name in parameter.opts + parameter.secondary_opts]
    if not parameter.is_flag:
        names[-1] = names[-1][:-1] + f" {parameter.metavar or parameter.name.upper()}`"
    return ", ".join(names)


def row(shown: str, parameter: Any) -> str:
    """A line of the table."""
    text = " ".join((parameter.help or "").split()).replace("|", "\\|")
    default = parameter.default
    plain = isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    return f"| {shown} | {text}{f' Default: `{default}`.' if plain else ''} |"


def documents() -> dict[Path, str]:
    """Every generated file with what it has to hold."""
    made = {name: schema() for name, schema in SCHEMAS.items()}
    made |= {name: schema(False) for name, schema in FILE_SCHEMAS.items()}  # whatever is installed here
    schemas = {
        REFERENCE / "schemas" / f"{name}.schema.json": json.dumps(schema, indent=2) + "\n"
        for name, schema in made.items()
    }
    return {REFERENCE / "cli.md": page(), **schemas}


def run(arguments: list[str]) -> int:
    """0 when the files are (now) up to date, else 1."""
    if arguments == ["--check"]:
        old = [path for path, text in documents().items() if not path.is_file() or path.read_text("utf-8") != text]
        for path in old:
            sys.stderr.write(f"{path.relative_to(REFERENCE)} does not say what the code says: run `make docs`\n")
        return 1 if old else 0
    for path, text in documents().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
