"""Rows of OpenAI's evals, with and without the registry that says how they are judged."""

import json
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.checks.check import CheckContext, Scored
from llmops_cli.errors import FileError, InputError
from llmops_cli.evals.imported.assembly import assemble
from llmops_cli.evals.imported.openai_evals import read_openai_evals
from llmops_cli.evals.loaded import Loaded, load
from llmops_cli.evals.promptfoo.importing import Folders
from llmops_cli.prompts.formats.imported import write_import
from llmops_cli.settings import Settings
from llmops_cli.vcs.tree import WorkTree

SYSTEM = {"role": "system", "content": "Name the capital, for $5."}


def chat(text: str) -> list[dict[str, str]]:
    return [SYSTEM, {"role": "user", "content": text}]


def rows(folder: Path, *given: dict[str, Any], name: str = "capitals.jsonl") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in given))
    return path


def imported(folder: Path, path: Path, **more: str) -> tuple[Loaded, list[str]]:
    """The project that comes of it, loaded, and what was told."""
    made = assemble(read_openai_evals(path, **more), Folders(folder / "project"))
    write_import(made, folder / "project")
    suite = next(name for name in made.files if name.startswith("evals/") and name.endswith(".yaml"))
    return load(WorkTree(folder / "project"), suite, Settings(), None), [str(note) for note in made.notes]


def passed(loaded: Loaded, case: str, output: str) -> bool:
    """Whether the one check of a case takes an answer."""
    (bound,) = loaded.case_checks.get(case) or loaded.checks
    of = loaded.suite.golden.by_id[case]
    score = bound.check.score(CheckContext(output=output, vars=of.vars, expected=of.expected))  # type: ignore[union-attr]
    assert isinstance(score, Scored), score
    return bound.shape.passes(score)


def test_what_all_rows_share_is_the_prompt(tmp_path: Path) -> None:
    path = rows(
        tmp_path, {"input": chat("France?"), "ideal": "Paris", "id": 7}, {"input": chat("Italy?"), "ideal": "Rome"}
    )
    loaded, notes = imported(tmp_path, path, class_name="Match")
    assert notes == []
    first, second = loaded.suite.golden.cases
    assert (first.id, first.vars, first.expected, len(second.id)) == ("7", {"input": "France?"}, "Paris", 12)
    asked = [message.as_json() for message in loaded.prompt.render(first.vars)]
    assert asked == chat("France?")
    assert passed(loaded, "7", "Paris, of course") and not passed(loaded, "7", "It is Paris")


def test_a_text_is_a_question_of_the_user(tmp_path: Path) -> None:
    loaded, _ = imported(tmp_path, rows(tmp_path, {"id": "a", "input": "1+1=", "ideal": "2"}), class_name="Includes")
    assert [message.as_json() for message in loaded.prompt.render({"input": "1+1="})] == [
        {"role": "user", "content": "1+1="}
    ]


@pytest.mark.parametrize(
    ("name", "ideal", "right", "wrong"),
    [
        ("Match", ["Yes", "Sure (1)"], "Sure (1) it is", "Oh, Yes"),
        ("Match", "Yes", "Yes.", "yes."),
        ("Includes", ["Yes", "Sure"], "Well, Sure", "well, sure"),
        ("Includes", "Yes", "Oh Yes", "No"),
        ("FuzzyMatch", ["Yes"], "oh yes!", "No"),
        ("JsonMatch", '{"a": 1, "b": [2]}', '{"b": [2], "a": 1}', '{"a": 1}'),
    ],
)
def test_the_classes_as_checks(tmp_path: Path, name: str, ideal: Any, right: str, wrong: str) -> None:
    loaded, _ = imported(tmp_path, rows(tmp_path, {"id": "a", "input": "?", "ideal": ideal}), class_name=name)
    assert passed(loaded, "a", right)
    assert not passed(loaded, "a", wrong)


def test_conversations_keep_their_turns(tmp_path: Path) -> None:
    talk = [*chat("France?"), {"role": "assistant", "content": "Paris"}, {"role": "user", "content": "Sure?"}]
    path = rows(tmp_path, {"id": "a", "input": talk, "ideal": "Yes"}, {"id": "b", "input": chat("x"), "ideal": "Y"})
    loaded, _ = imported(tmp_path, path, class_name="Match")
    assert [len(case.messages) for case in loaded.suite.golden.cases] == [3, 1]
    assert loaded.prompt.render({})[0].content == SYSTEM["content"]


