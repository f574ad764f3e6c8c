"""Strict JSON, its one canonical text, and digests."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.errors import FileError
from llmops_cli.files.json_value import canonical, decode, digest, parse_json, parse_json_lines, read_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_canonical_text_reads_back_as_the_same_value(value: object) -> None:
    assert parse_json(canonical(value)) == value


@given(st.dictionaries(st.text(), st.integers()))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert digest(dict(reversed(value.items()))) == digest(value)


def test_the_digest_of_a_value_never_changes() -> None:
    assert digest({"b": 1, "a": "é"}) == "sha256:aa58fba8483623bed37c1b02edfccbdd9a53123837c20bfa4cb4049993a2872e"


@pytest.mark.parametrize(
    "text", ["NaN", "[Infinity]", "-Infinity", "1e999", '{"a": 1, "a": 2}', "", "{", "[" * 100_000]
)
def test_what_is_not_strict_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def test_a_byte_order_mark_is_no_error() -> None:
    assert parse_json("\ufeff[1]") == [1]
    assert parse_json_lines('\ufeff{"a": 1}\n', path="f") == [(1, {"a": 1})]


def test_a_lone_surrogate_has_a_digest_of_its_own() -> None:
    assert digest(json.loads('"\\ud800"')) != digest(json.loads('"\\ud801"'))


def test_json_lines_have_their_numbers_and_all_bad_ones_are_named() -> None:
    assert parse_json_lines('{"a": 1}\r\n\n  {"b": 2}', path="f") == [(1, {"a": 1}), (3, {"b": 2})]
    with pytest.raises(FileError) as caught:
        parse_json_lines('{"a": 1}\n[1]\n{"b": }\n', path="f")
    assert [(problem.line, problem.message[:14]) for problem in caught.value.problems] == [
        (2, "one JSON objec"),
        (3, "not valid JSON"),
    ]


def test_files_that_are_not_text_say_so(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"x: no such file"):
        read_text(tmp_path / "none", shown="x")
    with pytest.raises(FileError, match=r"cannot be read"):
        read_text(tmp_path)
    with pytest.raises(FileError, match=r"not UTF-8 text \(byte 1\)"):
        decode(b"a\xff", path="x")
    with pytest.raises(FileError, match="git lfs pull"):
        decode(b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", path="x")
