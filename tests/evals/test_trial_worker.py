"""Trials answered for somebody else: the same as here, and refused where the files are others."""

import asyncio
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from llmops_cli.config import load_config
from llmops_cli.errors import FileError, InputError, Interrupted, LlmopsError, MeasureError, Problem
from llmops_cli.evals.plan import Trial, plan_trials
from llmops_cli.evals.preparation import Preparation, prepare
from llmops_cli.evals.session import SessionOptions
from llmops_cli.evals.trial_worker import Delivery, Errand, Found, Order, Told, TrialWorker
from llmops_cli.models.model import Fault, ModelError
from tests.conftest import GitRepo
from tests.journeys.four_suites import commit_change
from tests.journeys.project import cases


@pytest.fixture
def change(repo: GitRepo) -> GitRepo:
    commit_change(repo)
    return repo


def order(repo: GitRepo) -> Order:
    return Order(str(repo.path), SessionOptions(suites=("recorded",)))


def here(repo: GitRepo) -> tuple[Preparation, tuple[Trial, ...]]:
    prepared = prepare(load_config(repo.path, {}), "evals/recorded.yaml", None)
    return prepared, plan_trials(prepared.subjects, prepared.suite.golden.cases, range(1))


def ask(worker: TrialWorker, *errands: Errand) -> list[Delivery | Told]:
    async def together() -> list[Delivery | Told]:
        try:
            return list(await asyncio.gather(*(worker.answer(errand) for errand in errands)))
        finally:
            await worker.close()

    return asyncio.run(together())


def test_a_worker_answers_what_the_order_names(change: GitRepo) -> None:
    prepared, trials = here(change)
    worker = TrialWorker(pickle.loads(pickle.dumps(replace(order(change)))))
    found = worker.open()
    assert isinstance(found, Found) and list(found.suites) == ["evals/recorded.yaml"]
    found.check(prepared, worker="worker 1", root="here")
    replies = ask(worker, *(Errand.of(prepared.suite.path, trial) for trial in trials))
    done = [
        reply.answered(trial, prepared)
        for reply, trial in zip(replies, trials, strict=True)
        if isinstance(reply, Delivery)
    ]
    assert [one.result.output for one in done] == [str(i + 3) if i % 5 else "many" for i in range(20)]
    assert [one.result.scores["right"].value for one in done[:2]] == [0.0, 1.0]
    assert all(one.counts.trials == 1 and one.fatal is None for one in done)


def test_a_worker_with_other_files_is_refused(change: GitRepo) -> None:
    prepared, _ = here(change)
    change.write({"evals/golden/recorded.jsonl": cases(3)})
    worker = TrialWorker(order(change))
    found = worker.open()
    assert isinstance(found, Found)
    with pytest.raises(MeasureError, match=r"worker 2 has other files .* for evals/recorded.yaml") as caught:
        found.check(prepared, worker="worker 2", root="/project")
    assert "/project must hold the same commit" in caught.value.hint
    with pytest.raises(MeasureError, match="worker 2 has llmops 9"):
        replace(found, version="9").check(prepared, worker="worker 2", root="")
    asyncio.run(worker.close())


def test_a_worker_without_the_project_says_so(tmp_path: Path) -> None:
    told = TrialWorker(Order(str(tmp_path / "nowhere"), SessionOptions())).open()
    assert isinstance(told, Told) and told.exit_code == 3 and "no suite" in told.message
    assert asyncio.run(TrialWorker(Order("", SessionOptions())).close()) == ()


def test_what_a_worker_is_not_asked_to_do(change: GitRepo) -> None:
    prepared, trials = here(change)
    errand = Errand.of(prepared.suite.path, trials[0])
    worker = TrialWorker(order(change))
    worker.open()
    others = (
        replace(errand, suite="evals/open.yaml"), replace(errand, case="sum-99"), replace(errand, role="anchor"),
        replace(errand, request="sha256:0"),
    )  # fmt: skip
    told = [reply.message for reply in ask(worker, *others) if isinstance(reply, Told)]
    assert told == [
        "the worker has no suite evals/open.yaml",
        "the worker has no case sum-99 for the candidate",
        "the worker has no case sum-0 for the anchor",
        "a worker would ask something else about case sum-0",
    ]


def test_an_answer_to_another_trial_is_none(change: GitRepo) -> None:
    prepared, trials = here(change)
    worker = TrialWorker(order(change))
    worker.open()
    (reply,) = ask(worker, Errand.of(prepared.suite.path, trials[0]))
    assert isinstance(reply, Delivery)
    with pytest.raises(MeasureError, match="a worker's answer to case sum-1 cannot be: it is of another trial"):
        reply.answered(trials[1], prepared)


@pytest.mark.parametrize(
    "error",
    [
        ModelError(Fault.BUDGET, "nothing is left"),
        ModelError(Fault.UNAUTHORISED, "no key", retry_after=3.0),
        InputError("no such thing", hint="look"),
        MeasureError("no base"),
        Interrupted("stopped"),
        FileError([Problem("a.yaml", 3, "x", "is missing")]),
    ],
)
def test_errors_survive_the_way(error: ModelError | LlmopsError) -> None:
    again = pickle.loads(pickle.dumps(Told.of(error))).error()
    assert str(again) == str(error)
    if isinstance(error, ModelError):
        assert isinstance(again, ModelError) and again.fault is error.fault
    else:
        assert isinstance(again, LlmopsError)
        assert (again.exit_code, again.hint) == (error.exit_code, error.hint)
        assert isinstance(error, type(again))
