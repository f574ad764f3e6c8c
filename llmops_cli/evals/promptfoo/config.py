"""A promptfoo configuration on disk, read into plain prompts, providers and tests; nothing in it is run."""

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.evals.promptfoo.asked import listed
from llmops_cli.evals.promptfoo.csv_tests import csv_tests
from llmops_cli.files.json_value import Json, parse_json, parse_json_lines, read_text
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.prompts.formats.note import LeftOutError, Note

Entries = dict[str, Json]
MAX_FILES: Final = 2_000
PROMPT_FILES: Final = (".txt", ".md", ".j2", ".jsonl")
_READ: Final = (
    "prompts",
    "providers",
    "targets",
    "tests",
    "defaultTest",
    "scenarios",
    "description",
    "evaluateOptions",
)
_MEDIA = r"\.(pdf|png|jpe?g|gif|bmp|webp|svg|tiff?|ico|avif|heic|heif|mp[34]|wav|ogg|webm|mov)\Z"
_ABOUT_FORM: Final = ("$schema", "assertionTemplates", "outputPath", "sharing", "tags", "metadata")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the configuration lies; files it names are read relative to that, and only below `top`."""

    path: Path
    top: Path
    notes: list[Note] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """What relative paths begin at."""
        return self.path.resolve().parent

    def text(self, name: str) -> str:
        """A file the configuration names. Raises FileError."""
        shown = name.removeprefix("file://")
        path = (self.folder / shown).resolve()
        if not (path.is_relative_to(self.top.resolve()) or path.is_relative_to(self.folder)):
            raise FileError([Problem(shown, 0, "", "leads out of the project", "keep the file below the project root")])
        return read_text(path, shown=shown)

    def data(self, name: str) -> Json:
        """A YAML or JSON file the configuration names. Raises FileError."""
        return parsed(self.text(name), name)

    def matching(self, pattern: str) -> list[str]:
        """The files of a path or glob, sorted. Raises FileError when there is none, or far too many."""
        name = pattern.removeprefix("file://")
        if not any(mark in name for mark in "*?["):
            return [name]
        try:
            found = sorted(path.relative_to(self.folder).as_posix() for path in self.folder.glob(name))
        except (ValueError, NotImplementedError) as error:
            message = f"is not a pattern of files below the configuration: {error}"
            raise FileError([Problem(name, 0, "", message)]) from None
        if not found or len(found) > MAX_FILES:
            raise FileError([Problem(name, 0, "", "matches no file" if not found else f"matches {len(found):,} files")])
        return found

    def leave_out(self, where: str, why: str, deviation: str = "") -> None:
        """Remember that something was not carried over."""
        self.notes.append(Note("left out", where, why, deviation))

    def differs(self, where: str, how: str, deviation: str = "") -> None:
        """Remember that something means something else here."""
        self.notes.append(Note("differs", where, how, deviation))


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration says, references followed and files read; tests still as promptfoo writes them."""

    description: str
    prompts: list[Json]
    providers: list[Json]
    tests: list[tuple[str, Entries]]  # (where, test), defaultTest not yet mixed in
    default: Entries
    repeats: int
    prompts_only: bool = False  # the file is no configuration, but one of prompts


def read_config(source: Source) -> Config:
    """Read a configuration, a CSV of tests alone, or a file of prompts alone. Raises FileError and InputError."""
    name = source.path.name
    text = read_text(source.path, shown=name)
    if name.lower().endswith(PROMPT_FILES) or (name.lower().endswith(".csv") and is_prompt_table(text)):
        return _of_prompts(name)
    if name.lower().endswith(".csv"):
        tests = [(f"row {i}", test) for i, test in enumerate(csv_tests(text, path=name, notes=source.notes), 1)]
        return Config("", [], [], tests, {}, 1)
    if not name.lower().endswith((".yaml", ".yml", ".json")):
        raise InputError(f"{name}: this is no configuration that can be read", hint="a .yaml, .json or .csv file is")
    data = _followed(parsed(text, name))
    if isinstance(data, list) and all(isinstance(message, dict) and "role" in message for message in data):
        return _of_prompts(name)
    if not isinstance(data, dict):
        raise FileError([Problem(name, 1, "", "a promptfoo configuration is a mapping of keys to values")])
    for key in data:
        if key not in _READ and key not in _ABOUT_FORM and not key.startswith((".", "x-")):
            source.leave_out(key, "this key has no counterpart")
    said = data.get("defaultTest") or {}
    default = source.data(said) if isinstance(said, str) else said
    if not isinstance(default, dict):
        raise FileError([Problem(name, 0, "defaultTest", "must be a mapping")])
    tests = [*_tests(data.get("tests"), source, "tests"), *_scenarios(data.get("scenarios"), source)]
    return Config(
        description=_line(data.get("description")),
        prompts=listed(data.get("prompts")),
        providers=listed(data.get("providers", data.get("targets"))),
        tests=tests or [("defaultTest", {})],
        default=default,
        repeats=_repeats(data.get("evaluateOptions"), source),
    )


def _of_prompts(name: str) -> Config:
    return Config("", [f"file://{name}"], [], [], {}, 1, prompts_only=True)


def is_prompt_table(text: str) -> bool:
    """Whether a CSV is one of prompts: it has a column `prompt`, perhaps one `label`, and no other."""
    header = next(csv.reader(io.StringIO(text.removeprefix("\ufeff"))), [])
    columns = {column.strip() for column in header}
    return "prompt" in columns and columns <= {"prompt", "label"}


