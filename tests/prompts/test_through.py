"""Which partials a change came through, and where in them."""

import pytest

from llmops_cli.prompts.file import load_prompt
from llmops_cli.prompts.level import needed_level
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.through import changed_partials, place_in_partial, through
from tests.prompts.making import Files

BASE = {"a": "One.\nTwo.\n", "b": "B {% include 'c.md' %}", "c": "C", "d": ""}


def prompt(template: str = "{% include 'a.md' %} {% include 'b.md' %} $x", model: str = "", **partials: str) -> Prompt:
    text = f"name: p\nversion: 1.0.0\nmodel: '{model}'\ntemplate: \"{template}\"\n"
    files = {f"prompts/{name}.md": partial for name, partial in (BASE | partials).items()}
    return load_prompt(Files({"prompts/p.yaml": text, **files}), "prompts/p.yaml", folder="prompts")


@pytest.mark.parametrize(
    ("after", "words", "place"),
    [
        (prompt(), "", None),
        (prompt(a="One.\n2.\n"), " through prompts/a.md", ("prompts/a.md", 2)),
        (prompt(a="One.\n"), " through prompts/a.md", ("prompts/a.md", 1)),
        (prompt(a="One.\nTwo.\nThree.\n"), " through prompts/a.md", ("prompts/a.md", 3)),
        (prompt(c="D"), " through prompts/c.md", ("prompts/c.md", 1)),
        # an include more, or one instead of another, is a change of the partial that says so
        (prompt(a="One.\nTwo.{% include 'c.md' %}\n"), " through prompts/a.md", ("prompts/a.md", 2)),
        (prompt(b="B {% include 'a.md' %}", c="D"), " through prompts/b.md", ("prompts/b.md", 1)),
        (prompt(a="1.", c="D"), " through prompts/a.md, prompts/c.md", ("prompts/a.md", 1)),
        (prompt(a="1.", model="m"), ", also through prompts/a.md", None),
        (prompt("{% include 'a.md' %} {% include 'd.md' %} $x", a="1."), ", also through prompts/a.md", None),
        (prompt("One. $x"), "", None),
    ],
)
def test_a_change_is_followed_to_where_it_was_made(after: Prompt, words: str, place: tuple[str, int] | None) -> None:
    assert through(prompt(), after) == words
    assert place_in_partial(prompt(), after) == place


def test_the_level_says_so() -> None:
    reasons = needed_level(prompt(), prompt(a="1.")).reasons
    assert [reason.sentence for reason in reasons] == ["the wording changed through prompts/a.md"]
    assert changed_partials(prompt(), prompt(a="One.\r\nTwo.")) == ()  # line ends and the last one do not count
