"""A prompt, and the difference of two, as styled pieces of text: coloured on a terminal, marked in a pipe."""

from collections.abc import Iterator, Mapping, Sequence

from llmops_cli.files.json_value import Json, canonical
from llmops_cli.prompts.diff import Change, MessageChange, PromptDiff, Segment, VariableChange
from llmops_cli.prompts.level import Needed
from llmops_cli.prompts.prompt import Message, Prompt, tool_name
from llmops_cli.prompts.variable import Variable
from llmops_cli.reports.visible import one_line, visible

Piece = tuple[str, str]  # text and a rich style, empty for none
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_COLOURS = {"added": "green", "removed": "red", "changed": "yellow"}
_CONTEXT = 2  # unchanged lines shown around a change
_LONG = 100


def plain(pieces: Sequence[Piece]) -> str:
    """The pieces as text without styles."""
    return "".join(text for text, _ in pieces)


def prompt_pieces(prompt: Prompt) -> list[Piece]:
    """All that is known of a prompt, for people."""
    pieces: list[Piece] = [(f"{prompt.name} {prompt.version}", "bold"), (f"  {visible(prompt.path)}\n", "dim")]
    if prompt.description:
        pieces.append((f"{visible(prompt.description.strip())}\n", ""))
    facts = {
        "digest": prompt.digest,
        "owner": prompt.owner,
        "reads": ", ".join(prompt.parts),
        "model": prompt.model,
        "params": _pairs(prompt.params),
        "format": prompt.template_format,
        "tools": ", ".join(tool_name(tool) for tool in prompt.tools),
        "output": prompt.output.format + (" with a schema" if prompt.output.schema else ""),
        "metadata": _pairs(prompt.metadata),
    }
    for name, text in facts.items():
        if text:
            pieces += [(f"  {name:<9}", "dim"), (f"{visible(text)}\n", "")]
    if prompt.variables:
        pieces.append(("\nvariables\n", "bold"))
        width = max(map(len, prompt.variables))
        for name, variable in prompt.variables.items():
            pieces += [(f"  {name:<{width}}  ", ""), (f"{visible(_variable(variable))}\n", "dim")]
    pieces.append(("\n", ""))
    return pieces + message_pieces(prompt.messages)


def message_pieces(messages: Sequence[Message]) -> list[Piece]:
    """Messages one after the other, each below a line with its role."""
    pieces: list[Piece] = []
    for message in messages:
        pieces += [(f"--- {message.role}\n", "bold"), (visible(message.content).rstrip("\n") + "\n", "")]
    return pieces


def diff_pieces(diff: PromptDiff, needed: Needed, *, marks: bool) -> list[Piece]:
    """What changed, and which level it needs. With `marks`, words are marked `[-removed-]{+added+}`."""
    pieces: list[Piece] = [(f"{diff.before} -> {diff.after}\n", "bold")]
    if diff.empty:
        return [*pieces, ("nothing changed\n", "")]
    seen = [change for change in diff.fields if change.seen]
    unseen = [change for change in diff.fields if not change.seen]
    for change in seen:
        pieces += _change(change)
    for variable in diff.variables:
        pieces += _variable_change(variable)
    for message in diff.messages:
        pieces += _message(message, marks=marks)
    if unseen:
        pieces.append(("not seen by the model\n", "dim"))
        for change in unseen:
            pieces += _change(change)
    pieces.append(("\n", ""))
    return pieces + needed_pieces(needed)


def needed_pieces(needed: Needed) -> list[Piece]:
    """The level a change needs, and why."""
    if not needed.reasons:
        return [("needs no new version: it is the same to the model\n", "")]
    pieces: list[Piece] = [("needs at least ", ""), (f"{needed.level}\n", "bold")]
    width = max(len(str(reason.level)) for reason in needed.reasons)
    for reason in needed.reasons:
        pieces.append((f"  {reason.level!s:<{width}}  {visible(reason.sentence)}\n", ""))
    return pieces


def _change(change: Change) -> list[Piece]:
    sign, colour = _SIGNS[change.kind], _COLOURS[change.kind]
    words = {
        "added": _value(change.after),
        "removed": _value(change.before),
        "changed": f"{_value(change.before)} -> {_value(change.after)}",
    }[change.kind]
    return [(f"{sign} {visible(change.field)}: {words}\n", colour)]


def _variable_change(variable: VariableChange) -> list[Piece]:
    name = f"{_SIGNS[variable.kind]} variable {visible(variable.name)}"
    if variable.kind != "changed":
        values = variable.properties
        words = ", ".join(f"{p.field} {_value(p.after if variable.kind == 'added' else p.before)}" for p in values)
        return [(f"{name}: {words}\n", _COLOURS[variable.kind])]
    pieces: list[Piece] = [(f"{name}\n", _COLOURS[variable.kind])]
    for change in variable.properties:
        pieces += [("  ", ""), *_change(change)]
    return pieces


def _message(change: MessageChange, *, marks: bool) -> list[Piece]:
    role = change.role or change.role_before
    if change.role and change.role_before and change.role != change.role_before:
        role = f"{change.role_before} -> {change.role}"
    position = change.position if change.position is not None else change.position_before
    by = f" through {', '.join(map(visible, change.parts))}" if change.parts else ""
    head = f"{_SIGNS[change.kind]} message {(position or 0) + 1} ({role}){by}\n"
    pieces: list[Piece] = [(head, _COLOURS[change.kind])]
    for segment in _shortened(change.segments):
        text = visible(segment.text)
        if segment.kind == "same":
            pieces.append((text, ""))
        elif marks:
            pieces.append((f"[-{text}-]" if segment.kind == "removed" else f"{{+{text}+}}", ""))
        else:
            style = "red strike" if segment.kind == "removed" else "green"
            pieces.append((text, style))
    if not plain(pieces).endswith("\n"):
        pieces.append(("\n", ""))
    return pieces


def _shortened(segments: Sequence[Segment]) -> Iterator[Segment]:
    """The segments with long unchanged stretches cut to the lines around the changes."""
    for index, segment in enumerate(segments):
        lines = segment.text.split("\n")
        first, last = index == 0, index == len(segments) - 1
        keep_head, keep_tail = 0 if first else _CONTEXT + 1, 0 if last else _CONTEXT + 1
        if segment.kind != "same" or len(lines) <= keep_head + keep_tail + 1:
            yield segment
            continue
        kept = [*lines[:keep_head], "...", *lines[len(lines) - keep_tail :]]
        yield Segment("same", "\n".join(kept))


def _variable(variable: Variable) -> str:
    parts = [variable.type, "required" if variable.required else f"default {_value(variable.default)}"]
    bounds = variable.contract()
    parts += [f"{name} {_value(bounds[name])}" for name in bounds if name not in ("type", "default")]
    return ", ".join(parts) + (f"  {one_line(variable.description)}" if variable.description else "")


def _pairs(values: Mapping[str, Json]) -> str:
    return ", ".join(f"{name}={_value(value)}" for name, value in values.items())


def _value(value: Json) -> str:
    """A value on one line: text as it is where that is clear, everything else as JSON."""
    text = value if isinstance(value, str) and value.strip() == value != "" else canonical(value)
    return one_line(text, _LONG)
