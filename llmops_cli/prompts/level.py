"""How large a step in version a change needs, and why.

major  callers or readers must change: a variable removed, renamed, newly required or narrowed; an output field
       removed, retyped or no longer promised; a tool removed, or one whose arguments changed under the application
minor  nobody must change, but the prompt can or does more: optional variable, output field or tool added; model,
       params, defaults or the order of messages changed; or an evaluation that shows that behaviour moved
patch  wording only
none   the same to the model

The rules are about what can be known from the files; only the evidence of an evaluation speaks about behaviour.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from llmops_cli.files.json_value import Json, canonical
from llmops_cli.prompts.diff import PromptDiff, diff_prompts
from llmops_cli.prompts.prompt import Prompt, tool_name, tool_schema
from llmops_cli.prompts.schema_change import SchemaStep, schema_changes
from llmops_cli.prompts.template import Substitution
from llmops_cli.prompts.through import through
from llmops_cli.prompts.variable import Variable
from llmops_cli.prompts.version import Level


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a level is needed: a stable rule id and a sentence without a full stop."""

    level: Level
    rule: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence

    def as_json(self) -> dict[str, Json]:
        return {"level": str(self.level), "rule": self.rule, "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class Needed:
    """The level a change needs, with every reason, the weightiest first."""

    level: Level
    reasons: tuple[Reason, ...] = ()

    def as_json(self) -> dict[str, Json]:
        return {"level": str(self.level), "reasons": [reason.as_json() for reason in self.reasons]}


# (digest before, digest after) -> a sentence when a stored evaluation saw that behaviour moved, else empty
Evidence = Callable[[str, str], str]


def no_evidence(before: str, after: str) -> str:
    """Nothing was measured."""
    del before, after
    return ""


def needed_level(before: Prompt, after: Prompt, *, behaviour_moved: str = "") -> Needed:
    """The smallest level that the step from `before` to `after` may have; the two versions themselves do not matter.

    `behaviour_moved` is the sentence of an evaluation that saw a difference; it raises a change to minor, and never
    lowers one. Prompts with the same digest need nothing.
    """
    diff = diff_prompts(before, after)
    if diff.same_digest:
        return Needed(Level.NONE)
    reasons = [
        *_variables(before, after),
        *_output(before, after),
        *_tools(before, after),
        *_settings(diff),
        *_text(before, after, diff),
    ]
    if behaviour_moved:
        reasons.append(Reason(Level.MINOR, "behaviour-moved", behaviour_moved))
    if not reasons:  # such as the values of an enum in another order
        reasons.append(Reason(Level.PATCH, "content-changed", "what the model sees changed"))
    reasons.sort(key=lambda reason: -reason.level)
    return Needed(reasons[0].level, tuple(reasons))


def _variables(before: Prompt, after: Prompt) -> Iterator[Reason]:
    removed = [name for name in before.variables if name not in after.variables]
    added = [name for name in after.variables if name not in before.variables]
    if _renamed(before, after, removed, added):
        sentence = f"variable {removed[0]!r} was renamed to {added[0]!r}"
        yield Reason(Level.MAJOR, "variable-renamed", sentence)
        removed, added = [], []
    for name in removed:
        yield Reason(Level.MAJOR, "variable-removed", f"variable {name!r} was removed")
    for name in added:
        if after.variables[name].required:
            yield Reason(Level.MAJOR, "variable-required", f"the new variable {name!r} is required")
        else:
            yield Reason(Level.MINOR, "variable-added", f"the optional variable {name!r} was added")
    for name, old in before.variables.items():
        if name in after.variables:
            yield from _variable(name, old, after.variables[name])


def _renamed(before: Prompt, after: Prompt, removed: list[str], added: list[str]) -> bool:
    """Whether one variable took the place of another: same type, mentioned where the other was."""
    if len(removed) != 1 or len(added) != 1:
        return False
    if before.variables[removed[0]].type != after.variables[added[0]].type:
        return False
    if removed[0] not in _mentions(before, {}):
        return False
    return _mentions(before, {removed[0]: added[0]}) == _mentions(after, {})


def _mentions(prompt: Prompt, renamed: Mapping[str, str]) -> list[str]:
    """The variables in order of appearance (of jinja, by the line of the first), some by another name."""
    found: list[str] = []
    for template in prompt.templates:
        if isinstance(template, Substitution):
            found += [renamed.get(name, name) for _, name in template.parts if name]
        else:
            lines = sorted((template.line_of(name), renamed.get(name, name)) for name in template.names)
            found += [name for _, name in lines]
    return found


def _variable(name: str, old: Variable, new: Variable) -> Iterator[Reason]:
    narrowed, widened = _bounds(old, new)
    if old.type != new.type:
        change = f"type {old.type} became {new.type}"
        (widened if (old.type, new.type) == ("integer", "number") else narrowed).append(change)
    if narrowed:
        yield Reason(Level.MAJOR, "variable-narrowed", f"variable {name!r} was narrowed: {', '.join(narrowed)}")
    if widened:
        yield Reason(Level.MINOR, "variable-widened", f"variable {name!r} was widened: {', '.join(widened)}")
    if new.required and not old.required:
        yield Reason(Level.MAJOR, "variable-required", f"variable {name!r} lost its default and is now required")
    elif old.required and not new.required:
        yield Reason(Level.MINOR, "variable-optional", f"variable {name!r} is now optional")
    elif canonical(old.default) != canonical(new.default):
        yield Reason(Level.MINOR, "default-changed", f"the default of variable {name!r} changed")


def _bounds(old: Variable, new: Variable) -> tuple[list[str], list[str]]:
    """What no longer fits, and what now fits, as words."""
    narrowed: list[str] = []
    widened: list[str] = []
    for field, sign in (("min_length", 1), ("minimum", 1), ("max_length", -1), ("maximum", -1)):
        was, now = getattr(old, field), getattr(new, field)
        if was == now:
            continue
        tighter = was is None or (now is not None and sign * now > sign * was)
        step = (
            f"{field} {now}" if was is None else f"{field} {was} removed" if now is None else f"{field} {was} to {now}"
        )
        (narrowed if tighter else widened).append(step)
    was_enum = {canonical(value) for value in old.enum} if old.enum is not None else None
    now_enum = {canonical(value) for value in new.enum} if new.enum is not None else None
    if now_enum is not None and (was_enum is None or was_enum - now_enum):
        lost = f"without {', '.join(sorted(was_enum - now_enum))}" if was_enum is not None else "is new"
        narrowed.append(f"enum {lost}")
    if was_enum is not None and (now_enum is None or now_enum - was_enum):
        gained = f"with {', '.join(sorted(now_enum - was_enum))}" if now_enum is not None else "removed"
        widened.append(f"enum {gained}")
    return narrowed, widened


def _output(before: Prompt, after: Prompt) -> Iterator[Reason]:
    old, new = before.output, after.output
    if old.format != new.format:
        yield Reason(Level.MAJOR, "output-format", f"the output was {old.format} and is now {new.format}")
        return
    if old.schema and not new.schema:
        yield Reason(Level.MAJOR, "output-removed", "the output no longer promises a schema")
    elif new.schema and not old.schema:
        yield Reason(Level.MINOR, "output-added", "the output now has a schema")
    elif old.schema and new.schema:
        yield from _output_schema(old.schema, new.schema)


def _output_schema(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Reason]:
    for change in schema_changes(old, new):
        field = f"output field {change.field!r}" if change.field else "the output"
        match change.step:
            case SchemaStep.REMOVED:
                yield Reason(Level.MAJOR, "output-removed", f"{field} was removed")
            case SchemaStep.RETYPED:
                sentence = f"{field} was {change.before} and may now be {change.after}"
                yield Reason(Level.MAJOR, "output-retyped", sentence)
            case SchemaStep.OPTIONAL:
                yield Reason(Level.MAJOR, "output-optional", f"{field} is no longer required")
            case SchemaStep.ADDED | SchemaStep.REQUIRED:
                words = "was added" if change.new else "is now required"
                yield Reason(Level.MINOR, "output-added", f"{field} {words}")
            case SchemaStep.OTHER:
                yield Reason(Level.MINOR, "output-changed", f"the schema of {field} changed")


def _tools(before: Prompt, after: Prompt) -> Iterator[Reason]:
    old = {tool_name(tool): tool for tool in before.tools}
    new = {tool_name(tool): tool for tool in after.tools}
    for name in old.keys() - new.keys():
        yield Reason(Level.MAJOR, "tool-removed", f"tool {name!r} was removed")
    for name in new.keys() - old.keys():
        yield Reason(Level.MINOR, "tool-added", f"tool {name!r} was added")
    for name in [name for name in old if name in new]:
        yield from _tool(name, old[name], new[name])
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield Reason(Level.MINOR, "tool-changed", "the order of the tools changed")


def _tool(name: str, old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Reason]:
    """The application runs the tool with what the model passes, so it is the one that must cope with new arguments."""
    if canonical(old) == canonical(new):
        return
    breaking = False
    for change in schema_changes(tool_schema(old), tool_schema(new)):
        argument = f"argument {change.field!r} of tool {name!r}" if change.field else f"the arguments of tool {name!r}"
        words = {
            SchemaStep.REQUIRED: ("tool-argument-required", "is newly required"),
            SchemaStep.REMOVED: ("tool-argument-removed", "was removed"),
            SchemaStep.RETYPED: ("tool-argument-retyped", f"was {change.before} and may now be {change.after}"),
            SchemaStep.OPTIONAL: ("tool-argument-optional", "may now be missing"),
        }.get(change.step)
        if words:
            breaking = True
            yield Reason(Level.MAJOR, words[0], f"{argument} {words[1]}")
    if not breaking:
        yield Reason(Level.MINOR, "tool-changed", f"tool {name!r} changed")


def _settings(diff: PromptDiff) -> Iterator[Reason]:
    for change in diff.fields:
        if change.field == "model":
            sentence = f"the model changed from {change.before or 'none'} to {change.after or 'none'}"
            yield Reason(Level.MINOR, "model-changed", sentence)
        elif change.field.startswith("params."):
            words = {"added": "was added", "removed": "was removed", "changed": "changed"}[change.kind]
            yield Reason(Level.MINOR, "params-changed", f"{change.field} {words}")


def _text(before: Prompt, after: Prompt, diff: PromptDiff) -> Iterator[Reason]:
    if [message.role for message in before.messages] != [message.role for message in after.messages]:
        yield Reason(Level.MINOR, "messages-changed", "messages were added, removed or changed their role")
    elif before.template_format != after.template_format:
        if [_parts(template) for template in before.templates] == [_parts(template) for template in after.templates]:
            yield Reason(Level.PATCH, "syntax-only", "another template_format that renders the same")
        else:
            yield Reason(Level.MINOR, "format-changed", "template_format changed, and with it what is filled in")
    elif diff.messages:
        yield Reason(Level.PATCH, "wording", f"the wording changed{through(before, after)}")


def _parts(template: object) -> object:
    return template.parts if isinstance(template, Substitution) else template
