"""Two answers of a model as the lines of a diff; a long line is cut where sentences end, so that words can be seen."""

import re
from difflib import unified_diff

from llmops_cli.reports.visible import visible

_MOST_LINES = 400  # of one answer; comparing takes time by their square
_MOST_LENGTH = 20_000
_LONG = 100
_SENTENCE = re.compile(r"(?<=[.!?;:])\s+")


def diff_lines(before: str, after: str, *, context: int = 2) -> list[str]:
    """Lines that begin with `-`, `+`, a space, or `@@` between stretches; control characters are made visible.

    Of very long answers the beginning is compared, and a last line says so.
    """
    first, last = _lines(before), _lines(after)
    lines = list(unified_diff(first, last, n=context, lineterm=""))[2:]  # without the names of files
    if sum(1 for line in lines if line.startswith("@@")) == 1:
        lines = lines[1:]  # where a single stretch begins says nothing
    cut = max(len(before), len(after)) > _MOST_LENGTH or max(len(first), len(last)) >= _MOST_LINES
    return [*lines, *(["@@ only the beginning of long answers is shown @@"] if cut else [])]


def _lines(text: str) -> list[str]:
    shown = visible(text[:_MOST_LENGTH])
    return [piece for line in shown.split("\n") for piece in _pieces(line)][:_MOST_LINES]


def _pieces(line: str) -> list[str]:
    """The sentences of a long line, and of a long sentence its stretches of words."""
    if len(line) <= _LONG:
        return [line]
    return [piece for sentence in _SENTENCE.split(line) for piece in _stretches(sentence)]


def _stretches(sentence: str) -> list[str]:
    found: list[str] = [""]
    for word in sentence.split(" "):
        longer = f"{found[-1]} {word}" if found[-1] else word
        if len(longer) > _LONG and found[-1]:
            found.append(word)
        else:
            found[-1] = longer
    return found
