"""The stand-in for GitHub's expressions is held against what GitHub documents, or the harness would prove nothing."""

from typing import Any

import pytest

from tests.action.expression import Optional, condition, evaluate, resolve

CONTEXTS: dict[str, Any] = {
    "inputs": {"cache": "auto", "python-version": ""},
    "github": {"event_name": "pull_request", "event": Optional({"number": 7, "pull_request": None})},
    "steps": {"one": {"outputs": Optional({"touched": "true"}), "outcome": "success"}},
}
FUNCTIONS = {"success": lambda: True, "cancelled": lambda: False, "always": lambda: True, "failure": lambda: False}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("inputs.cache", "auto"),
        ("inputs.cache == 'AUTO'", True),
        ("inputs.cache != 'off' && inputs.python-version != ''", False),
        ("github.event.pull_request.head.repo.full_name", None),
        ("github.event.pull_request.number || 12", 12),
        ("'it''s'", "it's"),
        ("!cancelled() && (inputs.cache == 'x' || true)", True),
        ("steps.one.outputs.other == ''", True),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert evaluate(text, CONTEXTS, FUNCTIONS) == value


def test_texts_and_conditions() -> None:
    assert resolve("a-${{ github.event.number }}-${{ inputs.cache }}", CONTEXTS, FUNCTIONS) == "a-7-auto"
    assert condition("steps.one.outputs.touched == 'true'", CONTEXTS, FUNCTIONS)
    assert not condition("inputs.cache == 'auto'", CONTEXTS, {**FUNCTIONS, "success": lambda: False})
    assert condition("${{ !cancelled() }}", CONTEXTS, {**FUNCTIONS, "success": lambda: False})


@pytest.mark.parametrize("text", ["inputs.unknown", "secrets.KEY", "toJSON(github)", "steps.two.outcome", "a b", "1 +"])
def test_what_is_unknown_is_an_error(text: str) -> None:
    with pytest.raises(AssertionError):
        evaluate(text, CONTEXTS, FUNCTIONS)
