"""Annotations as GitHub's workflow commands: lines that a job prints, and that stand beside the change afterwards.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from llmops_cli.reports.annotation import Annotation, Level
from llmops_cli.reports.visible import one_line, visible

MOST = 10  # of a kind in a step; GitHub shows no more, and does not say so
MOST_ALIKE = 3
_LONGEST = 4_000


def workflow_commands(annotations: Sequence[Annotation]) -> str:
    """One command a line, at most ten of a kind, and three of one title at one line; the last one counts the rest.

    Whatever is quoted cannot be a command.
    """
    kinds: tuple[Level, ...] = ("error", "warning", "notice")
    return "".join(line + "\n" for kind in kinds for line in _of_kind([a for a in annotations if a.level == kind]))


def _of_kind(annotations: Sequence[Annotation]) -> Iterator[str]:
    groups: dict[tuple[str, str, int], list[Annotation]] = {}
    for one in annotations:
        groups.setdefault((one.title, one.path, one.line), []).append(one)
    shown = [line for alike in groups.values() for line in _few(alike)]
    kept = shown if len(shown) <= MOST else shown[: MOST - 1]
    yield from (_command(one) for one, _ in kept)
    if left := len(annotations) - sum(count for _, count in kept):
        yield f"::{annotations[0].level}::{left} more of this kind, which the report shows"


def _few(alike: Sequence[Annotation]) -> list[tuple[Annotation, int]]:
    """Of several that would stand at one place the first ones, each with the number of annotations that it is for."""
    if len(alike) <= MOST_ALIKE:
        return [(one, 1) for one in alike]
    left = len(alike) - MOST_ALIKE + 1
    last = replace(alike[-1], text=f"{left} more, which the report shows")
    return [*((one, 1) for one in alike[: MOST_ALIKE - 1]), (last, left)]


def _command(one: Annotation) -> str:
    properties = {"file": one.path, "line": str(one.line) if one.path and one.line else "", "title": one.title}
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    text = one.text if len(one.text) <= _LONGEST else one.text[:_LONGEST] + " …"
    return f"::{one.level} {given}::{_data(text)}"


def _data(text: str) -> str:
    """The message of a command; the runner turns the escapes back, and reads `##[` as a command wherever it stands."""
    shown = visible(text.replace("\r\n", "\n")).replace("##", "#\u200b#")
    return shown.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
