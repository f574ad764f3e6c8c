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
        one = declared if isinstance(declared, Contract) else cls(_names(name, "variables", declared))
        return cls(_names(name, "variables", one.variables), _names(name, "fields", one.output))


def _names(prompt: str, what: str, given: Iterable[str]) -> frozenset[str]:
    if isinstance(given, str):
        raise InputError(f"the contract of {prompt} is a list of {what}", hint=f'write: ["{given}"]')
    return frozenset(given)
