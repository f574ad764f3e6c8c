"""What an import has read, in our words but not yet in our files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from llmops_cli.evals.conversation import Conversation
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.note import LeftOutError, Note

Entry = dict[str, Json]


@dataclass(frozen=True, slots=True)
class ForeignCase:
    """A case with all it was asked: messages in the form a golden set has them."""

    id: str
    asked: tuple[Entry, ...]
    expected: Json = None
    tags: tuple[str, ...] = ()
    checks: tuple[Entry, ...] = ()


@dataclass
class Material:
    """All that was read; `notes` tells what is said differently here and what could not be carried over.

    `answers` are rows of a recording without their prompt, `kept` further files by the ending of their name.
    """

    name: str
    model: str = ""
    params: Mapping[str, Json] = field(default_factory=dict)
    tools: Sequence[Entry] = ()
    cases: list[ForeignCase] = field(default_factory=list)
    checks: list[Entry] = field(default_factory=list)
    answers: list[Entry] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def differs(self, where: str, text: str) -> None:
        """Something means something else here."""
        self.notes.append(Note("differs", where, text))

    def leave_out(self, where: str, text: str) -> None:
        """Something could not be carried over."""
        self.notes.append(Note("left out", where, text))


def asked_by(messages: Sequence[Entry]) -> tuple[Entry, ...]:
    """The messages when a case can carry them. Raises LeftOutError that says why it cannot."""
    try:
        read = Conversation.model_validate({"messages": list(messages)}).messages
    except ValidationError as error:
        first = error.errors()[0]
        raise LeftOutError(first["msg"].removeprefix("Value error, ")) from None
    return tuple(message.as_json() for message in read)
