"""What the import from promptfoo has to tell: what is said differently here, and what could not be carried over."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from llmops_cli.files.json_value import Json

Kind = Literal["differs", "left out"]


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to tell. `deviation` names an entry of docs/reference/promptfoo.md, empty where none is needed."""

    kind: Kind
    where: str
    text: str
    deviation: str = ""

    def as_json(self) -> dict[str, Json]:
        """The note as data."""
        return {"kind": self.kind, "where": self.where, "text": self.text, "deviation": self.deviation}

    def __str__(self) -> str:
        more = f" [{self.deviation}]" if self.deviation else ""
        return f"{self.kind}: {self.where}: {self.text}{more}"


def gathered(notes: Iterable[Note]) -> list[str]:
    """The notes as lines, what is left out first; the same thing in several places is one line."""
    places: dict[tuple[Kind, str, str], list[str]] = {}
    for note in sorted(notes, key=lambda note: note.kind != "left out"):
        places.setdefault((note.kind, note.text, note.deviation), []).append(note.where)
    lines: list[str] = []
    for (kind, text, deviation), where in places.items():
        more = f" and {len(where) - 3} more" if len(where) > 3 else ""
        lines.append(str(Note(kind, ", ".join(where[:3]) + more, text, deviation)))
    return lines


class LeftOutError(ValueError):
    """Something that has no counterpart here; the message says what and why."""

    def __init__(self, message: str, deviation: str = "") -> None:
        super().__init__(message)
        self.deviation = deviation

    def note(self, where: str) -> Note:
        """What is told of it."""
        return Note("left out", where, str(self), self.deviation)
