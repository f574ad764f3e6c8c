"""All types of checks by name: ours, and those other packages offer under the entry point group `llmops.checks`.

Both come by the same door. Ours stand in the table below as well, so that a suite that uses only them neither scans the
installed packages nor loads what it does not need (jsonschema).
"""

import importlib
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from llmops_cli.checks.check import CheckShape
from llmops_cli.checks.negated import Negated
from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.files.json_value import Json
from llmops_cli.files.shape import nearest, shape_of
from llmops_cli.files.yaml_source import Key

GROUP: Final = "llmops.checks"
NOT: Final = "not-"

BUILT_IN: Final[Mapping[str, str]] = {
    "contains": "llmops_cli.checks.text:Contains",
    "icontains": "llmops_cli.checks.text:IContains",
    "starts-with": "llmops_cli.checks.text:StartsWith",
    "equals": "llmops_cli.checks.text:Equals",
    "max-words": "llmops_cli.checks.text:MaxWords",
    "min-words": "llmops_cli.checks.text:MinWords",
    "regex": "llmops_cli.checks.pattern:Regex",
    "numeric": "llmops_cli.checks.numeric:Numeric",
    "is-json": "llmops_cli.checks.structure:IsJson",
    "contains-json": "llmops_cli.checks.structure:ContainsJson",
    "latency": "llmops_cli.checks.measured:Latency",
    "cost": "llmops_cli.checks.measured:Cost",
    "judge": "llmops_cli.checks.judge:JudgeShape",
}


def check_types() -> list[str]:
    """The names of all types, ours and those of installed packages, sorted; without their `not-` forms."""
    return sorted({*BUILT_IN, *entry_points(group=GROUP).names})


def check_class(name: str) -> type[CheckShape] | None:
    """The shape of a type, None when nobody offers it. Our own names cannot be taken over by a package.

    Raises InputError when a package offers something that cannot be loaded or is not a check, or two offer the same.
    """
    if name in BUILT_IN:
        return _loaded(EntryPoint(name, BUILT_IN[name], GROUP))
    offers = {(offer.value, offer) for offer in entry_points(group=GROUP, name=name)}
    if len(offers) > 1:
        raise InputError(f"check type {name!r} is offered twice: {', '.join(sorted(value for value, _ in offers))}")
    return _loaded(next(iter(offers))[1]) if offers else None


def shape_of_check(data: Json, *, path: str, line_of: Callable[[Key], int] = lambda _: 0) -> CheckShape:
    """One entry of `checks:` as the shape of its type; `not-TYPE` is the opposite of TYPE.

    `line_of` tells the line of a key path within the entry. Raises FileError with every problem.
    """
    if not isinstance(data, dict):
        raise FileError([Problem(path, line_of(()), "", "a check is a mapping such as {name: short, type: max-words}")])
    name = data.get("type")
    if not isinstance(name, str) or not name:
        message = "is missing" if name is None else "must be text"
        raise FileError([Problem(path, line_of(("type",)), "type", message, nearest("", check_types()))])
    found = _class_at(name, path, line_of)
    if found is not None:
        return shape_of(found, data, path=path, line_of=line_of)
    found = _class_at(name.removeprefix(NOT), path, line_of) if name.startswith(NOT) else None
    if found is None:
        raise FileError([Problem(path, line_of(("type",)), "type", f"unknown type {name!r}", _hint(name))])
    if found.graded:
        problem = Problem(path, line_of(("type",)), "type", f"{name.removeprefix(NOT)!r} has no opposite", _NO_OPPOSITE)
        raise FileError([problem])
    inner = shape_of(found, {**data, "type": name.removeprefix(NOT)}, path=path, line_of=line_of)
    return Negated(name=inner.name, type=name, check=inner)


_NO_OPPOSITE: Final = "its scores lie between 0 and 1; swap the labels of a judge instead"


def _class_at(name: str, path: str, line_of: Callable[[Key], int]) -> type[CheckShape] | None:
    try:
        return check_class(name)
    except InputError as error:
        raise FileError([Problem(path, line_of(("type",)), "type", error.message, error.hint)]) from None


def _hint(name: str) -> str:
    known = check_types()
    if name.startswith(NOT):
        return nearest(name, [NOT + known_name for known_name in known if known_name != "judge"])
    return nearest(name, known)


def _loaded(offer: EntryPoint) -> type[CheckShape]:
    module, _, name = offer.value.partition(":")
    try:
        found = getattr(importlib.import_module(module.strip()), name.strip(), None)
    except ImportError as error:
        raise InputError(f"check type {offer.name!r} cannot be loaded from {offer.value}: {error}") from None
    if not (isinstance(found, type) and issubclass(found, CheckShape)):
        raise InputError(f"check type {offer.name!r}: {offer.value} is not a CheckShape")
    return found
