"""The split of cases into shards: complete, stable, and never through a cluster."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.errors import InputError
from llmops_cli.evals.shard import Shard, shard_of

IDS = st.text(min_size=1, max_size=20)
SETS = st.dictionaries(IDS, st.one_of(st.just(""), st.sampled_from(["doc-1", "doc-2", "case:a", "a"])), max_size=30)
OF = st.integers(1, 40)


@given(SETS, OF)
def test_every_case_is_in_exactly_one_shard(cases: dict[str, str], of: int) -> None:
    for case, cluster in cases.items():
        holding = [number for number in range(1, of + 1) if Shard(number, of).holds(case, cluster)]
        assert holding == [shard_of(case, cluster, of)]


@given(SETS, IDS, OF)
def test_a_cluster_lies_in_one_shard_wherever_its_cases_are(cases: dict[str, str], cluster: str, of: int) -> None:
    assert len({shard_of(case, cluster, of) for case in cases}) <= 1


@given(SETS, SETS, OF)
def test_other_cases_and_their_order_move_nothing(cases: dict[str, str], more: dict[str, str], of: int) -> None:
    def split(some: dict[str, str]) -> dict[str, int]:
        return {case: shard_of(case, cluster, of) for case, cluster in some.items()}

    alone, together = split(cases), split({**dict(reversed(more.items())), **cases})
    assert {case: together[case] for case in cases} == alone


def test_the_split_is_the_same_on_every_machine_and_about_even() -> None:
    # these numbers are a contract: the caches of runners stay warm by them
    assert [shard_of(f"case-{i}", "", 8) for i in range(8)] == [8, 5, 5, 3, 8, 7, 8, 4]
    assert shard_of("case-0", "doc-12", 8) == shard_of("another", "doc-12", 8) == 7
    sizes = Counter(shard_of(f"case-{i}", "", 8) for i in range(4000))
    assert set(sizes) == set(range(1, 9)) and min(sizes.values()) > 440 and max(sizes.values()) < 560


def test_a_case_is_never_taken_for_a_cluster_of_its_name() -> None:
    apart = [name for name in map(str, range(50)) if shard_of(name, "", 1000) != shard_of("x", name, 1000)]
    assert len(apart) > 40


@pytest.mark.parametrize(
    "text", ["", "3", "0/8", "9/8", "1/0", "03/8", "3/08", "3 / 8", "-1/8", "3/8\n", "1/1001", "²/3"]
)
def test_what_is_no_shard(text: str) -> None:
    with pytest.raises(InputError, match="there is no shard"):
        Shard.parse(text)


@pytest.mark.parametrize(
    ("text", "shard"), [("1/1", Shard(1, 1)), ("3/8", Shard(3, 8)), ("1000/1000", Shard(1000, 1000))]
)
def test_what_is_a_shard(text: str, shard: Shard) -> None:
    assert Shard.parse(text) == shard and str(shard) == text
