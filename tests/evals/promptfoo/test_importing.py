"""Whole configurations, imported: what is written, what is told, and that our own loaders take it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.errors import FileError, InputError
from llmops_cli.evals.promptfoo.importing import Folders, import_promptfoo
from llmops_cli.evals.promptfoo.remarks import REMARKS
from llmops_cli.evals.suite import load_suite
from llmops_cli.prompts.file import load_prompt
from llmops_cli.prompts.formats.imported import Imported, write_import
from llmops_cli.vcs.tree import WorkTree

CONFIGS = Path(__file__).with_name("configs")


def imported(tmp_path: Path, name: str) -> Imported:
    """One of the configurations, imported and written into a project."""
    shutil.copytree(CONFIGS / name, tmp_path / name)
    made = import_promptfoo(tmp_path / name / "promptfooconfig.yaml", Folders(tmp_path))
    write_import(made, tmp_path)
    return made


def config(tmp_path: Path, text: str) -> Imported:
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text(text, encoding="utf-8")
    return import_promptfoo(path, Folders(tmp_path), name="it")


def rows(made: Imported) -> list[dict[str, Any]]:
    (golden,) = (text for path, text in made.files.items() if path.startswith("evals/golden/"))
    return [json.loads(line) for line in golden.splitlines()]


def left_out(made: Imported) -> list[str]:
    return [note.where for note in made.notes if note.kind == "left out"]


@pytest.mark.parametrize(
    ("name", "prompts", "suites", "cases"), [("support", 3, 6, 4), ("travel", 1, 1, 4), ("extract", 1, 1, 5)]
)
def test_what_is_written_loads_with_our_own_loaders(
    tmp_path: Path, name: str, prompts: int, suites: int, cases: int
) -> None:
    made = imported(tmp_path, name)
    assert (len(made.prompts), len(made.suites), made.cases) == (prompts, suites, cases)
    tree = WorkTree(tmp_path)
    for suite in made.suites:
        loaded = load_suite(tree, f"evals/{suite}.yaml")
        prompt = load_prompt(tree, f"prompts/{loaded.prompt}.yaml", folder="prompts")
        for case in loaded.golden.cases:
            assert prompt.misfits(case.vars) == []
            assert prompt.render(case.vars)


def test_a_support_desk(tmp_path: Path) -> None:
    made = imported(tmp_path, "support")
    cases = {row["id"]: row for row in rows(made)}
    assert list(cases) == ["opening hours", "opening hours #2", "deposit", "2681b28b0c59"]
    assert cases["opening hours #2"]["vars"]["language"] == "German"
    assert cases["deposit"]["vars"]["question"] == "How much is the deposit?"  # a line end at the end is dropped
    (score,) = cases["deposit"]["checks"]
    assert (score["name"], score["threshold"], score["binary"]) == ("test-score", 0.7, True)
    assert [part.get("weight") for part in score["checks"]] == [None, None, None, 3, None, None]
    last = cases["2681b28b0c59"]
    assert last["tags"] == ["topic:cancellation", "stars:3"]
    assert [check["name"] for check in last["checks"]][3:] == ["explains", "levenshtein-ungated"]
    assert last["checks"][3]["checks"][0]["value"] == "24 Stunden"
    assert left_out(made) == ["tests[2].assert[2]", "providers[0].config.apiBaseUrl"]
    assert cases["opening hours"]["checks"][-1] == {
        "name": "llm-rubric",
        "type": "judge",
        "judge": "rubric@1",
        "rubric": "answers the question and nothing else",
    }
    suite = made.files["evals/support-chat-claude-haiku-4-5.yaml"]
    assert "anthropic/claude-haiku-4-5" in suite and "levenshtein-ungated" not in suite
    assert "temperature: 0" in made.files["evals/support-short-1-gpt-4-1-mini.yaml"]
    assert "role: system" in made.files["prompts/support/chat.yaml"]


def test_tests_in_csv_and_a_prompt_that_does_not_render_the_same(tmp_path: Path) -> None:
    made = imported(tmp_path, "travel")
    assert made.prompts == ("travel",)
    assert left_out(made) == ["tests.csv[3].assert[0]", "prompts[1]", "providers[0]", "providers[1]", "providers"]
    assert [len(row.get("checks", [])) for row in rows(made)] == [1, 2, 2, 1]
    assert "repeats: 3" in made.files["evals/travel.yaml"]


def test_embeddings_are_asked_as_promptfoo_does(tmp_path: Path) -> None:
    made = config(tmp_path, "prompts: [hi]\ntests: [{assert: [{type: similar, value: line 28, metric: near}]}]")
    (near,) = rows(made)[0]["checks"]
    assert (near["name"], near["binary"]) == ("near", True)
    assert near["checks"] == [
        {
            "name": "near",
            "type": "similar",
            "value": "line 28",
            "threshold": 0.75,
            "embedding_model": "openai/text-embedding-3-small",
        }
    ]


def test_scenarios_files_and_merge_keys(tmp_path: Path) -> None:
    made = imported(tmp_path, "extract")
    assert [(row["vars"]["tone"], row["vars"]["mail"].split()[0]) for row in rows(made)] == [
        ("formal", "Dear"), ("formal", "hey,"), ("casual", "Dear"), ("casual", "hey,"), ("angry", "Where"),
    ]  # fmt: skip
    assert rows(made)[0]["checks"][1] == {"name": "valid", "type": "is-json"}
    assert "checks" not in rows(made)[4]  # `transform` changes what is judged
    assert left_out(made) == ["scenarios[1].tests[0] with config[0]"]
    told = {note.deviation for note in made.notes if note.kind == "differs"}
    assert {"json-format", "strict-json", "json-nested", "refusal-phrases"} <= told


def test_nothing_is_overwritten_unless_it_is_wanted(tmp_path: Path) -> None:
    made = imported(tmp_path, "travel")
    (tmp_path / "evals/travel.yaml").write_text("mine\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"evals/travel\.yaml"):
        write_import(made, tmp_path)
    assert (tmp_path / "evals/travel.yaml").read_text(encoding="utf-8") == "mine\n"
    write_import(made, tmp_path, force=True)
    assert (tmp_path / "evals/travel.yaml").read_text(encoding="utf-8") != "mine\n"


def test_tests_alone_for_a_prompt_that_is_here(tmp_path: Path) -> None:
    (tmp_path / "tests.csv").write_text("question,__expected\nWho?,contains: me\n", encoding="utf-8")
    made = import_promptfoo(tmp_path / "tests.csv", Folders(tmp_path), prompt="adder")
    assert set(made.files) == {"evals/golden/tests.jsonl", "evals/tests.yaml"}
    assert made.files["evals/tests.yaml"].startswith("prompt: adder\n")
    alone = import_promptfoo(tmp_path / "tests.csv", Folders(tmp_path))
    assert set(alone.files) == {"evals/golden/tests.jsonl"} and alone.left_out == 1


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("prompts: [hi]\nextensions: [file://x.js]", "extensions"),
        ("prompts: [hi]\ntests: [{vars: {a: 1}, provider: echo}]", "tests[0].provider"),
        ("prompts: [hi]\ntests: [{options: {rubricPrompt: x}}]", "tests[0].options.rubricPrompt"),
        ("prompts: [hi]\ntests: file://tests.py:make", "tests[0]"),
        ("prompts: [hi]\ntests: [{vars: {a: 'file://x.png'}}]", "tests[0].vars"),
        ("prompts: [hi]\ntests: [{vars: {a: '{{ b | title }}'}}]", "tests[0].vars"),
        ("prompts: [file://make.py]", "prompts[0]"),
        ("prompts: ['[{\"role\": \"tool\", \"content\": \"x\"}]']", "prompts[0]"),
        ("prompts: [hi]\ntests: [{assert: [{type: contains, value: x, transform: output}]}]", "tests[0].assert[0]"),
        ("prompts: [hi]\ntests: [{assert: [{type: contains, value: 'file://x.js'}]}]", "tests[0].assert[0]"),
        ("prompts: [hi]\ntests: [{assert: [{type: assert-set, threshold: 0.5, assert: [{type: python, value: x}]}]}]",
         "tests[0].assert[0]"),
        ("prompts: [hi]\ntests: [{threshold: 0.5, assert: [{type: python, value: x}]}]", "tests[0].assert"),
        ("prompts: [hi]\nproviders: [{id: 'openai:gpt-4.1', config: {tools: []}}]", "providers[0].config.tools"),
        ("prompts: [hi]\nproviders: ['file://p.js']", "providers[0]"),
        ("prompts: [hi]\ntests: [{metadata: {a: {b: 1}}}]", "metadata.a"),
        ("prompts: [hi]\ntests: [{assert: [{type: factuality, value: x}]}]", "tests[0].assert[0]"),
        ("prompts: [hi]\ntests: [{assert: [{type: not-llm-rubric, value: x}]}]", "tests[0].assert[0]"),
        ("prompts: [hi]\ntests: [{assert: [{type: llm-rubric, value: x, rubricPrompt: y}]}]", "tests[0].assert[0]"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_over_is_named(tmp_path: Path, text: str, where: str) -> None:
    assert where in left_out(config(tmp_path, text))


def test_lists_of_texts_are_combined_and_other_lists_are_not(tmp_path: Path) -> None:
    made = config(tmp_path, "prompts: ['{{a}}{{b}}']\ntests: [{vars: {a: [x, y], b: [p, q], c: [1, 2]}}]")
    assert [(row["vars"]["a"], row["vars"]["b"], row["vars"]["c"]) for row in rows(made)] == [
        ("x", "p", [1, 2]), ("x", "q", [1, 2]), ("y", "p", [1, 2]), ("y", "q", [1, 2]),
    ]  # fmt: skip
    kept = config(tmp_path, "prompts: ['{{a}}']\ntests: [{vars: {a: [x, y]}, options: {disableVarExpansion: true}}]")
    assert [row["vars"]["a"] for row in rows(kept)] == [["x", "y"]]


def test_values_of_several_types_become_texts(tmp_path: Path) -> None:
    made = config(tmp_path, "prompts: ['{{a}}']\ntests: [{vars: {a: 1.0}}, {vars: {a: {b: 1}}}, {vars: {a: null}}, {}]")
    assert [row["vars"].get("a") for row in rows(made)] == ["1", '{"b": 1}', "", None]


def test_one_metric_s_name_stands_once_in_a_case_and_never_hides_a_check_of_the_suite(tmp_path: Path) -> None:
    text = "prompts: [hi]\ndefaultTest: {assert: [{type: contains, value: a}]}\ntests:\n"
    made = config(
        tmp_path, text + "- assert: [{type: contains, value: b}, {type: contains, value: c}]\n- {vars: {x: 1}}"
    )
    assert [check["name"] for check in rows(made)[0]["checks"]] == ["contains-2", "contains-3"]
    assert "checks:\n  - name: contains\n" in made.files["evals/it.yaml"]


def test_files_outside_of_the_project_are_not_read(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "secret.txt").write_text("key", encoding="utf-8")
    with pytest.raises(FileError, match="leads out of the project"):
        config(project, "prompts: [hi]\ntests: [{vars: {a: 'file://../secret.txt'}}]")


@pytest.mark.parametrize(
    "text", ["- a list", "prompts: [hi]\ntests: [{vars: 5}]", "defaultTest: 5", "a: [", "prompts: file://gone.txt"]
)
def test_what_is_no_configuration_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises((FileError, InputError)):
        config(tmp_path, text)


def test_every_name_that_is_printed_stands_in_the_reference() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/promptfoo.md").read_text(encoding="utf-8")
    others = {"code", "decides-nothing", "empty-value", "no-such-check", "refused-by-both", "refused-here", "sql"}
    assert {name for name in {*REMARKS, *others, "regex-invalid", "template"} if f"`{name}`" not in page} == set()
