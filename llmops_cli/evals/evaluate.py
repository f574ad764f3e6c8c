"""One suite, from its preparation to a run with a verdict: look, and look again with more repeats where needed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from llmops_cli.checks.check import Ask
from llmops_cli.errors import Interrupted, LlmopsError, MeasureError
from llmops_cli.evals.analysis import decided, evidence_of
from llmops_cli.evals.case import Case
from llmops_cli.evals.figures import many
from llmops_cli.evals.plan import Trial, check_askable, plan_trials
from llmops_cli.evals.preparation import Preparation
from llmops_cli.evals.result_log import ResultLog
from llmops_cli.evals.run import Counts, Result, Role, Run
from llmops_cli.evals.run_making import RunName, make_run
from llmops_cli.evals.runner import Bench, Execute, NoProgress, Outcome, Progress, run_trials
from llmops_cli.evals.verdict import Status, Verdict
from llmops_cli.models.model import Fault, Model

# repeats of the looks that follow the first one (evals with 1, 3, 5 repeats keep false alarms at 3 %)
LATER_LOOKS = (3, 5)


# what stops a suite at once and says nothing of the next one, which may ask another model, or a recording
_OF_THE_MODEL = frozenset({Fault.UNAUTHORISED, Fault.NO_SUCH_MODEL, Fault.QUOTA})


class ModelRefusedError(MeasureError):
    """The model of this suite answers nobody here: there is no key, no such model, no quota."""


@dataclass(frozen=True, slots=True)
class Lab:
    """Who answers: `model_for` makes a Model for a trial's request, `ask` answers checks. `now` is the clock.

    `execute` runs the trials; who answers them elsewhere needs the rest of this only for the looks.
    """

    model_for: Callable[[Trial], Model]
    ask: Ask
    now: Callable[[], datetime]
    concurrency: int = 8
    progress: Progress = field(default_factory=NoProgress)
    open_log: Callable[[str], ResultLog] | None = None  # where results go as they arrive, by the run's id
    execute: Execute = run_trials


@dataclass(frozen=True, slots=True)
class FirstLook:
    """Every trial of the first look as somebody else has measured it, and what that cost."""

    results: Iterable[tuple[Role, Result]]
    counts: Counts


async def evaluate(
    prepared: Preparation, lab: Lab, *, repeats: int | None = None, first: FirstLook | None = None
) -> Run:
    """Measure both sides and decide; the first look may have been measured before.

    Raises what reading `first` raises, MeasureError when a fault stopped the run (key, quota, budget), Interrupted on
    Ctrl-C; the answers that arrived are in the cache either way.
    """
    if prepared.unchanged:
        return _unchanged_run(prepared, lab)
    evaluation = _Evaluation(prepared, lab, repeats or prepared.bar.repeats)
    try:
        return await evaluation.run(first)
    except BaseException:
        if evaluation.log is not None:
            evaluation.log.discard()
        raise


async def ask_repeatedly(prepared: Preparation, lab: Lab, repeats: int) -> Run:
    """Every case that often, and no decision: the answers of one side, for those who study the gate itself.

    Raises what `evaluate` raises.
    """
    return await measure(prepared, replace(lab, open_log=None), repeats)  # nothing of this is stored


async def measure(
    prepared: Preparation, lab: Lab, repeats: int, *, only: Callable[[Case], bool] = lambda _: True
) -> Run:
    """The trials of those cases, and no decision. That all cases can be asked and judged is seen to all the same.

    Its log, where it has one, is to be discarded by whoever asked. Raises what `evaluate` raises.
    """
    asking = _Evaluation(prepared, lab, repeats)
    try:
        await asking.measure(prepared.suite.golden.cases, range(repeats), only)
    except BaseException:
        if asking.log is not None:
            asking.log.discard()
        raise
    return make_run(prepared, asking.name, asking.results, repeats, asking.counts).with_log(asking.log)


class _Evaluation:
    """The looks at one suite. Results only ever get more; the verdict is taken anew at each look."""

    def __init__(self, prepared: Preparation, lab: Lab, repeats: int) -> None:
        self.prepared, self.lab = prepared, lab
        self.looks = schedule(repeats, limit=repeat_limit(prepared))
        self.results: dict[str, list[Result]] = {subject.role: [] for subject in prepared.subjects}
        self.counts = Counts()
        self.name, self.log = _opened(prepared, lab)
        self.writes = self.log is not None

    async def run(self, first: FirstLook | None = None) -> Run:
        done = 0
        run, verdict = None, None
        if first is not None:
            self._take(first)
        for index, repeats in enumerate(self.looks):
            left = len(self.looks) - 1 - index
            await self.measure(self.prepared.suite.golden.cases, range(done, repeats))
            done = repeats
            run, verdict = self._decide(repeats, left)
            if verdict.retry_cases:
                cases = [case for case in self.prepared.suite.golden.cases if case.id in set(verdict.retry_cases)]
                self.lab.progress.note(
                    f"{many(len(cases), 'critical case fails', 'critical cases fail')} now: asking again on both sides"
                )
                await self.measure(cases, range(done, 3))
                run, verdict = self._decide(repeats, left)
            if settled(verdict, looks_left=left):
                break
            self.lab.progress.note(
                f"not decided with {many(repeats, 'answer')} a case: asking all of them again, on both sides"
            )
        assert run is not None and verdict is not None  # there is at least one look
        return run.with_log(self.log)

    def _take(self, first: FirstLook) -> None:
        for role, result in first.results:
            self.results[role].append(self._keep(role, result))
        self.counts = first.counts

    def _keep(self, role: Role, result: Result) -> Result:
        """A result as it stays in memory; what it says goes to the log, as long as that can be written."""
        if self.log is None or not self.writes:
            return result
        try:
            return self.log.keep(role, result)
        except OSError as error:
            self.writes = False
            self.lab.progress.note(f"results stay in memory from here on: {error.strerror}: {self.log.path}")
            return result

    async def measure(
        self, cases: Sequence[Case], repeats: range, only: Callable[[Case], bool] = lambda _: True
    ) -> None:
        have = {(role, result.case, result.repeat) for role, results in self.results.items() for result in results}
        trials = [
            trial
            for trial in plan_trials(self.prepared.subjects, cases, repeats)
            if (trial.role, trial.case.id, trial.repeat) not in have
        ]
        await check_askable(trials, self.prepared.asking_of)
        trials = [trial for trial in trials if only(trial.case)]
        bench = Bench(
            answering=self.lab.model_for,
            checks_of=self.prepared.checks_of,
            ask=self.lab.ask,
            concurrency=self.lab.concurrency,
            progress=self.lab.progress,
            keep=self._keep,
        )
        outcome = await self.lab.execute(trials, bench)
        _raise_if_stopped(outcome, len(trials))
        for role, result in outcome.results:
            self.results[role].append(result)
        self.counts = self.counts.plus(outcome.counts)

    def _decide(self, repeats: int, looks_left: int) -> tuple[Run, Verdict]:
        run = make_run(self.prepared, self.name, self.results, repeats, self.counts)
        evidence = evidence_of(run, self.prepared.policy, looks_left=looks_left, repeatable=len(self.looks) > 1)
        return decided(run, evidence)


def _opened(prepared: Preparation, lab: Lab) -> tuple[RunName, ResultLog | None]:
    """What the run is called, which no other is, and where its results go; None when they stay in memory."""
    name = RunName.of(prepared, lab.now())
    try:
        log = lab.open_log(name.id) if lab.open_log else None
    except OSError as error:
        lab.progress.note(f"results stay in memory: {error.strerror}: {error.filename}")
        return name, None
    return (name, None) if log is None else (replace(name, id=log.run_id), log)


def schedule(first: int, *, limit: int) -> tuple[int, ...]:
    """How many repeats each look has: the suite's own number first, then 3 and 5 as far as the limit allows."""
    return (first, *(repeats for repeats in LATER_LOOKS if first < repeats <= limit))


