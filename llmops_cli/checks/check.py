"""What a check is: a frozen value that sees one output and returns one score. It stores nothing.

A check that must ask somebody (a judge asks an LLM) is handed the means to ask; who answers, what is kept and what is
paid is not its business.
"""

import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol, Self, runtime_checkable

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema, field_validator, model_validator

from llmops_cli.checks.outside import Outside
from llmops_cli.errors import InputError
from llmops_cli.files.json_value import Json
from llmops_cli.files.shape import FileShape, shape_of
from llmops_cli.files.yaml_source import Key
from llmops_cli.models.model import Request, Response, RetrievedContext, Usage
from llmops_cli.prompts.prompt import Prompt

_NAME = re.compile(r"\w[\w.\-]{0,99}\Z")


def _filled(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


# an option that, where it is written, says something: an empty text is in every text
FilledText = Annotated[str, AfterValidator(_filled), WithJsonSchema({"type": "string", "minLength": 1})]


def _filled_list(value: object) -> object:
    if isinstance(value, list) and not value:
        raise ValueError("the list is empty")
    return tuple(value) if isinstance(value, list) else value


FilledList = BeforeValidator(_filled_list)  # for a field that also takes a list: an empty one says nothing
TextOrTexts = Annotated[FilledText | tuple[FilledText, ...], FilledList]


@dataclass(frozen=True, slots=True)
class Scored:
    """A measured score: 0 to 1, higher is better. Raises ValueError for anything that is not a number in that range.

    `passed` is said only where the number does not tell it: by a set of checks, of which each must pass.
    """

    value: float
    reason: str = ""
    passed: bool | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and 0 <= self.value <= 1):
            raise ValueError(f"a score is a number from 0 to 1, not {self.value}")


@dataclass(frozen=True, slots=True)
class Failed:
    """The measurement failed; this is not a score and never becomes one."""

    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """This check does not apply to this case."""

    reason: str


Score = Scored | Failed | Skipped


@dataclass(frozen=True, slots=True)
class CheckContext:
    """All a check may see of one trial; `case` and `prompt` (NAME@VERSION) say which one it is."""

    output: str
    vars: Mapping[str, Json]
    expected: Json = None
    messages: tuple[Mapping[str, Json], ...] = ()  # as the model saw them
    usage: Usage | None = None
    cost_usd: float | None = None
    latency_ms: float | None = None
    finish_reason: str = "stop"
    tools: tuple[Mapping[str, Json], ...] = ()  # the prompt's, as the model saw them
    tool_calls: tuple[Mapping[str, Json], ...] = ()  # {"id", "name", "arguments"}, arguments as the model's JSON text
    contexts: tuple[RetrievedContext, ...] = ()  # what a pipeline retrieved, in rank order
    case: str = ""
    prompt: str = ""


class Resources(Protocol):
    """What a check may read while it is bound to its suite: files of the candidate's tree, and prompts (judges)."""

    def read_text(self, path: str) -> str:
        """A text file, path relative to the suite. Raises FileError."""
        ...

    def prompt(self, name: str) -> Prompt:
        """A prompt of the candidate's tree. Raises InputError."""
        ...

    def default_model(self) -> str:
        """The model a judge uses when neither the check nor the judge prompt names one; may be empty."""
        ...

    def default_embedding_model(self) -> str:
        """The model that makes embeddings when the check names none; may be empty."""
        ...

    def code_digest(self, paths: Sequence[str]) -> str:
        """Names the code of the project that a check runs: the files and folders at `paths`, below the project root.

        Without paths all of it but prompts, suites and golden sets. Empty where nobody can name it, outside of a git
        repository. Raises InputError for a path that leads to nothing.
        """
        ...

    def outside(self) -> Outside:
        """What a check may use besides files."""
        ...


@runtime_checkable
class Check(Protocol):
    """A deterministic check."""

    @property
    def name(self) -> str:
        """The metric its scores make up."""
        ...

    def score(self, context: CheckContext) -> Score:
        """The score of one output; a measurement that cannot be made is `Failed`, never an exception."""
        ...


