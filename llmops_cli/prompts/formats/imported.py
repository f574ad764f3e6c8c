"""What an import and an export come to: texts, and everything that has to be told of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from llmops_cli.errors import InputError
from llmops_cli.files.atomic import write_atomic
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.note import Note


@dataclass(frozen=True)
class Imported:
    """What an import writes (`files`, by path relative to the root), and what has to be told of it."""

    files: Mapping[str, str]
    prompts: tuple[str, ...]
    suites: tuple[str, ...] = ()
    cases: int = 0
    checks: int = 0
    notes: tuple[Note, ...] = ()
    updated: tuple[str, ...] = ()  # those of `files` that are there already and are meant to change
    unchanged: int = 0  # how many of the prompts are as they should be already, so that nothing of them is written

    @property
    def left_out(self) -> int:
        """How many things could not be carried over."""
        return sum(note.kind == "left out" for note in self.notes)

    def as_json(self) -> dict[str, Json]:
        """The import as data, without the texts of the files."""
        return {
            "prompts": list(self.prompts),
            "suites": list(self.suites),
            "cases": self.cases,
            "checks": self.checks,
            "files": list(self.files),
            "notes": [note.as_json() for note in self.notes],
        }


@dataclass(frozen=True, slots=True)
class Exported:
    """A prompt as a file of another tool, and what has to be told of it."""

    text: str
    notes: tuple[Note, ...] = ()

    @property
    def left_out(self) -> int:
        """How many things could not be carried over."""
        return sum(note.kind == "left out" for note in self.notes)


def write_import(imported: Imported, root: Path, *, force: bool = False) -> None:
    """Write the files. Raises InputError when one is there already (unless `force`) or cannot be written."""
    taken = [name for name in imported.files if name not in imported.updated and (root / name).exists()]
    if taken and not force:
        raise InputError(
            "these are in the way, so nothing was written:\n" + "\n".join(taken),
            hint="give the import another name (--name), or replace them (--force)",
        )
    for name, text in imported.files.items():
        try:
            write_atomic(root / name, text.encode())
        except OSError as error:
            raise InputError(f"{name} cannot be written: {error.strerror}") from None
