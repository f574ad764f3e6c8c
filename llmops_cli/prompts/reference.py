"""How a person names a prompt: `rag-answer`, behind an `@` a version, a range, an environment, a branch or a commit."""

from dataclasses import dataclass

from llmops_cli.errors import InputError
from llmops_cli.prompts.prompt import NAME
from llmops_cli.prompts.version_range import VersionRange


@dataclass(frozen=True, slots=True)
class Reference:
    """A name and what stands behind the `@`; an empty `at` means the working tree."""

    name: str
    at: str = ""

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Raises InputError when the name is not one a prompt can have, or nothing follows the `@`."""
        name, sign, at = text.partition("@")
        check_name(name)
        odd = at.startswith("-") or any(c.isspace() or ord(c) < 32 for c in at)
        if sign and (not at or odd) and VersionRange.parse(at) is None:  # `>=3.1 <4` has a space
            raise InputError(f"{text!r}: a version, environment, branch or commit must follow the @")
        return cls(name, at)

    def __str__(self) -> str:
        return f"{self.name}@{self.at}" if self.at else self.name


def check_name(name: str) -> str:
    """The name itself. Raises InputError when no prompt can be called so."""
    if not NAME.match(name) or "//" in name or len(name) > 200:
        raise InputError(
            f"{name!r} is not a prompt name",
            hint="use lowercase letters, digits, - _ and /, beginning and ending with a letter or digit",
        )
    return name
