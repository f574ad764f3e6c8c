"""What a changed JSON schema means for those who read data of it: fields gone, retyped, or no longer promised.

Only what can be known from the two schemas is reported; keywords that are not understood count as `other`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from llmops_cli.files.json_value import Json, canonical

_DEPTH = 30
_ANY = frozenset({"anything"})


class SchemaStep(StrEnum):
    """One kind of difference between two schemas."""

    REMOVED = "removed"
    RETYPED = "retyped"  # a value may now be of a type it was not before
    OPTIONAL = "optional"  # was always there, need not be any more
    REQUIRED = "required"  # may have been missing, or is new, and must now be there
    ADDED = "added"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A difference at a field, written as people do: `answer.sources[].title`; empty for the whole."""

    step: SchemaStep
    field: str
    before: str = ""  # types, for RETYPED
    after: str = ""
    new: bool = False  # of ADDED and REQUIRED: the field was not there before


def schema_changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[SchemaChange]:
    """Every difference between two JSON schemas, outermost first. Local `$ref`s are followed."""
    return list(_compare(_Schema(before, before), _Schema(after, after), "", _DEPTH))


def local_target(part: Json, whole: Mapping[str, Json]) -> Json:
    """A schema of this whole, its reference followed; None where that leads nowhere."""
    for _ in range(_DEPTH):
        if not isinstance(part, dict) or not isinstance(part.get("$ref"), str):
            break
        found: Json = dict(whole)
        for step in str(part["$ref"]).removeprefix("#").split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            found = found.get(key) if isinstance(found, dict) else None
        part = found
    return part


@dataclass(frozen=True, slots=True)
class _Schema:
    """A schema and the whole it stands in, which its references point into."""

    part: Mapping[str, Json]
    whole: Mapping[str, Json]

    def below(self, part: Json) -> "_Schema":
        """A schema of this whole, its reference followed."""
        part = local_target(part, self.whole)
        return _Schema(part if isinstance(part, dict) else {}, self.whole)

    @property
    def fields(self) -> Mapping[str, Json]:
        properties = self.part.get("properties")
        return properties if isinstance(properties, dict) else {}

    @property
    def required(self) -> frozenset[str]:
        names = self.part.get("required")
        return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()

    def types(self, depth: int = _DEPTH) -> frozenset[str]:
        """The JSON types a value may have."""
        for key in ("anyOf", "oneOf"):
            members = self.part.get(key)
            if isinstance(members, list) and depth:
                return frozenset().union(*(self.below(member).types(depth - 1) for member in members))
        given = self.part.get("type")
        if isinstance(given, str):
            return frozenset({given})
        if isinstance(given, list):
            return frozenset(name for name in given if isinstance(name, str))
        values = self.part.get("enum") or ([self.part["const"]] if "const" in self.part else None)
        if isinstance(values, list):
            return frozenset(type_of(value) for value in values)
        return frozenset({"object"}) if self.fields else _ANY


def _compare(before: _Schema, after: _Schema, field: str, depth: int) -> Iterator[SchemaChange]:
    if canonical([before.part, before.whole]) == canonical([after.part, after.whole]):
        return
    before, after = before.below(dict(before.part)), after.below(dict(after.part))
    found = list(_differences(before, after, field, depth)) if depth else []
    yield from found
    if not found and canonical(before.part) != canonical(after.part):
        yield SchemaChange(SchemaStep.OTHER, field)


def _differences(before: _Schema, after: _Schema, field: str, depth: int) -> Iterator[SchemaChange]:
    was, now = before.types(), after.types()
    if _news(was, now):
        yield SchemaChange(SchemaStep.RETYPED, field, " or ".join(sorted(was)), " or ".join(sorted(now)))
        return
    for name, part in before.fields.items():
        path = f"{field}.{name}" if field else name
        if name not in after.fields:
            yield SchemaChange(SchemaStep.REMOVED, path)
            continue
        if name in before.required and name not in after.required:
            yield SchemaChange(SchemaStep.OPTIONAL, path)
        if name not in before.required and name in after.required:
            yield SchemaChange(SchemaStep.REQUIRED, path)
        yield from _compare(before.below(part), after.below(after.fields[name]), path, depth - 1)
    for name in after.fields:
        if name not in before.fields:
            step = SchemaStep.REQUIRED if name in after.required else SchemaStep.ADDED
            yield SchemaChange(step, f"{field}.{name}" if field else name, new=True)
    if isinstance(before.part.get("items"), dict):
        items = before.below(before.part["items"]), after.below(after.part.get("items"))
        yield from _compare(*items, f"{field}[]", depth - 1)


def _news(was: frozenset[str], now: frozenset[str]) -> bool:
    """Whether a value may now be of a type it was not before; every integer is a number."""
    if was == _ANY:
        return False
    return any(name not in was and not (name == "integer" and "number" in was) for name in now)


def type_of(value: Json) -> str:
    """The JSON type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
