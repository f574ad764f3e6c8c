"""What differs between two environments, or between two moments of them, prompt by prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from llmops_cli.errors import FileError, InputError
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.diff import PromptDiff, diff_prompts
from llmops_cli.prompts.level import Needed, needed_level
from llmops_cli.prompts.live import Live
from llmops_cli.prompts.past import Past, live_then, parse_moment, past_of
from llmops_cli.prompts.reference import check_name
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.served import name_at
from llmops_cli.prompts.version import Level

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Side:
    """One side: an environment at a commit (empty: it serves nothing). `label` is how messages name it."""

    label: str
    past: Past

    def as_json(self) -> dict[str, Json]:
        return {"environment": self.past.environment, "commit": self.past.commit, "label": self.label}


@dataclass(frozen=True, slots=True)
class Difference:
    """A prompt that the sides do not serve alike. A version is empty where the prompt is not live.

    `needed` and `diff` are there where both sides could be read; `problem` says why not.
    """

    name: str
    kind: Kind
    before: str
    after: str
    needed: Needed | None = None
    diff: PromptDiff | None = None
    problem: str = ""

    @property
    def level(self) -> str:
        """How large the step is; empty where it is none from one text to another."""
        return str(self.needed.level) if self.needed else ""

    @property
    def notices(self) -> list[str]:
        """What callers and readers must change when they go from the first side to the second."""
        reasons = self.needed.reasons if self.needed else ()
        return [reason.sentence for reason in reasons if reason.level == Level.MAJOR]

    def as_json(self, *, text: bool) -> dict[str, Json]:
        about: dict[str, Json] = {
            "name": self.name,
            "kind": self.kind,
            "from": self.before,
            "to": self.after,
            "level": self.level,
            "notices": list(self.notices),
            "problem": self.problem,
        }
        return about | ({"diff": self.diff.as_json() if self.diff else None} if text else {})


def side_of(registry: Registry, text: str, *, now: datetime) -> Side:
    """`production`, or `production@2h ago`. Raises InputError, and MeasureError where the log is cut off."""
    name, at, moment = text.partition("@")
    repo = registry.need_git("an environment is a branch")
    environment = registry.environment(name)
    if not at:
        past = Past(environment.name, environment.tip or "")
    else:
        past = past_of(repo, environment, parse_moment(moment, now=now))
    return Side(f"{text} ({past.commit[:7]})" if past.commit else text, past)


def compare(registry: Registry, a: Side, b: Side, name: str = "") -> list[Difference]:
    """What changes from `a` to `b`, by prompt; of one prompt alone, if it is named.

    Raises InputError for a prompt that neither side serves, MeasureError when git cannot be asked.
    """
    repo = registry.need_git("an environment is a branch")
    before, after = live_then(repo, a.past), live_then(repo, b.past)
    names = sorted({*before, *after})
    if name:
        if check_name(name) not in names:
            raise InputError(f"{name} is live on neither side", hint=f"live: {', '.join(names) or 'nothing'}")
        names = [name]
    held = [_held(registry, side.past.commit) for side in (a, b)]
    found: list[Difference] = []
    for each in names:
        was, now = before.get(each), after.get(each)
        if was is None or now is None:
            kind: Kind = "removed" if now is None else "added"
            found.append(Difference(each, kind, str(was.version) if was else "", str(now.version) if now else ""))
        elif held[0].get(each) != held[1].get(each):
            one = _changed(registry, (was, a.label), (now, b.label))
            if one.problem or one.before != one.after or (one.diff and not one.diff.empty):
                found.append(one)
    return found


def _held(registry: Registry, commit: str) -> Mapping[str, Mapping[str, str]]:
    """Prompt -> path -> object id of all that belongs to it."""
    assert registry.repo is not None
    entries = registry.repo.entries(commit) if commit else {}
    found: dict[str, dict[str, str]] = {}
    for path, (_, blob) in entries.items():
        if name := name_at(path):
            found.setdefault(name, {})[path] = blob
    return found


def _changed(registry: Registry, a: tuple[Live, str], b: tuple[Live, str]) -> Difference:
    """Of a prompt as the two sides serve it, each with its label."""
    name, was, now = a[0].name, str(a[0].version), str(b[0].version)
    try:
        before, after = (registry.served_prompt(live, label=label) for live, label in (a, b))
    except FileError as error:
        return Difference(name, "changed", was, now, problem=error.message)
    return Difference(name, "changed", was, now, needed_level(before, after), diff_prompts(before, after))
