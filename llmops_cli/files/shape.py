"""From parsed data to a frozen pydantic value, with errors that name file, line, key and the nearest known key."""

import difflib
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, WithJsonSchema

from llmops_cli.errors import FileError, Problem
from llmops_cli.files.json_value import Json
from llmops_cli.files.yaml_source import Document, Key, dotted

Shape = TypeVar("Shape", bound="FileShape")
# what a JSON schema can say of it
BELOW_THE_ROOT: dict[str, Any] = {"type": "string", "pattern": r"^(?!/)(?!(.*/)?\.\.(/|$))(?!(\./?)*$)[^\\]+$"}


def _below_the_root(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or not path.parts or "\\" in text or ".." in path.parts:
        raise ValueError("must be a path below the project root, such as pipelines/ or rag.py")
    return path.as_posix()


def _function(text: str) -> str:
    module, colon, function = text.rpartition(":")
    if text and not (colon and module and function):
        raise ValueError("must be package.module:function, or path/to/file.py:function")
    return text


# of a file or a folder, POSIX
ProjectPath = Annotated[str, AfterValidator(_below_the_root), WithJsonSchema(BELOW_THE_ROOT)]
# of the project; may be empty
FunctionName = Annotated[str, AfterValidator(_function), WithJsonSchema({"type": "string", "pattern": r"^$|^.+:.+$"})]


class FileShape(BaseModel):
    """Base of every shape that bytes are read into: frozen, strict, unknown keys refused, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def read_shape(shape: type[Shape], document: Document) -> Shape:
    """The document as a `shape`. Raises FileError with every problem, each at its line."""
    return shape_of(shape, document.data, path=document.path, line_of=document.line)


def shape_of(shape: type[Shape], data: Json, *, path: str, line_of: Callable[[Key], int] = lambda _: 0) -> Shape:
    """`data` as a `shape`; `line_of` tells the line of a key path. Raises FileError with every problem."""
    if not isinstance(data, dict):
        raise FileError([Problem(path, line_of(()), "", "a mapping of keys to values is expected")])
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        problems = [
            _problem(shape, data, path, line_of, entry["type"], entry["loc"], entry["msg"]) for entry in error.errors()
        ]
        raise FileError(_unique(problems)) from None


def nearest(name: str, known: Sequence[str]) -> str:
    """`did you mean 'x'?` for the nearest known name, else the list of the known ones (at most 12), else nothing."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(sorted(known)[:12])}" if known else ""


def _problem(
    shape: type[BaseModel],
    data: Json,
    path: str,
    line_of: Callable[[Key], int],
    kind: str,
    loc: tuple[int | str, ...],
    message: str,
) -> Problem:
    key, value = _locate(data, loc)
    hint = ""
    if kind == "extra_forbidden":
        name = str(loc[-1])
        key = (*_locate(data, loc[:-1])[0], name)
        message, hint = "unknown key", nearest(name, _known_keys(shape, loc[:-1]))
    elif kind == "missing":
        key = (*key, str(loc[-1])) if not key or key[-1] != loc[-1] else key
        message = "is missing"
    elif kind == "string_type" and isinstance(value, int | float) and not isinstance(value, bool):
        message, hint = "must be text, not a number", f'quote it: {loc[-1]}: "{value}"'
    else:
        message = message.removeprefix("Value error, ").replace("Input should be", "must be")
    return Problem(path, line_of(key), dotted(key), message, hint)


def _locate(data: Json, loc: tuple[int | str, ...]) -> tuple[Key, Json]:
    """The part of a pydantic location that stands in the data (the rest names union members), and the value there."""
    key: Key = ()
    value = data
    for part in loc:
        match value, part:
            case dict(), str() if part in value:
                key, value = (*key, part), value[part]
            case list(), int() if part < len(value):
                key, value = (*key, part), value[part]
    return key, value


def _known_keys(shape: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys a mapping at `loc` may have, looked up through the JSON schema of the shape."""
    schema = shape.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    here = [schema]
    for part in loc:
        there = []
        for candidate in _members(here, definitions):
            if isinstance(part, int):
                there.append(candidate.get("items", {}))
            elif part in candidate.get("properties", {}):
                there.append(candidate["properties"][part])
            elif isinstance(candidate.get("additionalProperties"), dict):
                there.append(candidate["additionalProperties"])
        here = there or here
    return sorted({name for member in _members(here, definitions) for name in member.get("properties", {})})


def _members(schemas: list[dict[str, Any]], definitions: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = []
    for schema in schemas:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            result += _members([definitions[reference.rsplit("/", 1)[1]]], definitions)
            continue
        options = schema.get("anyOf") or schema.get("oneOf")
        result += _members(options, definitions) if isinstance(options, list) else [schema]
    return result


def _unique(problems: list[Problem]) -> list[Problem]:
    """One problem a place: a union reports the same key once a member."""
    seen: dict[tuple[int, str], Problem] = {}
    for problem in problems:
        seen.setdefault((problem.line, problem.key), problem)
    return sorted(seen.values(), key=lambda problem: problem.line)
