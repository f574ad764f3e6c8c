"""What somebody wants moved on an environment, and what became of it."""

from dataclasses import dataclass
from typing import Literal

from llmops_cli.errors import InputError
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.reference import Reference
from llmops_cli.prompts.rules import Ruling

Verb = Literal["promote", "rollback"]


@dataclass(frozen=True, slots=True)
class Target:
    """A prompt and the version it is to have there. An empty version is for a rollback: what was live before."""

    name: str
    version: str = ""

    @classmethod
    def parse(cls, text: str) -> "Target":
        """`rag-answer@3.2.0`. Raises InputError."""
        reference = Reference.parse(text)
        if not reference.at:
            hint = f"write {text}@VERSION, or: llmops promote {text} VERSION --env ENV"
            raise InputError(f"{text}: the version is missing", hint=hint)
        return cls(reference.name, reference.at)


@dataclass(frozen=True, slots=True)
class Wishes:
    """Prompts to be moved together, all or none: the targets, or with `everything` all that is live on `source`.

    Without a source, everything is what the rules of the environment say it comes from, else the latest releases.
    """

    action: Verb
    environment: str
    targets: tuple[Target, ...] = ()
    everything: bool = False
    source: str = ""
    reason: str = ""
    push: bool = True
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """A single prompt to be moved. An empty `version` is for a rollback: to what was live before."""

    action: Verb
    name: str
    version: str
    environment: str
    reason: str = ""
    push: bool = True
    dry_run: bool = False

    def alone(self) -> Wishes:
        """The same as one of many."""
        target = Target(self.name, self.version)
        return Wishes(
            self.action, self.environment, (target,), reason=self.reason, push=self.push, dry_run=self.dry_run
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one prompt. `changed` is False when it was so `already`, or nothing was done; `commit` is empty
    then."""

    environment: str
    name: str
    before: str
    after: str
    changed: bool
    already: bool = False
    commit: str = ""
    pushed: bool = False

    def as_json(self) -> dict[str, Json]:
        return {"name": self.name, "from": self.before, "to": self.after, "changed": self.changed}


@dataclass(frozen=True, slots=True)
class Done:
    """What became of wishes: the prompts by name, and what the rules say of them (of a dry run, also that they forbid
    it). `commit` is empty when nothing was changed."""

    environment: str
    moves: tuple[Moved, ...]
    rulings: tuple[Ruling, ...] = ()
    commit: str = ""
    pushed: bool = False

    @property
    def refused(self) -> bool:
        """Whether a rule says no, which only a dry run lives to tell."""
        return not all(ruling.met for ruling in self.rulings)

    def as_json(self) -> dict[str, Json]:
        """With `name`, `from` and `to` of the prompt where it is a single one."""
        (single,) = self.moves if len(self.moves) == 1 else (None,)
        about: dict[str, Json] = {"environment": self.environment}
        if single:
            about |= {"name": single.name, "from": single.before, "to": single.after}
        return {
            **about,
            "changed": bool(self.commit),
            "commit": self.commit,
            "pushed": self.pushed,
            "moves": [move.as_json() for move in self.moves],
            "rules": [ruling.as_json() for ruling in self.rulings],
        }
