"""The schemas of files and the commands that read them agree: held against each other on every file of this project, on
all that a hand can slip at, and on values that nobody would write.
"""

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from llmops_cli.checks.catalogue import shape_of_check
from llmops_cli.checks.entry import Entry, catalogue_entries
from llmops_cli.cli.main import main
from llmops_cli.errors import LlmopsError, MeasureError
from llmops_cli.evals.dataset import case_of
from llmops_cli.evals.suite import load_suite
from llmops_cli.files.json_value import Json, parse_json_lines
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.prompts.file import load_prompt
from llmops_cli.reports.file_schemas import FILE_SCHEMAS
from llmops_cli.settings import SETTINGS_FILE, parse_settings
from llmops_cli.vcs.tree import Overlay, WorkTree
from tests.conftest import ROOT

PROJECTS = ("", "judges/", "examples/rag/", "llmops_cli/scaffold/")
Key = tuple[str | int, ...]

# What only the commands can know, by name, and how they say it
DIFFERENCES = {
    "the name is the path of the file": r"but the file is",
    "variables are those that the template mentions": r"is not declared",
    "a template is one": r"is not a variable|the template syntax is not clear",
    "bounds leave something between them": r"is larger than m(ax|in)",
    "a default and an enum fit the bounds": r"(the default|a value of enum) (is|must)",
    "a tool stands there once": r"tool '.*' is there twice",
    "a file that is named is there": r"no such file|is not a regular file",
    "a path stays in the project": r"leads out of the project",
    "a metric is one that a check makes": r"no check or measure has this name|no case has this tag",
    "somebody may sign where all must": r"nobody may sign",
    "environments follow one another": r"soak needs a from|from names|from leads back",
    "calls and results follow each other": r"messages: (must end|\[|the result|two calls)",
    "options of a check go together": r"checks\[\d+\]|with `expected`|needs a rubric",
}


@cache
def validator(name: str) -> Draft7Validator:
    schema = FILE_SCHEMAS[name](False)
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def faults(name: str, data: Json) -> list[str]:
    """What the schema says."""
    if validator(name).is_valid(data):
        return []
    return [f"{error.json_path}: {error.message[:200]}" for error in validator(name).iter_errors(data)]


def complaint(kind: str, project: str, path: str, data: Json) -> str:
    """What the command says of a file with this data, empty when it takes it."""
    text = json.dumps(data)
    try:
        match kind:
            case "prompt":
                load_prompt(Overlay(ROOT / project, {path: text}), path, folder="prompts")
            case "suite":
                load_suite(Overlay(ROOT / project, {path: text}), path)
            case "settings":
                parse_settings(text)
            case "case":
                assert isinstance(data, dict)
                for check in case_of(data, path, 1).checks:
                    shape_of_check(check, path=path)
    except MeasureError:
        return ""
    except LlmopsError as error:
        return error.message
    return ""


def files() -> Iterator[tuple[str, str, str, Json]]:
    """Kind, project, path and data of every file that this project holds."""
    for project in PROJECTS:
        tree = WorkTree(ROOT / project)
        for path in tree.paths("prompts"):
            if path.endswith(".yaml"):
                yield "prompt", project, path, parse_yaml((tree.read(path) or b"").decode(), path=path).data
        for path in tree.paths("evals"):
            if path.endswith(".yaml"):
                yield "suite", project, path, parse_yaml((tree.read(path) or b"").decode(), path=path).data
            if "/golden/" in path and path.endswith(".jsonl"):
                rows = parse_json_lines((tree.read(path) or b"").decode(), path=path)
                yield from (("case", project, path, row) for _, row in rows[:3])
        if (settings := tree.read(SETTINGS_FILE)) is not None:
            yield "settings", project, SETTINGS_FILE, parse_yaml(settings.decode(), path=SETTINGS_FILE).data