def test_different_instructions_become_a_variable(tmp_path: Path) -> None:
    other = [{"role": "system", "content": "Other."}, {"role": "user", "content": "x"}]
    path = rows(tmp_path, {"id": "a", "input": chat("y"), "ideal": "1"}, {"id": "b", "input": other, "ideal": "2"},
                {"id": "c", "input": [SYSTEM], "ideal": "3"})  # fmt: skip
    loaded, _ = imported(tmp_path, path, class_name="Match")
    assert loaded.prompt.messages[0].role == "system"
    assert [case.vars["input"] for case in loaded.suite.golden.cases] == [
        SYSTEM["content"],
        "Other.",
        SYSTEM["content"],
    ]
    assert [len(case.messages) for case in loaded.suite.golden.cases] == [1, 1, 0]


def test_nothing_is_dropped_in_silence(tmp_path: Path) -> None:
    path = rows(
        tmp_path,
        {"id": "a", "input": chat("x"), "ideal": "1", "difficulty": 3, "metadata": {"x": 1}},
        {"id": "a", "input": chat("y"), "ideal": "1"},
        {"id": "c", "input": chat("z")},
        {"id": "d", "ideal": "1"},
        {"id": "e", "input": [*chat("x"), {"role": "assistant", "content": "y"}], "ideal": "1"},
        {"id": "f", "input": "only a text", "ideal": "1"},
        {"id": "g", "input": chat("z"), "ideal": [1]},
    )
    loaded, notes = imported(tmp_path, path, class_name="Match")
    assert list(loaded.suite.golden.by_id) == ["a"]
    assert notes == [
        "left out: capitals.jsonl:1: the key 'difficulty'",
        "left out: capitals.jsonl:1: the key 'metadata'",
        "left out: capitals.jsonl:2: the id 'a' was there before (the same question again)",
        "left out: capitals.jsonl:3: there is no `ideal`",
        "left out: capitals.jsonl:4: `input` is neither a text nor a list of messages",
        "left out: capitals.jsonl:5: must end with a user or a tool message: the answer to it is what is measured",
        "left out: capitals.jsonl:6: begins with another role than the first one does, or with more than a text",
        "left out: capitals.jsonl:7: `ideal` is neither a text nor a list of texts",
    ]


REGISTRY = """\
capitals:
  id: capitals.dev.v0
  metrics: [accuracy]
capitals.dev.v0:
  class: evals.elsuite.basic.includes:Includes
  args:
    samples_jsonl: capitals/rows.jsonl
    ignore_case: true
    num_few_shot: 3
graded.dev.v0:
  class: evals.elsuite.modelgraded.classify:ModelBasedClassify
  args: {samples_jsonl: capitals/rows.jsonl, modelgraded_spec: fact}
"""


def registry(tmp_path: Path) -> Path:
    rows(tmp_path / "data", {"id": "a", "input": "France?", "ideal": "Paris"}, name="capitals/rows.jsonl")
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals/capitals.yaml").write_text(REGISTRY)
    return tmp_path / "evals/capitals.yaml"


def test_the_registry_names_rows_and_check(tmp_path: Path) -> None:
    loaded, notes = imported(tmp_path, registry(tmp_path), eval_name="capitals")
    assert loaded.prompt.name == "capitals-dev-v0"
    assert passed(loaded, "a", "it is PARIS")
    assert notes == ["left out: registry: args.num_few_shot"]


def test_a_class_without_a_counterpart_is_named(tmp_path: Path) -> None:
    material = read_openai_evals(registry(tmp_path), eval_name="graded.dev.v0")
    assert [str(note) for note in material.notes] == [
        "left out: registry: args.modelgraded_spec",
        "left out: registry: the class ModelBasedClassify has no counterpart here",
    ]
    assert (material.checks, len(material.cases)) == ([], 1)


def test_what_is_meant_must_be_clear(tmp_path: Path) -> None:
    path = registry(tmp_path)
    with pytest.raises(InputError, match="holds 2 evals"):
        read_openai_evals(path)
    with pytest.raises(InputError, match="has no eval 'capital'"):
        read_openai_evals(path, eval_name="capital")
    path.write_text(REGISTRY.replace("capitals/rows.jsonl", "elsewhere.jsonl"))
    with pytest.raises(InputError, match=r"elsewhere.jsonl is not there"):
        read_openai_evals(path, eval_name="capitals")
    path.write_text("a: 1\n")
    with pytest.raises(FileError, match="holds no eval with a `class`"):
        read_openai_evals(path)
    with pytest.raises(InputError, match="this is no YAML file"):
        read_openai_evals(tmp_path / "data/capitals/rows.jsonl", eval_name="x")


def test_without_a_class_there_is_no_check(tmp_path: Path) -> None:
    material = read_openai_evals(rows(tmp_path, {"input": "x", "ideal": "y"}))
    assert ["no class is named" in str(note) for note in material.notes] == [True]
    made = assemble(material, Folders(tmp_path))
    assert made.left_out == 2 and made.checks == 0
