"""JSON: the value type, the one canonical text of a value, strict parsing, digests."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn, cast

from typing_extensions import TypeAliasType

from llmops_cli.errors import FileError, Problem

_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")

Json = TypeAliasType("Json", "bool | int | float | str | list[Json] | dict[str, Json] | None")


def canonical(value: object) -> str:
    """The one text of a JSON value: sorted keys, no spaces, UTF-8 kept, no NaN.

    Raises ValueError for NaN or infinity and TypeError for what is not JSON.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: object) -> str:
    """`sha256:` and 64 hex digits over the canonical text of a JSON value."""
    # lone surrogates can stand in JSON (`"\\ud800"`), so they must have a digest too
    return "sha256:" + hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def parse_json(text: str) -> Json:
    """Strict JSON: NaN, Infinity, numbers too large to hold and duplicate keys are refused; a byte order mark is not.

    Raises ValueError (json.JSONDecodeError where the syntax is wrong).
    """
    try:
        value = json.loads(
            text.removeprefix("\ufeff"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_unique_keys,
        )
        return cast(Json, value)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def parse_whole_json(text: str) -> Json:
    """Strict JSON of which every text is one: half of a surrogate pair (`"\\ud800"`) is refused too.

    Raises ValueError.
    """
    value = parse_json(text)
    if _ESCAPED_HALF.search(text):
        try:
            canonical(value).encode()
        except UnicodeEncodeError:
            raise ValueError("holds half of a surrogate pair, which is not text") from None
    return value


def parse_json_lines(text: str, *, path: str) -> list[tuple[int, dict[str, Json]]]:
    """The objects of a JSONL text with their line numbers (from 1); blank lines are passed over.

    Raises FileError that names every bad line.
    """
    rows: list[tuple[int, dict[str, Json]]] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = parse_json(line)
        except ValueError as error:
            problems.append(Problem(path, number, "", f"not valid JSON: {error}"))
            continue
        if isinstance(row, dict):
            rows.append((number, row))
        else:
            problems.append(Problem(path, number, "", "one JSON object a line is expected"))
    if problems:
        raise FileError(problems)
    return rows


def read_text(path: Path, *, shown: str = "") -> str:
    """The UTF-8 text of a file, line ends as they are.

    Raises FileError when it is missing, unreadable, not UTF-8, or a git-lfs pointer.
    """
    name = shown or str(path)
    try:
        return decode(path.read_bytes(), path=name)
    except FileNotFoundError:
        raise FileError([Problem(name, 0, "", "no such file")]) from None
    except OSError as error:
        raise FileError([Problem(name, 0, "", f"cannot be read: {error.strerror}")]) from None


def decode(data: bytes, *, path: str) -> str:
    """Bytes of a file as text. Raises FileError when they are not UTF-8 or are a git-lfs pointer."""
    if data.startswith(b"version https://git-lfs"):
        raise FileError([Problem(path, 1, "", "is a git-lfs pointer, not the file", "run: git lfs pull")])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError([Problem(path, 0, "", f"not UTF-8 text (byte {error.start})", "save it as UTF-8")]) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large a number")
    return value


def _unique_keys(pairs: list[tuple[str, Json]]) -> Mapping[str, Json]:
    result: dict[str, Json] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"duplicate key {key!r}")
        result[key] = value
    return result
