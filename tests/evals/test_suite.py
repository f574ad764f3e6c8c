"""Suite files: what loads, and the line of every mistake."""

from pathlib import Path

import pytest

from llmops_cli.errors import FileError, InputError
from llmops_cli.evals.suite import Suite, find_suite, load_suite, suite_paths
from llmops_cli.vcs.tree import WorkTree

GOOD = """\
prompt: adder
cases: golden/adder.jsonl
checks:
  - {name: right, type: equals}
  - {name: short, type: max-words, value: 3}
gate:
  right: {floor: 0.9}
"""


def load(tmp_path: Path, text: str, cases: str = '{"id": "a", "expected": "1"}\n') -> Suite:
    (tmp_path / "evals/golden").mkdir(parents=True, exist_ok=True)
    (tmp_path / "evals/adder.yaml").write_text(text)
    (tmp_path / "evals/golden/adder.jsonl").write_text(cases)
    return load_suite(WorkTree(tmp_path), "evals/adder.yaml")


def test_a_suite(tmp_path: Path) -> None:
    suite = load(tmp_path, GOOD)
    assert (suite.name, suite.prompt, suite.repeats) == ("adder", "adder", 1)
    assert [check.name for check in suite.checks] == ["right", "short"]
    assert suite.policy.rules["right"].bound == 0.9
    assert suite.recording_path == ""


def test_a_recording_lies_beside_the_suite(tmp_path: Path) -> None:
    suite = load(tmp_path, GOOD + "target: {recorded: recordings/a.jsonl}\n")
    assert suite.recording_path == "evals/recordings/a.jsonl"


def test_own_checks_of_a_case_can_be_gated_on(tmp_path: Path) -> None:
    own = '{"id": "a", "checks": [{"name": "special", "type": "contains", "value": "x"}]}\n'
    suite = load(tmp_path, GOOD.replace("right: {floor", "special: {floor"), own)
    assert [check.name for check in suite.case_checks["a"]] == ["special"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("cases:", "case:", "evals/adder.yaml:2: case: unknown key (did you mean 'cases'?)"),
        ("prompt: adder\n", "", "prompt: is missing"),
        ("prompt: adder", "prompt: Adder", "evals/adder.yaml:1: prompt: 'Adder' is not a prompt name"),
        (
            "prompt: adder",
            "prompt: 3.1",
            'evals/adder.yaml:1: prompt: must be text, not a number (quote it: prompt: "3.1"',
        ),
        ("type: equals", "type: equal", "evals/adder.yaml:4: checks[0].type"),
        ("value: 3", "vaule: 3", "evals/adder.yaml:5: checks[1]"),
        ("name: short", "name: right", "evals/adder.yaml:5: checks[1].name: the name 'right' is used twice"),
        ("name: short", "name: cost_usd", "the name 'cost_usd' is measured anyway"),
        ("  right: {floor", "  wrong: {floor", "evals/adder.yaml:7: gate.wrong: no check or measure has this name"),
        ("prompt: adder", "repeats: 0\nprompt: adder", "evals/adder.yaml:1: repeats"),
        ("gate:", "target: {model: a, recorded: b}\ngate:", "either a model or a recording"),
        ("cases: golden/adder.jsonl", "cases: ../../x.jsonl", "leads out of the project"),
        ("cases: golden/adder.jsonl", "cases: /etc/passwd", "must be a path relative to this file"),
        ("cases: golden/adder.jsonl", "cases: golden/none.jsonl", "evals/golden/none.jsonl: no such file"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in GOOD
    with pytest.raises(FileError) as caught:
        load(tmp_path, GOOD.replace(before, after))
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ('{"name": "own", "type": "contains", "value": "y"}', "case a: the name 'own' is used twice"),
        (
            '{"name": "latency_ms", "type": "contains", "value": "y"}',
            "case a: the name 'latency_ms' is measured anyway",
        ),
    ],
)
def test_own_checks_of_a_case_need_names_of_their_own(tmp_path: Path, second: str, said: str) -> None:
    own = '{"id": "a", "checks": [{"name": "own", "type": "contains", "value": "x"}, ' + second + "]}\n"
    with pytest.raises(FileError) as caught:
        load(tmp_path, GOOD, own)
    assert f"evals/golden/adder.jsonl: checks[1].name: {said}" in caught.value.message


def test_two_files_for_one_name_are_a_mistake(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    (tmp_path / "evals/adder.yml").write_text(GOOD)
    with pytest.raises(FileError) as caught:
        suite_paths(WorkTree(tmp_path), "evals")
    assert caught.value.message == (
        "evals/adder.yml: is the suite 'adder' a second time, besides evals/adder.yaml (rename one of them)"
    )


def test_half_a_character_in_a_golden_set_has_a_line(tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        load(tmp_path, GOOD, '{"id": "a"}\n{"id": "b", "vars": {"x": "\\ud83d"}}\n')
    assert "evals/golden/adder.jsonl:2: holds half of a surrogate pair, which is not text" in caught.value.message


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("type: equals", "type: equal").replace("value: 3", "vaule: 3")
    with pytest.raises(FileError) as caught:
        load(tmp_path, text)
    assert {problem.line for problem in caught.value.problems} == {4, 5}


def test_suites_are_the_files_of_the_folder_itself(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    (tmp_path / "evals/golden/more.yaml").write_text("[]")
    (tmp_path / "evals/other.yml").write_text(GOOD)
    tree = WorkTree(tmp_path)
    assert suite_paths(tree, "evals") == {"adder": "evals/adder.yaml", "other": "evals/other.yml"}
    assert find_suite(tree, "evals", "adder") == "evals/adder.yaml"
    assert find_suite(tree, "evals", "evals/other.yml") == "evals/other.yml"
    with pytest.raises(InputError) as caught:
        find_suite(tree, "evals", "addr")
    assert caught.value.hint == "did you mean 'adder'?"
