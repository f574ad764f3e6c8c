"""What a release and a bump are told by stored runs."""

from pathlib import Path

import pytest

from llmops_cli.errors import InputError
from llmops_cli.evals.analysis import policy_as_json
from llmops_cli.evals.evidence import behaviour_moved, release_summary
from llmops_cli.evals.run import Run
from llmops_cli.evals.run_store import RunStore
from tests.evals.runs import binary, policy, rule, run_of, verdict_on


def stored(store: RunStore, run: Run, name: str) -> None:
    given = policy(rule("m", bound=0.5))
    verdict = verdict_on(run, given).as_json()
    store.save(run.model_copy(update={"id": name, "verdict": verdict, "policy": policy_as_json(given)}))


def test_a_release_carries_the_newest_scores(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    stored(store, run_of({"m": binary(8, 10)}), "20261120T000000Z-s-1")
    stored(store, run_of({"m": binary(9, 10)}), "20261121T000000Z-s-2")
    assert release_summary(store, "sha256:candidate") == ("20261121T000000Z-s-2 pass; m=0.9000 (n 10, yes 9); suite s")
    assert release_summary(store, "sha256:candidate", run_id="20261120").startswith("20261120T000000Z-s-1 pass; m=0.8")
    assert release_summary(store, "sha256:other") == ""


def test_behaviour_that_moved_is_told(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    stored(store, run_of({"m": binary(25, 40)}, {"m": binary(40, 40)}), "20261120T000000Z-s-1")
    sentence = behaviour_moved(store, "sha256:baseline", "sha256:candidate")
    assert sentence == "run 20261120T000000Z-s-1 shows that behaviour moved: m moved by -37.5 pp (n = 40)"
    assert behaviour_moved(store, "sha256:else", "sha256:candidate") == ""


def test_noise_is_no_evidence(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    stored(store, run_of({"m": binary(39, 40)}, {"m": binary(40, 40)}), "20261120T000000Z-s-1")
    assert behaviour_moved(store, "sha256:baseline", "sha256:candidate") == ""


def test_of_many_checks_one_always_seems_to_move(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    moved, still = binary(34, 40), binary(40, 40)  # 6 of 40: two-sided mid-p 1/64
    stored(store, run_of({"m": moved}, {"m": still}), "20261120T000000Z-s-1")
    assert "m moved by -15.0 pp" in behaviour_moved(store, "sha256:baseline", "sha256:candidate")
    others = {f"other{i}": still for i in range(3)}
    stored(store, run_of({"m": moved, **others}, {"m": still, **others}), "20261121T000000Z-s-1")
    assert behaviour_moved(store, "sha256:baseline", "sha256:candidate") == ""


def test_a_longer_prompt_or_a_slower_day_is_not_another_behaviour(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    slow, quick = {f"c{i}": 900.0 for i in range(40)}, {f"c{i}": 100.0 + i for i in range(40)}
    stored(
        store, run_of({"m": binary(40, 40)}, {"m": binary(40, 40)}, latency_ms=(slow, quick)), "20261120T000000Z-s-1"
    )
    assert behaviour_moved(store, "sha256:baseline", "sha256:candidate") == ""


def test_runs_are_found_by_their_beginning(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    with pytest.raises(InputError, match="there is no stored run yet"):
        store.load("latest")
    stored(store, run_of({"m": binary(8, 10)}), "20261120T000000Z-s-1")
    stored(store, run_of({"m": binary(8, 10)}), "20261121T000000Z-s-1")
    assert store.load("latest").id == "20261121T000000Z-s-1"
    assert store.load("20261120").id == "20261120T000000Z-s-1"
    with pytest.raises(InputError, match="2 runs begin with"):
        store.load("202611")
    with pytest.raises(InputError, match="there is no run"):
        store.load("../../etc/passwd")


def test_a_run_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"format": "llmops.run/9"}')
    with pytest.raises(InputError, match="this llmops reads"):
        RunStore(tmp_path).load("x")


def test_a_release_carries_the_scores_of_every_suite(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    for suite, yes, name in (("b", 7, "20261120T000000Z-b-1"), ("a", 8, "20261120T000001Z-a-1"), ("b", 9, "run-3")):
        stored(store, run_of({"m": binary(yes, 10)}).model_copy(update={"suite": suite}), name)
    assert release_summary(store, "sha256:candidate") == (
        "20261120T000001Z-a-1 pass; m=0.8000 (n 10, yes 8); suite a | run-3 pass; m=0.9000 (n 10, yes 9); suite b"
    )
    assert release_summary(store, "sha256:candidate", run_id="20261120T000000Z-b-1").endswith("yes 7); suite b")


def test_the_spread_of_what_is_not_yes_or_no_is_kept(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    graded = {"c0": [0.2], "c1": [0.4], "c2": [0.6], "c3": [0.8]}
    run = run_of({"m": binary(9, 10)}).model_copy(update={"golden": "sha256:" + "ab" * 32})
    stored(store, run, "run-1")
    assert release_summary(store, "sha256:candidate").endswith("; suite s; golden abababababababab")
    stored(store, run_of({"m": graded}), "run-2")
    # sample standard deviation 0.2582 over sqrt(4)
    assert "m=0.5000 (n 4, se 0.1291)" in release_summary(store, "sha256:candidate")
    clusters = {"c0": "x", "c1": "x", "c2": "y", "c3": "y"}
    stored(store, run_of({"m": graded}, clusters=clusters), "run-3")
    assert "m=0.5000 (n 4, se 0.2000)" in release_summary(store, "sha256:candidate")
    yes = {"c0": [1.0], "c1": [1.0], "c2": [0.0], "c3": [0.0]}
    stored(store, run_of({"m": yes}, clusters=clusters), "run-4")
    assert "m=0.5000 (n 4, se 0.5000)" in release_summary(store, "sha256:candidate")
