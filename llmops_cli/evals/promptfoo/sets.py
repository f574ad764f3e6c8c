"""promptfoo's sets, weights and thresholds as our check sets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from llmops_cli.checks.catalogue import shape_of_check
from llmops_cli.errors import FileError
from llmops_cli.evals.promptfoo.asked import Entry
from llmops_cli.evals.promptfoo.checks import check_of
from llmops_cli.evals.promptfoo.naming import metric_name
from llmops_cli.evals.promptfoo.nunjucks import rendered
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.naming import unused
from llmops_cli.prompts.formats.note import LeftOutError

SET: Final = "assert-set"
Tell = Callable[[LeftOutError, int], None]


def name_of(entry: Mapping[str, Json], values: Mapping[str, Json]) -> str:
    """The metric that an entry names, else its type. Raises LeftOutError."""
    metric = entry.get("metric")
    return metric_name(rendered(metric, values) if isinstance(metric, str) and metric else str(entry.get("type", "")))


def either_of(entry: Mapping[str, Json], values: Mapping[str, Json], *, name: str, tell: Tell) -> Entry:
    """The check of an entry, or the check set of an `assert-set`. Raises LeftOutError."""
    if entry.get("type") != SET:
        return check_of(entry, values, name=name)
    parts = entry.get("assert")
    if not isinstance(parts, list):
        raise LeftOutError("a set says no list of entries")
    return set_of(parts, entry.get("threshold"), values, name=name, tell=tell)


def set_of(entries: Sequence[Json], threshold: Json, values: Mapping[str, Json], *, name: str, tell: Tell) -> Entry:
    """Entries as one check set: all must pass, or with `threshold` their weighted mean must reach it.

    What cannot be carried over is told and left out of a set without a threshold; of one with a threshold it would move
    the mean, so that the whole set is left out. Raises LeftOutError.
    """
    parts: list[Json] = []
    names: set[str] = set()
    for index, entry in enumerate(entries):
        try:
            part = _part(entry, values, names, tell)
        except LeftOutError as error:
            if threshold is not None:
                raise LeftOutError(
                    f"a part of a set with a threshold cannot be carried over: {error}", error.deviation
                ) from None
            tell(error, index)
            continue
        names.add(str(part["name"]))
        parts.append(part)
    if not parts:
        raise LeftOutError("nothing is left of the set, so it would decide nothing", "decides-nothing")
    made: Entry = {"name": name, "type": "check-set", "checks": parts}
    made |= {} if threshold is None else {"threshold": threshold}
    if threshold == 0:
        raise LeftOutError("a threshold of 0 always passes", "decides-nothing")
    try:
        shape_of_check(made, path="")
    except FileError as error:
        raise LeftOutError(error.problems[0].message, "refused-here") from None
    return made


def _part(entry: Json, values: Mapping[str, Json], names: set[str], tell: Tell) -> Entry:
    if not isinstance(entry, dict):
        raise LeftOutError("an entry is a mapping with a type")
    weight = entry.get("weight")
    made = either_of(entry, values, name=unused(name_of(entry, values), names), tell=tell)
    if weight == 0 and entry.get("type") == SET:  # its score does not count there, but it must pass
        return {**made, "weight": 0, "required": True}
    return made if weight is None else {**made, "weight": weight}
