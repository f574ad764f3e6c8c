"""From what was read to the files of a project: a prompt, a golden set, a recording, and a suite over them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from llmops_cli.errors import MeasureError
from llmops_cli.evals.imported.material import Entry, ForeignCase, Material
from llmops_cli.evals.promptfoo.importing import Folders
from llmops_cli.evals.suite import load_suite
from llmops_cli.files.json_value import Json
from llmops_cli.files.yaml_text import yaml_text
from llmops_cli.models.recorded import read_recording
from llmops_cli.prompts.file import load_prompt
from llmops_cli.prompts.formats.imported import Imported
from llmops_cli.prompts.formats.naming import slug
from llmops_cli.prompts.template import literal_dollar
from llmops_cli.vcs.tree import Overlay

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Shape:
    """How the cases are split: messages and variables of the prompt, and how many of a case's messages they take."""

    messages: tuple[Entry, ...]
    variables: tuple[str, ...]
    taken: int


def assemble(material: Material, folders: Folders, *, name: str = "") -> Imported:
    """The files, each read once with our own loaders; nothing is written.

    Raises MeasureError when no case is left, FileError and InputError when what was made cannot be read back.
    """
    if not material.cases:
        told = "; ".join(str(note) for note in material.notes[:3])
        raise MeasureError(f"there is no case to import: {told}" if told else "there is no case to import")
    base = slug(name or material.name)
    shape = shape_of_cases([case.asked for case in material.cases])
    files = {
        f"{folders.prompts}/{base}.yaml": yaml_text(_prompt(material, shape, base)),
        f"{folders.evals}/golden/{base}.jsonl": _lines([_row(case, shape) for case in material.cases]),
        f"{folders.evals}/{base}.yaml": yaml_text(_suite(material, base)),
    }
    recording = f"{folders.evals}/recordings/{base}.jsonl"
    if material.answers:
        files[recording] = _lines([{"prompt": f"{base}@{VERSION}", **answer} for answer in material.answers])
        read_recording(files[recording], path=recording)
    files |= {f"{folders.evals}/recordings/{base}.{ending}": text for ending, text in material.kept.items()}
    tree = Overlay(folders.root, files)
    prompt = load_prompt(tree, f"{folders.prompts}/{base}.yaml", folder=folders.prompts)
    suite = load_suite(tree, f"{folders.evals}/{base}.yaml")
    for case in suite.golden.cases:
        prompt.render(case.vars)
    checks = len(material.checks) + sum(len(case.checks) for case in material.cases)
    if not checks:
        material.leave_out("checks", "there is none, so a run has nothing to measure; write some into the suite")
    notes = tuple(dict.fromkeys(material.notes))
    return Imported(files, (base,), (base,), len(material.cases), checks, notes)


def shape_of_cases(asked: Sequence[tuple[Entry, ...]]) -> Shape:
    """What all cases share becomes the prompt: the same first message, and one message of a text where that is all.

    What is left of a case are its own messages. A prompt needs a message: where the cases share none, the text of the
    first one becomes a variable.
    """
    first = asked[0][0]
    shared = (first,) if first["role"] == "system" and all(messages[0] == first for messages in asked) else ()
    rest = [messages[len(shared) :] for messages in asked]
    fixed = tuple(_escaped(message) for message in shared)
    if all(len(messages) == 1 and _plain(messages[0]) for messages in rest) and len({_role(m) for m in rest}) == 1:
        return Shape((*fixed, {"role": _role(rest[0]), "content": "$input"}), ("input",), len(shared) + 1)
    if shared and all(messages for messages in rest):
        return Shape(fixed, (), 1)
    return Shape(({"role": _role(asked[0]), "content": "$input"},), ("input",), 1)


def fits(asked: Sequence[tuple[Entry, ...]], messages: tuple[Entry, ...]) -> bool:
    """Whether a case can stand beside the others: one prompt must be able to begin all of them."""
    return _plain(messages[0]) and (not asked or _role(messages) == _role(asked[0]))


def _prompt(material: Material, shape: Shape, base: str) -> Entry:
    data: Entry = {"name": base, "version": VERSION, "description": f"Imported: {material.name}."}
    if material.model:
        data["model"] = material.model
    if material.params:
        data["params"] = dict(material.params)
    data["template_format"] = "dollar"
    data["variables"] = {name: {"type": "string"} for name in shape.variables}
    data["messages"] = list(shape.messages)
    if material.tools:
        data["tools"] = list(material.tools)
    return data


def _suite(material: Material, base: str) -> Entry:
    data: Entry = {"prompt": base, "cases": f"golden/{base}.jsonl"}
    if material.answers:
        data["target"] = {"recorded": f"recordings/{base}.jsonl"}
    if material.checks:
        data["checks"] = list(material.checks)
    names = dict.fromkeys(
        str(check["name"]) for check in (*material.checks, *(own for case in material.cases for own in case.checks))
    )
    if names:
        data["gate"] = {name: {"max_drop": 0.02} for name in names}
    return data


def _row(case: ForeignCase, shape: Shape) -> Entry:
    row: Entry = {"id": case.id}
    if shape.variables:
        row["vars"] = {"input": case.asked[shape.taken - 1]["content"]}
    if own := case.asked[shape.taken :]:
        row["messages"] = list(own)
    if case.expected is not None:
        row["expected"] = case.expected
    if case.tags:
        row["tags"] = list(case.tags)
    if case.checks:
        row["checks"] = list(case.checks)
    return row


def _escaped(message: Entry) -> Entry:
    return {"role": message["role"], "content": literal_dollar(str(message["content"]))}


def _plain(message: Entry) -> bool:
    """Whether a message is its role and its text alone, as messages of prompts are."""
    return (
        isinstance(message.get("content"), str) and message.keys() == {"role", "content"} and message["role"] != "tool"
    )


def _role(messages: tuple[Entry, ...]) -> Json:
    return messages[0]["role"]


def _lines(rows: Sequence[Entry]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
