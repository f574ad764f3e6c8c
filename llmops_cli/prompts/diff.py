"""What changed between two prompts, as data: fields, variables, and messages down to the word."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from llmops_cli.files.json_value import Json, canonical
from llmops_cli.prompts.prompt import Message, Prompt, tool_name
from llmops_cli.prompts.through import changed_partials

Kind = Literal["added", "removed", "changed"]
_TOKEN = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
# Comparing takes time with the cube of what stands there again and again, such as spaces and empty lines.
_MOST_TOKENS = 1_500  # per side of one block of changed lines; beyond, the block is shown as a whole
_MANY_LINES = 500  # from here on no match begins at a line that is there again and again
_MOST_PAIRS = 300_000  # of equal lines, one of either side, that a match may begin at; beyond, all of them are changed


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of message text. `same` and `removed` in turn are the text before, `same` and `added` the one after."""

    kind: Literal["same", "added", "removed"]
    text: str

    def as_json(self) -> dict[str, Json]:
        return {"kind": self.kind, "text": self.text}


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs. `field` is a dotted path; a side where it does not exist is None (see `kind`)."""

    field: str
    kind: Kind
    before: Json
    after: Json
    seen: bool = True  # by the model: False for description, owner, metadata and the like

    def as_json(self) -> dict[str, Json]:
        return {
            "field": self.field, "kind": self.kind, "before": self.before, "after": self.after, "seen": self.seen,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class VariableChange:
    """A variable that came, went, or changed; `properties` are all of its properties, or those that changed."""

    name: str
    kind: Kind
    properties: tuple[Change, ...]

    def as_json(self) -> dict[str, Json]:
        return {"name": self.name, "kind": self.kind, "properties": [each.as_json() for each in self.properties]}


@dataclass(frozen=True, slots=True)
class MessageChange:
    """A message that came, went, or changed. Positions count from 0; None on the side where it does not exist."""

    kind: Kind
    role: str
    role_before: str
    position: int | None
    position_before: int | None
    segments: tuple[Segment, ...]
    parts: tuple[str, ...] = ()  # partials that are not the same on both sides

    def as_json(self) -> dict[str, Json]:
        return {
            "kind": self.kind,
            "role": self.role,
            "role_before": self.role_before,
            "position": self.position,
            "position_before": self.position_before,
            "segments": [segment.as_json() for segment in self.segments],
            "parts": list(self.parts),
        }


@dataclass(frozen=True, slots=True)
class PromptDiff:
    """Everything that differs between two prompts; only the name, version and path are left to the two references."""

    before: str
    after: str
    digest_before: str
    digest_after: str
    fields: tuple[Change, ...]
    variables: tuple[VariableChange, ...]
    messages: tuple[MessageChange, ...]

    @property
    def same_digest(self) -> bool:
        """Whether the two are the same to the model."""
        return self.digest_before == self.digest_after

    @property
    def empty(self) -> bool:
        """Whether nothing differs at all, not even what the model does not see."""
        return not (self.fields or self.variables or self.messages)

    def as_json(self) -> dict[str, Json]:
        return {
            "before": {"reference": self.before, "digest": self.digest_before},
            "after": {"reference": self.after, "digest": self.digest_after},
            "same_digest": self.same_digest,
            "fields": [change.as_json() for change in self.fields],
            "variables": [change.as_json() for change in self.variables],
            "messages": [change.as_json() for change in self.messages],
        }


def diff_prompts(before: Prompt, after: Prompt) -> PromptDiff:
    """Compare two prompts by meaning: order of keys, comments and line ends do not matter."""
    return PromptDiff(
        before=before.reference,
        after=after.reference,
        digest_before=before.digest,
        digest_after=after.digest,
        fields=tuple(_fields(before, after)),
        variables=tuple(_variables(before, after)),
        messages=tuple(_messages(before, after)),
    )


def word_diff(before: str, after: str) -> tuple[Segment, ...]:
    """Two texts as stretches of same, removed and added words: first by lines, then by words within changed lines."""
    lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
    head, tail, *rest = _without_ends(*lines)
    found: list[Segment] = [Segment("same", "".join(head))]
    for tag, low, high, low_after, high_after in _changed_lines(*rest):
        old, new = "".join(rest[0][low:high]), "".join(rest[1][low_after:high_after])
        found += [Segment("same", old)] if tag == "equal" else _words(old, new)
    return tuple(_joined([*found, Segment("same", "".join(tail))]))


def _changed_lines(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """The steps from one list of lines to the other, as `difflib` tells them; a single one where that takes long."""
    longest = max(len(old), len(new))
    often = Counter(new)
    popular = len(new) // 100 + 1 if longest > _MANY_LINES else len(new)  # as difflib counts what begins no match
    if sum(often[line] for line in old if often[line] <= popular) > _MOST_PAIRS:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=longest > _MANY_LINES).get_opcodes()


def _without_ends(before: list[str], after: list[str]) -> tuple[list[str], list[str], list[str], list[str]]:
    """What both begin with, what both end with, and what is left of each."""
    shorter = min(len(before), len(after))
    head = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    tail = next((at for at in range(shorter - head) if before[-1 - at] != after[-1 - at]), shorter - head)
    rest = [side[head : len(side) - tail] for side in (before, after)]
    return before[:head], before[len(before) - tail :], rest[0], rest[1]


def _words(before: str, after: str) -> list[Segment]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if max(len(old), len(new)) > _MOST_TOKENS:
        head, tail, old, new = _without_ends(old, new)
        ends = [Segment("same", "".join(end)) for end in (head, tail)]
        return [ends[0], *_changed_words(old, new), ends[1]]
    return _changed_words(old, new)


def _changed_words(old: Sequence[str], new: Sequence[str]) -> list[Segment]:
    if not old or not new or max(len(old), len(new)) > _MOST_TOKENS:
        return [Segment("removed", "".join(old)), Segment("added", "".join(new))]
    found: list[Segment] = []
    opcodes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for index, (tag, low, high, low_after, high_after) in enumerate(opcodes):
        if tag != "equal":
            found += [Segment("removed", "".join(old[low:high])), Segment("added", "".join(new[low_after:high_after]))]
            continue
        text = "".join(old[low:high])
        if text.isspace() and "\n" not in text and 0 < index < len(opcodes) - 1:
            # a lone space between two changed words belongs to the change: `[-a b-]{+c d+}`, not four pieces
            found += [Segment("removed", text), Segment("added", text)]
        else:
            found.append(Segment("same", text))
    return found


def _joined(segments: Sequence[Segment]) -> Iterator[Segment]:
    """Neighbours of one kind as one segment; of a run of changes first what was removed, then what was added."""
    for changed, run in groupby((each for each in segments if each.text), key=lambda each: each.kind != "same"):
        pieces = list(run)
        kinds: tuple[Literal["same", "added", "removed"], ...] = ("removed", "added") if changed else ("same",)
        for kind in kinds:
            text = "".join(each.text for each in pieces if each.kind == kind)
            if text:
                yield Segment(kind, text)


def _messages(before: Prompt, after: Prompt) -> Iterator[MessageChange]:
    old, new = _roles_and_texts(before.messages), _roles_and_texts(after.messages)
    for tag, low, high, low_after, high_after in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for step in range(max(high - low, high_after - low_after)):
            i, j = low + step, low_after + step
            role_before, text_before = old[i] if i < high else ("", "")
            role, text = new[j] if j < high_after else ("", "")
            kind: Kind = "changed" if role and role_before else "added" if role else "removed"
            position, position_before = j if role else None, i if role_before else None
            included = after.messages[j].parts if role else ()
            parts = tuple(path for path in changed_partials(before, after) if path in included)
            yield MessageChange(kind, role, role_before, position, position_before, word_diff(text_before, text), parts)


def _roles_and_texts(messages: Sequence[Message]) -> list[tuple[str, str]]:
    return [(message.role, message.content.replace("\r\n", "\n")) for message in messages]


def _variables(before: Prompt, after: Prompt) -> Iterator[VariableChange]:
    for name in [*before.variables, *(name for name in after.variables if name not in before.variables)]:
        old, new = before.variables.get(name), after.variables.get(name)
        was = {**old.contract(), **_described(old.description)} if old else {}
        now = {**new.contract(), **_described(new.description)} if new else {}
        kind: Kind = "changed" if old and new else "added" if new else "removed"
        properties = tuple(
            Change(change.field, change.kind, change.before, change.after, change.field != "description")
            for change in _compare_keys("", was, now)
        )
        if properties:
            yield VariableChange(name, kind, properties)


def _described(description: str) -> dict[str, Json]:
    return {"description": description} if description else {}


def _fields(before: Prompt, after: Prompt) -> Iterator[Change]:
    old, new = before.contract(), after.contract()
    for field in ("model", "template_format"):
        yield from _compare(field, old[field], new[field])
    yield from _compare_keys("params", before.params, after.params)
    tools = [{tool_name(tool): dict(tool) for tool in prompt.tools} for prompt in (before, after)]
    yield from _compare_keys("tools", *tools)
    order = [[name for name in names if name in tools[0] and name in tools[1]] for names in tools]
    if order[0] != order[1]:
        yield Change("tools", "changed", list(tools[0]), list(tools[1]))
    yield from _compare("output.format", before.output.format, after.output.format)
    schemas = [dict(prompt.output.schema) if prompt.output.schema else None for prompt in (before, after)]
    yield from _compare("output.schema", *schemas)
    for field in ("description", "owner"):
        yield from _compare(field, getattr(before, field), getattr(after, field), seen=False)
    yield from _compare_keys("metadata", before.metadata, after.metadata, seen=False)


def _compare_keys(
    field: str, before: Mapping[str, Json], after: Mapping[str, Json], *, seen: bool = True
) -> Iterator[Change]:
    for key in [*before, *(key for key in after if key not in before)]:
        path = f"{field}.{key}" if field else key
        if key not in after:
            yield Change(path, "removed", before[key], None, seen)
        elif key not in before:
            yield Change(path, "added", None, after[key], seen)
        else:
            yield from _compare(path, before[key], after[key], seen=seen)


def _compare(field: str, before: Json, after: Json, *, seen: bool = True) -> Iterator[Change]:
    if canonical(before) == canonical(after):  # not ==, to which 1 and True are the same
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _compare_keys(field, before, after, seen=seen)
        return
    absent: tuple[Json, ...] = (None, "")
    kind: Kind = "added" if before in absent else "removed" if after in absent else "changed"
    yield Change(field, kind, before, after, seen)
