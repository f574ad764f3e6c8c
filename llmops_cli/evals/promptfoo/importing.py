"""The import as a whole: a promptfoo configuration in, our files and everything that must be told out."""

import json
from dataclasses import dataclass
from pathlib import Path

from llmops_cli.errors import InputError
from llmops_cli.evals.promptfoo.asked import listed
from llmops_cli.evals.promptfoo.cases import Cases, cases_of
from llmops_cli.evals.promptfoo.config import Config, Entries, Source, mapping, read_config
from llmops_cli.evals.promptfoo.nunjucks import text_of
from llmops_cli.evals.promptfoo.prompts import ModelTarget, PromptText, models_of, prompts_of
from llmops_cli.evals.suite import load_suite
from llmops_cli.files.json_value import Json
from llmops_cli.files.yaml_text import yaml_text
from llmops_cli.prompts.file import load_prompt, prompt_path
from llmops_cli.prompts.formats.imported import Imported
from llmops_cli.prompts.formats.naming import slug
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.formats.pieces import kinds_of
from llmops_cli.prompts.formats.wording import mentions
from llmops_cli.vcs.tree import Overlay


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the project is, and which of its folders hold prompts and suites."""

    root: Path
    prompts: str = "prompts"
    evals: str = "evals"


def import_promptfoo(path: Path, folders: Folders, *, name: str = "", prompt: str = "") -> Imported:
    """Read a configuration, tests in CSV or a file of prompts, and say which files it becomes; nothing is written.

    `name` is what the files are called; `prompt` is a prompt that is here already, in place of those of the
    configuration. Everything written has been loaded once with our own loaders.
    Raises FileError and InputError for what cannot be read, or holds nothing that could be imported.
    """
    source = Source(path, folders.root)
    try:
        config = read_config(source)
        cases = cases_of(config, source)
    except LeftOutError as error:
        raise InputError(f"{path.name}: {error}") from None
    made = _Writing(folders, slug(name or _default_name(path)), config, cases, source)
    if cases.rows:
        made.golden()
    elif not config.prompts_only:
        source.leave_out("tests", "no case is left, so there is no golden set and no suite")
    if prompt:
        made.suite(prompt, None, made.base)
    else:
        made.prompts(prompts_of(config.prompts, source), models_of(config.providers, source))
    if not made.prompt_names and not prompt:
        source.leave_out("prompts", "there is no prompt, so there is no suite; name one that is here: --prompt NAME")
    made.load()
    checks = len(cases.checks) + sum(len(listed(row.get("checks"))) for row in cases.rows)
    if not checks and not config.prompts_only:
        source.leave_out("tests", "no check is left, so a run has nothing to measure")
    notes = tuple(dict.fromkeys(source.notes))
    return Imported(made.files, tuple(made.prompt_names), tuple(made.suites), len(cases.rows), checks, notes)


def _default_name(path: Path) -> str:
    if path.stem.lower().startswith("promptfooconfig"):
        return path.resolve().parent.name + path.stem[len("promptfooconfig") :]
    return path.stem


class _Writing:
    """The files, as they come to be."""

    def __init__(self, folders: Folders, base: str, config: Config, cases: Cases, source: Source) -> None:
        self.folders, self.base, self.config, self.cases, self.source = folders, base, config, cases, source
        self.files: dict[str, str] = {}
        self.prompt_names: list[str] = []
        self.suites: list[str] = []
        self.variables = _variables(cases, source)

    def golden(self) -> None:
        rows = [self._row(row) for row in self.cases.rows]
        path = f"{self.folders.evals}/golden/{self.base}.jsonl"
        self.files[path] = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)

    def prompts(self, texts: list[PromptText], models: list[ModelTarget]) -> None:
        """A prompt file for each text, and a suite for each text and model."""
        for text in texts:
            name = f"{self.base}/{text.slug}" if len(texts) > 1 else self.base
            self.files[f"{self.folders.prompts}/{name}.yaml"] = self._prompt(name, text, models)
            self.prompt_names.append(name)
            suite = f"{self.base}-{text.slug}" if len(texts) > 1 else self.base
            for model in models if len(models) > 1 else [None]:
                self.suite(name, model, f"{suite}-{model.slug}" if model else suite)
        if texts and not models and not self.config.prompts_only:
            self.source.leave_out(
                "providers", "no model is named; write `model:` into the prompt, or `target:` into the suite"
            )

    def suite(self, prompt: str, model: ModelTarget | None, name: str) -> None:
        """A suite that wants of every output what promptfoo wants: every check passes on every case."""
        if not self.cases.rows:
            return
        data: Entries = {"prompt": prompt, "cases": f"golden/{self.base}.jsonl"}
        if self.config.description:
            data["description"] = self.config.description
        if model is not None:
            data["target"] = {"model": model.model, **({"params": dict(model.params)} if model.params else {})}
        if self.config.repeats != 1:
            data["repeats"] = self.config.repeats
        if self.cases.checks:
            data["checks"] = list(self.cases.checks)
        if self.cases.gated:
            data["gate"] = {metric: {"floor": 1.0} for metric in self.cases.gated}
        self.files[f"{self.folders.evals}/{name}.yaml"] = yaml_text(data)
        self.suites.append(name)

    def load(self) -> None:
        """Read everything back with our own loaders. Raises FileError: told before anything is written."""
        tree = Overlay(self.folders.root, self.files)
        for name in self.prompt_names:
            path = prompt_path(tree, name, folder=self.folders.prompts)
            assert path is not None
            load_prompt(tree, path, folder=self.folders.prompts)
        for suite in self.suites:
            load_suite(tree, f"{self.folders.evals}/{suite}.yaml")

    def _prompt(self, name: str, text: PromptText, models: list[ModelTarget]) -> str:
        data: Entries = {"name": name, "version": "0.1.0"}
        if self.config.description:
            data["description"] = self.config.description
        if models:
            data["model"] = models[0].model
            if len(models) == 1 and models[0].params:
                data["params"] = dict(models[0].params)
        data["template_format"] = "jinja"
        variables: Entries = {**self.variables}
        for mentioned in sorted(text.names - variables.keys()):
            if self.config.prompts_only:
                variables[mentioned] = {"type": _kind_in(text, mentioned)}
                continue
            variables[mentioned] = {"type": "string", "default": ""}
            self.source.differs(
                f"prompt {name}", f"variable {mentioned!r} has no value in any test; it is empty by default"
            )
        data["variables"] = variables
        if text.messages:
            data["messages"] = [{"role": role, "content": content} for role, content in text.messages]
        else:
            data["template"] = text.template
        return yaml_text(data)

    def _row(self, row: Entries) -> Entries:
        return {
            **row,
            "vars": {
                name: _as_text(value) if self.variables[name]["type"] == "string" else value
                for name, value in mapping(row["vars"]).items()
            },
        }


def _variables(cases: Cases, source: Source) -> dict[str, Entries]:
    """The variables with the one type that all their values have, else text; optional where a test goes without."""
    found: dict[str, Entries] = {}
    for name, values in cases.variables.items():
        kinds = {_kind(value) for value in values}
        if kinds & {"array", "object"}:
            how = "a list or an object is written as JSON here; promptfoo writes a,b and [object Object]"
            source.differs(f"vars.{name}", how, "template")
        kind = kinds.pop() if len(kinds) == 1 else "number" if kinds == {"integer", "number"} else "string"
        found[name] = {"type": kind}
        if len(values) < len(cases.rows):
            empty: dict[str, Json] = {"array": [], "object": {}}
            found[name] = {"type": kind if kind in empty else "string", "default": empty.get(kind, "")}
    return found


def _kind_in(text: PromptText, name: str) -> str:
    """The type that the mentions of a variable ask for."""
    contents = [content for _, content in text.messages] or [text.template]
    return kinds_of(piece for content in contents for piece in mentions(content, "jinja"))[name]


def _as_text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else text_of(value)


def _kind(value: Json) -> str:
    names = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "string")
