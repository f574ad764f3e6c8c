"""The two shapes that people already have, read as the shape of today; error lines stay those of the user's keys.

- `required_vars` (names), `optional_vars` (names, or names with defaults), `model_hint`, with `$x` in the template
- `created_by`, `created_at` beside `name`, `version`, `template` and `metadata`, with `{x}` in the template
"""

from dataclasses import replace

from llmops_cli.errors import FileError, Problem
from llmops_cli.files.json_value import Json
from llmops_cli.files.yaml_source import Document, Key, dotted

_TYPES: dict[type, str] = {
    bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object",
}  # fmt: skip


def modernise(document: Document) -> Document:
    """The document with today's keys in place of the older ones; one that has none comes back as it is.

    An optional variable without a default gets the empty string. Raises FileError with every older key that does not
    hold what it must, or that stands beside the newer key of the same meaning.
    """
    if not isinstance(document.data, dict):
        return document
    older = _Older(document, dict(document.data))
    older.read_variables()
    older.read_model()
    older.read_creation()
    if older.problems:
        raise FileError(older.problems)
    return replace(document, data=older.data, lines={**document.lines, **older.lines})


class _Older:
    """One document on its way: `data` as it becomes, `lines` of the keys that are made."""

    def __init__(self, document: Document, data: dict[str, Json]) -> None:
        self.document = document
        self.data = data
        self.lines: dict[Key, int] = {}
        self.problems: list[Problem] = []

    def read_variables(self) -> None:
        if "required_vars" not in self.data and "optional_vars" not in self.data:
            return
        first = "required_vars" if "required_vars" in self.data else "optional_vars"
        if "variables" in self.data:
            self._problem((first,), f"{first} and variables say the same", "keep one of them")
        variables: dict[str, Json] = {}
        for key, name in self._names("required_vars"):
            self._declare(variables, key, name, {"type": "string"})
        optional = self.data.get("optional_vars")
        if isinstance(optional, dict):
            for name, default in optional.items():
                given = "" if default is None else default
                shape: Json = {"type": _TYPES[type(given)], "default": given}
                self._declare(variables, ("optional_vars", name), name, shape)
        else:
            for key, name in self._names("optional_vars"):
                self._declare(variables, key, name, {"type": "string", "default": ""})
        self.lines[("variables",)] = self.document.line((first,))
        self.data = {key: value for key, value in self.data.items() if key not in ("required_vars", "optional_vars")}
        self.data["variables"] = variables

    def read_model(self) -> None:
        if "model_hint" not in self.data:
            return
        if "model" in self.data:
            self._problem(("model_hint",), "model_hint and model say the same", "keep model")
        hint = self.data.pop("model_hint")
        self.data["model"] = "" if hint is None else hint
        self.lines[("model",)] = self.document.line(("model_hint",))

    def read_creation(self) -> None:
        created: dict[str, Json] = {
            name: self.data.pop(name) for name in ("created_by", "created_at") if name in self.data
        }
        if not created:
            return
        metadata = self.data.get("metadata")
        if metadata is not None and not isinstance(metadata, dict):
            return  # reported by the shape
        for name in created:
            if name in (metadata or {}):
                self._problem((name,), f"{name} stands here and in metadata", "keep one of them")
            self.lines[("metadata", name)] = self.document.line((name,))
        self.data["metadata"] = {**created, **(metadata or {})}

    def _names(self, key: str) -> list[tuple[Key, str]]:
        value = self.data.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self._problem((key,), "must be a list of variable names")
            return []
        names: list[tuple[Key, str]] = []
        for index, name in enumerate(value):
            if isinstance(name, str):
                names.append(((key, index), name))
            else:
                self._problem((key, index), "must be the name of a variable")
        return names

    def _declare(self, variables: dict[str, Json], key: Key, name: str, shape: Json) -> None:
        if name in variables:
            self._problem(key, f"variable {name!r} stands here twice", "remove one of the two")
        variables[name] = shape
        self.lines[("variables", name)] = self.document.line(key)

    def _problem(self, key: Key, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self.document.path, self.document.line(key), dotted(key), message, hint))
