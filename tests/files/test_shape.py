"""From data to a value: every problem with file, line, key, and the nearest known key."""

from typing import Literal

import pytest
from pydantic import Field

from llmops_cli.errors import FileError
from llmops_cli.files.json_value import Json
from llmops_cli.files.shape import FileShape, nearest, read_shape, shape_of
from llmops_cli.files.yaml_source import parse_yaml


class Inner(FileShape):
    kind: Literal["one", "two"]
    count: int = Field(default=1, ge=1)


class Outer(FileShape):
    version: str
    inner: dict[str, Inner] = Field(default_factory=dict)
    items: list[Inner] = Field(default_factory=list)
    either: str | dict[str, Json] | None = None


def problems(text: str) -> list[str]:
    with pytest.raises(FileError) as caught:
        read_shape(Outer, parse_yaml(text, path="f.yaml"))
    return [str(problem) for problem in caught.value.problems]


def test_a_fitting_document_becomes_a_frozen_value() -> None:
    value = read_shape(Outer, parse_yaml("version: a\ninner: {x: {kind: one}}\neither: {a: [1, null]}\n", path="f"))
    assert value == Outer(version="a", inner={"x": Inner(kind="one")}, either={"a": [1, None]})
    with pytest.raises(ValueError, match="frozen"):
        value.version = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("versoin: a", ["f.yaml:1: version: is missing", "f.yaml:1: versoin: unknown key (did you mean 'version'?)"]),
        ("version: 3.1", ['f.yaml:1: version: must be text, not a number (quote it: version: "3.1")']),
        ("version: true", ["f.yaml:1: version: must be a valid string"]),
        (
            "version: a\nitems:\n  - kind: one\n  - kind: three\n    coun: 1\n",
            [
                "f.yaml:4: items[1].kind: must be 'one' or 'two'",
                "f.yaml:5: items[1].coun: unknown key (did you mean 'count'?)",
            ],
        ),
        (
            "version: a\ninner:\n  x:\n    kind: one\n    count: 0\n",
            ["f.yaml:5: inner.x.count: must be greater than or equal to 1"],
        ),
        ("version: a\nitems: {}\n", ["f.yaml:2: items: must be a valid list"]),
        ("version: a\nitems: [{}]\n", ["f.yaml:2: items[0].kind: is missing"]),
        ("version: a\nitems: [{kind: one, count: '2'}]\n", ["f.yaml:2: items[0].count: must be a valid integer"]),
    ],
)
def test_problems_name_line_key_and_mend(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_what_is_no_mapping_is_no_shape() -> None:
    with pytest.raises(FileError, match=r"f: a mapping of keys to values is expected"):
        shape_of(Outer, ["version"], path="f")


def test_a_value_that_fits_no_member_of_a_union_is_one_problem() -> None:
    assert len(problems("version: a\neither: 3\n")) == 1


def test_nearest() -> None:
    assert nearest("versoin", ["version", "name"]) == "did you mean 'version'?"
    assert nearest("zzz", ["version", "name"]) == "known: name, version"
    assert nearest("zzz", []) == ""
