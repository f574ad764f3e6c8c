"""What a reference check compares with: its own `value`, or the case's `expected`, or a place inside that."""

import json
import re

from pydantic import field_validator, model_validator

from llmops_cli.checks.check import CheckContext, CheckShape, Failed, FilledText
from llmops_cli.files.json_value import Json

_STEP = re.compile(r"(?P<name>[^.\[\]]+)|\[(?P<index>\d{1,9})\]")
PATH = re.compile(r"[^.\[\]]+(\.[^.\[\]]+|\[\d{1,9}\])*\Z")


class ReferenceShape(CheckShape):
    """Base of the checks that compare with what the case expects.

    `expected: answer.total` or `expected: rows[0].id` is a place inside the object that the case expects; without it
    the whole of `expected` counts. A case that expects nothing, or nothing at that place, makes the check `Failed`.
    """

    expected: FilledText = ""

    @field_validator("expected")
    @classmethod
    def _is_a_path(cls, value: str) -> str:
        if not PATH.match(value):
            raise ValueError("must be a path such as answer.total or rows[0].id")
        return value

    def wanted(self, context: CheckContext) -> Json | Failed:
        """The expected value of the case, never None."""
        value = context.expected
        if value is None:
            return Failed("the case says no `expected`")
        for step in _STEP.finditer(self.expected):
            found = _item(value, step)
            if found is None:
                return Failed(f"`expected` of the case has nothing at {self.expected}")
            value = found
        return value

    def wanted_text(self, context: CheckContext) -> str | Failed:
        """The expected value as text: a text that is not empty, or a number or boolean as JSON writes it."""
        value = self.wanted(context)
        if isinstance(value, Failed):
            return value
        if isinstance(value, dict | list):
            kind = "an object" if isinstance(value, dict) else "a list"
            return Failed(f"`expected` of the case is {kind}, not text")
        text = value if isinstance(value, str) else json.dumps(value)
        return text if text else Failed("`expected` of the case is empty")


class TextsShape(ReferenceShape):
    """Base of the checks that compare with several texts: `value`, one text or a list, else what the case expects."""

    value: FilledText | tuple[FilledText, ...] = ()

    @field_validator("value", mode="before")
    @classmethod
    def _is_not_empty(cls, value: object) -> object:
        if isinstance(value, list | tuple) and not value:
            raise ValueError("the list is empty")
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_source(self) -> "TextsShape":
        if self.value and self.expected:
            raise ValueError("compares with `value` or with `expected`, not with both")
        return self

    def texts(self, context: CheckContext) -> tuple[str, ...] | Failed:
        """What to compare with, at least one text, none of them empty; a case may expect one text or a list of them."""
        if self.value:
            return (self.value,) if isinstance(self.value, str) else self.value
        wanted = self.wanted(context)
        if not isinstance(wanted, list):
            text = self.wanted_text(context)
            return text if isinstance(text, Failed) else (text,)
        if not wanted or any(item is None or item == "" or isinstance(item, dict | list) for item in wanted):
            return Failed("`expected` of the case is not a list of texts")
        return tuple(item if isinstance(item, str) else json.dumps(item) for item in wanted)


def _item(value: Json, step: re.Match[str]) -> Json:
    if step["index"] is not None:
        index = int(step["index"])
        return value[index] if isinstance(value, list) and index < len(value) else None
    return value.get(step["name"]) if isinstance(value, dict) else None
