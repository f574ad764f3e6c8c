"""Adding cases: the rest of the file stays byte for byte, and what does not fit is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.errors import FileError, InputError
from llmops_cli.evals.dataset import load_golden_set
from llmops_cli.evals.golden.adding import Added, cases_in, cases_of_run, plan_addition, short, write_addition
from llmops_cli.settings import Settings
from llmops_cli.vcs.tree import WorkTree
from tests.evals.golden.sets import PROMPT, SUITE, linted
from tests.evals.runs import run_of

BEFORE = b'{"id":"a",  "vars": {"mail": "one"}, "expected": "sales"}\n\n{"vars": {"mail": "two"}, "id": "b"}'
NEW = {"id": "c", "vars": {"mail": "Grüße"}, "expected": "billing", "tags": ["x"]}


def add(
    tmp_path: Path, before: bytes, *cases: dict[str, Any], ending: str = "jsonl", replace: bool = False
) -> tuple[Added, bytes]:
    """The addition, and the bytes of the file once it is written."""
    files = {"prompts/desk.yaml": PROMPT, "evals/desk.yaml": SUITE.replace("desk.jsonl", f"desk.{ending}")}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    golden = tmp_path / f"evals/golden/desk.{ending}"
    golden.parent.mkdir(exist_ok=True)
    golden.write_bytes(before)
    added = plan_addition(WorkTree(tmp_path), Settings(), "evals/desk.yaml", cases, replace=replace)
    assert golden.read_bytes() == before
    write_addition(tmp_path, added)
    return added, golden.read_bytes()


def test_the_rest_of_the_file_stays_byte_for_byte(tmp_path: Path) -> None:
    added, after = add(tmp_path, BEFORE, NEW)
    line = '{"id": "c", "vars": {"mail": "Grüße"}, "expected": "billing", "tags": ["x"]}\n'
    assert after == BEFORE + b"\n" + line.encode()
    assert [(row.line, row.case.id) for row in added.rows] == [(4, "c")]


def test_line_ends_and_a_byte_order_mark_are_kept(tmp_path: Path) -> None:
    before = b"\xef\xbb\xbf" + BEFORE.replace(b"\n", b"\r\n") + b"\r\n"
    _, after = add(tmp_path, before, NEW)
    assert after.startswith(before) and after.endswith(b'"tags": ["x"]}\r\n')
    assert after.count(b"\n") == after.count(b"\r\n") == 4


def test_a_new_file_begins_with_the_case(tmp_path: Path) -> None:
    _, after = add(tmp_path, b"", NEW)
    assert json.loads(after) == NEW


def test_yaml_and_csv_grow_as_well(tmp_path: Path) -> None:
    yaml = b"# ours\n- id: a\n  vars: {mail: one}   # first\n  expected: sales\n"
    _, after = add(tmp_path, yaml, NEW, ending="yaml")
    assert after.startswith(yaml) and after.count(b"\n") == 5
    csv = b"id,mail,hint,expected,tags,critical\na,one,,sales,,\n"
    _, after = add(tmp_path, csv, {**NEW, "vars": {"mail": 'x, "y"', "hint": "z"}, "critical": True}, ending="csv")
    assert after == csv + b'c,"x, ""y""",z,billing,x,true\n'


