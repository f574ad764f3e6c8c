"""Workers that share a cache: every question is asked once among them, and one that is killed loses almost nothing."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from llmops_cli.cli.main import main
from tests.conftest import ROOT, GitRepo
from tests.journeys.project import adds, project
from tests.journeys.test_live_run import wait_for_calls
from tests.openai_server import OpenAIServer
from tests.redis_server import RedisServer

JUDGED = """\
prompt: adder
cases: golden/adder.jsonl
checks:
  - {name: right, type: equals}
  - {name: polite, type: judge, judge: judges/polite, model: openai/judge-model}
gate:
  right: {floor: 0.9}
  polite: {floor: 0.9}
"""
JUDGE = """\
name: judges/polite
version: 1.0.0
template_format: dollar
variables: {output: {type: string}}
template: |
  Is this polite? $output
  Answer with a JSON object, reasons, then verdict, pass or fail.
"""


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    folder = tmp_path / "redis"
    folder.mkdir()
    with RedisServer(folder) as running:
        yield running


def worker(repo: Path, state: Path, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """One runner: the same repository, runs of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "llmops_cli", "eval", "run", "--json"],
        cwd=repo,
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT), "LLMOPS_STATE_DIR": str(state)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def asked(server: OpenAIServer) -> Counter[str]:
    return Counter(json.dumps(call.body, sort_keys=True) for call in server.calls)


def answer(body: Mapping[str, object]) -> str:
    return '{"reasons": "short", "verdict": "pass"}' if body["model"] == "judge-model" else adds(body)


def test_two_workers_make_each_call_once(
    make_repo: Callable[..., GitRepo], redis_server: RedisServer, tmp_path: Path
) -> None:
    repo = make_repo("project")
    repo.commit({**project(60, suite=JUDGED), "prompts/judges/polite.yaml": JUDGE}, "60 sums, judged")
    with OpenAIServer(answer, delay_s=0.05) as server:
        environment = {**server.environment, "LLMOPS_CACHE_URL": redis_server.url}
        workers = [worker(repo.path, tmp_path / f"state-{n}", environment) for n in range(2)]
        said = [each.communicate(timeout=120) for each in workers]
        assert [each.returncode for each in workers] == [0, 0], said
        calls = asked(server)
        assert set(calls.values()) == {1}
        runs = [json.loads(out)["runs"][0] for out, _ in said]
        # the outputs of the 60 cases, and a verdict on every text that is among them
        assert sum(calls.values()) == 60 + len({result["output"] for result in runs[0]["candidate"]["results"]})
        assert runs[0]["metrics"] == runs[1]["metrics"]
        assert sum(run["counts"]["paid_calls"] for run in runs) == sum(calls.values())
        assert [err for _, err in said if "shared cache" in err] == []
        assert redis_server.client.keys("llmops:1:asking:*") == []


def test_kill_9_of_one_worker_costs_the_other_only_what_was_in_flight(
    make_repo: Callable[..., GitRepo], redis_server: RedisServer, tmp_path: Path
) -> None:
    repo = make_repo("project")
    repo.commit(project(120), "120 sums")
    with OpenAIServer(adds, delay_s=0.1) as server:
        environment = {**server.environment, "LLMOPS_CACHE_URL": redis_server.url}
        workers = [worker(repo.path, tmp_path / f"state-{n}", environment) for n in range(2)]
        wait_for_calls(server, 40, workers[0])
        workers[0].send_signal(signal.SIGKILL)
        workers[0].communicate()
        out, err = workers[1].communicate(timeout=120)
        assert workers[1].returncode == 0, err
        results = json.loads(out)["runs"][0]["candidate"]["results"]
        assert [result["scores"]["right"]["value"] for result in results] == [1.0] * 120
        repeated = sum(asked(server).values()) - 120
        assert 0 <= repeated <= 8  # the concurrency


def test_the_plan_knows_what_others_have_asked(
    repo: GitRepo, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.commit({**project(20, suite=JUDGED), "prompts/judges/polite.yaml": JUDGE}, "an adder")
    monkeypatch.chdir(repo.path)
    monkeypatch.setenv("LLMOPS_CACHE_URL", redis_server.url)
    with OpenAIServer(answer) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        assert main(["eval", "run"]) == 0
        monkeypatch.setenv("LLMOPS_STATE_DIR", str(repo.path / "elsewhere"))
        capsys.readouterr()
        assert main(["eval", "plan", "--json"]) == 0
    (suite,) = json.loads(capsys.readouterr().out)["suites"]
    assert (suite["calls"], suite["cached_calls"], suite["cached_share"]) == (20, 20, 1.0)
    assert suite["judge_calls"] == suite["cached_judge_calls"] > 0
    assert not (repo.path / ".llmops" / "cache").exists()


@pytest.mark.parametrize("shared", [True, False])
def test_a_fork_reads_the_cache_and_leaves_nothing_in_it(
    repo: GitRepo,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    shared: bool,
) -> None:
    repo.commit(project(20), "an adder")
    monkeypatch.chdir(repo.path)
    if shared:
        monkeypatch.setenv("LLMOPS_CACHE_URL", redis_server.url)
    with OpenAIServer(adds) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("LLMOPS_CACHE_MODE", "read")
        assert main(["eval", "run"]) == 0
        assert main(["eval", "run"]) == 0
        assert len(server.calls) == 40  # nothing was kept
        assert redis_server.client.dbsize() == 0
        monkeypatch.setenv("LLMOPS_CACHE_MODE", "write")
        assert main(["eval", "run"]) == 0
        monkeypatch.setenv("LLMOPS_CACHE_MODE", "read")
        assert main(["eval", "run"]) == 0
        assert len(server.calls) == 60  # what others kept is read
        monkeypatch.setenv("LLMOPS_CACHE_MODE", "off")
        assert main(["eval", "run"]) == 0
        assert len(server.calls) == 80
    assert "cache" not in capsys.readouterr().err


def test_a_redis_that_is_down_is_one_sentence(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.commit(project(20), "an adder")
    monkeypatch.chdir(repo.path)
    monkeypatch.setenv("LLMOPS_CACHE_URL", "redis://:hush-hush@127.0.0.1:1/0")
    with OpenAIServer(adds) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        assert main(["eval", "run"]) == 0
    said = capsys.readouterr().err
    assert said.count("running without the shared cache redis://127.0.0.1:1/0") == 1
    assert "hush" not in said


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LLMOPS_CACHE_URL", "http://:hush-hush@example.org", "LLMOPS_CACHE_URL is no address of a Redis"),
        ("LLMOPS_CACHE_MODE", "readonly", "LLMOPS_CACHE_MODE is 'readonly'"),
    ],
)
def test_settings_that_cannot_be_are_bad_input(
    repo: GitRepo,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    words: str,
) -> None:
    repo.commit(project(20), "an adder")
    monkeypatch.chdir(repo.path)
    monkeypatch.setenv(name, value)
    assert main(["eval", "run"]) == 2
    said = capsys.readouterr().err
    assert words in said and "hush" not in said
