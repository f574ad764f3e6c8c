"""One field of a generated class, and its lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.codegen.python_text import call, comment, docstring, literal


@dataclass(frozen=True, slots=True)
class Field:
    """A field as Python: `name: annotation = Field(default=..., CONSTRAINTS)`."""

    name: str
    annotation: str
    default: str = ""  # Python source; empty for none
    constraints: Mapping[str, str] = field(default_factory=dict)  # of pydantic's Field, as Python source
    description: str = ""
    notes: Sequence[str] = ()  # what the annotation cannot say

    def lines(self) -> list[str]:
        """The notes as a comment, the statement, and the description below it, where editors look for it."""
        lines = comment("not checked here: " + "; ".join(self.notes)) if self.notes else []
        head = f"{self.name}: {self.annotation}"
        if self.constraints:
            given = [f"default={self.default}"] if self.default else []
            given += [f"{key}={value}" for key, value in self.constraints.items()]
            lines += call(f"{head} = Field(", given, ")")
        else:
            lines.append(f"    {head} = {self.default}" if self.default else f"    {head}")
        return [*lines, *docstring(self.description)]


def one_of(values: Sequence[Json]) -> str:
    """An annotation for exactly these JSON values, each a type of its own where Python can say so."""
    unique = {literal(value): value for value in values}
    spelled = ", ".join(unique)
    if all(isinstance(value, str | None) for value in unique.values()):
        return f"Literal[{spelled}]"
    named = all(isinstance(value, str | None) or _small(value) for value in unique.values())
    kind = f"Literal[{spelled}]" if named else "Json"
    # to Python True is 1 is 1.0; to a prompt they are three values
    return f"Annotated[{kind}, BeforeValidator(_one_of({spelled}))]"


def _small(value: Json) -> bool:
    """Whether it is a boolean, or an integer that pydantic finds in a Literal again."""
    return isinstance(value, int) and abs(value) < 2**63
