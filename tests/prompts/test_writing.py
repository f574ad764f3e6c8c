"""A fresh prompt file loads as it stands, and an existing one is never touched."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.errors import InputError
from llmops_cli.prompts.file import load_prompt
from llmops_cli.prompts.version import Version
from llmops_cli.prompts.writing import create_prompt, new_prompt_text
from llmops_cli.vcs.tree import WorkTree
from tests.prompts.making import load

PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn"]), max_size=40)


def test_a_new_prompt_loads_and_renders() -> None:
    text = new_prompt_text("p", model="openai/gpt-5-mini", description="For tests.", owner="us")
    prompt = load(text)
    assert (prompt.version, prompt.model, prompt.description) == (Version(0, 1, 0), "openai/gpt-5-mini", "For tests.")
    assert prompt.unused == []
    assert "Question: Why?" in prompt.render({"question": "Why?"})[0].content
    assert "template: |\n" in text
    assert "# " in text


@given(PLAIN.filter(str.strip), PLAIN)
def test_any_model_and_description_are_kept(model: str, description: str) -> None:
    prompt = load(new_prompt_text("p", model=model, description=description))
    assert prompt.model == model
    assert prompt.description == (description or "What this prompt is for.")


def test_a_file_is_made_once(tmp_path: Path) -> None:
    text = new_prompt_text("judges/tone", model="m")
    assert create_prompt(tmp_path, "judges/tone", folder="prompts", text=text) == "prompts/judges/tone.yaml"
    tree = WorkTree(tmp_path)
    assert load_prompt(tree, "prompts/judges/tone.yaml", folder="prompts").name == "judges/tone"
    with pytest.raises(InputError, match=r"prompts/judges/tone.yaml exists already"):
        create_prompt(tmp_path, "judges/tone", folder="prompts", text="other")
    (tmp_path / "prompts/a.yml").write_text("x")
    with pytest.raises(InputError, match=r"prompts/a.yml exists already"):
        create_prompt(tmp_path, "a", folder="prompts", text="other")
    assert tree.read("prompts/judges/tone.yaml") == text.encode()


@pytest.mark.parametrize("name", ["Bad", "../out", "a.b", "-a", "schemas/a", ""])
def test_names_that_cannot_be(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        create_prompt(tmp_path, name, folder="prompts", text="x")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "prompts").write_text("x")
    with pytest.raises(InputError, match=r"prompts/a.yaml cannot be written"):
        create_prompt(tmp_path, "a", folder="prompts", text="x")
