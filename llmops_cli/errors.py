"""Every error a person can meet, as one tree. An error says what is wrong, where, and what to do.

    LlmopsError                what went wrong in a way we foresaw
    |-- GateError          1   a check or the gate says no, where no report could carry the answer
    |-- InputError         2   bad input, file or flag
    |   `-- FileError      2   ... at a place: file, line, key
    |-- MeasureError       3   could not measure: provider, budget, nothing to evaluate or to compare
    |-- ServeError         3   no version of a prompt can be served: the remote, the disk and the snapshot say why
    |-- ForgeError         3   the forge (GitHub) refused, or did not answer
    |-- ConflictError      4   the registry says no: a tag exists, a race was lost
    `-- Interrupted      130   a person pressed Ctrl-C; what was paid for is kept

The number is the exit code (docs/reference/exit-codes.md).
Whatever is not in this tree is a bug of ours and ends with 70.
"""

from dataclasses import dataclass, replace
from typing import ClassVar


class LlmopsError(Exception):
    """Base of the tree. `message` is one sentence without markup, `hint` what to do about it (may be empty)."""

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class GateError(LlmopsError):
    """A check says no (exit code 1)."""

    exit_code = 1


class InputError(LlmopsError):
    """Bad input, file or flag (exit code 2)."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in one file. `line` counts from 1, 0 if unknown; `key` is a dotted path or empty."""

    path: str
    line: int
    key: str
    message: str
    hint: str = ""

    def below(self, key: str) -> "Problem":
        """The same problem seen from further up: its key begins at `key`, a dotted path."""
        return replace(self, key=f"{key}.{self.key}" if self.key else key)

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        key = f"{self.key}: " if self.key else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {key}{self.message}{hint}"


class FileError(InputError):
    """A file does not say what it must; carries every `Problem` found in one pass (at least one)."""

    def __init__(self, problems: list[Problem], *, hint: str = "") -> None:
        super().__init__("\n".join(str(problem) for problem in problems), hint=hint)
        self.problems = tuple(problems)


class MeasureError(LlmopsError):
    """Could not measure: provider, budget, nothing to evaluate, nothing to compare (exit code 3)."""

    exit_code = 3


class ServeError(LlmopsError):
    """A prompt cannot be served, or one place that it could come from cannot give it (exit code 3)."""

    exit_code = 3

    def __str__(self) -> str:  # a service logs it and nothing else, so what to do stands in it
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ForgeError(LlmopsError):
    """The forge refused, or did not answer (exit code 3, where that counts at all).

    `status` is that of its answer, 0 without one; `unknown_outcome` says that what was asked may have been done.
    """

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "", status: int = 0, unknown_outcome: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.unknown_outcome = unknown_outcome


class ConflictError(LlmopsError):
    """The registry says no: a tag exists, a race was lost (exit code 4)."""

    exit_code = 4


class Interrupted(LlmopsError):  # noqa: N818 - what happened, not what is wrong
    """A person pressed Ctrl-C (exit code 130); what was paid for is kept."""

    exit_code = 130
