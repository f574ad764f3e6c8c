"""Strict YAML: one meaning, places of keys, and a refusal of everything that hurts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.errors import FileError
from llmops_cli.files.yaml_source import dotted, parse_yaml


def problem(text: str) -> str:
    with pytest.raises(FileError) as caught:
        parse_yaml(text, path="f.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("no", "no"), ("off", "off"), ("yes", "yes"), ("true", True), ("False", False), ("null", None), ("~", None),
        ("", None), ("12:30:45", "12:30:45"), ("22:22", "22:22"), ("014", 14), ("0o14", 12), ("0x1F", 31),
        ("1_000", "1_000"), ("2026-11-21", "2026-11-21"), ("1e3", 1000.0), ("3.10", 3.1), ("3.1.0", "3.1.0"),
        ("'3.1'", "3.1"), ('"true"', "true"), ("-7", -7), (".5", 0.5), ("1.0.0-rc.1", "1.0.0-rc.1"),
        ("'é\U0001f600'", "é\U0001f600"),
    ],
)  # fmt: skip
def test_scalars_mean_what_yaml_1_2_says(scalar: str, value: object) -> None:
    data = parse_yaml(f"key: {scalar}\n", path="f.yaml").data
    assert isinstance(data, dict)
    assert data == {"key": value}
    assert type(data["key"]) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x [*x]", "f.yaml:1: nested deeper than 50 levels"),
        ("a: *unknown", "f.yaml:1: not valid YAML: found undefined alias"),
        ("a: 1\nb: \x07", "f.yaml:2: not valid YAML: the control character U+0007 is not allowed"),
        ("a: !!python/object:os.system x", "tags are not allowed (tag:yaml.org,2002:python/object:os.system)"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: duplicate key (remove one of the two)"),
        ("a:\n  b: {c: 1, c: 2}\n", "f.yaml:2: a.b.c: duplicate key"),
        ("1: x", "f.yaml:1: a key must be a string (quote it)"),
        ("? [a]\n: b", "a key must be a string"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: one document a file is expected"),
        ("a: .nan", "f.yaml:1: a: .nan is not a number"),
        ("a: 1e999", "f.yaml:1: a: 1e999 is too large a number"),
        ("a:\n\tb: 1", "indent with spaces"),
        ("[" * 60 + "]" * 60, "nested deeper than 50 levels"),
        ("a: [" + "&x 1, " + "*x, " * 101 + "]", "more than 100 aliases"),
    ],
)
def test_what_hurts_is_refused_with_its_line(text: str, message: str) -> None:
    assert message in problem(text)


def test_depth_is_refused_before_anything_is_built() -> None:
    assert "nested deeper than 50 levels" in problem("[" * 100_000)


def test_an_alias_bomb_is_refused_by_the_number_of_its_values() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 8)]
    assert "values once aliases are expanded" in problem("\n".join(lines))


def test_every_problem_is_told_at_once() -> None:
    assert problem("a: 1\na: 2\n3: x\nb: .inf\n").count("\n") == 2


def test_keys_have_lines_and_scalars_have_spans() -> None:
    text = "# \U0001f600\nname: 'x'\nlist:\n  - one\n  - {two: 2}\n"
    document = parse_yaml(text, path="f.yaml")
    assert document.line(("list", 1, "two")) == 5
    assert document.line(("list", 7, "nothing")) == 3
    span = document.spans[("name",)]
    assert text[span.start : span.end] == "'x'"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_spans_hold_behind_a_byte_order_mark_and_with_any_line_end(mark: str, end: str) -> None:
    text = mark + end.join(["# \U0001f600 é", "a: \U0001f600", "version: 1.0.0", ""])
    document = parse_yaml(text, path="f.yaml")
    span = document.spans[("version",)]
    assert text[span.start : span.end] == "1.0.0"
    assert span.line == 3
    assert document.data == {"a": "\U0001f600", "version": "1.0.0"}


def test_lines_within_literal_blocks_are_those_of_the_file() -> None:
    document = parse_yaml("a: 1\ntext: |\n  one\n  two\nfolded: >\n  one\n  two\n", path="f.yaml")
    assert document.text_line(("text",), 2) == 4
    assert document.text_line(("folded",), 2) == 5
    assert document.text_line(("nowhere",), 2) == 1


def test_an_empty_file_is_nothing() -> None:
    assert parse_yaml("# only a comment\n", path="f.yaml").data is None


@given(st.text(max_size=200))
def test_no_text_surprises_the_parser(text: str) -> None:
    try:
        parse_yaml(text.encode("utf-8", "ignore").decode(), path="f.yaml")
    except FileError as error:
        assert error.problems


def test_paths_of_keys_read_as_people_write_them() -> None:
    assert dotted(("checks", 1, "type")) == "checks[1].type"
    assert dotted((0, "a")) == "[0].a"