FILES = list(files())
OLDER: dict[str, Json] = {
    "vars": {"name": "p", "version": "1.0.0", "required_vars": ["x"], "optional_vars": {"y": 1}, "model_hint": None,
             "template": "$x $y"},
    "created": {"name": "p", "version": "1.0.0", "created_by": "Ann", "created_at": "2025", "template": "{x}",
                "metadata": {"team": "search"}},
    "whole": {"name": "p", "version": "1.0.0", "template": None, "messages": [{"role": "user", "content": "$n"}],
              "variables": {"n": {"type": "integer", "minimum": 1, "default": 2, "enum": [2, 3]}},
              "tools": [{"function": {"name": "a"}}, {"name": "b"}], "output": {"format": "json", "schema": {}}},
}  # fmt: skip
SUITE: dict[str, Json] = {
    "prompt": "ticket-summary", "cases": "golden/ticket-summary.jsonl", "repeats": 2,
    "target": {"python": "a.b:c", "code": ["src/"], "timeout_s": 1, "params": {"temperature": 0}},
    "checks": [{"name": "kind", "type": "not-icontains", "value": "hope"}],
    "gate": {
        "alpha": 0.1, "mode": "noninferior", "cost_usd": {"ceiling": 1, "max_rise": "10%"},
        "kind": {"floor": 0.5, "max_drop": 0.1, "slices": {"billing": {"floor": 0.2}}},
    },
}  # fmt: skip
SETTINGS: Json = {
    "prompts": "./prompts/",
    "environments": {"a": {}, "b": {"from": "a", "eval": "pass", "soak": "1h", "signed": True}},
    "interpreters": {"app": "x"}, "run": {"timeout_s": 0.5},
    "calibration": {"min_kappa": 0}, "signing": {"allowed_signers": "keys", "required": True},
}  # fmt: skip
CASE: Json = {
    "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [
            {"id": "a", "name": "f", "arguments": {"x": 1}},
            {"id": "b", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": ""},
        {"role": "tool", "tool_call_id": "b", "content": "1"},
    ],
    "checks": [
        {"name": "both", "type": "check-set", "checks": [
            {"type": "contains", "value": "x", "weight": 2}, {"type": "not-regex", "value": "y", "required": True}]},
        {"name": "true", "type": "judge", "judge": "relevance@1", "model": "m", "threshold": 0.5},
    ],
}  # fmt: skip
GOOD = [
    *(("prompt", "", "prompts/p.yaml", data) for data in OLDER.values()),
    ("settings", "", SETTINGS_FILE, SETTINGS),
    ("case", "", "evals/golden/x.jsonl", CASE),
    ("suite", "llmops_cli/scaffold/", "evals/x.yaml", SUITE),
    *(one for one in FILES if one[0] == "prompt" and not one[1]),
]


