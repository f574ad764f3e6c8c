"""The output schema of a prompt as classes: the common subset of JSON Schema, and a comment for everything else.

What the classes refuse the schema refuses too, and they accept more only where a comment says what they do not look at.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from llmops_cli.errors import InputError
from llmops_cli.files.json_value import Json, canonical
from llmops_cli.prompts.codegen.field import Field, one_of
from llmops_cli.prompts.codegen.python_text import attribute_name, class_name, comment, docstring, literal
from llmops_cli.prompts.schema_change import local_target, type_of

_MOST = 5_000  # parts of a schema, references followed
_DEEPEST = 50  # Python takes no more than 200 brackets within each other
# keywords that refuse nothing
_SILENT = frozenset({"$anchor", "$comment", "$defs", "$id", "$schema", "default", "definitions", "deprecated",
                     "description", "example", "examples", "readOnly", "title", "writeOnly"})  # fmt: skip
_NUMBERS = {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"}
# the keywords that speak of one kind of value, with pydantic's word where the bound is the same
_BOUNDS: dict[str, dict[str, str]] = {
    "string": {"minLength": "min_length", "maxLength": "max_length"},
    "array": {"minItems": "min_length", "maxItems": "max_length"},
    "object": {"minProperties": "min_length", "maxProperties": "max_length"},
    "number": _NUMBERS,
    "integer": _NUMBERS,
}
_OTHERS = {
    "string": {"pattern", "format"},
    "array": {"items", "prefixItems", "uniqueItems", "contains", "minContains", "maxContains", "unevaluatedItems"},
    "object": {"properties", "required", "additionalProperties", "patternProperties", "propertyNames",
               "dependentRequired", "dependentSchemas", "unevaluatedProperties"},
    "number": {"multipleOf"},
    "integer": {"multipleOf"},
}  # fmt: skip
_SCALARS = {"string": "str", "integer": "int", "number": "int | float", "boolean": "bool", "null": "None"}


@dataclass(frozen=True, slots=True)
class Type:
    """An annotation, and what of the schema it does not say.

    `late`: it names a class that is not complete yet. `null`: a value may be null.
    """

    text: str
    notes: tuple[str, ...] = ()
    late: bool = False
    null: bool = False

    @property
    def source(self) -> str:
        """As it stands in a class."""
        return literal(self.text) if self.late else self.text


@dataclass(slots=True)
class OutputClasses:
    """The classes of one schema; `texts` hold them in the order in which they must stand."""

    whole: Mapping[str, Json]
    prefix: str  # the name of the class of a whole answer; those of its parts begin with it
    taken: set[str]  # names that classes have, or must not have
    texts: list[str] = field(default_factory=list)
    _named: dict[str, str] = field(default_factory=dict)  # reference -> its class
    _open: set[str] = field(default_factory=set)  # references in the making that are no classes
    _complete: set[str] = field(default_factory=set)  # classes that are written already
    _seen: int = 0
    _depth: int = 0

    def write(self) -> str:
        """Write all classes and return the name of the one for a whole answer. Raises InputError for a huge schema."""
        whole = dict(self.whole)
        self.prefix = self._named["#"] = self._free("")
        if _is_class(whole):
            self._class(whole, self.prefix)
            return self.prefix
        kind = self._of(whole, "Item")
        if kind.text in self._complete:  # the whole schema refers to one of its parts
            return kind.text
        lines = _noted(kind.notes, "")
        lines.append(f"class {self.prefix}(RootModel[{kind.source}], strict=True, frozen=True, allow_inf_nan=False):")
        lines += docstring(_text(self.whole, "description") or "A whole answer; it is in `root`.")
        self.texts.append("\n".join(lines) + "\n")
        return self.prefix

    def _of(self, schema: Json, place: str) -> Type:
        """The annotation of a schema; `place` becomes part of the name of a class that is made for it."""
        self._seen, self._depth = self._seen + 1, self._depth + 1
        if self._seen > _MOST or self._depth > _DEEPEST:
            raise InputError(
                f"the output schema has more than {_MOST:,} parts, or is nested deeper than {_DEEPEST} levels, "
                "so no classes can be written for it"
            )
        found = self._by_keyword(schema, place)
        self._depth -= 1
        return found

    def _by_keyword(self, schema: Json, place: str) -> Type:
        if not isinstance(schema, dict):
            return _anything(() if schema is True else (f"the schema {_short(schema)}",))
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema)
        if "const" in schema or isinstance(schema.get("enum"), list):
            return _chosen(schema)
        for key in ("anyOf", "oneOf", "allOf"):
            members = schema.get(key)
            if isinstance(members, list) and members and (key != "allOf" or len(members) == 1):
                more = ("that no second one of oneOf fits",) if key == "oneOf" and len(members) > 1 else ()
                places = [f"{place}{number}" if len(members) > 1 else place for number in range(1, len(members) + 1)]
                found = _union([self._of(each, of) for each, of in zip(members, places, strict=True)])
                return replace(found, notes=(*found.notes, *more, *_unsaid(schema, {key})))
        return self._by_kind(schema, place)

    def _by_kind(self, schema: Mapping[str, Json], place: str) -> Type:
        kinds = _kinds(schema)
        if _is_class(schema):
            name = self._free(place)
            self._class(schema, name)
            return Type(name)
        if not kinds:
            return _anything(_unsaid(schema, {"type"}))
        if len(kinds) > 1:
            return _union([self._of({**schema, "type": kind}, place) for kind in kinds])
        if kinds == ["object"]:
            inner = self._of(schema.get("additionalProperties", True), place)
            return _bounded(
                f"dict[str, {inner.text}]", schema, "object", {"additionalProperties"}, replace(inner, null=False)
            )
        if kinds == ["array"]:
            inner = self._of(schema.get("items", True), place)
            return _bounded(f"list[{inner.text}]", schema, "array", {"items"}, replace(inner, null=False))
        if kinds[0] not in _SCALARS:
            return _anything(_unsaid(schema, set()))
        return _bounded(_SCALARS[kinds[0]], schema, kinds[0], set(), Type("", null=kinds == ["null"]))

    def _reference(self, schema: Mapping[str, Json]) -> Type:
        reference, target = str(schema["$ref"]), local_target(dict(schema), self.whole)
        beside = _unsaid(schema, {"$ref"})
        if reference not in self._named and isinstance(target, dict) and _is_class(target):
            self._named[reference] = self._free(class_name(reference.rpartition("/")[2]))
            self._class(target, self._named[reference])
        if reference in self._named:
            name = self._named[reference]
            # a whole answer that is no object may be null
            return Type(name, beside, late=name not in self._complete, null=reference == "#")
        if reference in self._open:  # such as a list of lists of lists
            return _anything((f"$ref {_short(reference)}", *beside))
        self._open.add(reference)
        found = self._of(target, class_name(reference.rpartition("/")[2]))
        self._open.discard(reference)
        return replace(found, notes=(*found.notes, *beside))

    def _free(self, place: str) -> str:
        name = self.prefix + place
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def _class(self, schema: Mapping[str, Json], name: str) -> None:
        """Write the class of an object with known fields, behind those of its parts."""
        known, required = schema.get("properties"), schema.get("required")
        more = schema.get("additionalProperties", True)
        must = [each for each in required if isinstance(each, str)] if isinstance(required, list) else []
        parts: dict[str, Json] = {
            **dict.fromkeys(must, more is not False),
            **(known if isinstance(known, dict) else {}),
        }
        own: dict[str, Field] = {}
        for key, part in parts.items():
            attribute = attribute_name(key, {*(each.name for each in own.values()), *self.taken})
            own[key] = self._field(key, part, attribute, key in must)
        handled = {"type", "properties", "required"} | ({"additionalProperties"} if isinstance(more, bool) else set())
        closed = ', extra="forbid"' if more is False else ""
        lines = [
            f"class {name}(PromptOutput, frozen=True{closed}):",
            *docstring(_text(schema, "description") or "An answer, or a part of one."),
        ]
        untyped = () if _kinds(schema) else ("that it may be no object, since there is no type",)
        lines += _noted((*_unsaid(schema, handled, "object"), *untyped))
        lines += ["", *(line for each in own.values() for line in each.lines())] if own else []
        self.texts.append("\n".join(lines) + "\n")
        self._complete.add(name)

    def _field(self, key: str, part: Json, attribute: str, required: bool) -> Field:
        kind = self._of(part, class_name(key) if key.strip("_") else "Field")
        alias = {"alias": literal(key)} if attribute != key else {}
        says = _text(part, "description") if isinstance(part, dict) else ""
        text = kind.text
        if not required and text != "Json" and not text.endswith("None"):
            text += " | None"
        if not required and not kind.null:  # it may be left out, which is None here, but it may not be null
            text = f"Annotated[{text}, BeforeValidator(_given)]"
        default = "" if required else "None"
        return Field(attribute, replace(kind, text=text).source, default, alias, says, kind.notes)


def _is_class(schema: Mapping[str, Json]) -> bool:
    """Whether it is an object of which fields are known."""
    if schema.keys() & {"$ref", "const", "enum", "anyOf", "oneOf"}:
        return False
    if _kinds(schema) not in ([], ["object"]) or isinstance(schema.get("allOf"), list):
        return False
    closed = schema.get("additionalProperties") is False and "type" in schema
    return closed or bool(schema.keys() & {"properties", "required"})


def _kinds(schema: Mapping[str, Json]) -> list[str]:
    """The JSON types that a schema names."""
    given = schema.get("type")
    named = given if isinstance(given, list) else [given]
    return [str(kind) for kind in named if isinstance(kind, str)]


def _anything(notes: tuple[str, ...] = ()) -> Type:
    return Type("Json", notes, null=True)


def _chosen(schema: Mapping[str, Json]) -> Type:
    """One of the values of `enum`, or `const`, as far as they are of the type."""
    listed = schema.get("enum")
    values = [schema["const"]] if "const" in schema else listed if isinstance(listed, list) else []
    values = [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]
    kinds = {*_kinds(schema)} or {type_of(value) for value in values}
    fitting = [v for v in values if type_of(v) in kinds or (type_of(v) == "integer" and "number" in kinds)]
    if not fitting:
        return _anything((f"enum {_short(values)}",))
    text = one_of(fitting)
    if any(type_of(value) == "integer" for value in fitting):
        text = f"Annotated[{text}, BeforeValidator(_whole)]"
    notes = _unsaid(schema, {"type", "const"} if "const" in schema else {"type", "enum"})
    return Type(text, notes, null=None in fitting)


def _union(kinds: Sequence[Type]) -> Type:
    """Any of these."""
    texts = list(dict.fromkeys(kind.text for kind in kinds))
    texts = ["Json"] if "Json" in texts else sorted(texts, key=lambda text: text == "None")
    notes = tuple(dict.fromkeys(note for kind in kinds for note in kind.notes))
    late, null = any(kind.late for kind in kinds), any(kind.null for kind in kinds)
    return Type(" | ".join(texts), notes, late, null)


def _bounded(text: str, schema: Mapping[str, Json], kind: str, handled: Collection[str], inner: Type) -> Type:
    """The annotation with the bounds of its kind."""
    bounds: dict[str, str] = {}
    for keyword, word in _BOUNDS.get(kind, {}).items():
        value = schema.get(keyword)
        whole = isinstance(value, int) or not word.endswith("_length")
        if isinstance(value, int | float) and not isinstance(value, bool) and whole:
            if kind == "integer":  # the nearest integer that says the same
                value = math.ceil(value) if word in ("ge", "lt") else math.floor(value)
            bounds[word] = literal(value)
            handled = {*handled, keyword}
    notes = (*inner.notes, *_unsaid(schema, {*handled, "type"}, kind))
    extra = ["BeforeValidator(_whole)"] if kind == "integer" else []
    if bounds:
        extra.append("Field(" + ", ".join(f"{word}={value}" for word, value in bounds.items()) + ")")
    return Type(
        f"Annotated[{', '.join([text, *extra])}]" if extra else text, notes, inner.late, not extra and inner.null
    )


def _unsaid(schema: Mapping[str, Json], handled: Collection[str], kind: str = "") -> tuple[str, ...]:
    """The keywords that nothing here looks at, but for those that speak of another kind of value only."""
    own = {*_BOUNDS.get(kind, {}), *_OTHERS.get(kind, set())}
    foreign = {word for words in [*_BOUNDS.values(), *_OTHERS.values()] for word in words} - own if kind else set()
    return tuple(
        f"{keyword} {_short(value)}"
        for keyword, value in schema.items()
        if keyword not in _SILENT and keyword not in handled and keyword not in foreign
    )


def _noted(notes: Sequence[str], indent: str = "    ") -> list[str]:
    return comment("not checked here: " + "; ".join(notes), indent) if notes else []


def _short(value: Json) -> str:
    text = canonical(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _text(schema: Mapping[str, Json], key: str) -> str:
    text = schema.get(key)
    return text if isinstance(text, str) else ""
