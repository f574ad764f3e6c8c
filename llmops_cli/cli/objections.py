"""How commands that object say so: in lines, as JSON, or in a format that a CI system shows beside the change."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console

if TYPE_CHECKING:
    from llmops_cli.reports.annotation import Annotation

FormatName = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help="terminal, json, annotations, sarif or codequality.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file; `-` is stdout.")
]
_FORMATS = ("terminal", "json", "annotations", "sarif", "codequality")


@dataclass(frozen=True, slots=True)
class Way:
    """The way that was asked for: a name of a format, and where to."""

    format: str
    output: Path | None

    @classmethod
    def chosen(cls, format: str, output: Path | None, *, as_json: bool) -> "Way":
        """Raises InputError for a format there is none of; before any work is done."""
        from llmops_cli.errors import InputError
        from llmops_cli.files.shape import nearest

        if format not in _FORMATS:
            raise InputError(f"there is no format {format!r}", hint=nearest(format, _FORMATS))
        return cls("json" if as_json else format, output)

    def deliver(
        self,
        category: str,
        *,
        lines: Iterable[str],
        document: Callable[[], object],
        annotations: "Callable[[], Sequence[Annotation]]",
    ) -> None:
        """Write what was found; `category` is the name of who looked. Raises InputError."""
        from llmops_cli.reports.visible import visible

        if self.format == "terminal":
            console.deliver((visible(line) + "\n" for line in lines), self.output, for_people=True)
        elif self.format == "json":
            console.deliver([console.json_text(document())], self.output)
        else:
            from llmops_cli.reports.annotation_formats import ANNOTATED

            console.deliver([ANNOTATED[self.format](annotations(), category)], self.output)