def parsed(text: str, path: str) -> Json:
    """YAML or JSON text as data; merge keys (`<<`), which our own files do not have, are followed. Raises FileError."""
    if path.lower().endswith(".json"):
        try:
            return parse_json(text)
        except ValueError as error:
            raise FileError([Problem(path, 0, "", f"not valid JSON: {error}")]) from None
    return _merged(parse_yaml(text, path=path).data)


def _merged(value: Json) -> Json:
    if isinstance(value, list):
        return [_merged(item) for item in value]
    if not isinstance(value, dict):
        return value
    own = {key: _merged(item) for key, item in value.items() if key != "<<"}
    inherited: Entries = {}
    for part in map(_merged, listed(value.get("<<"))):
        inherited = {**part, **inherited} if isinstance(part, dict) else inherited
    return {**inherited, **own}


def _followed(data: Json) -> Json:
    """The configuration with every `$ref: '#/...'` replaced by what stands there; other references stay as they are."""

    def follow(value: Json, depth: int) -> Json:
        if isinstance(value, list):
            return [follow(item, depth) for item in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            found: Json = data
            for part in reference[2:].split("/"):
                key = part.replace("~1", "/").replace("~0", "~")
                found = found.get(key) if isinstance(found, dict) else None
            if found is not None and depth < 20:
                more = {key: item for key, item in value.items() if key != "$ref"}
                target = follow(found, depth + 1)
                return {**target, **more} if isinstance(target, dict) else target
        return {key: follow(item, depth) for key, item in value.items()}

    return follow(data, 0)


def _tests(value: Json, source: Source, where: str) -> list[tuple[str, Entries]]:
    found: list[tuple[str, Entries]] = []
    for index, item in enumerate(listed(value)):
        place = f"{where}[{index}]"
        if isinstance(item, str):
            found += _test_file(item, source, place)
        elif isinstance(item, dict) and "path" not in item:
            found.append((place, item))
        else:
            source.leave_out(place, "tests made by a program are not run")
    return found


def _test_file(name: str, source: Source, where: str) -> list[tuple[str, Entries]]:
    """The tests in a file, or in all files of a pattern."""
    if "://" in name.removeprefix("file://") or re.search(r"\.(js|cjs|mjs|ts|py|xlsx?)(:\w+)?\Z", name):
        source.leave_out(where, f"{name}: tests from a program, a service or a workbook are not read")
        return []
    found: list[tuple[str, Entries]] = []
    for path in source.matching(name):
        text = source.text(path)
        rows: list[Json]
        if path.lower().endswith(".csv"):
            rows = list(csv_tests(text, path=path, notes=source.notes))
        elif path.lower().endswith(".jsonl"):
            rows = [row for _, row in parse_json_lines(text, path=path)]
        else:
            rows = listed(_followed(parsed(text, path)))
        for index, row in enumerate(rows):
            if not isinstance(row, dict):
                raise FileError([Problem(path, 0, f"[{index}]", "a test is a mapping")])
            found.append((f"{path}[{index}]", row))
    return found


def _scenarios(value: Json, source: Source) -> list[tuple[str, Entries]]:
    """Every `config` of a scenario with every one of its tests."""
    found: list[tuple[str, Entries]] = []
    for index, scenario in enumerate(listed(value)):
        where = f"scenarios[{index}]"
        scenario = source.data(scenario) if isinstance(scenario, str) else scenario
        if not isinstance(scenario, dict):
            source.leave_out(where, "this is no scenario")
            continue
        tests = _tests(scenario.get("tests"), source, f"{where}.tests")
        for number, config in enumerate(listed(scenario.get("config"))):
            if not isinstance(config, dict):
                source.leave_out(f"{where}.config[{number}]", "this is not in place: only mappings are read")
                continue
            for place, test in tests:
                both = {**mapping(config.get("vars")), **mapping(test.get("vars"))}
                found.append((f"{place} with config[{number}]", {**config, **test, "vars": both}))
    return found


def _repeats(value: Json, source: Source) -> int:
    options = mapping(value)
    for key in options:
        if key != "repeat":
            source.differs(f"evaluateOptions.{key}", "how a run is driven is said in llmops.yaml and in options")
    repeats = options.get("repeat", 1)
    return repeats if isinstance(repeats, int) and not isinstance(repeats, bool) and 1 <= repeats <= 50 else 1


def vars_of(value: Json, source: Source, where: str) -> Entries:
    """The `vars` of a test: a mapping, or the name of a file that holds one. Raises LeftOutError, FileError."""
    if isinstance(value, str | list):
        found: Entries = {}
        for name in listed(value):
            for path in source.matching(str(name)):
                found |= mapping(source.data(path))
        return found
    if value is not None and not isinstance(value, dict):
        raise LeftOutError("vars is no mapping")
    return mapping(value)


def file_value(value: str, source: Source) -> Json:
    """What a variable that begins with `file://` holds. Raises LeftOutError for code and media, FileError."""
    if re.search(r"\.(js|cjs|mjs|ts|py|rb)(:\w+)?\Z", value):
        raise LeftOutError(f"{value} is a program, which is not run", "code")
    if re.search(_MEDIA, value.lower()):
        raise LeftOutError(f"{value} is no text")
    if value.lower().endswith((".yaml", ".yml")):
        return json.dumps(source.data(value), ensure_ascii=False, separators=(",", ":"))
    return source.text(value).strip()


def mapping(value: Json) -> Entries:
    """The value where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def _line(value: Json) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def merged_test(default: Mapping[str, Json], test: Mapping[str, Json]) -> Entries:
    """A test with defaultTest behind it; `vars` and `assert` are left to those who read them."""
    both: Entries = {**default, **test}
    for key in ("options", "metadata"):
        both[key] = {**mapping(default.get(key)), **mapping(test.get(key))}
    return both
