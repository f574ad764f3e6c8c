"""One check on one output, outside of any suite: how one finds out what a check says before a suite depends on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from llmops_cli.checks.catalogue import shape_of_check
from llmops_cli.checks.check import AskingCheck, CheckContext, CheckShape, Failed, Resources, Score, Scored
from llmops_cli.checks.entry import catalogue_entry
from llmops_cli.config import Config
from llmops_cli.errors import FileError, InputError, LlmopsError, Problem
from llmops_cli.evals.case import Case
from llmops_cli.evals.loaded import TreeResources
from llmops_cli.evals.session import Session, SessionOptions
from llmops_cli.evals.surroundings import Surroundings
from llmops_cli.files.json_value import Json, parse_json, read_text
from llmops_cli.files.shape import shape_of
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.models.model import ModelError, Response
from llmops_cli.models.recorded import RecordedRow


@dataclass(frozen=True, slots=True)
class Tried:
    """What a check said of one output."""

    shape: CheckShape
    score: Score

    @property
    def passed(self) -> bool | None:
        """Whether the output passes; None when nothing was measured."""
        return self.shape.passes(self.score) if isinstance(self.score, Scored) else None

    @property
    def exit_code(self) -> int:
        """0 passed, 1 did not pass, 3 not measured."""
        return {True: 0, False: 1, None: 3}[self.passed]

    def as_json(self) -> dict[str, Json]:
        """The result as the document of `check try --json`."""
        score = self.score
        status = "scored" if isinstance(score, Scored) else "failed" if isinstance(score, Failed) else "skipped"
        return {
            "format": "llmops.try/1",
            "type": self.shape.type,
            "status": status,
            "score": score.value if isinstance(score, Scored) else None,
            "passed": self.passed,
            "reason": score.reason,
        }


def check_from_options(type_name: str, options: Sequence[str]) -> CheckShape:
    """The check of a type with `KEY=VALUE` options; values are YAML: `3`, `true`, `[a, b]` are what they seem.

    Where an option can only be text, what YAML would take for something else is that text: `value=42`, `value=[a-z]+`.
    Raises InputError for a type or option that does not exist, and for a value that the type refuses.
    """
    entry = catalogue_entry(type_name)
    kinds = {option.name: option.kind for option in entry.options}
    data: dict[str, Json] = {"name": "try", "type": type_name}
    for pair in options:
        key, sign, text = pair.partition("=")
        if not sign or not key:
            raise InputError(f"--option {pair!r} is not KEY=VALUE", hint="such as --option value=42")
        if key == "type" or (key in data and key != "name"):
            raise InputError(f"--option {key} is given twice")
        data[key] = _value(key, text, text_only=kinds.get(key, "text") == "text")
    try:
        return shape_of_check(data, path="--option")
    except FileError as error:
        lines = [str(problem).removeprefix("--option: ") for problem in error.problems]
        raise InputError("\n".join(lines), hint=f"llmops check show {entry.type} tells its options") from None


def _value(key: str, text: str, *, text_only: bool) -> Json:
    try:
        value = parse_yaml(f"value: {text}", path="--option").data
    except FileError as error:
        if text_only:
            return text
        message = error.problems[0].message
        raise InputError(
            f"--option {key}: {message}", hint="quote it twice: once for the shell, once for YAML"
        ) from None
    found = value.get("value") if isinstance(value, dict) and list(value) == ["value"] else text
    return text if text_only and not isinstance(found, str) else found


def read_case(path: Path) -> Case:
    """One case from a JSON file, its `id` may be left out. Raises FileError."""
    return shape_of(Case, {"id": "try", **_object(path)}, path=str(path))


def read_answer(path: Path) -> Response:
    """One answer from a JSON file, as a row of a recording; `prompt` and `case` may be left out. Raises FileError."""
    return shape_of(RecordedRow, {"prompt": "try@0.0.0", "case": "try", **_object(path)}, path=str(path)).response()


def _object(path: Path) -> dict[str, Json]:
    text = read_text(path)
    try:
        data = parse_json(text)
    except ValueError as error:
        raise FileError([Problem(str(path), 0, "", f"not valid JSON: {error}")]) from None
    if not isinstance(data, dict):
        raise FileError([Problem(str(path), 1, "", "one JSON object is expected")])
    return data


def context_of(response: Response, case: Case) -> CheckContext:
    """What a check sees of an answer that belongs to no run."""
    return CheckContext(
        output=response.text,
        vars=case.vars,
        expected=case.expected,
        messages=tuple(message.as_request() for message in case.messages),
        usage=response.usage,
        cost_usd=response.cost_usd,
        latency_ms=response.latency_ms,
        finish_reason=response.finish_reason,
        tool_calls=response.tool_calls,
        contexts=response.contexts,
        case=case.id,
    )


def try_check(shape: CheckShape, context: CheckContext, config: Config, folder: Path) -> Tried:
    """Let a check look at one output; files it names are relative to `folder`, a folder of the project.

    A check that asks a model does so as in a run: through the cache, with the project's settings, for money.
    Raises InputError and FileError when it cannot be bound.
    """
    bound = shape.bind(_resources(config, folder))
    if isinstance(bound, AskingCheck):
        return Tried(shape, _opinion(bound, context, config))
    try:
        return Tried(shape, bound.score(context))
    except LlmopsError as error:
        return Tried(shape, Failed(error.message))
    except (Exception, SystemExit) as error:  # the fence: a check that crashes or leaves has measured nothing
        return Tried(shape, Failed(f"the check crashed: {type(error).__name__}: {error}"))


def _opinion(check: AskingCheck, context: CheckContext, config: Config) -> Score:
    with Session(config, SessionOptions()) as session:
        try:
            return session.opinion(check, context)
        except ModelError as error:
            return Failed(f"no answer: {error}")
        except LlmopsError:
            raise
        except (Exception, SystemExit) as error:  # the fence, as above
            return Failed(f"the check crashed: {type(error).__name__}: {error}")


def _resources(config: Config, folder: Path) -> Resources:
    inside = PurePosixPath(folder.resolve().relative_to(config.root).as_posix())
    settings = config.settings
    return TreeResources(
        config.files(),
        str(inside / "a check"),
        settings.prompts,
        settings.judge_model,
        settings.embedding_model,
        Surroundings(config, config.find_repo()),
    )


def case_with(case: Case, expected: str | None, values: Mapping[str, Json]) -> Case:
    """The case with what was said on the command line put over it."""
    given: dict[str, object] = {} if expected is None else {"expected": expected}
    return case.model_copy(update={**given, "vars": {**case.vars, **values}})
