"""A golden set asked over real HTTP, through litellm, of a server that misbehaves."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.cli.main import main
from tests.conftest import ROOT, GitRepo
from tests.journeys.project import SUITE, adds, adds_but, cases, project
from tests.openai_server import (
    HANG,
    RESET,
    OpenAIServer,
    content,
    html,
    malformed,
    no_usage,
    quota,
    rate_limited,
    server_error,
    unauthorised,
)


def point_at(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


def runs(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    document = json.loads(capsys.readouterr().out)
    found: list[dict[str, Any]] = document["runs"]
    return found


@pytest.fixture
def adder(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> GitRepo:
    repo.commit(project(), "an adder")
    monkeypatch.chdir(repo.path)
    return repo


def test_every_fault_is_survived_and_the_second_run_asks_nobody(
    adder: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = {
        0: rate_limited(retry_after="0.2"),
        1: rate_limited(),
        2: server_error(500),
        3: server_error(503),
        4: malformed(),
        5: html(),
        6: content(""),
        7: content(None),
        8: no_usage(),
        9: RESET,
        10: HANG,
    }
    with OpenAIServer(adds, faults=faults) as server:
        point_at(server, monkeypatch)
        assert main(["eval", "run", "--timeout", "6", "--json"]) == 0
        (run,) = runs(capsys)
        asked = len(server.calls)
        scores = {result["case"]: result["scores"]["right"]["value"] for result in run["candidate"]["results"]}
        assert scores == {f"sum-{i}": 1.0 for i in range(20)}
        # every fault but the missing usage was asked again: 20 cases and 10 faults
        assert asked == 30
        unknown = [result for result in run["candidate"]["results"] if result["input_tokens"] is None]
        assert len(unknown) == 1

        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from llmops_cli.cli.main import main; code = main(['eval', 'run', '--json']);"
                "print('litellm' in sys.modules, file=sys.stderr); sys.exit(code)",
            ],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr.strip() == "False"
        again = json.loads(done.stdout)["runs"][0]
        assert len(server.calls) == asked
        assert again["counts"]["paid_calls"] == 0
        assert again["counts"]["cached_calls"] == 20
        assert again["metrics"] == run["metrics"]


def test_a_provider_that_stays_broken_is_exit_3_and_a_sentence(
    adder: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: int, body: Mapping[str, Any]) -> Any:
        return (
            server_error(500) if "3 + 10 = ?" in str(body["messages"]) or "5 + 2 = ?" in str(body["messages"]) else None
        )

    with OpenAIServer(adds, faults=broken) as server:
        point_at(server, monkeypatch)
        assert main(["eval", "run"]) == 3
        text = capsys.readouterr().out
        assert "right: 2 of 20 scores of the candidate failed, more than 5%" in text
        assert "server error" in text


@pytest.mark.parametrize(
    ("fault", "words"), [(unauthorised("sk-test"), "not authorised"), (quota(), "quota exhausted")]
)
def test_what_hits_every_call_stops_the_run_at_once(
    adder: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: Any, words: str
) -> None:
    with OpenAIServer(adds, faults=lambda *_: fault) as server:
        point_at(server, monkeypatch)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123456789abcdef")
        assert main(["eval", "run", "--concurrency", "2"]) == 3
        said = capsys.readouterr()
        assert words in said.err
        assert "sk-secret" not in said.err + said.out
        assert len(server.calls) <= 3


def test_a_budget_ends_the_run_and_keeps_what_was_paid(
    adder: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    adder.write(
        {"prompts/adder.yaml": (adder.path / "prompts/adder.yaml").read_text().replace("test-model", "gpt-4o-mini")}
    )
    with OpenAIServer(adds) as server:
        point_at(server, monkeypatch)
        assert main(["eval", "run", "--budget", "0.00032", "--concurrency", "1"]) == 3
        assert "budget exhausted" in capsys.readouterr().err
        paid = len(server.calls)
        assert 0 < paid < 20
        assert main(["eval", "run", "--budget", "1"]) == 0
        assert len(server.calls) == 20


def test_a_plan_needs_no_key_and_asks_nobody(adder: GitRepo, capsys: pytest.CaptureFixture[str]) -> None:
    adder.write(
        {"prompts/adder.yaml": (adder.path / "prompts/adder.yaml").read_text().replace("test-model", "gpt-4o-mini")}
    )
    assert main(["eval", "plan", "--json"]) == 0
    (suite,) = json.loads(capsys.readouterr().out)["suites"]
    assert (suite["trials"], suite["calls"], suite["cached_calls"]) == (20, 20, 0)
    assert suite["models"] == ["openai/gpt-4o-mini"]
    assert 0 < suite["cost_usd"] < 0.01


def test_a_careless_sentence_fails_and_repeats_both_sides(
    adder: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    adder.git("switch", "-q", "-c", "friendlier")
    adder.commit(project(version="1.0.1", words="Add. Be warm and friendly."), "be warm")
    with OpenAIServer(adds_but(lambda total: total % 4 == 0, when="warm")) as server:
        point_at(server, monkeypatch)
        assert main(["eval", "run", "--against", "main", "--json"]) == 1
        (run,) = runs(capsys)
        assert run["verdict"]["status"] == "fail"
        assert {result["repeat"] for result in run["baseline"]["results"]} == {
            result["repeat"] for result in run["candidate"]["results"]
        }
        assert len(server.calls) == 2 * 20 * run["repeats"]


def test_a_flaky_critical_case_gets_two_more_chances(
    adder: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = SUITE.replace("floor: 0.9, max_drop: 0.02", "max_drop: 0.2")
    adder.commit({"evals/golden/adder.jsonl": cases(20, critical=True), "evals/adder.yaml": suite}, "all are critical")
    adder.git("switch", "-q", "-c", "reworded")
    changed = project(version="1.0.1", words="Please add.") | {"evals/golden/adder.jsonl": cases(20, critical=True)}
    adder.commit(changed | {"evals/adder.yaml": suite}, "reword")
    seen: list[int] = []

    def once_wrong(body: Mapping[str, Any]) -> str:
        if "Please" in str(body["messages"]) and "4 + 6 = ?" in str(body["messages"]):
            seen.append(1)
            return "eleven" if len(seen) == 1 else "10"
        return adds(body)

    with OpenAIServer(once_wrong) as server:
        point_at(server, monkeypatch)
        assert main(["eval", "run", "--against", "main", "--json"]) == 0
        said = capsys.readouterr()
        (run,) = json.loads(said.out)["runs"]
        assert run["verdict"]["status"] == "pass"
        assert len(seen) == 3
        assert len(server.calls) == 2 * 20 + 2 * 2  # both sides of the one case, two more repeats
        assert "critical" in said.err


def start_eval(cwd: Path, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "llmops_cli", "eval", "run", "--json"],
        cwd=cwd,
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_calls(server: OpenAIServer, count: int, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while len(server.calls) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_kill_9_loses_at_most_what_was_in_flight(repo: GitRepo) -> None:
    repo.commit(project(200), "200 sums")
    with OpenAIServer(adds, delay_s=0.05) as server:
        process = start_eval(repo.path, server.environment)
        wait_for_calls(server, 80, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        before = len(server.calls)
        assert 80 <= before < 200
        again = start_eval(repo.path, server.environment)
        out, err = again.communicate(timeout=120)
        assert again.returncode == 0, err
        extra = before + (len(server.calls) - before) - 200
        assert 0 <= extra <= 8  # the concurrency: what was in flight when the process died
        (run,) = json.loads(out)["runs"]
        assert [result["scores"]["right"]["value"] for result in run["candidate"]["results"]] == [1.0] * 200


def test_ctrl_c_keeps_what_was_paid_for(repo: GitRepo) -> None:
    repo.commit(project(200), "200 sums")
    with OpenAIServer(adds, delay_s=0.05) as server:
        process = start_eval(repo.path, server.environment)
        wait_for_calls(server, 40, process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert out == ""
        assert "of 200 trials were answered; their answers are in the cache" in err
        before = len(server.calls)
        again = start_eval(repo.path, server.environment)
        again.communicate(timeout=120)
        assert again.returncode == 0
        assert len(server.calls) == 200  # nothing was asked twice
        assert before < 200


def test_a_second_ctrl_c_ends_at_once_and_is_130(repo: GitRepo) -> None:
    repo.commit(project(20), "20 sums")
    with OpenAIServer(adds, faults=lambda number, _: HANG if number >= 5 else None) as server:
        process = start_eval(repo.path, server.environment)
        wait_for_calls(server, 13, process)  # five answered, and the eight that may be asked at once hang
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "press Ctrl-C again" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=15)  # the calls in flight would hang for 20 s
        assert process.returncode == 130, err
        assert out == ""
        assert "Traceback" not in err
        assert "5 of 20 trials were answered; their answers are in the cache" in err


def test_the_answers_of_a_stand_in_are_not_the_provider_s(adder: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    with OpenAIServer(lambda _: "nonsense") as stand_in:
        point_at(stand_in, monkeypatch)
        assert main(["eval", "run"]) == 1
    with OpenAIServer(adds) as provider:
        point_at(provider, monkeypatch)
        assert main(["eval", "run"]) == 0
        assert len(provider.calls) == 20


def test_a_suite_cannot_send_the_key_wherever_it_likes(
    adder: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = SUITE.replace("cases:", 'target: {endpoint: "https://collector.example.org/v1"}\ncases:')
    adder.write({"evals/adder.yaml": suite})
    assert main(["eval", "run"]) == 2
    said = capsys.readouterr().err
    assert "https://collector.example.org/v1, which nobody has allowed" in said
    assert "LLMOPS_ENDPOINTS=https://collector.example.org/v1" in said


def test_a_recording_grows_and_answers_without_a_key(
    adder: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer(adds) as server:
        point_at(server, monkeypatch)
        assert main(["eval", "run", "--record", "evals/recordings/adder.jsonl"]) == 0
        adder.write({"prompts/adder.yaml": str(project(version="1.0.1", words="Sum.")["prompts/adder.yaml"])})
        assert main(["eval", "run", "--record", "evals/recordings/adder.jsonl"]) == 0
    assert "20 outputs recorded in evals/recordings/adder.jsonl" in capsys.readouterr().err
    monkeypatch.delenv("OPENAI_API_KEY")
    adder.write({"evals/adder.yaml": SUITE.replace("cases:", "target: {recorded: recordings/adder.jsonl}\ncases:")})
    assert main(["eval", "run", "--against", "main", "--json"]) == 0
    (run,) = runs(capsys)
    assert run["counts"]["paid_calls"] == 0
    assert [result["output"] for result in run["baseline"]["results"]] == [
        result["output"] for result in run["candidate"]["results"]
    ]


def test_what_stops_the_second_suite_does_not_hide_the_first(
    adder: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    second = SUITE.replace("prompt: adder", "prompt: other")
    prompt = (
        str(project()["prompts/adder.yaml"]).replace("name: adder", "name: other").replace("test-model", "other-model")
    )
    adder.write({"evals/other.yaml": second, "prompts/other.yaml": prompt})

    def refused(_: int, body: Mapping[str, Any]) -> Any:
        return quota() if body["model"] == "other-model" else None

    with OpenAIServer(lambda _: "wrong", faults=refused) as server:
        point_at(server, monkeypatch)
        assert main(["eval", "run"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("adder: the gate FAILED")
    assert "quota exhausted" in said.err
