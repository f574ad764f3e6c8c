"""Whatever text goes into a YAML file of ours comes out of it, and can be compared line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.files.json_value import Json
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.files.yaml_text import text_scalar, yaml_text

TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "\n",
                "\n\n",
                "\r\n",
                " ",
                "\t",
                "# x",
                ": ",
                '"',
                "\\",
                "- ",
                "{",
                "'",
                "|",
                "é",
                "\u0085",
                "\u2028",
                "\ufeff",
            ]
        ),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=25,
).map("".join)


@given(TEXTS)
def test_a_text_comes_back_wherever_it_stands(text: str) -> None:
    data: dict[str, Json] = {"template": text, "list": [{"content": text, "n": 1}, text], "after": "x"}
    written = yaml_text(data)
    assert parse_yaml(written, path="p").data == data
    assert parse_yaml(written.replace("\r\n", "\n").replace("\n", "\r\n"), path="p").data == data
    assert parse_yaml(f"a: {text_scalar(text)}b: 1\n", path="p").data == {"a": text, "b": 1}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("one\n\n  two\n", "t: |\n  one\n\n    two\n"),
        ("one\ntwo", "t: |-\n  one\n  two\n"),
        ("one\r\n  two\r\n", 't: "one\\r\\n\\\n  \\  two\\r\\n"\n'),
        (" one\ntwo", 't: " one\\n\\\n  two"\n'),
    ],
)
def test_a_line_of_the_text_is_a_line_of_the_file(text: str, written: str) -> None:
    assert yaml_text({"t": text}) == written
    assert f"t: {text_scalar(text)}" == written