@pytest.mark.parametrize(
    ("ending", "before", "case", "said"),
    [
        ("csv", b"id,mail,hint,expected\na,one,,sales\n", NEW, "has no columns tags"),
        ("csv", b"id,mail,hint,expected\na,one,,sales\n", {**NEW, "tags": []}, "no place for all of the case"),
        (
            "yaml",
            b"[{id: a, vars: {mail: one}, expected: sales}]\n",
            NEW,
            "cannot be added to evals/golden/desk.yaml as the file is laid out",
        ),
        ("jsonl", BEFORE, {**NEW, "id": "b"}, "has a case of that id already: 'b' (line 3)"),
        ("jsonl", BEFORE, {**NEW, "vars": {"mial": "x"}}, "'mial' is not a variable of this prompt"),
        ("jsonl", BEFORE, {**NEW, "vars": {"mail": "one"}}, "'c' asks the same as 'a' (line 1)"),
        ("jsonl", BEFORE, {**NEW, "exepcted": "x"}, "unknown key (did you mean 'expected'?)"),
        ("jsonl", BEFORE, {**NEW, "checks": [{"name": "x", "type": "equls"}]}, "unknown type 'equls'"),
        ("jsonl", b'{"id": 7}\n', NEW, "must be text, not a number"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, ending: str, before: bytes, case: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        add(tmp_path, before, case, ending=ending)
    assert said in caught.value.message
    assert (tmp_path / f"evals/golden/desk.{ending}").read_bytes() == before


def test_a_case_can_take_the_line_of_its_id(tmp_path: Path) -> None:
    before = BEFORE.replace(b"\n", b"\r\n")
    added, after = add(tmp_path, before, {**NEW, "id": "a"}, replace=True)
    first, rest = after.split(b"\r\n", 1)
    assert json.loads(first)["vars"] == {"mail": "Grüße"}
    assert rest == before.split(b"\r\n", 1)[1]
    assert added.replaced == ("a",)


def test_a_near_duplicate_is_told_and_added(tmp_path: Path) -> None:
    text = "My invoice of March shows two charges although I paid only once."
    before = json.dumps({"id": "a", "vars": {"mail": text}}).encode()
    added, _ = add(tmp_path, before, {"id": "b", "vars": {"mail": text + " Please!"}})
    assert len(added.notes) == 1 and "'b' is almost 'a'" in added.notes[0]


def test_two_new_cases_are_added_at_once(tmp_path: Path) -> None:
    _, after = add(tmp_path, BEFORE, NEW, {**NEW, "id": "d", "vars": {"mail": "other"}})
    assert after.count(b"\n") == 5
    with pytest.raises(InputError, match="two of the new cases have one id"):
        add(tmp_path, BEFORE, NEW, {**NEW, "vars": {"mail": "other"}})
    with pytest.raises(InputError, match="there is no case to add"):
        add(tmp_path, BEFORE)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60), st.sampled_from(["jsonl", "yaml"])
)
def test_any_text_can_be_added(tmp_path_factory: pytest.TempPathFactory, text: str, ending: str) -> None:
    root = tmp_path_factory.mktemp("add")
    before = b"- {id: a, vars: {mail: one}}\n" if ending == "yaml" else BEFORE
    try:
        _, after = add(root, before, {"id": "n", "vars": {"mail": text + "!"}}, ending=ending)
    except InputError:
        assert ending == "yaml"  # which refuses control characters
        return
    assert after.startswith(before)
    golden = load_golden_set(WorkTree(root), f"evals/golden/desk.{ending}")
    assert golden.by_id["n"].vars == {"mail": text + "!"}


def test_the_answer_of_a_run_becomes_what_is_expected() -> None:
    run = run_of({"right": {"a": [1.0], "b": [0.0]}}, {"right": {"a": [1.0]}}, critical=["a"], clusters={"a": "doc"})
    assert cases_of_run(run, ["a"]) == [{"id": "a", "expected": "said", "critical": True, "cluster": "doc"}]
    with pytest.raises(InputError, match="has no case 'x'"):
        cases_of_run(run, ["x"])
    with pytest.raises(InputError, match=r"the baseline of run .* has no answer to 'b': it was not asked there"):
        cases_of_run(run, ["b"], side="baseline")
    with pytest.raises(InputError, match="has no baseline"):
        cases_of_run(run.model_copy(update={"baseline": None}), ["a"], side="baseline")


def test_cases_are_read_from_one_document_or_line_by_line() -> None:
    one = {"id": "a"}
    assert cases_in(json.dumps(one, indent=2), path="stdin") == [one]
    assert cases_in(json.dumps([one, {"id": "b"}]), path="stdin") == [one, {"id": "b"}]
    assert cases_in('{"id": "a"}\n{"id": "b"}\n', path="stdin") == [one, {"id": "b"}]
    with pytest.raises(FileError, match="a case is a JSON object"):
        cases_in("[1]", path="stdin")
    with pytest.raises(FileError, match="stdin:2: not valid JSON"):
        cases_in('{"id": "a"}\n{', path="stdin")


def test_a_short_case_says_what_is_false_or_empty_where_it_is_expected(tmp_path: Path) -> None:
    linted(tmp_path, [{"id": "a", "vars": {"mail": "x"}, "expected": False}, {"id": "b", "expected": ""}])
    golden = load_golden_set(WorkTree(tmp_path), "evals/golden/desk.jsonl")
    assert [short(case) for case in golden.cases] == [
        {"id": "a", "vars": {"mail": "x"}, "expected": False},
        {"id": "b", "expected": ""},
    ]