def places(data: Json, key: Key = ()) -> Iterator[Key]:
    """Every key of every mapping, wherever it stands."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield (*key, name)
            yield from places(value, (*key, name))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from places(value, (*key, index))


def changed(data: Any, key: Key, *, to: Json = None, name: str = "", gone: bool = False) -> Any:
    """The data with another value at a key, with another name for it, or without it."""
    data = copy.deepcopy(data)
    inner = data
    for part in key[:-1]:
        inner = inner[part]
    if gone or name:
        to = inner.pop(key[-1])
    if not gone:
        inner[name or key[-1]] = to
    return data


def disagreement(kind: str, project: str, path: str, data: Json) -> str:
    """Why the schema and the command do not say the same, beyond the differences that have a name; else empty."""
    by_schema, by_command = faults(kind, data), complaint(kind, project, path, data)
    if by_schema and not by_command:
        return f"only the schema refuses {path}: {by_schema[:3]}"
    if by_command and not by_schema and not any(re.search(said, by_command) for said in DIFFERENCES.values()):
        return f"only the command refuses {path}: {by_command}"
    return ""


def test_every_file_of_this_project_is_valid() -> None:
    assert {kind for kind, *_ in FILES} == set(FILE_SCHEMAS)
    assert [(path, found) for kind, _, path, data in [*FILES, *GOOD] if (found := faults(kind, data))] == []


@pytest.mark.parametrize(("kind", "project", "path", "data"), GOOD)
def test_a_slip_of_the_hand_is_refused_by_both(kind: str, project: str, path: str, data: Json) -> None:
    """A key with another name, a key too many, a key that is gone, a value of another kind."""
    assert complaint(kind, project, path, data) == ""
    for key in places(data):
        others = [changed(data, key, name=f"{key[-1]}x"), changed(data, key, gone=True)]
        others += [changed(data, key, to=value) for value in (None, -1, "")]
        assert [found for one in others if (found := disagreement(kind, project, path, one))] == []
    assert faults(kind, {**data, "zzz": 1}) and complaint(kind, project, path, {**data, "zzz": 1})  # type: ignore[dict-item]


PROMPT: dict[str, Json] = {"name": "p", "version": "1.0.0", "template": "$x", "template_format": "dollar"}
NARROW: Json = {"type": "string", "min_length": 3, "max_length": 2}
NUMBER: Json = {"type": "integer", "minimum": 3, "default": 2}
TURNS: list[Json] = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
EXAMPLES: dict[str, tuple[str, dict[str, Json]]] = {
    "the name is the path of the file": ("prompt", {**PROMPT, "name": "q"}),
    "variables are those that the template mentions": ("prompt", {**PROMPT, "variables": {"y": {}}}),
    "a template is one": ("prompt", {**PROMPT, "template": "${"}),
    "bounds leave something between them": ("prompt", {**PROMPT, "variables": {"x": NARROW}}),
    "a default and an enum fit the bounds": ("prompt", {**PROMPT, "variables": {"x": NUMBER}}),
    "a tool stands there once": ("prompt", {**PROMPT, "tools": [{"name": "a"}, {"name": "a"}]}),
    "a file that is named is there": ("prompt", {**PROMPT, "output": {"format": "json", "schema": "no.json"}}),
    "a path stays in the project": ("prompt", {**PROMPT, "output": {"format": "json", "schema": "../../x"}}),
    "a metric is one that a check makes": ("suite", {**SUITE, "gate": {"kindness": {"floor": 1}}}),
    "somebody may sign where all must": ("settings", {"signing": {"required": True}}),
    "environments follow one another": ("settings", {"environments": {"a": {"from": "a"}}}),
    "calls and results follow each other": ("case", {"id": "a", "messages": TURNS}),
    "options of a check go together": (
        "case", {"id": "a", "checks": [{"name": "a", "type": "contains", "value": "x", "expected": "y"}]}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENCES)
def test_what_only_the_commands_know(name: str) -> None:
    kind, data = EXAMPLES[name]
    (project, path) = next(each[1:3] for each in GOOD if each[0] == kind)
    assert faults(kind, data) == []
    assert re.search(DIFFERENCES[name], complaint(kind, project, path, data))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.5, -0.5])
    | st.sampled_from(["", " ", "x", "a b", "$x", "{x}", "10%", "../x", "/x", "1.0.0", "json", "string", "http://h/"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["x", "type"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
PLACES = [(each, key) for each in GOOD[:6] for key in places(each[3])]


@given(st.sampled_from(PLACES), VALUES)
def test_whatever_is_written_there_both_say_the_same(
    place: tuple[tuple[str, str, str, Json], Key], value: Json
) -> None:
    (kind, project, path, data), key = place
    assert disagreement(kind, project, path, changed(data, key, to=value)) == ""


@pytest.mark.parametrize(
    "entry", [one for one in catalogue_entries() if one.package == "llmops"], ids=lambda one: one.type
)
def test_every_type_of_check_with_its_options(entry: Entry) -> None:
    """The example of the reference, and what may stand at its options."""
    (example,) = parse_yaml(entry.example, path="").data  # type: ignore[misc, union-attr]
    suite: dict[str, Any] = {"prompt": "p", "cases": "c"}
    assert faults("suite", {**suite, "checks": [example]}) == []
    wrong = [{**example, "zzz": 1}, {**example, "weight": 1}, {**example, "name": "a b"}]  # type: ignore[dict-item]
    wrong += [{**example, option.name: value} for option in entry.options for value in (None, True, -1, [3], {"x": []})]  # type: ignore[dict-item]
    for one in wrong:
        refused = bool(faults("suite", {**suite, "checks": [one]}))
        assert not refused or complaint("case", "", "", {"id": "a", "checks": [one]}), one


def test_every_key_has_a_description() -> None:
    def undescribed(schema: Any, place: str) -> Iterator[str]:
        for key, one in schema.get("properties", {}).items():
            if isinstance(one, dict) and not one.get("description") and (key, one) != ("type", {}):
                yield f"{place}.{key}"

    for name, schema in FILE_SCHEMAS.items():
        found = schema(False)
        parts = {part: one for part, one in found.get("definitions", {}).items() if part != "check"}
        assert [text for part, one in {name: found, **parts}.items() for text in undescribed(one, part)] == []


def test_the_schemas_are_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "schemas" / "prompt.json"
    assert main(["schema", "prompt", "-o", str(target)]) == 0
    assert main(["schema", "prompt"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(target.read_text())
    assert main(["schema", "promt"]) == 2
    assert "did you mean 'prompt'?" in capsys.readouterr().err
