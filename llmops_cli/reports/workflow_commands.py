"""Annotations as GitHub's workflow commands: lines that a job prints, and that stand beside the change afterwards.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from collections.abc import Iterator, Sequence

from llmops_cli.reports.annotation import Annotation, Level
from llmops_cli.reports.visible import one_line, visible

MOST = 10  # of a kind in a step; GitHub shows no more, and does not say so
_LONGEST = 4_000


def workflow_commands(annotations: Sequence[Annotation]) -> str:
    """One command a line, at most ten of a kind; the tenth counts the rest. Whatever is quoted cannot be a command."""
    kinds: tuple[Level, ...] = ("error", "warning", "notice")
    return "".join(line + "\n" for kind in kinds for line in _of_kind([a for a in annotations if a.level == kind]))


def _of_kind(annotations: Sequence[Annotation]) -> Iterator[str]:
    shown = annotations if len(annotations) <= MOST else annotations[: MOST - 1]
    yield from (_command(one) for one in shown)
    if left := len(annotations) - len(shown):
        yield f"::{annotations[0].level}::{left} more of this kind, which the report shows"


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
