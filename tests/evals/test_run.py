"""What a stored result says of itself."""

from typing import Any

import pytest

from llmops_cli.evals.run import Result


@pytest.mark.parametrize(
    ("told", "origin"),
    [
        ({"output": "x", "answered_at": "2026-11-21T12:00:00Z"}, "asked"),
        ({"output": "x", "answered_at": "2026-11-20T12:00:00Z", "cached": True}, "cache"),
        ({"output": "x"}, "recording"),
        ({"error": "nobody answered"}, ""),
    ],
)
def test_an_answer_says_where_it_comes_from(told: dict[str, Any], origin: str) -> None:
    result = Result(case="a", repeat=0, **told)
    assert result.origin == origin
    assert result.without_words(0).origin == origin