Ask = Callable[[Request], Awaitable[Response]]  # raises ModelError; the answer comes from the cache where it is known


@runtime_checkable
class AskingCheck(Protocol):
    """A check that must ask somebody: a judge asks an LLM, others a service or another program."""

    @property
    def name(self) -> str:
        """The metric its scores make up."""
        ...

    @property
    def digest(self) -> str:
        """Names what gives the opinion; for a judge its prompts, its models, its params and its labels."""
        ...

    @property
    def models(self) -> tuple[str, ...]:
        """The models it asks through `ask`, as litellm names them; empty when it asks something else."""
        ...

    @property
    def calls(self) -> int:
        """How many calls of those models one output usually takes, for estimates of cost."""
        ...

    async def opinion(self, context: CheckContext, ask: Ask) -> Score:
        """The score of one output. What cannot be read, strictly, is `Failed`, never a number.

        A check with models begins with asking, and changes nothing but by asking: plans are made by stopping it at its
        first question. Raises InputError when its prompt cannot be rendered, and what `ask` raises.
        """
        ...

    async def close(self) -> None:
        """Let go of whatever it holds open; safe to call twice."""
        ...


@runtime_checkable
class Defined(Protocol):
    """A check that asks and measures by a definition with a name: a judge, ours or a prompt of the project."""

    @property
    def definition(self) -> str:
        """`faithfulness@1`, or NAME@VERSION of a prompt: the same name elsewhere may mean another number."""
        ...


class CheckShape(FileShape):
    """Base of every check as a suite file writes it: a frozen value with a name and its options.

    Subclasses set `type` to a Literal, add options as fields, and give `score`; a type that must read files or prompts
    overrides `bind`, which returns the check that is really run. The docstring of a subclass is its entry in
    the reference: what scores 1, what 0, and what cannot be measured.
    """

    graded: ClassVar[bool] = False  # True when scores lie between 0 and 1, not only at the ends
    # whether what a model says through it is an opinion, worth as much as it is known to agree with people; False where
    # a model only measures, as embeddings do
    opinionated: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Json]] = {}  # options that show it at work; its required ones where this is empty
    opposable: ClassVar[bool] = True  # whether there is a `not-` form of it

    name: str
    type: str

    @field_validator("name")
    @classmethod
    def _is_a_metric_name(cls, value: str) -> str:
        if not _NAME.match(value):
            raise ValueError("must be 1 to 100 letters, digits, _, - or ., beginning with a letter, digit or _")
        return value

    @model_validator(mode="after")
    def _no_option_is_empty(self) -> Self:
        for name in self.model_fields_set:
            if getattr(self, name) is None:
                told = type(self).model_fields[name].alias or name
                raise ValueError(f"`{told}` is empty: write a value, or leave it out")
        return self

    @property
    def passing(self) -> float:
        """The score from which a case counts as passed, above 0 and up to 1."""
        return 0.5 if self.graded else 1.0

    @property
    def may_block(self) -> bool:
        """Whether `score` may take long, such as a search for a pattern: it is then called on a thread of its own."""
        return False

    def passes(self, score: Scored) -> bool:
        """Whether a case with this score counts as passed."""
        return score.value >= self.passing if score.passed is None else score.passed

    @classmethod
    def read(cls, data: dict[str, Json], *, path: str, line_of: Callable[[Key], int]) -> Self:
        """An entry of `checks:` as this shape; `line_of` tells the line of a key within it. Raises FileError."""
        return shape_of(cls, data, path=path, line_of=line_of)

    def bind(self, resources: Resources) -> "Check | AskingCheck":
        """The runnable check. Raises InputError or FileError when something it needs is missing."""
        del resources
        if not isinstance(self, Check | AskingCheck):
            raise InputError(
                f"check {self.name!r}: its class {type(self).__name__} has neither score() nor opinion() nor bind()",
                hint="tell whoever made the package it comes from",
            )
        return self
