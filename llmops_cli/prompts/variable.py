"""Typed variables of a prompt: what a caller must and may pass, and whether a value fits."""

import math
from typing import Literal

from pydantic import Field, model_validator

from llmops_cli.files.json_value import Json, canonical
from llmops_cli.files.shape import FileShape

VariableType = Literal["string", "integer", "number", "boolean", "array", "object"]


class Variable(FileShape):
    """One variable as `variables:` of a prompt file states it. Bounds are inclusive; lengths in characters or items."""

    type: VariableType = Field(default="string", description="What a value must be.")
    description: str = Field(default="", description="For people; not part of the digest.")
    default: Json = Field(default=None, description="Makes the variable optional; must fit all that is said here.")
    enum: list[Json] | None = Field(default=None, description="The only values it may have.")
    min_length: int | None = Field(default=None, description="Characters of a string or items of an array, at least.")
    max_length: int | None = Field(default=None, description="Characters of a string or items of an array, at most.")
    minimum: int | float | None = Field(default=None, description="The smallest number it may be.")
    maximum: int | float | None = Field(default=None, description="The largest number it may be.")

    @property
    def required(self) -> bool:
        """A variable without a default must be passed by the caller."""
        return "default" not in self.model_fields_set

    @model_validator(mode="after")
    def _bounds_fit(self) -> "Variable":
        if self.type not in ("string", "array") and (self.min_length is not None or self.max_length is not None):
            raise ValueError("min_length and max_length are for strings and arrays")
        if self.type not in ("integer", "number") and (self.minimum is not None or self.maximum is not None):
            raise ValueError("minimum and maximum are for numbers")
        for name, bound in (("min_length", self.min_length), ("max_length", self.max_length)):
            if bound is not None and bound < 0:
                raise ValueError(f"{name} must not be negative")
        if self.min_length is not None and self.max_length is not None and self.min_length > self.max_length:
            raise ValueError("min_length is larger than max_length")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("minimum is larger than maximum")
        if self.enum is not None:
            if not self.enum:
                raise ValueError("enum must list at least one value")
            if reason := next((reason for value in self.enum if (reason := self._unfit(value))), ""):
                raise ValueError(f"a value of enum {reason}")
        if not self.required and (reason := self.misfit(self.default)):
            raise ValueError(f"the default {reason}")
        return self

    def misfit(self, value: Json) -> str:
        """Why the value does not fit, as words that follow its name; empty when it fits."""
        if reason := self._unfit(value):
            return reason
        if self.enum is not None and canonical(value) not in map(canonical, self.enum):
            return "must be one of " + ", ".join(canonical(each) for each in self.enum)
        return ""

    def _unfit(self, value: Json) -> str:
        """Why the value is not of the type, or out of bounds."""
        if not _is(value, self.type):
            return f"must be of type {self.type}, not {_type_name(value)}"
        if not _finite(value):
            return "must hold finite numbers only"
        if isinstance(value, str | list):
            if self.min_length is not None and len(value) < self.min_length:
                return f"is shorter than min_length {self.min_length}"
            if self.max_length is not None and len(value) > self.max_length:
                return f"is longer than max_length {self.max_length}"
        if isinstance(value, int | float) and not isinstance(value, bool):
            if self.minimum is not None and value < self.minimum:
                return f"is below minimum {self.minimum}"
            if self.maximum is not None and value > self.maximum:
                return f"is above maximum {self.maximum}"
        return ""

    def contract(self) -> dict[str, Json]:
        """What counts for the digest: everything but the description, defaults of this shape left out."""
        data: dict[str, Json] = {"type": self.type}
        data |= self.model_dump(exclude={"description", "type"}, exclude_defaults=True)
        if not self.required:
            data["default"] = self.default
        return data


def _is(value: Json, wanted: VariableType) -> bool:
    match wanted:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)


def _finite(value: Json) -> bool:
    match value:
        case float():
            return math.isfinite(value)
        case list():
            return all(map(_finite, value))
        case dict():
            return all(map(_finite, value.values()))
    return True


def _type_name(value: Json) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")
