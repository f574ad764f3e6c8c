"""Many runners, one verdict: shards measured apart, and merged into what a single run says, byte for byte."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import GitRepo
from tests.journeys.four_suites import answers, commit_change
from tests.journeys.project import SUITE, adds_but, project
from tests.journeys.team import Said, Shell
from tests.openai_server import OpenAIServer

COMMAND = ("eval", "run", "--against", "main")
DECIDING = ("metrics", "comparison", "verdict", "policy", "repeats", "unchanged", "notes", "inputs", "exit_code")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    with OpenAIServer(answers) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def change(repo: GitRepo) -> GitRepo:
    commit_change(repo)
    return repo


def document(said: Said) -> dict[str, Any]:
    found = json.loads(said.out)
    assert isinstance(found, dict)
    return found


def measure_all(repo: GitRepo, shell: Shell, of: int, *more: str) -> list[dict[str, Any]]:
    return [
        document(shell.done(repo, *COMMAND, "--shard", f"{number}/{of}", "--json", *more))
        for number in range(1, of + 1)
    ]


def deciding(run: dict[str, Any]) -> str:
    return json.dumps({name: run[name] for name in DECIDING}, ensure_ascii=False)


def results(run: dict[str, Any]) -> str:
    """Everything that was answered and scored, but where the answers came from."""
    sides = [run[role]["results"] for role in ("baseline", "candidate") if run[role]]
    return json.dumps([[{**one, "cached": None} for one in side] for side in sides])


def test_eight_shards_merged_are_the_single_run_byte_for_byte(
    change: GitRepo, shell: Shell, server: OpenAIServer
) -> None:
    shards = measure_all(change, shell, 8)
    merged = shell(change, "eval", "merge", "--json")
    asked = len(server.calls)
    single = shell(change, *COMMAND, "--json")
    assert merged.code == single.code == 1  # the critical case
    assert len(server.calls) == asked  # all in the cache: the same was asked
    ours, theirs = document(merged), document(single)
    assert ours["exit_code"] == theirs["exit_code"] == 1
    assert [run["suite"] for run in ours["runs"]] == ["critical", "open", "recorded", "unchanged"]
    for one, other in zip(ours["runs"], theirs["runs"], strict=True):
        assert deciding(one) == deciding(other)
        assert results(one) == results(other)
        assert one["counts"]["trials"] == other["counts"]["trials"]
    # each suite had its own fate
    critical, still_open, recorded, unchanged = ours["runs"]
    assert [run["verdict"]["status"] for run in ours["runs"]] == ["fail", "inconclusive", "fail", "pass"]
    assert [run["repeats"] for run in ours["runs"][:3]] == [1, 5, 1]
    assert {one["case"] for one in critical["candidate"]["results"] if one["repeat"]} == {"sum-7"}
    assert unchanged["unchanged"] and unchanged["candidate"]["results"] == []
    assert still_open["candidate"]["results"][0]["scores"]["concise"]["value"] == 1
    assert recorded["counts"]["paid_calls"] == recorded["counts"]["cached_calls"] == 0
    # calls add up: those of the shards, and those of the merge
    first = sum(suite["counts"]["paid_calls"] for shard in shards for suite in shard["suites"])
    assert first == 2 * 9 + 2 * 40 + 2 * 40  # one answer of each side, and what the judge says of it
    assert sum(run["counts"]["paid_calls"] for run in ours["runs"]) == asked
    assert sum(run["counts"]["cached_calls"] for run in ours["runs"]) == 2 * 40 * 4  # the judge heard the same again


def test_a_merge_knows_the_results_of_other_machines_and_asks_only_for_what_follows(
    change: GitRepo, shell: Shell, server: OpenAIServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):  # each machine has a cache of its own
        monkeypatch.setenv("LLMOPS_STATE_DIR", str(tmp_path / f"machine-{number}"))
        shell.done(change, *COMMAND, "--shard", f"{number}/3", "--shards-dir", str(tmp_path / f"artifacts/{number}"))
    monkeypatch.setenv("LLMOPS_STATE_DIR", str(tmp_path / "merging"))
    before = len(server.calls)
    merged = document(shell(change, "eval", "merge", str(tmp_path / "artifacts"), "--json"))
    followed = len(server.calls) - before
    # the critical case twice more and all of `open` four times, on both sides; the judge is asked anew what its cache
    # does not know here, once for each answer
    assert followed == 2 * 2 + 2 * 40 * 4 + 2 * 40
    monkeypatch.setenv("LLMOPS_STATE_DIR", str(tmp_path / "alone"))
    single = document(shell(change, *COMMAND, "--json"))
    for one, other in zip(merged["runs"], single["runs"], strict=True):
        without_time = [metric for metric in one["metrics"] if metric["name"] != "latency_ms"]
        assert json.dumps(without_time) == json.dumps(
            [metric for metric in other["metrics"] if metric["name"] != "latency_ms"]
        )
        assert one["counts"]["trials"] == other["counts"]["trials"]


def pipeline(change: str) -> dict[str, str | bytes]:
    """A function of the project that answers instead of a model."""
    code = f'def answer(call):\n    total = call["vars"]["left"] + call["vars"]["right"]\n    return str({change})\n'
    suite = SUITE.replace("checks:", 'target: {python: "adding.py:answer", workers: 1}\nchecks:')
    return {**project(12, suite=suite), "adding.py": code, ".gitignore": ".llmops/\n__pycache__/\n"}


@pytest.mark.parametrize(
    ("flags", "status"),
    [
        (["--anchor", "first"], "inconclusive"),
        (["--noninferior"], "fail"),
        (["--repeats", "2"], "inconclusive"),
        (["adder", "--allow-removed"], "inconclusive"),
    ],
)
def test_every_flag_goes_with_the_shards(
    repo: GitRepo, shell: Shell, server: OpenAIServer, flags: list[str], status: str
) -> None:
    server.answer = adds_but(lambda total: total == 9, when="Please")
    suite = SUITE.replace("floor: 0.9, ", "")
    repo.commit(project(24, suite=suite, words="Sum up."))
    repo.git("branch", "first")
    repo.commit(project(24, suite=suite, version="1.0.1", words="Add."))
    repo.git("switch", "-q", "-c", "change")
    files = project(22 if "--allow-removed" in flags else 24, suite=suite, version="1.0.2", words="Please add.")
    repo.commit(files)
    measure_all(repo, shell, 3, *flags)
    merged, single = shell(repo, "eval", "merge", "--json"), shell(repo, *COMMAND, "--json", *flags)
    (one,), (other,) = document(merged)["runs"], document(single)["runs"]
    assert deciding(one) == deciding(other) and results(one) == results(other)
    assert json.dumps(one["anchor_comparison"]) == json.dumps(other["anchor_comparison"])
    assert bool(one["anchor_comparison"]) == ("--anchor" in flags)
    assert one["verdict"]["status"] == status


def test_a_pipeline_of_the_project_is_measured_apart_and_merged(repo: GitRepo, shell: Shell) -> None:
    repo.commit(pipeline("total"))
    repo.git("switch", "-q", "-c", "change")
    repo.commit(pipeline("total if total % 2 else 'even'"))
    measure_all(repo, shell, 2)
    merged, single = shell(repo, "eval", "merge", "--json"), shell(repo, *COMMAND, "--json")
    assert merged.code == single.code == 1, merged.err
    (one,), (other,) = document(merged)["runs"], document(single)["runs"]
    assert deciding(one) == deciding(other) and results(one) == results(other)
    assert one["counts"]["trials"] == 24 and other["counts"]["paid_calls"] == 0
