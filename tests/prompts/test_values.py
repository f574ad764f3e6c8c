"""Variables as people type them."""

from pathlib import Path

import pytest

from llmops_cli.errors import FileError, InputError
from llmops_cli.prompts.values import parse_values, read_values
from llmops_cli.prompts.variable import Variable

VARIABLES = {"text": Variable(), "count": Variable(type="integer"), "list": Variable(type="array")}


def test_text_stays_text_and_all_else_is_json() -> None:
    pairs = ["text=3", "count=3", 'list=["a", "b=c"]', "unknown={", "text2=a=b"]
    assert parse_values(pairs, VARIABLES) == {
        "text": "3", "count": 3, "list": ["a", "b=c"], "unknown": "{", "text2": "a=b",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["text"], "--var 'text' is not NAME=VALUE"),
        (["=x"], "--var '=x' is not NAME=VALUE"),
        (["text=a", "text=b"], "--var text is given twice"),
        (["count=three"], "--var count: 'three' is not JSON, and count is of type integer"),
    ],
)
def test_what_is_no_value(pairs: list[str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_values(pairs, VARIABLES)
    assert caught.value.message == message


def test_files_of_values(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"text": "x", "count": 3}')
    (tmp_path / "a.yaml").write_text("text: x\ncount: 3\n")
    assert read_values(tmp_path / "a.json") == read_values(tmp_path / "a.yaml") == {"text": "x", "count": 3}
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "list.yaml").write_text("- x\n")
    for name, message in (("bad.json", "not valid JSON"), ("list.yaml", "a mapping"), ("none.json", "no such file")):
        with pytest.raises(FileError, match=message):
            read_values(tmp_path / name)
