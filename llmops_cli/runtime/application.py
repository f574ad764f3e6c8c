"""What is known of the application that uses a prompt, and whether a version of it fits.

A version that comes later must not break the code that is running. What that code passes is known when it was declared,
or from what it has rendered so far; what else it relies on is taken to be what the first live version it got promised.

Forwards (a higher version) everything that callers must answer to is held back: nobody is hurt by waiting. Backwards,
as in a rollback, only what would make every call fail is: there it is waiting that hurts.
"""

from collections.abc import Iterator, Mapping

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.level import needed_level
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.version import Level
from llmops_cli.runtime.contract import Contract

_PASSED = ("variable-removed", "variable-renamed", "variable-required")  # rules that what is passed decides


class _Calls:
    """The names that calls passed: what all of them did, None before the first, and what any of them did."""

    def __init__(self) -> None:
        self.always: frozenset[str] | None = None
        self.ever: frozenset[str] = frozenset()

    def note(self, variables: Mapping[str, object]) -> None:
        names = frozenset(variables)
        if names == self.always == self.ever:
            return
        self.always = names if self.always is None else self.always & names
        self.ever |= names


class Application:
    """How this process uses one prompt. Calls may be noted by many threads; it only ever learns more."""

    def __init__(self, contract: Contract | None = None) -> None:
        self.contract = contract
        self.handed = False  # whether it got any version so far
        self.first: Prompt | None = None  # the first live one it got: its code was written for that
        self._rendered = _Calls()
        self._failed = _Calls()

    def renders(self, variables: Mapping[str, object]) -> None:
        """The application passes these, and the version of the moment takes them."""
        self._rendered.note(variables)

    def fails(self, variables: Mapping[str, object]) -> None:
        """It passes these, and the version of the moment does not take them.

        That speaks of the application only as long as no call of it comes through. Among good calls it is a bad one,
        and if it counted, one wrong request would keep every rollback away from then on.
        """
        self._failed.note(variables)

    def gets(self, prompt: Prompt, *, live: bool) -> None:
        """It is handed this version. One from the disk or a bundle may be older than its code, so it says nothing."""
        self.handed = True
        if live and self.first is None:
            self.first = prompt

    def misfit(self, new: Prompt, *, now: Prompt | None) -> str:
        """Why this version would break the application, a sentence without a full stop; empty when it fits."""
        forwards = now is None or new.version > now.version
        return "; ".join(dict.fromkeys([*self._passed(new), *self._read(new), *self._promised(new, forwards)]))

    def _passed(self, new: Prompt) -> Iterator[str]:
        always, ever = self._known()
        if always is None:
            return
        for name, variable in new.variables.items():
            if variable.required and name not in always:
                yield f"it needs variable {name!r}, which the application does not pass"
        for name in sorted(ever - new.variables.keys()):
            yield f"it does not take variable {name!r}, which the application passes"
        for name, old in self.first.variables.items() if self.first else ():
            now = new.variables.get(name)
            if now is not None and now.type != old.type and (old.type, now.type) != ("integer", "number"):
                yield f"its variable {name!r} is no longer {old.type} but {now.type}"

    def _known(self) -> tuple[frozenset[str] | None, frozenset[str]]:
        """The names that every call passes, and those that some call does."""
        if self.contract is not None:
            declared = frozenset(self.contract.variables)
            return declared, declared
        calls = self._failed if self._rendered.always is None else self._rendered
        if calls.always is not None or self.first is None:
            return calls.always, calls.ever
        needed = frozenset(name for name, variable in self.first.variables.items() if variable.required)
        return needed, needed

    def _read(self, new: Prompt) -> Iterator[str]:
        fields = self.contract.output if self.contract else ()
        promised = _fields(new.output.schema)
        for name in sorted(set(fields) - promised):
            yield f"its output does not promise the field {name!r}, which the application reads"

    def _promised(self, new: Prompt, forwards: bool) -> Iterator[str]:
        """What callers of the first version would notice, beyond what is known of this one."""
        if self.first is None or not forwards:
            return
        declared = self.contract is not None and bool(self.contract.output)
        for reason in needed_level(self.first, new).reasons:
            known = reason.rule in _PASSED or (declared and reason.rule.startswith("output-"))
            if reason.level == Level.MAJOR and not known:
                yield reason.sentence


def _fields(schema: Mapping[str, Json] | None) -> frozenset[str]:
    properties = schema.get("properties") if schema else None
    return frozenset(properties) if isinstance(properties, dict) else frozenset()
