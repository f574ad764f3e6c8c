"""A whole module: the same for the same prompts, safe whatever the prompts say, as a formatter would have it."""

import ast
import importlib.util
import inspect
import subprocess
import sys
from dataclasses import replace

import pydantic
import pytest

from llmops_cli.errors import InputError
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.codegen.module import module_text
from llmops_cli.prompts.codegen.python_text import MENTIONED, OF_PYDANTIC, class_name, module_name
from llmops_cli.prompts.prompt import Output
from tests.prompts.codegen.generated import module
from tests.prompts.making import load, make

HOSTILE = 'say """ and \\""" and \' or \x1b[2J \u202e {x} \\N{BULLET} \\" end"'


def test_nothing_that_a_prompt_says_leaves_its_place() -> None:
    import os

    description = f'{HOSTILE}\n\n"""\nimport os\nos.environ["X"] = "1"\n"""'
    prompt = make("Say $x.", description=description, variables={
        "x": {"description": HOSTILE, "default": HOSTILE, "enum": [HOSTILE, "b"]},
    })  # fmt: skip
    with module(prompt) as made:
        assert "X" not in os.environ
        assert made.P().x == HOSTILE and made.P(x=HOSTILE).values() == {"x": HOSTILE}
        (written,) = [node for node in ast.parse(made.TEXT).body if isinstance(node, ast.ClassDef) and node.name == "P"]
        assert " ".join(description.split()) == " ".join(inspect.cleandoc(ast.get_docstring(written) or "").split())
    assert "\x1b" not in made.TEXT and "\u202e" not in made.TEXT


@pytest.mark.parametrize("text", ['say """', 'a"', 'b\\"', '""""""', "c\\", '\\"""', '"""" d'])
def test_quotes_and_backslashes_at_the_end_of_a_description_do_not_close_it(text: str) -> None:
    with module(make("Say $x.", description=text, variables={"x": {"description": text}})) as made:
        assert made.P.__doc__ == text


def test_the_words_of_prompts_that_do_not_count_for_callers_change_no_digest() -> None:
    stated = {"x": {"max_length": 5}}
    digests = []
    for keys in ({}, {"description": "Other."}, {"model": "openai/x"}, {"version": "1.4.2"}):
        with module(make("Say $x.", variables=stated, **keys)) as made:
            digests.append((made.P.NAME, made.P.VERSION, made.P.DIGEST))
    assert len(set(digests)) == 1
    with module(make("Say $x.", variables={"x": {"max_length": 6}}, version="2.0.0-rc.1")) as made:
        assert (made.P.NAME, made.P.VERSION) == ("p", "2") and digests[0][2] != made.P.DIGEST
    with module(make("Say.")) as made:
        assert made.P().values() == {}


def test_classes_are_called_like_prompts() -> None:
    called = {
        "rag-answer": "RagAnswer", "judges/grounded": "JudgesGrounded", "a_b/c-2": "ABC2", "3d": "Prompt3d",
        "value-error": "ValueErrorPrompt", "field": "FieldPrompt", "none": "NonePrompt", "any": "AnyPrompt",
    }  # fmt: skip
    assert {name: class_name(name) for name in called} == called
    assert [module_name(name) for name in ("rag-answer", "judges/x", "3d", "class")] == [
        "rag_answer", "judges_x", "prompt_3d", "class_",
    ]  # fmt: skip
    two = [load(f"name: {name}\nversion: 1.0.0\ntemplate: Hi", name=name) for name in ("rag/answer", "rag-answer")]
    with pytest.raises(InputError, match="rag/answer and rag-answer would both be class RagAnswer"):
        module_text(two, "")


def test_a_prompt_called_like_the_output_of_another() -> None:
    answering = load("name: a\nversion: 1.0.0\ntemplate: Hi\noutput: {format: json, schema: {type: object, "
                     "properties: {b: {}}}}", name="a")  # fmt: skip
    other = load("name: a-output\nversion: 1.0.0\ntemplate: Hi $AOutput", name="a-output")
    with module(answering, other) as made:
        assert made.AOutput.NAME == "a-output"
        assert isinstance(made.A.parse('{"b": 1}'), made.AOutput_)
        assert made.AOutput(AOutput__="x").values() == {"AOutput": "x"}


def test_the_names_that_pydantic_takes_are_known() -> None:
    public = {name for name in dir(pydantic.BaseModel) if not name.startswith("_")}
    assert public <= OF_PYDANTIC, "pydantic has new names: add them to OF_PYDANTIC"
    with module(make("Say $x.", variables={"x": {"type": "array", "enum": [[1]]}})) as made:
        own = {name for name in vars(made) if not name.startswith("_") and name not in ("TEXT", "P", "json")}
    assert own <= MENTIONED


def test_what_python_cannot_hold_is_refused() -> None:
    for depth in (250, 700):
        deep: Json = []
        for _ in range(depth):
            deep = [deep]
        prompt = replace(make("Hi."), output=Output("json", {"const": deep}))
        with pytest.raises(InputError, match="no classes can be written for these prompts"):
            module_text([prompt], "")


@pytest.mark.skipif(importlib.util.find_spec("ruff") is None, reason="ruff is not installed")
@pytest.mark.parametrize("width", [60, 120])
def test_a_formatter_leaves_it_alone(width: int) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}, "b": {"type": "integer"}}}
    prompt = make("Say $x $y $z.", description="Words. " * 40, output={"format": "json", "schema": schema}, variables={
        "x": {"min_length": 1, "max_length": 2000, "default": "long enough to need a line of its own"},
        "y": {"type": "number", "minimum": -1.5, "description": 'Says "how".'},
        "z": {"type": "object", "default": {"a": [1, "it's"]}},
    })  # fmt: skip
    text = module_text([prompt], " -o x.py")
    ruff = [sys.executable, "-m", "ruff"]
    for arguments in (
        ["format", "--isolated", "--line-length", str(width), "--diff", "-"],
        ["check", "--isolated", "--select", "ALL", "--ignore", "PGH004", "--line-length", str(width), "-"],
    ):
        done = subprocess.run([*ruff, *arguments], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
