"""A model that changes without us: released prompts asked again, and held against the scores in their tags."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.cli.main import main
from tests.conftest import GitRepo
from tests.journeys.project import SUITE, adds, adds_but, cases, project, sum_in
from tests.openai_server import Answer, Faults, OpenAIServer, server_error, unauthorised


class Watch:
    """An adder that was measured and released with a model that can add, and is watched from then on."""

    def __init__(self, repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.repo, self._monkeypatch, self._capsys = repo, monkeypatch, capsys
        monkeypatch.chdir(repo.path)
        self.calls = 0

    def run(self, answer: Answer, *arguments: str, faults: Faults | None = None) -> int:
        """One command while such a model answers."""
        with OpenAIServer(answer, faults=faults or {}) as server:
            for name, value in server.environment.items():
                self._monkeypatch.setenv(name, value)
            code = main(list(arguments))
            self.calls = len(server.calls)
        return code

    def release(self, *, files: dict[str, str | bytes] | None = None) -> None:
        """Measure and release, as a team does."""
        self.repo.commit(files or project(60), "adder")
        assert self.run(adds, "eval", "run") == 0
        assert main(["prompt", "release"]) == 0
        self._capsys.readouterr()

    def drift(self, answer: Answer, *arguments: str) -> tuple[int, dict[str, Any]]:
        """What is found, as JSON."""
        code = self.run(answer, "eval", "drift", "--json", *arguments)
        found = json.loads(self._capsys.readouterr().out)
        assert found["format"] == "llmops.drift/1"
        assert found["exit_code"] == code
        (suite,) = found["suites"]
        return code, suite

    def said(self) -> str:
        """What stood on stdout and stderr."""
        streams = self._capsys.readouterr()
        return streams.out + streams.err

    def forget_runs(self) -> None:
        """As in a CI job: nothing is here but git."""
        shutil.rmtree(self.repo.path / ".llmops")


@pytest.fixture
def watch(repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Watch:
    return Watch(repo, monkeypatch, capsys)


def test_the_same_model_is_stable_and_is_really_asked(watch: Watch) -> None:
    watch.release()
    code, found = watch.drift(adds)
    assert (code, found["answer"], watch.calls) == (0, "stable", 60)
    assert (found["prompt"], found["version"], found["place"]) == ("adder", "1.0.0", "the newest release")
    assert found["paired"] is True
    assert found["answered_before"] == found["answered_now"] == ["test-model-2026-04-01"]
    watch.drift(adds)
    assert watch.calls == 60  # nothing of it was kept
    assert found["stored"] == f".llmops/drift/{found['run']}.json"
    assert main(["eval", "report", found["stored"]]) == 0
    assert "right          60  100.0 %" in watch.said()


def test_a_model_that_got_worse_is_found_with_the_tag_alone(watch: Watch, tmp_path: Path) -> None:
    watch.release()
    watch.forget_runs()
    summary, issue = tmp_path / "summary.md", tmp_path / "issue.md"
    code = watch.run(
        adds_but(lambda total: total % 5 == 0), "eval", "drift", "--summary", str(summary), "--issue-body", str(issue)
    )
    assert code == 1
    said = watch.said()
    assert "drifted: adder: adder@1.0.0 (the newest release) answers worse than when it was released: right -" in said
    assert "compared with the scores in its tag" in said
    assert summary.read_text().startswith("> [!CAUTION]\n> **drifted: adder: adder")
    assert issue.read_text() == summary.read_text().removesuffix("\n")

    code, found = watch.drift(adds_but(lambda total: total % 5 == 0))
    (right,) = [one for one in found["metrics"] if one["metric"] == "right"]
    wrong = sum(1 for i in range(60) if (i + i * 7 % 11) % 5 == 0)
    assert (right["before"], right["n_before"], right["n_now"]) == (1.0, 60, 60)
    assert right["change"] == pytest.approx(-wrong / 60)
    assert right["interval"]["method"] == "Newcombe"
    assert right["interval"]["high"] < 0
    assert right["adjusted_p"] < 0.01
    assert (code, found["paired"], right["answer"]) == (1, False, "drifted")
    assert found["answered_before"] == ["test-model-2026-04-01"]


def test_cases_are_compared_with_themselves_where_the_run_is_at_hand(watch: Watch) -> None:
    watch.release()
    # eleven of sixty: a paired comparison sees it much more sharply than two shares do
    code, found = watch.drift(adds_but(lambda total: total % 9 == 0))
    (right,) = [one for one in found["metrics"] if one["metric"] == "right"]
    assert (code, found["paired"], right["interval"]["method"]) == (1, True, "Bonett-Price")


def test_better_is_no_alarm(watch: Watch) -> None:
    lenient = SUITE.replace("floor: 0.9", "floor: 0.1")
    watch.repo.commit(project(60, suite=lenient), "adder")
    assert watch.run(adds_but(lambda total: total % 3 == 0), "eval", "run") == 0
    assert main(["prompt", "release"]) == 0
    watch.said()
    code, found = watch.drift(adds)
    assert (code, found["answer"]) == (0, "better")


def test_what_is_live_is_asked_not_what_is_newest(watch: Watch) -> None:
    watch.release()
    assert main(["promote", "adder", "1.0.0", "--env", "production"]) == 0
    watch.repo.commit(project(60, version="1.1.0", words="Add, please."), "politer")
    assert watch.run(adds, "eval", "run") == 0
    assert main(["prompt", "release"]) == 0
    watch.said()
    polite_fails = adds_but(lambda total: total % 2 == 0, when="please")
    assert watch.drift(polite_fails, "--env", "production")[1]["answer"] == "stable"
    code, found = watch.drift(polite_fails)
    assert (code, found["version"], found["answer"]) == (1, "1.1.0", "drifted")
    code, found = watch.drift(adds, "--env", "staging")
    assert (code, found["reasons"], watch.calls) == (3, ["adder is not live on staging"], 0)


def test_an_unknown_environment_is_an_error(watch: Watch) -> None:
    watch.release()
    assert watch.run(adds, "eval", "drift", "--env", "prod") == 2
    assert "there is no environment 'prod'" in watch.said()


THEIRS = "; --as-released asks with those of the release"
RECORDED = SUITE + "target: {recorded: r.jsonl}\n"
ROWS = "".join(
    json.dumps({"prompt": "adder@1.0.0", "case": f"sum-{i}", "repeat": 0, "output": "1"}) + "\n" for i in range(60)
)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"evals/golden/adder.jsonl": cases(61)},
            "the golden set changed since adder@1.0.0 (60 cases then, 61 now)" + THEIRS,
        ),
        (
            {"evals/adder.yaml": SUITE.replace("equals", "contains")},
            "the checks or judges changed since adder@1.0.0" + THEIRS,
        ),
        (
            {"evals/adder.yaml": SUITE + "target: {model: openai/other}\n"},
            "the target of the suite changed since adder@1.0.0" + THEIRS,
        ),
        ({"evals/adder.yaml": RECORDED, "evals/r.jsonl": ROWS}, "r.jsonl answers, and a recording cannot drift"),
    ],
)
def test_what_cannot_be_told_is_said_before_anybody_is_asked(
    watch: Watch, files: dict[str, str | bytes], reason: str
) -> None:
    watch.release()
    watch.repo.commit(files, "another yardstick")
    code, found = watch.drift(adds)
    assert (code, found["answer"], found["reasons"], watch.calls) == (3, "cannot tell", [reason], 0)


def test_a_suite_that_moved_on_is_asked_as_it_was(watch: Watch) -> None:
    watch.release()
    contains = SUITE.replace("equals", "contains").replace("floor: 0.9, ", "")
    watch.repo.commit({"evals/golden/adder.jsonl": cases(80), "evals/adder.yaml": contains}, "more cases")
    code, found = watch.drift(adds, "--as-released")
    assert (code, found["answer"], found["cases"], watch.calls) == (0, "stable", 60, 60)
    code, found = watch.drift(lambda body: f"{adds(body)}.", "--as-released")  # not equal, but contained
    assert (code, found["answer"]) == (1, "drifted")


def test_a_pipeline_must_be_the_code_of_the_release(watch: Watch) -> None:
    code = "def answer(call):\n    given = call['vars']\n    return str(given['left'] + given['right'])\n"
    suite = SUITE + "target: {python: 'adding:answer', code: [adding.py]}\n"
    watch.release(files={**project(30, suite=suite), "adding.py": code})
    code_now, found = watch.drift(adds)
    assert (code_now, found["answer"], watch.calls) == (0, "stable", 0)
    watch.repo.commit({"adding.py": code + "\n# another\n"}, "refactored")
    for arguments in ((), ("--as-released",)):
        code_now, found = watch.drift(adds, *arguments)
        assert (code_now, found["reasons"]) == (3, ["the code that answers changed since adder@1.0.0"])


def test_another_gate_is_the_same_yardstick(watch: Watch) -> None:
    watch.release()
    watch.repo.commit({"evals/adder.yaml": SUITE.replace("floor: 0.9", "floor: 0.95")}, "higher")
    assert watch.drift(adds)[0] == 0


def test_without_a_release_or_scores(watch: Watch) -> None:
    watch.repo.commit(project(20), "adder")
    code, found = watch.drift(adds)
    assert (code, found["reasons"]) == (3, ["adder is not released yet"])
    assert main(["prompt", "release"]) == 0
    watch.said()
    code, found = watch.drift(adds)
    assert (code, found["reasons"]) == (3, ["the tag adder@v1.0.0 holds no scores"])


def test_a_suite_that_is_new_and_scores_of_another_one(watch: Watch) -> None:
    watch.release()
    watch.repo.commit({"evals/other.yaml": SUITE}, "one more")
    assert watch.run(adds, "eval", "drift", "other") == 3
    assert "the tag adder@v1.0.0 holds no scores of this suite, only of adder" in watch.said()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda _, body: server_error(500) if sum_in(body) % 5 == 0 else None, "right: 14 of 60 measurements failed"),
        (lambda _, body: unauthorised(), None),
    ],
)
def test_a_model_that_cannot_be_asked_is_no_drift(watch: Watch, fault: Faults, reason: str | None) -> None:
    watch.release()
    code = watch.run(adds, "eval", "drift", faults=fault)
    said = watch.said()
    assert code == 3
    assert "drifted" not in said
    assert (reason or "error: stopped: ") in said
