"""Suites as tests: what is collected, what is asked, and what each outcome means."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from llmops_cli.cli.main import main
from tests.conftest import GitRepo
from tests.journeys.project import SUITE, adds, adds_but, cases, project
from tests.journeys.test_live_run import wait_for_calls
from tests.openai_server import HANG, OpenAIServer, server_error, unauthorised
from tests.pytest_plugin.conftest import ALONE, QUIET, Run, outside

STRICT = SUITE.replace("floor: 0.9, max_drop: 0.02", "floor: 1.0")


@pytest.fixture
def adder(repo: GitRepo) -> GitRepo:
    repo.commit(project(10), "an adder")
    return repo


def stored(repo: GitRepo) -> list[Path]:
    return sorted((repo.path / ".llmops/runs").glob("*.json"))


def test_a_suite_is_measured_once_for_all_its_items_and_stored(adder: GitRepo, run_pytest: Run) -> None:
    with OpenAIServer(adds) as server:
        ran = run_pytest(adder.path, "evals", env=server.environment)
        assert len(server.calls) == 10
    assert ran.code == 0, ran.out
    assert ran.outcomes == {f"adder::sum-{n}": "passed" for n in range(10)} | {"adder::gate": "passed"}
    (kept,) = stored(adder)
    assert f"adder: the gate passed (run {kept.stem})" in ran.out
    told = ran.properties("gate")
    assert (told["llmops.run"], told["llmops.verdict"]) == (kept.stem, "pass")
    assert json.loads(told["metric.right"])["n"] == 10
    assert json.loads(told["metric.right"])["interval"]["high"] == 1.0
    assert ran.properties("sum-3") == {
        "llmops.suite": "adder",
        "llmops.run": kept.stem,
        "llmops.verdict": "pass",
        "check.right": "pass",
    }


def test_chosen_cases_are_asked_alone_and_no_run_is_stored(adder: GitRepo, run_pytest: Run) -> None:
    with OpenAIServer(adds) as server:
        ran = run_pytest(adder.path, "evals", "-k", "sum-1 or sum-2", env=server.environment)
        assert ran.outcomes == {"adder::sum-1": "passed", "adder::sum-2": "passed"}
        assert len(server.calls) == 2
        assert stored(adder) == []
        named = run_pytest(adder.path, "evals/adder.yaml::sum-7", env=server.environment)
        assert named.outcomes == {"adder::sum-7": "passed"}
        assert len(server.calls) == 3
        assert run_pytest(adder.path, "evals", "-k", "not gate", env=server.environment).counts["passed"] == 10
        assert stored(adder) == []
        gate = run_pytest(adder.path, "evals", "-k", "gate or sum-2", env=server.environment)
        assert gate.outcomes == {"adder::sum-2": "passed", "adder::gate": "passed"}
        assert len(server.calls) == 10  # the gate is about all of them
        assert len(stored(adder)) == 1


def test_failures_below_a_floor_are_tolerated_by_the_gate_alone(adder: GitRepo, run_pytest: Run) -> None:
    with OpenAIServer(adds_but(lambda total: total == 3 + 10)) as server:  # one of ten, and the floor is 0.9
        whole = run_pytest(adder.path, "evals", env=server.environment)
        assert (whole.code, whole.counts) == (0, {"passed": 10, "xfailed": 1})
        assert whole.outcomes["adder::sum-3"] == "xfailed"
        assert "the gate tolerates it" in whole.message("sum-3")
        strict = run_pytest(adder.path, "evals", "--runxfail", env=server.environment)
        assert (strict.code, strict.outcomes["adder::sum-3"]) == (1, "failed")
        alone = run_pytest(adder.path, "evals", "-k", "sum-3", env=server.environment)
        assert (alone.code, alone.outcomes) == (1, {"adder::sum-3": "failed"})
        assert "no gate has decided whether that may be" in alone.out
        assert "I am glad you asked!" in alone.out


def test_a_floor_of_one_tolerates_nothing(adder: GitRepo, run_pytest: Run) -> None:
    adder.commit({"evals/adder.yaml": STRICT}, "strict")
    with OpenAIServer(adds_but(lambda total: total == 13)) as server:
        ran = run_pytest(adder.path, "evals", env=server.environment)
    assert {name for name, outcome in ran.outcomes.items() if outcome == "failed"} == {"adder::sum-3", "adder::gate"}
    assert ran.message("gate").startswith("adder: the gate FAILED: right is 90.0 %, below its floor 100.0 %")
    assert "a floor of 1 tolerates nothing" in ran.message("sum-3")


def test_with_a_base_what_failed_there_is_excused(adder: GitRepo, run_pytest: Run) -> None:
    suite = SUITE.replace("floor: 0.9, max_drop: 0.02", "floor: 0.5, max_drop: 0.02")
    adder.commit({**project(40), "evals/adder.yaml": suite}, "more")
    adder.git("switch", "-q", "-c", "friendlier")
    adder.commit(project(40, suite=suite, version="1.0.1", words="Add. Be warm."), "be warm")

    def answer(body: object) -> str:
        if "30 + 1 = ?" in str(body):
            return "never right"
        return adds_but(lambda total: total % 4 == 0, when="warm")(body)  # type: ignore[arg-type]

    with OpenAIServer(answer) as server:
        ran = run_pytest(adder.path, "evals", "--llmops-against", "main", env=server.environment)
        assert ran.code == 1
        assert ran.outcomes["adder::sum-30"] == "xfailed"
        assert "fails at the base too" in ran.message("sum-30")
        wrong = {f"adder::sum-{n}" for n in range(40) if (n + n * 7 % 11) % 4 == 0 and n != 30}
        failed = {name for name, outcome in ran.outcomes.items() if outcome == "failed"}
        assert failed == wrong | {"adder::gate"}
        assert "and passed at the base" in ran.message("sum-4" if "adder::sum-4" in wrong else min(wrong)[7:])
        adder.write({"pytest.ini": "[pytest]\nllmops_against = main\n"})
        assert run_pytest(adder.path, "evals", env=server.environment).counts == ran.counts
        adder.git("switch", "-q", "-C", "same", "main")
        same = run_pytest(adder.path, "evals", env=server.environment)
        assert (same.code, same.counts) == (0, {"skipped": 40, "passed": 1})


def test_what_cannot_be_measured_is_an_error_and_no_failure(adder: GitRepo, run_pytest: Run) -> None:
    adder.commit({"llmops.yaml": "run: {attempts: 1}\n"}, "no patience")
    with OpenAIServer(adds, faults=lambda number, body: server_error() if "3 + 10" in str(body) else None) as server:
        ran = run_pytest(adder.path, "evals", env=server.environment)
        assert (ran.code, ran.counts) == (1, {"passed": 9, "error": 2})
        assert (ran.outcomes["adder::sum-3"], ran.outcomes["adder::gate"]) == ("error", "error")
        assert "could not be measured" in ran.out and "1 of 10 scores of the candidate failed" in ran.out
    with OpenAIServer(adds, faults=lambda *_: unauthorised()) as server:
        ran = run_pytest(adder.path, "evals", "--llmops-no-cache", env=server.environment)
        assert (ran.code, ran.counts) == (1, {"error": 11})
        assert len(server.calls) <= 8
        assert "not authorised" in ran.out and "Traceback" not in ran.out and "items.py" not in ran.out
        assert "During handling" not in ran.out


def test_the_options_reach_the_run(adder: GitRepo, run_pytest: Run) -> None:
    with OpenAIServer(adds) as server:
        run_pytest(adder.path, "evals", "--llmops-repeats", "2", env=server.environment)
        assert len(server.calls) == 20
        run_pytest(adder.path, "evals", "--llmops-no-cache", env=server.environment)
        assert len(server.calls) == 30
        adder.write({"pytest.ini": "[pytest]\nllmops_no_cache = true\nllmops_repeats = 3\n"})
        run_pytest(adder.path, "evals", env=server.environment)
        assert len(server.calls) == 60
        ran = run_pytest(adder.path, "evals", "--llmops-budget", "0", env=server.environment)
        assert len(server.calls) == 60 or ran.counts["error"] == 0  # the model has no known price
    for option in ("--llmops-repeats=0", "--llmops-repeats=many", "--llmops-budget=-1", "--llmops-budget=nan"):
        ran = run_pytest(adder.path, "evals", option)
        assert ran.code == 2
        assert f"{option[2:].partition('=')[0].replace('-', '_')} is " in ran.out


def test_all_suites_share_one_budget(adder: GitRepo, run_pytest: Run) -> None:
    prompt = str(project()["prompts/adder.yaml"]).replace("test-model", "gpt-4o-mini")
    adder.commit({"prompts/adder.yaml": prompt, "evals/again.yaml": SUITE + "repeats: 2\n"}, "priced, and twice")
    with OpenAIServer(adds) as server:
        ran = run_pytest(adder.path, "evals", "--llmops-budget", "0.00032", env=server.environment)
    assert ran.counts["error"] > 0
    assert "budget exhausted" in ran.out


def test_what_is_broken_is_told_in_words_when_it_is_collected(adder: GitRepo, run_pytest: Run) -> None:
    adder.write(
        {"evals/typo.yaml": SUITE.replace("floor", "flor"), "evals/lost.yaml": SUITE.replace("adder.jsonl", "x")}
    )
    ran = run_pytest(adder.path, "evals")
    assert ran.code == 2
    assert "evals/typo.yaml:6: gate.right.flor" in ran.out
    assert "evals/golden/x: no such file" in ran.out
    assert "Traceback" not in ran.out and "items.py" not in ran.out


def test_collecting_asks_nobody_and_needs_no_key(adder: GitRepo, run_pytest: Run) -> None:
    ran = run_pytest(adder.path, "--collect-only", "-q", "evals")
    assert ran.code == 0
    assert "evals/adder.yaml::sum-9\nevals/adder.yaml::gate\n" in ran.out


def test_a_case_that_is_called_as_the_gate_keeps_its_own_item(adder: GitRepo, run_pytest: Run) -> None:
    rows = cases(2).replace("sum-0", "gate").replace("sum-1", "a::b [c]")
    adder.commit({"evals/golden/adder.jsonl": rows}, "odd names")
    with OpenAIServer(adds) as server:
        ran = run_pytest(adder.path, "evals", env=server.environment)
    assert ran.outcomes == {"adder::gate (case)": "passed", "adder.a::b [c]": "passed", "adder::gate": "passed"}


def test_hostile_answers_are_shown_and_not_obeyed(adder: GitRepo, run_pytest: Run) -> None:
    adder.commit({"evals/adder.yaml": STRICT}, "strict")
    with OpenAIServer(lambda _: "\x1b[2J\x1b]0;owned\x07 \u202eevil ]]> <b>&\x00") as server:
        ran = run_pytest(adder.path, "evals", "--color=yes", "-k", "sum-1", env=server.environment)
    assert ran.outcomes == {"adder::sum-1": "failed"}
    assert "\x1b[2J" not in ran.out and "\x1b]0" not in ran.out and "\u202e" not in ran.out
    assert "\\x1b[2J" in ran.out


def recorded(repo: GitRepo) -> None:
    """Two suites that read recordings."""
    rows = [{"prompt": "adder@1.0.0", "case": f"sum-{n}", "output": str(n + n * 7 % 11)} for n in range(10)]
    suite = SUITE.replace("cases:", "target: {recorded: rows.jsonl}\ncases:")
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    repo.commit({"evals/adder.yaml": suite, "evals/more.yaml": suite, "evals/rows.jsonl": lines}, "recordings")


def test_workers_of_xdist_measure_each_suite_once(adder: GitRepo, run_pytest: Run) -> None:
    recorded(adder)
    ran = run_pytest(adder.path, "-p", "xdist", "evals", "-n2", "--dist", "loadfile")
    assert (ran.code, len(ran.outcomes), ran.counts["passed"]) == (0, 22, 22), ran.out
    assert "adder: the gate passed (run " in ran.out and "more: the gate passed (run " in ran.out
    assert sorted(path.stem.partition("-")[2].partition("-")[0] for path in stored(adder)) == ["adder", "more"]


def test_dealing_out_single_items_is_refused_in_words(adder: GitRepo, run_pytest: Run) -> None:
    ran = run_pytest(adder.path, "-p", "xdist", "evals", "-n1", "--dist", "load")
    assert ran.code != 0
    assert "--dist load of pytest-xdist tears it apart" in ran.out
    assert "say --dist loadfile" in ran.out


def test_ctrl_c_ends_the_run_and_keeps_what_was_paid_for(
    adder: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer(adds, faults=lambda number, _: HANG if number >= 5 else None) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *ALONE, *QUIET, "evals"],
            cwd=adder.path,
            env=outside(server.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_for_calls(server, 10, process)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        while "press Ctrl-C again" not in (line := process.stdout.readline()):
            assert line, process.poll()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 2, out
        assert "KeyboardInterrupt" in out
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(adder.path)
        assert main(["eval", "plan", "--json"]) == 0
    assert stored(adder) == []
    (suite,) = json.loads(capsys.readouterr().out)["suites"]
    assert suite["cached_calls"] == 5
