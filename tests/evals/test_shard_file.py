"""Shards on disk: whole or refused, whoever wrote them."""

import json
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.errors import InputError
from llmops_cli.evals.run import Counts, Run
from llmops_cli.evals.shard_file import (
    MOST_HEAD_BYTES,
    ShardCounts,
    ShardedSuite,
    ShardHead,
    ShardOptions,
    counts_of,
    find_shards,
    write_shard,
)
from tests.evals.runs import run_of

TWO: Run = run_of({"right": {"a": [1.0], "b": [0.5]}}, {"right": {"a": [0.0], "b": [1.0]}})


def suite(path: str = "evals/s.yaml", **more: Any) -> ShardedSuite:
    return ShardedSuite(
        suite="s", path=path, inputs="sha256:1", sides={"candidate": "sha256:2"}, repeats=1, cases=2, cases_in_all=2,
        results=4, counts=ShardCounts(trials=4, paid_calls=3, cost_usd=0.25), **more,
    )  # fmt: skip


def head(*suites: ShardedSuite) -> ShardHead:
    return ShardHead(
        shard=3, of=8, llmops_version="1", created_at="2026-11-21T12:00:00Z", options=ShardOptions(), suites=[*suites]
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_shard(tmp_path / "shards", head(suite(), suite("evals/t.yaml")), [TWO, TWO])


def test_a_shard_comes_back_as_it_was_written(path: Path) -> None:
    assert path.name == "shard-3-of-8.jsonl"
    (found,) = find_shards([path.parent.parent])
    assert found.head == head(suite(), suite("evals/t.yaml"))
    assert TWO.baseline is not None
    expected = [("candidate", one) for one in TWO.candidate.results] + [
        ("baseline", one) for one in TWO.baseline.results
    ]
    for one in found.head.suites:
        assert list(found.results(one)) == expected
    assert counts_of(found.head.suites[0]) == Counts(trials=4, paid_calls=3, cost_usd=0.25)


def test_a_file_and_its_folder_are_one_shard(path: Path) -> None:
    assert [str(shard) for shard in find_shards([path, path.parent])] == [f"shard 3/8 ({path})"]


def edited(path: Path, line: int, **change: Any) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[line] = json.dumps({**json.loads(lines[line]), **change})
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": "llmops.run/1"}, "has format 'llmops.run/1'"),
        ({"shard": 9}, "calls itself shard 9/8"),
        ({"shard": 0}, "shard: must be greater than or equal to 1"),
        ({"of": 100_000}, "of: must be less than or equal to 1000"),
        ({"surprise": 1}, "surprise: unknown key"),
        ({"options": {"against": "m" * 1001}}, "options.against"),
        ({"options": {"repeats": 10**30}}, "options.repeats"),
        ({"options": {"against": "main\n# forged"}}, "options.against"),
        ({"suites": [{"results": -1}]}, "suites[0].results: must be greater than or equal to 0"),
        ({"suites": [{"counts": {"cost_usd": -1}}]}, "suites[0].counts.cost_usd"),
        ({"suites": []}, "holds more than its first line says"),
    ],
)
def test_a_first_line_that_cannot_be(path: Path, change: dict[str, Any], told: str) -> None:
    edited(path, 0, **change)
    with pytest.raises(InputError) as caught:
        find_shards([path])
    assert told in str(caught.value) and str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is cut off"),
        (b"{}", "is cut off"),
        (b"no\n", "is no shard"),
        (b"[1]\n", "has format .None."),
        (b"\xff\xfe\n", "is no shard"),
        (b"[" * 100_000 + b"\n", "is no shard"),
        (b"9" * 5000 + b"\n", "is no shard"),
        (b" " * (MOST_HEAD_BYTES + 1), "a line of more than 4,000,000 bytes"),
    ],
)
def test_what_is_no_shard_at_all(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "shard-1-of-1.jsonl"
    path.write_bytes(data)
    with pytest.raises(InputError, match=told):
        find_shards([tmp_path])


def test_a_file_that_was_cut_off_is_told_before_anything_is_measured(path: Path) -> None:
    data = path.read_bytes()
    for end in (data.rindex(b"\n", 0, -1) + 1, len(data) - 1):  # a line too few, and the last line's end
        path.write_bytes(data[:end])
        with pytest.raises(InputError, match="is cut off"):
            find_shards([path])


@pytest.mark.parametrize(
    "change", [{"role": "judge"}, {"repeat": "0"}, {"case": None}, {"scores": {"right": {"status": "good"}}}, {"x": 1}]
)
def test_a_result_that_is_none(path: Path, change: dict[str, Any]) -> None:
    edited(path, 2, **change)
    (found,) = find_shards([path])
    with pytest.raises(InputError, match="shard-3-of-8"):
        list(found.results(found.head.suites[0]))


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        find_shards([tmp_path / "nowhere"])
