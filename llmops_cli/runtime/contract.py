"""What an application says of itself: the variables it passes to a prompt, and the fields of the answer it reads."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from llmops_cli.errors import InputError


@dataclass(frozen=True, slots=True)
class Contract:
    """What an application relies on: the variables it may pass to a prompt, and the fields of the answer it reads."""

    variables: Collection[str]
    output: Collection[str] = ()

    @classmethod
    def of(cls, name: str, declared: "Contract | Iterable[str]") -> "Contract":
        """From what the application wrote. Raises InputError for one text, which would count letter by letter."""
        if isinstance(declared, Contract):
            return cls(frozenset(declared.variables), frozenset(declared.output))
        if isinstance(declared, str):
            raise InputError(f"the contract of {name} is a list of variables", hint=f'write: ["{declared}"]')
        return cls(frozenset(declared))
