"""promptfoo's tests in CSV."""

from typing import Any

import pytest

from llmops_cli.errors import FileError
from llmops_cli.evals.promptfoo.csv_tests import csv_tests, entry_of
from llmops_cli.prompts.formats.note import Note


@pytest.mark.parametrize(
    ("cell", "entry"),
    [
        ("28", {"type": "equals", "value": "28"}),
        ("contains: a: b", {"type": "contains", "value": "a: b"}),
        ("not-contains:x", {"type": "not-contains", "value": "x"}),
        ("contains-any: a, \"b, c\"", {"type": "contains-any", "value": ["a", "b, c"]}),
        ("levenshtein(3): tram", {"type": "levenshtein", "value": "tram", "threshold": 3.0}),
        ("levenshtein: tram", {"type": "levenshtein", "value": "tram", "threshold": 0.75}),
        ("similar: tram", {"type": "similar", "value": "tram", "threshold": 0.8}),
        ("is-json", {"type": "is-json"}),
        ("containers: x", {"type": "equals", "value": "containers: x"}),
        ("fn:output.length", {"type": "javascript", "value": "output.length"}),
        ("grade: is polite", {"type": "llm-rubric", "value": " is polite"}),
        ("file://check.py", {"type": "python", "value": "file://check.py"}),
    ],
)  # fmt: skip
def test_a_cell_is_an_entry(cell: str, entry: dict[str, Any]) -> None:
    assert entry_of(cell) == entry


def test_columns_of_promptfoo_s_own_say_more_of_a_test() -> None:
    notes: list[Note] = []
    text = (
        "q,__expected1,__expected2,__metric,__threshold,__description,__metadata:zone,__metadata:tags[],"
        "__config:__expected2:threshold,__suffix,__odd\n"
        'a,contains: x,rouge-n: y,m,0.5,first,1,"p, q\\, r",0.9,!,z\n'
    )
    (test,) = csv_tests(text, path="t.csv", notes=notes)
    assert test == {
        "vars": {"q": "a"},
        "assert": [
            {"type": "contains", "value": "x", "metric": "m"},
            {"type": "rouge-n", "value": "y", "threshold": 0.9, "metric": "m"},
        ],
        "threshold": 0.5,
        "description": "first",
        "metadata": {"zone": "1", "tags": ["p", "q, r"]},
        "options": {"suffix": "!"},
    }
    assert [note.where for note in notes] == ["t.csv:2: __odd"]


def test_rows_that_do_not_fit_are_named() -> None:
    with pytest.raises(FileError, match=r"t\.csv:3: has 1 columns, not 2"):
        csv_tests("a,b\n1,2\n3\n", path="t.csv", notes=[])
    assert csv_tests("", path="t.csv", notes=[]) == []


def test_a_broken_list_is_told_and_keeps_its_place() -> None:
    notes: list[Note] = []
    (test,) = csv_tests(
        'a,__expected,__config:__expected1:threshold\n1,"contains-any: ""x",2\n', path="t.csv", notes=notes
    )
    assert len(notes) == 1 and "never closed" in notes[0].text
    assert test["assert"] == [{"type": "contains-any", "value": "", "threshold": 2.0}]
