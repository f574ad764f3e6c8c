"""promptfoo's prompts as the messages of ours, and its providers as LiteLLM's models."""

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, cast, get_args

from llmops_cli.evals.promptfoo.config import Entries, Source, mapping, parsed
from llmops_cli.evals.promptfoo.naming import model_name
from llmops_cli.evals.promptfoo.nunjucks import jinja_of
from llmops_cli.files.json_value import Json, parse_json
from llmops_cli.prompts.formats.naming import slug, unused
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.formats.settings import refuse_secret
from llmops_cli.prompts.prompt import Role

_FILE: Final = re.compile(r"[^\n]+\.(txt|md|j2|json|jsonl|ya?ml|csv|js|cjs|mjs|ts|py|sh|exe)(:\w+)?\Z")
_TEXTS: Final = {".txt", ".md", ".j2", ".json", ".jsonl", ".yaml", ".yml"}
_PARAMS: Final = {
    "temperature", "max_tokens", "max_completion_tokens", "top_p", "top_k", "stop", "seed", "frequency_penalty",
    "presence_penalty", "reasoning_effort",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PromptText:
    """A prompt: one text, or messages; in jinja. `names` are the variables it mentions."""

    slug: str
    template: str
    messages: tuple[tuple[str, str], ...]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class ModelTarget:
    """A model to ask, with the parameters that can be carried over."""

    slug: str
    model: str
    params: Mapping[str, Json] = field(default_factory=dict)


def prompts_of(entries: list[Json], source: Source) -> list[PromptText]:
    """The prompts that render the same here; all others are told in the source's notes. Raises FileError."""
    found: dict[str, PromptText] = {}
    for index, entry in enumerate(entries):
        where = f"prompts[{index}]"
        labelled = [("", entry)]
        if isinstance(entry, dict) and not entry.keys() & {"raw", "id", "label", "file"}:
            labelled = [(str(label), name) for name, label in entry.items()]  # `prompts: {path: label}`
        for label, one in labelled:
            for name, raw in _raw(label, one, source, where):
                try:
                    made = _text(name or (f"prompt-{index + 1}" if len(entries) > 1 else ""), raw, source, where)
                except LeftOutError as error:
                    source.notes.append(error.note(where))
                    continue
                free = unused(made.slug, found)
                found[free] = PromptText(free, made.template, made.messages, made.names)
    return list(found.values())


def _raw(label: str, entry: Json, source: Source, where: str) -> list[tuple[str, str]]:
    """Label and text of every prompt that an entry stands for."""
    if isinstance(entry, dict):
        for key in entry:
            if key not in ("raw", "id", "label", "file", "description"):
                source.leave_out(f"{where}.{key}", "this key of a prompt has no counterpart")
        label = str(entry.get("label") or label)
        entry = entry.get("raw") or entry.get("file") or entry.get("id")
    if not isinstance(entry, str) or not entry:
        source.leave_out(where, "this is no text and no file")
        return []
    if not entry.startswith("file://") and not _FILE.match(entry):
        return [(label, entry)]
    found: list[tuple[str, str]] = []
    for path in source.matching(entry):
        stem = PurePosixPath(path).stem
        if path.lower().endswith(".csv"):
            found += _in_table(path, source, where)
            continue
        try:
            texts = _in_file(path, source)
        except LeftOutError as error:
            source.notes.append(error.note(where))
            continue
        for number, text in enumerate(texts, 1):
            name = label or stem
            found.append((f"{name}-{number}" if len(texts) > 1 else name, text))
    return found


def _in_table(path: str, source: Source, where: str) -> list[tuple[str, str]]:
    """Label and text of the prompts in a CSV: its column `prompt`, else its only one, which may have no header."""
    rows = [row for row in csv.reader(io.StringIO(source.text(path).removeprefix("\ufeff"), newline="")) if any(row)]
    header = [column.strip() for column in rows[0]] if rows else []
    if "prompt" in header:
        column, rows = header.index("prompt"), rows[1:]
    elif all(len(row) == 1 for row in rows):
        column = 0
    else:
        source.leave_out(where, f"{path}: a table of prompts has a column `prompt`, or no other")
        return []
    for name in set(header) - {"prompt", "label"} if column or "prompt" in header else ():
        source.leave_out(f"{where}: column {name}", "this column of a prompt has no counterpart")
    label = header.index("label") if "label" in header and "prompt" in header else -1
    stem = PurePosixPath(path).stem
    found: list[tuple[str, str]] = []
    for number, row in enumerate(rows, 1):
        name = row[label].strip() if 0 <= label < len(row) else ""
        text = row[column].strip() if column < len(row) else ""
        found += [(name or f"{stem}-{number}", text)] if text else []
    return found


def _in_file(path: str, source: Source) -> list[str]:
    """The prompts in one file: in a text file a line of three dashes stands between them."""
    ending = PurePosixPath(path.partition(":")[0]).suffix.lower()
    if ending not in _TEXTS:
        raise LeftOutError(f"{path}: a prompt made by a program is not carried over", "code")
    text = source.text(path)
    if ending == ".txt":
        parts = re.split(r"(?m)^[^\S\n]*---[^\S\n]*$", text.replace("\r\n", "\n"))
        return [part.strip() for part in parts if part.strip()]
    if ending == ".jsonl":
        return [line for line in text.replace("\r\n", "\n").split("\n") if line]
    if ending in (".yaml", ".yml"):
        return [json.dumps(parsed(text, path), ensure_ascii=False)]
    return [text]


def _text(name: str, raw: str, source: Source, where: str) -> PromptText:
    refuse_secret(raw)
    try:
        data: Json = parse_json(raw)
    except ValueError:
        data = None
    if isinstance(data, list | dict):
        return _messages(name, data, source, where)
    template, names, reaches = jinja_of(raw)
    _tell(raw, reaches, source, where)
    return PromptText(slug(name) if name else "", template, (), names)


def _messages(name: str, data: Json, source: Source, where: str) -> PromptText:
    """A chat as JSON. Raises LeftOutError for what is none, or has roles and parts that our messages do not."""
    messages: list[tuple[str, str]] = []
    names: frozenset[str] = frozenset()
    for message in data if isinstance(data, list) else [data]:
        role, content = (message.get("role"), message.get("content")) if isinstance(message, dict) else (None, None)
        if (
            role not in get_args(Role)
            or not isinstance(content, str)
            or set(cast(Entries, message)) != {"role", "content"}
        ):
            raise LeftOutError("JSON that is no list of messages (system, user, assistant; content a text)")
        made, mentioned, reaches = jinja_of(content)
        _tell(content, reaches, source, where)
        messages.append((str(role), made))
        names |= mentioned
    return PromptText(slug(name) if name else "", "", tuple(messages), names)


def _tell(raw: str, reaches: bool, source: Source, where: str) -> None:
    if reaches:
        source.differs(where, "a place that an object does not have is an error here, and empty there", "template")
    if "\r" in raw:
        source.differs(where, "line ends become \\n", "template")


def models_of(entries: list[Json], source: Source) -> list[ModelTarget]:
    """The models of all providers that LiteLLM knows; all others are told in the source's notes."""
    found: dict[str, ModelTarget] = {}
    for index, entry in enumerate(entries):
        where = f"providers[{index}]"
        config: Entries = {}
        label = ""
        if isinstance(entry, dict) and "id" not in entry and len(entry) == 1:
            name, inner = next(iter(entry.items()))  # `{"openai:gpt-4.1": {config: ...}}`
            entry = {"id": name, **mapping(inner)}
        if isinstance(entry, dict):
            for key in entry:
                if key not in ("id", "label", "config"):
                    source.leave_out(f"{where}.{key}", "this key of a provider has no counterpart")
            config, label, entry = mapping(entry.get("config")), str(entry.get("label") or ""), entry.get("id")
        model = model_name(entry) if isinstance(entry, str) else ""
        if not model:
            source.leave_out(
                where, f"{entry!r} is no model that LiteLLM knows by a name of ours; say `target:` yourself"
            )
            continue
        for key in config:
            if key not in _PARAMS:
                source.leave_out(f"{where}.config.{key}", "this is no parameter of a call that is carried over")
        params = {key: value for key, value in config.items() if key in _PARAMS}
        free = unused(slug(label or model.partition("/")[2]), found)
        found[free] = ModelTarget(free, model, params)
    return list(found.values())
