"""One entry of promptfoo's `assert` as one of our checks with the same verdict, or the reason why there is none."""

from collections.abc import Mapping, Sequence
from typing import Final

from llmops_cli.checks.catalogue import check_class, shape_of_check
from llmops_cli.checks.outside import NothingOutside, Outside
from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.evals.promptfoo.asked import Asked, Entry, refused
from llmops_cli.evals.promptfoo.makers import MAKERS
from llmops_cli.evals.promptfoo.nunjucks import rendered
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.prompt import Prompt

_KEYS: Final = {"type", "value", "threshold", "weight", "metric", "description"}
_OF_CODE: Final = {"javascript", "python", "ruby", "webhook"}
_OF_MODELS: Final[Mapping[str, str]] = {
    "agent-rubric": "rubric@1", "answer-relevance": "answer-relevancy@1", "classifier": "",
    "context-faithfulness": "faithfulness@1", "context-recall": "context-recall@1",
    "context-relevance": "context-precision@1", "conversation-relevance": "relevance@1", "factuality": "correctness@1",
    "g-eval": "rubric@1", "guardrails": "", "max-score": "", "model-graded-factuality": "correctness@1",
    "moderation": "safety@1", "pi": "", "search-rubric": "rubric@1", "select-best": "preference@1", "similar:dot": "",
    "similar:euclidean": "", "trajectory:goal-success": "",
}  # fmt: skip


def base_type(kind: str) -> tuple[str, bool]:
    """The type without `not-`, and whether it had one."""
    return kind.removeprefix("not-"), kind.startswith("not-")


def check_of(entry: Mapping[str, Json], values: Mapping[str, Json], *, name: str) -> Entry:
    """The check that says of every output what promptfoo's entry says. Its value is rendered with the case's `values`.

    Raises LeftOutError with the reason when there is none: a type we do not have, a value promptfoo itself refuses, a
    pattern JavaScript does not take.
    """
    kind = entry.get("type")
    if not isinstance(kind, str) or not kind:
        raise LeftOutError("says no `type`")
    base, inverse = base_type(kind)
    unknown = [key for key in entry if key not in _KEYS]
    if base in _OF_CODE:
        raise LeftOutError(
            f"{kind} runs code, which is not carried over; a check of your own can (docs: checks)", "code"
        )
    if base in _OF_MODELS or base.startswith("promptfoo:"):
        near = f"; the judge {_OF_MODELS[base]} asks for something like it" if _OF_MODELS.get(base) else ""
        raise LeftOutError(f"{kind} asks a model, with promptfoo's own instructions{near}")
    if unknown:
        raise LeftOutError(f"{', '.join(unknown)} of {kind} changes what is judged, and has no counterpart")
    make = MAKERS.get(base)
    if make is None:
        raise LeftOutError(f"no check of ours is like {kind}", "no-such-check")
    threshold = entry.get("threshold")
    if threshold is not None and (isinstance(threshold, bool) or not isinstance(threshold, int | float)):
        raise refused(f"{kind}: threshold is not a number")
    made = make(Asked(base, _value(entry.get("value"), values), threshold))
    if check_class(str(made["type"])) is None:
        raise LeftOutError(f"no check of ours is like {kind}", "no-such-check")
    made = {"name": name, **made, "type": "not-" * inverse + str(made["type"])}
    try:
        shape_of_check(made, path="").bind(_NoFiles())
    except FileError as error:
        raise LeftOutError(f"{kind}: {error.problems[0].message}", "refused-here") from None
    except InputError as error:
        raise LeftOutError(f"{kind}: {error.message}", "refused-here") from None
    return made


class _NoFiles:
    """What a check may read while it is tried: nothing, for all it needs stands in it."""

    def read_text(self, path: str) -> str:
        raise FileError([Problem(path, 0, "", "no such file")])

    def prompt(self, name: str) -> Prompt:
        raise InputError(f"there is no prompt {name!r}")

    def default_model(self) -> str:
        return "openai/some-model"  # which one it will be is said in llmops.yaml

    def default_embedding_model(self) -> str:
        return ""

    def code_digest(self, paths: Sequence[str]) -> str:
        return ""

    def outside(self) -> Outside:
        return NothingOutside()


def _value(value: Json, values: Mapping[str, Json]) -> Json:
    """Texts, also those in lists, are templates; what stands in objects is not."""
    if isinstance(value, str):
        return rendered(value, values)
    if isinstance(value, list):
        return [rendered(item, values) if isinstance(item, str) else item for item in value]
    return value
