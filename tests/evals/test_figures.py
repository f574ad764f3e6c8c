"""Numbers and counts as people read them."""

import pytest

from llmops_cli.evals.figures import many, p_is


@pytest.mark.parametrize(("count", "said"), [(0, "0 cases are gone"), (1, "1 case is gone"), (2, "2 cases are gone")])
def test_a_count_and_its_verb_agree(count: int, said: str) -> None:
    assert many(count, "case is", "cases are") + " gone" == said


def test_where_an_s_is_all_that_differs() -> None:
    assert [many(count, "slice") for count in (1, 3)] == ["1 slice", "3 slices"]


@pytest.mark.parametrize(("p", "said"), [(0.0363, "p = 0.0363"), (1.0, "p = 1.0000"), (0.00002, "p < 0.0001")])
def test_a_p_value_in_a_sentence(p: float, said: str) -> None:
    assert p_is(p) == said
