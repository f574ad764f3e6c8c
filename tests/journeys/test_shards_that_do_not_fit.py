"""Shards that do not make up one run: each is refused, and named."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import GitRepo
from tests.journeys.project import SUITE, adds, cases, project
from tests.journeys.team import Said, Shell
from tests.openai_server import OpenAIServer, unauthorised


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    with OpenAIServer(adds) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def adder(repo: GitRepo, server: OpenAIServer) -> GitRepo:
    """A change of the prompt on a branch; the server that answers is there."""
    repo.commit(project(12))
    repo.git("switch", "-q", "-c", "change")
    repo.commit(project(12, version="1.0.1", words="Please add."))
    return repo


def shards(repo: GitRepo) -> Path:
    return repo.path / ".llmops/shards"


def measure(repo: GitRepo, shell: Shell, *numbers: str, against: str = "main") -> None:
    for number in numbers:
        shell.done(repo, "eval", "run", "--against", against, "--shard", number)


def refused(said: Said, code: int, *told: str) -> None:
    assert said.code == code, said.err
    assert said.out == ""
    assert [words for words in told if words not in said.err] == []


def test_a_part_is_never_taken_for_a_whole(adder: GitRepo, shell: Shell) -> None:
    done = shell.done(adder, "eval", "run", "--against", "main", "--shard", "1/2")
    assert done.out.startswith("shard 1/2 is measured; nothing is decided yet\n")
    assert not re.search("pass|fail|verdict", done.out + done.err)
    assert re.search(r"^adder +\d+ of 12 +\d+ ", done.out, re.MULTILINE)
    assert "llmops eval merge, where all 2 shards are" in done.err
    refused(shell(adder, "eval", "report"), 2, "there is no stored run yet")
    assert not list((adder.path / ".llmops/runs").glob("*"))
    refused(shell(adder, "eval", "merge"), 3, "1 shard is missing in", ": 2/2")
    refused(shell(adder, "eval", "report", str(shards(adder) / "shard-1-of-2.jsonl")), 2, "there is no stored run yet")


def test_many_shards_and_few_cases(adder: GitRepo, shell: Shell, server: OpenAIServer) -> None:
    measure(adder, shell, *(f"{number}/40" for number in range(1, 41)))
    sizes = [json.loads(path.read_text().splitlines()[0])["suites"][0]["cases"] for path in shards(adder).iterdir()]
    assert sum(sizes) == 12 and sizes.count(0) >= 28
    asked = len(server.calls)
    merged = shell.done(adder, "eval", "merge", "--against", "main")
    assert len(server.calls) == asked == 24
    assert "merging 40 shards of: llmops eval run --against main" in merged.err
    assert merged.out.startswith("adder: the gate passed against main")


@pytest.mark.parametrize("flag", ["--record", "--results", "--summary"])
def test_what_needs_a_whole_run_is_said_to_the_merge(adder: GitRepo, shell: Shell, flag: str) -> None:
    refused(shell(adder, "eval", "run", "--shard", "1/2", flag, "x"), 2, f"{flag} needs a whole run", "eval merge")
    refused(shell(adder, "eval", "run", "--shards-dir", "x"), 2, "add --shard K/N")
    measure(adder, shell, "1/2", "2/2")
    shell.done(adder, "eval", "merge", flag, "kept")
    assert (adder.path / "kept").exists()


def test_a_shard_that_is_there_twice(adder: GitRepo, shell: Shell) -> None:
    measure(adder, shell, "1/2", "2/2")
    (shards(adder) / "again").mkdir()
    copy = shards(adder) / "again/shard-2-of-2.jsonl"
    copy.write_bytes((shards(adder) / "shard-2-of-2.jsonl").read_bytes())
    refused(shell(adder, "eval", "merge"), 3, "shard 2/2 is there more than once", str(copy))


def test_shards_of_two_commands(adder: GitRepo, shell: Shell) -> None:
    measure(adder, shell, "1/2", "2/3")
    refused(shell(adder, "eval", "merge"), 3, "shard 2/3", "is one of 3", "one of 2")
    (shards(adder) / "shard-2-of-3.jsonl").unlink()
    shell.done(adder, "eval", "run", "--shard", "2/2")
    refused(shell(adder, "eval", "merge"), 3, "shard 2/2", "was measured with another --against than shard 1/2")
    shell.done(adder, "eval", "run", "adder", "--against", "main", "--shard", "2/2")
    refused(shell(adder, "eval", "merge"), 3, "shard 2/2", "was measured with other suites than shard 1/2")


def test_a_flag_that_is_said_again_must_be_the_same(adder: GitRepo, shell: Shell) -> None:
    measure(adder, shell, "1/1")
    for words in (["--against", "HEAD"], ["--repeats", "2"], ["--allow-removed"], ["--anchor", "main"]):
        refused(shell(adder, "eval", "merge", *words), 2, f"measured with another {words[0]}")
    assert shell(adder, "eval", "merge", "--against", "main").code == 0
    shell.done(adder, "eval", "run", "--against", "main", "--allow-removed", "--shard", "1/1")
    refused(shell(adder, "eval", "merge", "--against", "main"), 2, "measured with another --allow-removed: True")
    assert shell(adder, "eval", "merge", "--against", "main", "--allow-removed").code == 0


def test_another_base_and_other_files(adder: GitRepo, shell: Shell) -> None:
    measure(adder, shell, "1/2")
    adder.commit({"evals/golden/adder.jsonl": cases(13)}, "one more case")
    measure(adder, shell, "2/2")
    refused(shell(adder, "eval", "merge"), 3, "evals/adder.yaml: shard 1/2", "other files than those that are here")
    measure(adder, shell, "1/2")
    assert shell(adder, "eval", "merge").code == 0
    adder.git("branch", "-f", "main", "HEAD")
    refused(shell(adder, "eval", "merge"), 3, "the shards were compared with", "and here the base is")
    measure(adder, shell, "1/2")
    refused(shell(adder, "eval", "merge"), 3, "shard 2/2", "has another base than shard 1/2")


def forge(repo: GitRepo, change: Callable[[list[dict[str, Any]]], object], name: str = "shard-1-of-2.jsonl") -> None:
    """Edit the lines of a shard; lines that are added or taken are counted."""
    path = shards(repo) / name
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    change(lines)
    (suite,) = lines[0]["suites"]
    suite["results"] = suite["counts"]["trials"] = len(lines) - 1
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def scored(**change: Any) -> Callable[[list[dict[str, Any]]], object]:
    return lambda lines: lines[1]["scores"]["right"].update(change)


def result(**change: Any) -> Callable[[list[dict[str, Any]]], object]:
    return lambda lines: lines[1].update(change)


def of_the_other(repo: GitRepo) -> dict[str, Any]:
    row: dict[str, Any] = json.loads((shards(repo) / "shard-2-of-2.jsonl").read_text(encoding="utf-8").splitlines()[1])
    return row


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (lambda lines: lines.pop(), 3, "lacks the baseline's answer 0 to case"),
        (lambda lines: lines.append(lines[-1]), 3, "it is not to be measured there, or was so already"),
        (result(case="sum-999"), 3, "case sum-999: it is not to be measured there"),
        (result(case="\x1b[31m" + "x" * 100_000), 3, "it is not to be measured there"),
        (result(repeat=1), 3, "it is not to be measured there"),
        (result(request="sha256:0"), 3, "it was asked something else there"),
        (result(scores={}), 3, "it was not measured with this case's checks"),
        (scored(value=1.5), 3, "the score of right is not a number from 0 to 1"),
        (scored(value=None), 3, "the score of right is neither there nor missing"),
        (scored(status="skipped"), 3, "the score of right is neither there nor missing"),
        (scored(value=1e999), 2, "a line that is no result"),
        (result(cost_usd=-5.0), 3, "are no measurements"),
        (result(input_tokens=10**400), 3, "are no measurements"),
        (result(output=None), 3, "an answer that is not there has a score"),
        (result(verdict="pass"), 2, "verdict: unknown key"),
        (lambda lines: lines[0].update(llmops_version="9.9"), 3, "was measured by llmops 9.9"),
        (lambda lines: lines[0]["suites"][0].update(unchanged=True), 3, "whether anything has changed"),
        (lambda lines: lines[0]["suites"][0].update(repeats=5), 3, "asked every case 5 times, and not 1"),
        (lambda lines: lines[0]["suites"][0]["sides"].pop("baseline"), 3, "has measured other sides"),
        (lambda lines: lines[0]["suites"][0].update(path="evals/x.yaml"), 3, "has no results of it"),
    ],
)
def test_a_forged_shard(
    adder: GitRepo, shell: Shell, change: Callable[[list[dict[str, Any]]], object], code: int, told: str
) -> None:
    measure(adder, shell, "1/2", "2/2")
    forge(adder, change)
    said = shell(adder, "eval", "merge")
    refused(said, code, told)
    assert "shard" in said.err and len(said.err) < 2000 and "\x1b" not in said.err
    assert not list((adder.path / ".llmops/runs").glob("*"))


def test_a_case_in_another_shard_than_its_own(adder: GitRepo, shell: Shell) -> None:
    measure(adder, shell, "1/2", "2/2")
    row = of_the_other(adder)
    forge(adder, lambda lines: lines.append(row))
    refused(shell(adder, "eval", "merge"), 3, "shard 1/2", f"case {row['case']}: it is not to be measured there")


def test_one_suite_that_does_not_fit_hides_nothing_of_the_others(adder: GitRepo, shell: Shell) -> None:
    adder.commit({"evals/again.yaml": SUITE}, "a second suite")
    measure(adder, shell, "1/2", "2/2")
    adder.write({"evals/again.yaml": SUITE.replace("floor: 0.9", "floor: 0.8")})
    said = shell(adder, "eval", "merge", "--json")
    assert said.code == 3
    assert [run["suite"] for run in json.loads(said.out)["runs"]] == ["adder"]
    assert "evals/again.yaml: shard 1/2" in said.err


def test_a_suite_that_was_measured_and_is_not_here(adder: GitRepo, shell: Shell) -> None:
    adder.write({"evals/strict.yaml": SUITE.replace("floor: 0.9", "floor: 1.0")})
    measure(adder, shell, "1/2", "2/2")
    (adder.path / "evals/strict.yaml").unlink()
    said = shell(adder, "eval", "merge", "--json")
    assert said.code == 3
    assert [run["suite"] for run in json.loads(said.out)["runs"]] == ["adder"]
    assert "shard 1/2" in said.err and "has results of evals/strict.yaml, and there is no such suite here" in said.err


def test_a_suite_that_cannot_be_loaded_is_not_in_the_shard(adder: GitRepo, shell: Shell) -> None:
    adder.write({"evals/broken.yaml": SUITE.replace("prompt: adder", "prompt: nobody")})
    for number in ("1/2", "2/2"):
        said = shell(adder, "eval", "run", "--shard", number)
        assert said.code == 2 and "nobody" in said.err and "is measured" in said.out
    said = shell(adder, "eval", "merge")
    single = shell(adder, "eval", "run")
    assert said.code == single.code == 2
    assert "nobody" in said.err and "adder" in said.out


def test_what_stops_a_shard_keeps_nothing_and_the_cache_everything(
    adder: GitRepo, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(number: int, body: Any) -> Any:
        return unauthorised() if number == 5 else None

    with OpenAIServer(adds, faults=broken) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.url)
        refused(shell(adder, "eval", "run", "--shard", "1/1"), 3, "not authorised", "answers are in the cache")
        assert not shards(adder).exists()
        before = len(server.calls)
        shell.done(adder, "eval", "run", "--shard", "1/1")
        assert 0 < len(server.calls) - before < 12


def test_another_address_is_another_question(adder: GitRepo, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    measure(adder, shell, "1/2")
    with OpenAIServer(adds) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.url)
        measure(adder, shell, "2/2")
        refused(shell(adder, "eval", "merge"), 3, "shard 1/2", "asked something else there", "OPENAI_API_BASE")


def test_ctrl_c_in_a_shard_keeps_the_answers_and_no_shard(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit(project(40))
    with OpenAIServer(adds, delay_s=0.2) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "llmops_cli", "eval", "run", "--shard", "1/1", "--concurrency", "2"],
            cwd=repo.path, env={**os.environ, **server.environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while len(server.calls) < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, ""), err
    assert "answers are in the cache" in err
    assert not shards(repo).exists()
    assert not list((repo.path / ".llmops/runs").glob(".*"))
