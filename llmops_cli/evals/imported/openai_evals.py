"""OpenAI's evals: samples in JSONL, and the registry entry that says how they are held against their `ideal`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.evals.imported.assembly import fits
from llmops_cli.evals.imported.material import Entry, ForeignCase, Material, asked_by
from llmops_cli.files.json_value import Json, digest, parse_json, parse_json_lines, read_text
from llmops_cli.files.shape import nearest
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.prompts.formats.note import LeftOutError

CLASSES: Final = ("Match", "Includes", "FuzzyMatch", "JsonMatch")
_KNOWN = {"input", "ideal", "id", "metadata"}
_DEVIATIONS: Final = {
    "FuzzyMatch": "FuzzyMatch also drops punctuation and articles on both sides, and takes an answer that is a mere "
    "part of `ideal`",
    "JsonMatch": "JsonMatch compares the values of each key; here the whole value is compared",
}


def read_openai_evals(path: Path, *, eval_name: str = "", class_name: str = "") -> Material:
    """The samples of a JSONL file, or of an entry in a registry's YAML file.

    Raises FileError and InputError for what cannot be read, or names no eval that is there.
    """
    options: Entry = {}
    material = Material(name=path.stem)
    if path.suffix in (".yaml", ".yml"):
        material.name, found, options = _entry(path, eval_name)
        class_name = class_name or found
        path = _samples(path, options, material.name)
        _tell_options(options, material)
    elif eval_name:
        raise InputError("--eval names an entry of a registry, and this is no YAML file")
    if class_name and class_name not in CLASSES:
        material.leave_out("registry", f"the class {class_name} has no counterpart here")
        class_name = ""
    elif not class_name:
        material.leave_out("registry", f"no class is named, so there is no check; say --class {'|'.join(CLASSES)}")
    ignore_case = options.get("ignore_case") is True
    taken: set[str] = set()
    for line, row in parse_json_lines(read_text(path), path=str(path)):
        _add(material, row, f"{path.name}:{line}", class_name, taken)
    if class_name:
        material.checks.append(_check(class_name, ignore_case=ignore_case))
    if class_name in _DEVIATIONS:
        material.differs("registry", _DEVIATIONS[class_name])
    return material


def _add(material: Material, row: Mapping[str, Json], where: str, class_name: str, taken: set[str]) -> None:
    """One sample as a case, or a note of why there is none."""
    given = row.get("input")
    messages: Json = [{"role": "user", "content": given}] if isinstance(given, str) else given
    try:
        if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
            raise LeftOutError("`input` is neither a text nor a list of messages")
        asked = _asked([dict(each) for each in messages if isinstance(each, dict)])
        if not fits([case.asked for case in material.cases[:1]], asked):
            raise LeftOutError("begins with another role than the first one does, or with more than a text")
        expected, checks = _expected(row.get("ideal"), class_name)
    except LeftOutError as error:
        material.leave_out(where, str(error))
        return
    for key in sorted(row.keys() - _KNOWN):
        material.leave_out(where, f"the key {key!r}")
    name = row.get("id")
    case_id = str(name) if isinstance(name, str | int) and str(name).strip() else digest([list(asked)])[7:19]
    if case_id in taken:
        material.leave_out(where, f"the id {case_id!r} was there before (the same question again)")
        return
    taken.add(case_id)
    metadata = row.get("metadata")
    if metadata:
        material.leave_out(where, "the key 'metadata'")
    material.cases.append(ForeignCase(case_id, asked, expected, checks=checks))


def _asked(messages: list[Entry]) -> tuple[Entry, ...]:
    """The messages; one that is a single system message is asked as it is, which our cases say with a variable."""
    if len(messages) == 1 and messages[0].get("role") == "system" and isinstance(messages[0].get("content"), str):
        return (messages[0],)
    return asked_by(messages)


def _expected(ideal: Json, class_name: str) -> tuple[Json, tuple[Entry, ...]]:
    """What the case expects, and its own check where `expected` cannot say it."""
    if ideal is None:
        raise LeftOutError("there is no `ideal`")
    texts = [ideal] if isinstance(ideal, str) else ideal
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        if class_name in ("", "JsonMatch") and not isinstance(ideal, list):
            return ideal, ()
        raise LeftOutError("`ideal` is neither a text nor a list of texts")
    listed = [str(text) for text in texts]
    if class_name == "JsonMatch":
        if len(listed) > 1:
            raise LeftOutError("JsonMatch with several `ideal` has no counterpart here")
        try:
            return parse_json(listed[0]), ()
        except ValueError:
            raise LeftOutError("`ideal` is not JSON") from None
    if class_name == "Match" and len(listed) > 1:
        pattern = r"\A(?:" + "|".join(re.escape(text) for text in listed) + ")"
        return list(listed), ({"name": "match", "type": "regex", "value": pattern},)
    return listed[0] if len(listed) == 1 else list(listed), ()


def _check(class_name: str, *, ignore_case: bool) -> Entry:
    match class_name:
        case "Match":  # a case with several texts has one of its own, which takes its place
            return {"name": "match", "type": "starts-with"}
        case "Includes":
            return {"name": "includes", "type": "icontains-any" if ignore_case else "contains-any"}
        case "FuzzyMatch":
            return {"name": "fuzzy_match", "type": "icontains-any"}
    return {"name": "json_match", "type": "equals"}


def _entry(path: Path, wanted: str) -> tuple[str, str, Entry]:
    """The eval of a registry file: its name, its class, its arguments."""
    data = parse_yaml(read_text(path), path=str(path)).data
    entries = data if isinstance(data, dict) else {}
    evals = {name: one for name, one in entries.items() if isinstance(one, dict) and isinstance(one.get("class"), str)}
    if not evals:
        raise FileError([Problem(str(path), 1, "", "holds no eval with a `class`")])
    alias = entries.get(wanted)
    if isinstance(alias, dict) and isinstance(alias.get("id"), str):
        wanted = str(alias["id"])
    if not wanted and len(evals) > 1:
        raise InputError(f"{path} holds {len(evals)} evals", hint=f"say which: --eval {' | '.join(sorted(evals)[:6])}")
    name = wanted or next(iter(evals))
    if name not in evals:
        raise InputError(f"{path} has no eval {name!r}", hint=nearest(name, sorted(evals)))
    arguments = evals[name].get("args")
    return name, str(evals[name]["class"]).rpartition(":")[2], dict(arguments) if isinstance(arguments, dict) else {}


def _samples(registry: Path, options: Entry, name: str) -> Path:
    """Where the samples lie: beside the registry's file, or in the `data` folder beside its folder."""
    given = options.get("samples_jsonl")
    if not isinstance(given, str) or not given:
        raise InputError(f"{registry}: {name} names no samples_jsonl")
    folders = [registry.parent, registry.parent / "data", registry.parent.parent / "data"]
    found = next((folder / given for folder in folders if (folder / given).is_file()), None)
    if found is None:
        raise InputError(f"{registry}: {given} is not there", hint="import the JSONL itself, and say --class")
    return found


def _tell_options(options: Entry, material: Material) -> None:
    for key in sorted(options.keys() - {"samples_jsonl", "ignore_case"}):
        material.leave_out("registry", f"args.{key}")
