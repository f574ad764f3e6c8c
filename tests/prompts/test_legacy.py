"""The two shapes that people already have load unchanged, and their mistakes are shown at the keys they wrote."""

import pytest

from llmops_cli.errors import FileError
from llmops_cli.prompts.file import PromptFile
from llmops_cli.prompts.variable import Variable
from llmops_cli.prompts.version import Version
from tests.prompts.making import load

WITH_VARS = """\
name: p
version: "1.4.0"
model_hint: gpt-4o
required_vars:
  - question
  - context
optional_vars: [persona]
template: |
  You are $persona.
  $context
  Q: ${question} (costs $5)
"""
BARE = """\
name: p
version: 1.0.0
created_by: ann
created_at: 2026-01-05T10:00:00Z
template: |
  Answer {question} for {user}.
metadata:
  ticket: 12
"""


def problems(text: str) -> list[str]:
    with pytest.raises(FileError) as caught:
        load(text)
    return [str(problem) for problem in caught.value.problems]


def test_required_and_optional_vars() -> None:
    prompt = load(WITH_VARS)
    assert (prompt.model, prompt.template_format) == ("gpt-4o", "dollar")
    assert prompt.variables == {"question": Variable(), "context": Variable(), "persona": Variable(default="")}
    assert prompt.render({"question": "Why?", "context": "C"})[0].content == "You are .\nC\nQ: Why? (costs $5)\n"


def test_optional_vars_with_defaults_keep_their_types() -> None:
    text = "{name: p, version: 1.0.0, optional_vars: {a: x, b: 3, c: null, d: [1], e: true}, template: '$a$b$c$d$e'}"
    prompt = load(text)
    assert {name: (each.type, each.default) for name, each in prompt.variables.items()} == {
        "a": ("string", "x"), "b": ("integer", 3), "c": ("string", ""), "d": ("array", [1]), "e": ("boolean", True),
    }  # fmt: skip
    assert prompt.render({})[0].content == "x3[1]true"


def test_created_by_and_braces() -> None:
    prompt = load(BARE)
    assert prompt.template_format == "braces"
    assert list(prompt.variables) == ["question", "user"]
    assert prompt.metadata == {"created_by": "ann", "created_at": "2026-01-05T10:00:00Z", "ticket": 12}


def test_an_older_file_is_the_same_prompt_as_its_modern_twin() -> None:
    modern = """\
    name: p
    version: 9.9.9
    model: gpt-4o
    template_format: dollar
    variables: {persona: {default: ""}, question: {}, context: {type: string}}
    template: "You are $persona.\\n$context\\nQ: ${question} (costs $5)\\n"
    """
    assert load(WITH_VARS).digest == load(modern).digest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WITH_VARS.replace("$persona", "$persna"),
         ["prompts/p.yaml:9: template: variable 'persna' is not declared (did you mean 'persona'?)"]),
        (WITH_VARS.replace("  - context", "  - 3"),
         ["prompts/p.yaml:6: required_vars[1]: must be the name of a variable"]),
        (WITH_VARS.replace("[persona]", "[question]"),
         ["prompts/p.yaml:7: optional_vars[0]: variable 'question' stands here twice (remove one of the two)"]),
        (WITH_VARS.replace("[persona]", "persona"),
         ["prompts/p.yaml:7: optional_vars: must be a list of variable names"]),
        (WITH_VARS + "variables: {}\n",
         ["prompts/p.yaml:4: required_vars: required_vars and variables say the same (keep one of them)"]),
        (WITH_VARS + "model: x\n",
         ["prompts/p.yaml:3: model_hint: model_hint and model say the same (keep model)"]),
        (WITH_VARS.replace("gpt-4o", "4"),
         ['prompts/p.yaml:3: model: must be text, not a number (quote it: model: "4")']),
        (WITH_VARS.replace("  - context", "  - the-context"),
         ["prompts/p.yaml:6: variables.the-context: no template can mention this name (use letters, digits and _ only)",
          "prompts/p.yaml:10: template: variable 'context' is not declared (did you mean 'the-context'?)"]),
        (BARE.replace("ticket", "created_by"),
         ["prompts/p.yaml:3: created_by: created_by stands here and in metadata (keep one of them)"]),
        (BARE.replace("{user}", "$user"),
         ["prompts/p.yaml:5: template: the template syntax is not clear: '$user' (dollar) and '{question}' (braces) "
          "(write one of: template_format: dollar | braces)"]),
    ],
)  # fmt: skip
def test_mistakes_are_shown_at_the_users_own_keys(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


@pytest.mark.parametrize("text", [WITH_VARS, BARE])
def test_a_bump_leaves_the_older_keys_alone(text: str) -> None:
    changed = PromptFile("prompts/p.yaml", text).with_version(Version(2, 0, 0))
    old, new = text.splitlines(), changed.text.splitlines()
    assert [index for index in range(len(old)) if old[index] != new[index]] == [1]
    assert load(changed.text).version == Version(2, 0, 0)
