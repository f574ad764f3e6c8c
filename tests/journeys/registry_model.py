"""A registry as a few dictionaries: what the commands should have made of git, told without git."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from llmops_cli.prompts.version import Level, Version
from tests.prompts.making import load


class Content(NamedTuple):
    """What a prompt says, without its version: some words, and the variables `a` and `b` ("required" or "optional")."""

    words: int = 0
    variables: tuple[tuple[str, str], ...] = ()

    def text(self, name: str, version: str) -> str:
        """The file."""
        lines = [f"name: {name}", f'version: "{version}"', "template_format: dollar", "variables:", "  question: {}"]
        lines += [f"  {each}: {{{'default: none' if kind == 'optional' else ''}}}" for each, kind in self.variables]
        mentioned = " ".join(f"${each}" for each, _ in self.variables)
        return "\n".join([*lines, "template: |", f"  Words {self.words}. $question {mentioned}".rstrip(), ""])

    def digest(self, name: str) -> str:
        """Of the prompt with this content, whatever its version."""
        return load(self.text(name, "1.0.0"), name=name).digest

    def with_variable(self, name: str, kind: str) -> "Content":
        """With a variable of another kind, or without it when the kind is empty."""
        others = {**dict(self.variables), name: kind}
        return Content(self.words, tuple(sorted((each, known) for each, known in others.items() if known)))


def level_between(before: Content, after: Content) -> Level:
    """The step in version that a change needs at least."""
    if before == after:
        return Level.NONE
    was, now = dict(before.variables), dict(after.variables)
    gone = was.keys() - now.keys()
    required = [name for name, kind in now.items() if kind == "required" and was.get(name) != "required"]
    if gone or required:
        return Level.MAJOR
    return Level.MINOR if was != now else Level.PATCH


@dataclass
class Story:
    """One prompt: what main says now, and all that was ever released."""

    content: Content
    version: str = "1.0.0"
    released: dict[str, Content] = field(default_factory=dict)
    yanked: set[str] = field(default_factory=set)

    def highest(self) -> str | None:
        """The highest release that is not yanked."""
        return max((each for each in self.released if each not in self.yanked), key=Version.parse, default=None)

    def may_release(self) -> bool | None:
        """Whether main's version may be (or is) a release; None where this model does not say."""
        known = self.released.get(self.version)
        if known is not None:
            return known == self.content
        highest = self.highest()
        if highest is None:
            return None if self.released else True
        version, below = Version.parse(self.version), Version.parse(highest)
        if version < max(map(Version.parse, self.released)):
            return None if version > below else False
        needed = level_between(self.released[highest], self.content)
        return None if needed == Level.NONE else version.level_from(below) >= needed


class Step(NamedTuple):
    """One line of an environment's log."""

    action: str
    name: str
    before: str
    after: str


@dataclass
class Place:
    """An environment: what is live, its log, and how much of that each clone has seen."""

    live: dict[str, str] = field(default_factory=dict)
    log: list[Step] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def move(self, action: str, name: str, version: str) -> None:
        """Make a version live."""
        self.log.append(Step(action, name, self.live.get(name, ""), version))
        self.live[name] = version

    def news_of_rollback(self, clone: str, name: str) -> bool:
        """Whether the latest that a clone has not seen of a prompt is that somebody went back."""
        seen = self.seen.get(clone, 0)
        news = [step for step in self.log[seen:] if step.name == name]
        return bool(seen and news) and news[-1].action == "rollback"

    def version_before(self, name: str, yanked: set[str]) -> str | None:
        """The version that was live before the live one: promotions are a stack from which a rollback takes."""
        stack: list[str] = []
        for step in self.log:
            if step.name != name:
                continue
            if step.action == "rollback":
                stack = stack[: stack.index(step.after)] if step.after in stack else stack[:-1]
            if stack[-1:] != [step.after]:
                stack.append(step.after)
        older = [each for each in stack if each not in yanked and each != self.live[name]]
        return older[-1] if older else None


@dataclass
class Model:
    """The whole registry."""

    stories: dict[str, Story] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=lambda: {"staging": Place(), "production": Place()})

    def released(self) -> list[tuple[str, str]]:
        """Every release: the prompt and its version."""
        return [(name, version) for name, story in self.stories.items() for version in story.released]

    def live(self) -> list[tuple[str, str]]:
        """All that is served: the environment and the prompt."""
        return [(environment, name) for environment, place in self.places.items() for name in place.live]

    def saw_all(self, clone: str) -> None:
        """A clone has fetched every environment."""
        for place in self.places.values():
            place.seen[clone] = len(place.log)

    def yanked_and_live(self) -> set[tuple[str, str]]:
        """Environments with the prompts of which they serve a yanked version."""
        return {
            (environment, name)
            for environment, place in self.places.items()
            for name, version in place.live.items()
            if version in self.stories[name].yanked
        }
