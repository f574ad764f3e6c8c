"""Runs on disk: results as they arrive, and back again."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmops_cli.errors import InputError
from llmops_cli.evals.result_log import ResultLog, read_log
from llmops_cli.evals.run import ContextRecord, Result, Run
from llmops_cli.evals.run_store import RunStore
from tests.evals.runs import run_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
RESULTS = st.lists(
    st.builds(
        Result,
        case=TEXT,
        repeat=st.integers(0, 9),
        output=st.none() | TEXT,
        error=TEXT,
        cost_usd=st.none() | st.floats(0, 10),
        tool_calls=st.lists(st.fixed_dictionaries({"name": TEXT, "arguments": TEXT}), max_size=2),
        contexts=st.lists(st.builds(ContextRecord, text=TEXT, id=TEXT), max_size=2),
        judge_replies=st.dictionaries(TEXT, st.lists(TEXT, max_size=2), max_size=2),
        input_tokens=st.none() | st.integers(0),
        output_tokens=st.none(),
        latency_ms=st.none(),
        scores=st.just({}),
    ),
    max_size=5,
)


def example() -> Run:
    """A run of two sides; its results stand in the order of the plan: all cases, then all once more."""
    run = run_of(
        {"right": {"a": [1.0, 0.0], "b": [1.0, 1.0], "c": [None, 1.0]}},
        {"right": {"a": [1.0, 1.0], "b": [0.0, 1.0], "c": [1.0, 1.0]}},
        repeats=2,
    )
    planned = {
        side.role: side.model_copy(update={"results": sorted(side.results, key=lambda one: (one.repeat, one.case))})
        for side in run.sides
    }
    return run.model_copy(update=planned)


@given(RESULTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_what_is_logged_comes_back_whole(tmp_path: Path, results: list[Result]) -> None:
    (tmp_path / "log").unlink(missing_ok=True)
    log = ResultLog(tmp_path / "log")
    kept = [log.keep("candidate", result) for result in results]
    log.close()
    assert [one.answered for one in kept] == [one.answered for one in results]
    assert all((one.output, one.contexts, one.judge_replies) == (None, [], {}) for one in kept)
    assert [log.full(one).model_dump() for one in reversed(kept)] == [one.model_dump() for one in reversed(results)]
    assert [result for _, result in read_log(log.path)] == results


def test_a_run_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run = example()
    store.save(run)
    assert store.load("latest") == run
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{run.id}.json", f"{run.id}.results.jsonl"]


def test_a_run_whose_words_lie_in_a_log_is_saved_whole(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run = example()
    log = store.open_log(run.id)
    assert store.ids() == []  # it is there when it is whole
    slim = {
        side.role: side.model_copy(update={"results": [log.keep(side.role, result) for result in side.results]})
        for side in run.sides
    }
    running = run.model_copy(update=slim).with_log(log)
    assert running.candidate.results[0].output is None
    assert running.full(running.candidate.results[0]).output == "said"
    store.save(running)
    assert running.full(running.candidate.results[0]).output == "said"
    assert store.load(run.id) == run


@contextmanager
def disk_full_after(size: int) -> Iterator[None]:
    """No file can grow beyond `size` bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_result_that_finds_no_place_leaves_nothing_behind(tmp_path: Path) -> None:
    log = ResultLog(tmp_path / "log")
    first = log.keep("candidate", Result(case="a", repeat=0, output="short"))
    with disk_full_after(200), pytest.raises(OSError, match="too large"):
        log.keep("candidate", Result(case="b", repeat=0, output="long" * 100))
    last = log.keep("candidate", Result(case="c", repeat=0, output="there is place again"))
    log.close()
    assert (log.full(first).output, log.full(last).output) == ("short", "there is place again")
    assert [result.case for _, result in read_log(log.path)] == ["a", "c"]


def test_what_could_not_be_written_at_first_is_saved_with_the_rest(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run = example()
    log = store.open_log(run.id)
    half = {
        side.role: side.model_copy(
            update={
                "results": [
                    log.keep(side.role, result) if index % 2 else result for index, result in enumerate(side.results)
                ]
            }
        )
        for side in run.sides
    }
    store.save(run.model_copy(update=half).with_log(log))
    assert store.load(run.id) == run


def test_two_runs_of_one_second_are_two_runs(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run = example()
    logs = [store.open_log(run.id) for _ in range(3)]
    assert [log.run_id for log in logs] == [run.id, f"{run.id}-2", f"{run.id}-3"]
    for log in logs[:2]:
        store.save(run.model_copy(update={"id": log.run_id}).with_log(log))
    logs[2].discard()
    again = store.open_log(run.id)
    assert again.run_id == f"{run.id}-3"
    again.discard()
    assert store.ids() == [run.id, f"{run.id}-2"]
    assert store.load(run.id) == run
    assert store.load(f"{run.id}-2").id == f"{run.id}-2"


def test_what_a_killed_run_left_is_taken_away_a_day_later(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    for name, age in (("running", 60), ("killed", 90_000)):
        log = store.open_log(name)
        log.keep("candidate", Result(case="a", repeat=0, output="o"))
        log.close()
        os.utime(log.path, (time.time() - age,) * 2)
    store.open_log("next").close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".next.partial", ".running.partial"]


def test_results_that_somebody_deleted_are_told_as_such(tmp_path: Path) -> None:
    log = ResultLog(tmp_path / "log")
    kept = log.keep("candidate", Result(case="a", repeat=0, output="o"))
    log.discard()
    with pytest.raises(InputError, match="cannot be read from"):
        log.full(kept)


def test_a_run_without_its_results_cannot_be_read(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run = example()
    store.save(run)
    results = tmp_path / f"{run.id}.results.jsonl"
    whole = results.read_bytes()
    results.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    with pytest.raises(InputError, match=r"holds 11 results, and run .* has 12"):
        store.load("latest")
    results.write_bytes(whole[:-20])
    with pytest.raises(InputError, match="no result"):
        store.load("latest")
    results.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        store.load("latest")


def test_an_answer_to_a_case_that_the_run_does_not_have_is_refused(tmp_path: Path) -> None:
    run = example()
    path = RunStore(tmp_path).save(run.model_copy(update={"cases": run.cases[1:]}))
    with pytest.raises(InputError, match="the candidate answers case 'a', which the run does not have"):
        RunStore(tmp_path).load(path.stem)


def test_half_of_a_surrogate_pair_is_no_text_of_a_run(tmp_path: Path) -> None:
    path = RunStore(tmp_path).save(example())
    path.write_text(path.read_text(encoding="utf-8").replace('"suite": "s"', '"suite": "s\\ud800"'), encoding="utf-8")
    with pytest.raises(InputError, match="half of a surrogate pair"):
        RunStore(tmp_path).load(path.stem)
