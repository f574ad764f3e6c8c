"""How a person names a prompt."""

import pytest

from llmops_cli.errors import InputError
from llmops_cli.prompts.reference import Reference, check_name


@pytest.mark.parametrize(
    ("text", "name", "at"),
    [
        ("rag-answer", "rag-answer", ""),
        ("rag-answer@3.1.0", "rag-answer", "3.1.0"),
        ("judges/grounded@^3.1", "judges/grounded", "^3.1"),
        ("a@feature/x@2", "a", "feature/x@2"),
        ("a@HEAD~1", "a", "HEAD~1"),
    ],
)
def test_references(text: str, name: str, at: str) -> None:
    reference = Reference.parse(text)
    assert (reference.name, reference.at) == (name, at)
    assert str(reference) == text


@pytest.mark.parametrize(
    "text",
    ["", "@1.0.0", "a@", "a@-f", "a@--upload-pack=x", "a@x y", "a@x\ny", "A", "a.b", "../a", "/a", "a/", "a//b", "-a",
     "a-", "a b", "a\n", "é", "a" * 201],
)  # fmt: skip
def test_what_names_no_prompt(text: str) -> None:
    with pytest.raises(InputError):
        Reference.parse(text)


def test_names() -> None:
    for name in ("a", "0", "a-b_c/d2", "a" * 200):
        assert check_name(name) == name
