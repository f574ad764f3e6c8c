"""Trials answered by worker processes of a real Ray cluster: the same run as here, and what happens when one dies."""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, GitRepo
from tests.journeys.four_suites import answers, commit_change
from tests.journeys.project import adds, project
from tests.openai_server import OpenAIServer

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed (the extra `ray`)")


@dataclass
class Cluster:
    """Two workers' worth of Ray, the server that they ask, and what it is to answer."""

    server: OpenAIServer
    environment: dict[str, str]
    token: str
    answer: Callable[[Mapping[str, Any]], Any] = field(default=adds)

    def workers(self) -> list[int]:
        """The processes of our workers, and nobody else's."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                ours = self.token.encode() in (place / "environ").read_bytes()
                if ours and (place / "cmdline").read_bytes().startswith(b"ray::TrialWorker"):
                    found.append(int(place.name))
            except OSError:
                continue
        return sorted(found)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    token = secrets.token_hex(32)
    made = Cluster(OpenAIServer(lambda body: made.answer(body)), {}, token)
    with made.server as server:
        environment = {
            **{
                name: value for name, value in os.environ.items() if not name.startswith(("LLMOPS_", "OPENAI_", "GIT_"))
            },
            **server.environment,
            "HOME": str(tmp_path_factory.mktemp("ray-home")),
            "PYTHONPATH": str(ROOT),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": token,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.ray_cluster"], cwd=ROOT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        made.environment = {**environment, "RAY_ADDRESS": address}
        yield made
        process.communicate(timeout=60)


@pytest.fixture(autouse=True)
def honest(cluster: Cluster) -> None:
    cluster.answer = adds


def start(repo: GitRepo, cluster: Cluster, *words: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "llmops_cli", "eval", "run", *words], cwd=repo.path, text=True,
        env={**cluster.environment, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(repo: GitRepo, cluster: Cluster, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    with start(repo, cluster, *words, **environment) as process:
        out, err = process.communicate(timeout=240)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


RAY = ("--executor", "ray", "--workers", "2")


def deciding(text: str) -> str:
    """What was decided, and every result but where it came from."""
    names = ("metrics", "comparison", "verdict", "notes", "repeats", "exit_code")
    runs = json.loads(text)["runs"]
    sides = [run[role] for run in runs for role in ("baseline", "candidate") if run[role]]
    results = [{**result, "cached": None} for side in sides for result in side["results"]]
    return json.dumps([[{name: run[name] for name in names} for run in runs], results])


def said(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """What was said on stderr, but who worked and how far they had come."""
    return [line for line in done.stderr.splitlines() if not re.search(r"Ray|^\d+ of \d+ trials", line)]


def test_two_workers_are_one_run_byte_for_byte(repo: GitRepo, cluster: Cluster) -> None:
    commit_change(repo)
    cluster.answer = answers
    before = len(cluster.server.calls)
    by_ray = run(repo, cluster, "--against", "main", "--json", *RAY)
    asked = len(cluster.server.calls) - before
    here = run(repo, cluster, "--against", "main", "--json")
    assert by_ray.returncode == here.returncode == 1, by_ray.stderr
    assert len(cluster.server.calls) - before == asked  # one cache
    assert deciding(by_ray.stdout) == deciding(here.stdout)
    counts = [one["counts"] for one in json.loads(by_ray.stdout)["runs"]]
    assert sum(one["paid_calls"] for one in counts) == asked
    assert [one["trials"] for one in counts] == [one["counts"]["trials"] for one in json.loads(here.stdout)["runs"]]
    assert f"2 Ray workers on {cluster.environment['RAY_ADDRESS']}" in by_ray.stderr
    # what the local run says, says this one too, and nothing of Ray's own
    assert said(by_ray) == said(here)
    assert cluster.workers() == []


def kill_at(cluster: Cluster, calls: set[int]) -> Callable[[Mapping[str, Any]], str]:
    """Answers that kill a worker while it waits for one of them."""
    seen = 0

    def answer(body: Mapping[str, Any]) -> str:
        nonlocal seen
        seen += 1
        if seen in calls and (found := cluster.workers()):
            os.kill(found[0], signal.SIGKILL)
        return adds(body)

    return answer


def test_a_worker_that_dies_is_replaced_once(repo: GitRepo, cluster: Cluster) -> None:
    repo.commit(project(40))
    cluster.answer = kill_at(cluster, {7})
    done = run(repo, cluster, "--json", *RAY)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["runs"]
    assert found["counts"]["trials"] == len(found["candidate"]["results"]) == 40
    assert {one["name"]: one["mean"] for one in found["metrics"]}["right"] == 1


def test_workers_that_go_on_dying_are_exit_3(repo: GitRepo, cluster: Cluster) -> None:
    repo.commit(project(60))
    cluster.answer = kill_at(cluster, set(range(5, 1000)))
    done = run(repo, cluster, *RAY)
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert re.search(r"error: worker [12] (died, and so did the one in its place|did not start)", done.stderr)
    assert not list((repo.path / ".llmops/runs").glob("*.json"))


def test_a_budget_is_divided_and_dies_with_a_worker(repo: GitRepo, cluster: Cluster) -> None:
    files = project(40)
    priced = str(files["prompts/adder.yaml"]).replace("openai/test-model", "openai/gpt-4.1-2025-04-14")
    repo.commit({**files, "prompts/adder.yaml": priced})
    before = len(cluster.server.calls)
    spent = run(repo, cluster, "--budget", "0.0002", *RAY)
    assert spent.returncode == 3 and "$0.0000 of $0.0001 are spent" in spent.stderr
    assert len(cluster.server.calls) == before
    cluster.answer = kill_at(cluster, {5})
    died = run(repo, cluster, "--budget", "100", *RAY)
    assert died.returncode == 3 and "the knowledge of what it has spent" in died.stderr


def test_workers_that_would_ask_somebody_else(repo: GitRepo, cluster: Cluster) -> None:
    repo.commit(project(4))
    with OpenAIServer(adds) as other:
        done = run(repo, cluster, *RAY, OPENAI_API_BASE=other.url)
    assert (done.returncode, done.stdout) == (3, "")
    assert "a worker would ask something else about case sum-" in done.stderr and "OPENAI_API_BASE" in done.stderr


def test_ctrl_c_ends_cleanly(repo: GitRepo, cluster: Cluster) -> None:
    repo.commit(project(60))

    def slowly(body: Mapping[str, Any]) -> str:
        time.sleep(0.2)
        return adds(body)

    cluster.answer = slowly
    before = len(cluster.server.calls)
    process = start(repo, cluster, *RAY, "--concurrency", "1")
    deadline = time.monotonic() + 120
    while len(cluster.server.calls) < before + 4 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, ""), err
    assert "finishing the calls in flight" in err and "answers are in the cache" in err
    assert cluster.workers() == []


def test_a_cluster_of_its_own_where_none_is_named(repo: GitRepo, cluster: Cluster) -> None:
    repo.commit(project(10))
    environment = {name: value for name, value in cluster.environment.items() if name != "RAY_ADDRESS"}
    alone = Cluster(cluster.server, environment, cluster.token)
    done = run(repo, alone, "--json", "--executor", "ray")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["runs"]) == 1
    assert said(done) == []
    assert done.stderr.startswith("waiting for Ray on this machine\n2 Ray workers on this machine\n")
    assert cluster.workers() == []


def test_no_cluster_at_that_address(repo: GitRepo, cluster: Cluster) -> None:
    repo.commit(project(2))
    done = run(repo, cluster, "--executor", "ray", RAY_ADDRESS="ray-is-not://here")
    assert (done.returncode, done.stdout) == (3, "")
    assert "no Ray cluster at ray-is-not://here" in done.stderr
