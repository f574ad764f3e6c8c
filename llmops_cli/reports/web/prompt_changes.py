"""What differs between the prompts of two sides, as markup: fields, variables, and messages down to the word."""

from collections.abc import Iterator, Sequence

from llmops_cli.errors import InputError
from llmops_cli.evals.run import Side
from llmops_cli.files.json_value import Json, canonical
from llmops_cli.prompts.contract import read_contract
from llmops_cli.prompts.diff import Change, MessageChange, PromptDiff, Segment, VariableChange, diff_prompts
from llmops_cli.prompts.level import needed_level
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.reports.web.markup import Child, Html, element, join
from llmops_cli.reports.web.tables import heads, scrolling

_MARKS = {"added": "ins", "removed": "del"}


def prompt_section(before: Side | None, after: Side, *, most: int) -> Html:
    """The prompt of a run: what changed of it, or all of it where there is nothing to compare with.

    Of a text more than `most` characters long the end is left out, and that is said.
    """
    try:
        candidate = _prompt_of(after)
        baseline = _prompt_of(before) if before is not None else None
    except InputError as error:
        return element("p", error.message[:1].upper() + error.message[1:] + ", so it is not shown.", class_="soft")
    if candidate is None or (before is not None and baseline is None):
        return element("p", "This run was stored without the texts of its prompts.", class_="soft")
    if baseline is None:
        return join(*_whole(candidate, most))
    return join(*_changes(diff_prompts(baseline, candidate), str(needed_level(baseline, candidate).level), most))


def segments(parts: Sequence[Segment], most: int) -> Html:
    """Stretches of text, marked where they came or went; at most `most` characters of them."""
    shown: list[Child] = []
    left = most
    for part in parts:
        text = part.text[:left]
        mark = _MARKS.get(part.kind)
        shown.append(element(mark, text) if mark else text)
        left -= len(text)
        if left <= 0:
            total = sum(len(one.text) for one in parts)
            shown.append(element("span", f"[{total - most:,} more characters]", class_="left-out"))
            break
    return element("pre", shown, class_="text")


def _prompt_of(side: Side) -> Prompt | None:
    """The prompt of a side; None where the run has none. Raises InputError where it is not what was measured."""
    if not side.contract:
        return None
    return read_contract(side.contract, name=side.prompt, version=side.version, named=side.digest)


def _whole(prompt: Prompt, most: int) -> Iterator[Html]:
    for message in prompt.messages:
        yield _labelled(message.role, segments([Segment("same", message.content)], most))


def _changes(diff: PromptDiff, level: str, most: int) -> Iterator[Html]:
    if diff.empty:
        yield element("p", f"{diff.after} is the same text as {diff.before}.", class_="soft")
        return
    yield element("p", f"{diff.before} → {diff.after}: this needs a {level} bump.", class_="soft")
    fields = [_field(change) for change in diff.fields]
    fields += [row for variable in diff.variables for row in _variable(variable)]
    if fields:
        head = heads(("what", "base", "this change"))
        yield scrolling("changed fields", element("table", head, element("tbody", fields), class_="figures values"))
    for message in diff.messages:
        yield _labelled(_title(message), segments(message.segments, most))


def _title(change: MessageChange) -> str:
    place = change.position if change.position is not None else change.position_before
    role = change.role or change.role_before
    moved = f" (was {change.role_before})" if change.role and change.role_before not in ("", change.role) else ""
    return f"message {(place or 0) + 1}, {role}{moved}: {change.kind}"


def _labelled(title: str, body: Html) -> Html:
    return element("figure", element("figcaption", title), body)


def _field(change: Change, name: str = "") -> Html:
    return element(
        "tr",
        element("th", name + change.field, scope="row"),
        element("td", element("del", _value(change.before)) if change.kind != "added" else "–"),
        element("td", element("ins", _value(change.after)) if change.kind != "removed" else "–"),
    )


def _variable(variable: VariableChange) -> Iterator[Html]:
    for change in variable.properties:
        yield _field(change, f"variable {variable.name}: ")


def _value(value: Json) -> str:
    text = value if isinstance(value, str) and value else canonical(value)
    return text if len(text) <= 2_000 else text[:2_000] + f" [{len(text) - 2_000:,} more characters]"
