"""Models and their settings, in the words of others and in ours; and what is never copied: keys, places of others."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.note import LeftOutError, Note
from llmops_cli.prompts.formats.schemas import Entries

_SECRET: Final = re.compile(
    r"(api|access|account|private|subscription)[_-]?key|secret|passw|passphrase|credential|authorization"
    r"|connection[_-]?string|(access|auth|bearer|refresh|session)[_-]?token|^token$",
    re.IGNORECASE,
)
_SECRET_VALUE: Final = re.compile(
    r"\b(sk-[\w-]{16,}|[sr]k_(live|test)_\w{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|AKIA[A-Z0-9]{12,}|AIza[\w-]{30,}"
    r"|xox[abpr]-[\w-]{10,}|hf_\w{30,})|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_TYPE: Final = re.compile(r"(any|boolean|integer|null|number|string)\s*(,.*)?", re.DOTALL)  # of a Picoschema
_REFERENCE: Final = re.compile(r"\$\{(env|file):[^}]*\}")
_OURS: Final = {
    "temperature": "temperature", "maxOutputTokens": "max_tokens", "maxTokens": "max_tokens", "topP": "top_p",
    "topK": "top_k", "stopSequences": "stop", "seed": "seed", "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty", "max_tokens": "max_tokens", "max_completion_tokens": "max_completion_tokens",
    "top_p": "top_p", "top_k": "top_k", "stop": "stop", "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty", "reasoning_effort": "reasoning_effort", "logit_bias": "logit_bias",
}  # fmt: skip
# what no prompt may set, since other keys of it or the environment say it
NOT_PARAMS: Final = {"model", "messages", "tools", "stream", "api_key", "api_base", "base_url"}
EMPTY: Final[Mapping[str, Json]] = {}
THEIRS: Final = {
    "temperature": "temperature", "max_tokens": "maxOutputTokens", "top_p": "topP", "top_k": "topK",
    "stop": "stopSequences", "seed": "seed", "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
}  # fmt: skip


@dataclass(slots=True)
class Told:
    """What a reader or writer has to tell of one file."""

    notes: list[Note] = field(default_factory=list)

    def left_out(self, where: str, why: str) -> None:
        """Something could not be carried over."""
        self.notes.append(Note("left out", where, why))

    def differs(self, where: str, how: str) -> None:
        """Something means something else here."""
        self.notes.append(Note("differs", where, how))


def without_secrets(value: Json, where: str, told: Told) -> Json:
    """The value without keys and passwords, which are named and never copied; places of others stay as they are.

    `${env:...}` and `${file:...}` name a secret or a file and are none; they are told, and never looked up.
    """
    if isinstance(value, list):
        return [without_secrets(item, f"{where}[{index}]", told) for index, item in enumerate(value)]
    if isinstance(value, dict):
        kept: Entries = {}
        for key, item in value.items():
            place = f"{where}.{key}" if where else key
            if _SECRET.search(key) and _is_secret(key, item):
                told.left_out(place, "a secret is not copied into a prompt; give it to the process that asks the model")
            else:
                kept[key] = without_secrets(item, place, told)
        return kept
    if isinstance(value, str):
        if _SECRET_VALUE.search(value):
            told.left_out(where, "what looks like a secret is not copied into a prompt")
            return ""
        if found := _REFERENCE.search(value):
            told.differs(where, f"{found[0]} is kept as it is written; nothing is looked up")
    return value


def _is_secret(key: str, value: Json) -> bool:
    """Whether the value of a key that is called like a secret is one: no reference, and not the type of a field."""
    match value:
        case str():
            return bool(value) and not _REFERENCE.fullmatch(value.strip()) and not _TYPE.fullmatch(value.strip())
        case list():
            return "(" not in key and any(_is_secret(key, item) for item in value)
        case dict():
            described = "(" in key or {"type", "kind"} & value.keys()
            return not described and any(_is_secret(key, item) for item in value.values())
    return value is not None and not isinstance(value, bool)


def refuse_secret(text: str) -> None:
    """Raises LeftOutError where what the model is to see holds a key: without it the prompt would be another one."""
    if found := _SECRET_VALUE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise LeftOutError(f"line {line} of a message is what looks like a secret; take it out of the text")


def is_reference(value: Json) -> bool:
    """Whether a text holds `${env:...}` or `${file:...}`."""
    return isinstance(value, str) and bool(_REFERENCE.search(value))


def read_params(given: Mapping[str, Json], where: str, told: Told, *, further: Mapping[str, Json] = EMPTY) -> Entries:
    """Settings of others as `params` of ours; what we do not know stays behind in the metadata, and is told.

    `further` are settings that go to the provider as they are, whatever they are.
    """
    params: Entries = {key: value for key, value in further.items() if key not in NOT_PARAMS}
    for key, value in {**given, **{key: value for key, value in further.items() if key in NOT_PARAMS}}.items():
        if key in _OURS and value is not None:
            params[_OURS[key]] = value
        else:
            told.differs(f"{where}.{key}", "is kept in the metadata of the prompt, and not sent to the model")
    return params


def write_params(params: Mapping[str, Json]) -> tuple[Entries, Entries]:
    """`params` of ours in camelCase, as dotprompt and Prompty write them, and those that have no such name."""
    known = {THEIRS[key]: value for key, value in params.items() if key in THEIRS}
    return known, {key: value for key, value in params.items() if key not in THEIRS}


def renamed(model: str, names: Mapping[str, str]) -> str:
    """A model with the prefix of its provider in another tool's words."""
    provider, slash, rest = model.partition("/")
    return f"{names[provider]}/{rest}" if slash and provider in names else model