def settled(verdict: Verdict, *, looks_left: int) -> bool:
    """Whether no further look follows: there is none, nothing is open, or it has failed.

    What has failed is not asked again until it passes.
    """
    return not looks_left or not verdict.more_repeats or verdict.status in (Status.FAIL, Status.INVALID)


def repeat_limit(prepared: Preparation) -> int:
    """How often every case can be asked at most: max_repeats, what the recording holds, or once if nothing can vary."""
    limit = prepared.policy.max_repeats
    if all(subject.target.deterministic for subject in prepared.subjects):
        return 1  # it would say the same again
    if prepared.recording is None:
        return limit
    held = [
        prepared.recording.repeats(
            subject.prompt.reference, [case.id for case in prepared.suite.golden.cases if subject.asks(case)]
        )
        for subject in prepared.subjects
    ]
    return min(limit, *held)


def _unchanged_run(prepared: Preparation, lab: Lab) -> Run:
    """Nothing that the measurement depends on differs from the base: it was decided there, and costs nothing here."""
    name, log = _opened(prepared, lab)
    run = make_run(prepared, name, {}, prepared.suite.repeats, Counts())
    verdict = Verdict(Status.PASS, ())
    return run.model_copy(update={"unchanged": True, "verdict": verdict.as_json()}).with_log(log)


def _raise_if_stopped(outcome: Outcome, planned: int) -> None:
    answered = sum(1 for _, result in outcome.results if result.answered)
    have = f"{answered} of {many(planned, 'trial was', 'trials were')} answered" + (
        "; their answers are in the cache" if answered else ""
    )
    if outcome.interrupted:
        raise Interrupted(f"interrupted: {have}", hint="run the same command again to go on from there")
    if isinstance(outcome.fatal, LlmopsError):
        raise outcome.fatal
    if outcome.fatal is not None:
        kind = ModelRefusedError if outcome.fatal.fault in _OF_THE_MODEL else MeasureError
        raise kind(f"stopped: {outcome.fatal}; {have}", hint="mend the cause and run the same command again")
