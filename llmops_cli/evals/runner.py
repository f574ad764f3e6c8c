"""Plan in, results out: bounded concurrency, one fence per trial, and a stop that keeps what was paid for."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from llmops_cli.checks.check import Ask, AskingCheck, Check, CheckContext, CheckShape, Failed, Score, Scored
from llmops_cli.checks.check_set import asked_of
from llmops_cli.checks.outside import unseen_models
from llmops_cli.errors import LlmopsError, MeasureError
from llmops_cli.evals.case import Case
from llmops_cli.evals.plan import Trial
from llmops_cli.evals.run import ContextRecord, Counts, Result, Role, ScoreRecord
from llmops_cli.models.model import FATAL, Fault, Model, ModelError, Request, Response


@dataclass(frozen=True, slots=True)
class BoundCheck:
    """A check as the suite states it, and what really runs."""

    shape: CheckShape
    check: Check | AskingCheck


class Progress(Protocol):
    """Who wants to see the run move. Called from the event loop; must be quick."""

    def start(self, total: int) -> None: ...

    def advance(self, result: Result) -> None: ...

    def note(self, text: str) -> None: ...


class NoProgress:
    """Nobody is looking."""

    def start(self, total: int) -> None: ...

    def advance(self, result: Result) -> None: ...

    def note(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything a trial needs: who answers it, which checks its case has, and who answers what those ask."""

    answering: Callable[[Trial], Model]
    checks_of: Callable[[Case], Sequence[BoundCheck]]
    ask: Ask
    concurrency: int = 8
    progress: Progress = field(default_factory=NoProgress)
    keep: Callable[[Role, Result], Result] = lambda _, result: result  # what stays in memory of a result


@dataclass(slots=True)
class Outcome:
    """What came of the trials. `fatal` is the fault that stopped the run early, if one did."""

    results: list[tuple[Role, Result]] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    fatal: ModelError | LlmopsError | None = None
    interrupted: bool = False


# whoever runs trials: in this process, or elsewhere
Execute = Callable[[Sequence[Trial], Bench], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Answered:
    """One trial that was run, what it cost, and the fault in it that would hit every other one alike."""

    result: Result
    counts: Counts
    fatal: ModelError | LlmopsError | None = None


async def run_trials(trials: Sequence[Trial], bench: Bench) -> Outcome:
    """Run all trials in this process and return their results in the order of the plan.

    A call that fails makes a failed result. A fault that would hit every trial alike (a key refused, the quota or the
    budget used up, a model that no provider knows), and Ctrl-C, stop the run: calls in flight are finished and kept,
    later trials are left out.
    """
    return await deal(trials, bench, lambda trial: run_trial(trial, bench), [range(len(trials))])


async def run_trial(trial: Trial, bench: Bench) -> Answered:
    """Ask, check, judge. Whatever goes wrong with it is part of its result."""
    run = _TrialRun(trial, bench)
    return Answered(await run.result(), run.counts, run.fatal)


async def deal(
    trials: Sequence[Trial],
    bench: Bench,
    answer: Callable[[Trial], Awaitable[Answered]],
    hands: Sequence[Sequence[int]],
) -> Outcome:
    """Have every trial answered, and collect as `run_trials` says.

    `hands` deal out the trials by their position; of each hand as many are under way as the bench's concurrency says.
    An LlmopsError of `answer` stops the run.
    """
    outcome = Outcome()
    stop = asyncio.Event()
    found: dict[int, tuple[Role, Result]] = {}
    bench.progress.start(len(trials))

    def stop_for(fault: ModelError | LlmopsError) -> None:
        outcome.fatal = outcome.fatal or fault
        stop.set()

    async def work(hand: Iterator[int]) -> None:
        for index in hand:
            if stop.is_set():
                return
            try:
                done = await answer(trials[index])
            except LlmopsError as error:
                stop_for(error)
                return
            if done.fatal is not None:
                stop_for(done.fatal)
            role = trials[index].role
            found[index] = (role, bench.keep(role, done.result))
            outcome.counts = outcome.counts.plus(done.counts)
            bench.progress.advance(done.result)

    workers: list[asyncio.Task[None]] = []
    with _Interrupt(stop, outcome, bench.progress, workers):
        for hand, queue in ((hand, iter(hand)) for hand in hands):
            workers += [asyncio.create_task(work(queue)) for _ in range(min(bench.concurrency, len(hand)))]
        try:
            await asyncio.gather(*workers)
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
        finally:
            for worker in workers:
                worker.cancel()
            # whoever called closes the models next: nobody may be speaking any more
            await asyncio.gather(*workers, return_exceptions=True)
    outcome.results = [found[index] for index in sorted(found)]
    return outcome


def _is_cancelled() -> bool:
    """Whether this task itself is to end, and not only the calls it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class _Interrupt:
    """The first Ctrl-C stops new calls and lets those in flight arrive; the second one gives those up as well."""

    def __init__(
        self, stop: asyncio.Event, outcome: Outcome, progress: Progress, workers: Sequence["asyncio.Task[None]"]
    ) -> None:
        self.stop, self.outcome, self.progress, self.workers = stop, outcome, progress, workers
        self.loop = asyncio.get_running_loop()
        self.installed = False

    def __enter__(self) -> None:
        try:
            self.loop.add_signal_handler(signal.SIGINT, self._pressed)
            self.installed = True
        except (NotImplementedError, RuntimeError, ValueError):  # not the main thread, or Windows
            pass

    def __exit__(self, *_: object) -> None:
        if self.installed:
            self.loop.remove_signal_handler(signal.SIGINT)

    def _pressed(self) -> None:
        if self.outcome.interrupted:  # and not `stop`, which a fatal fault sets too
            for worker in self.workers:
                worker.cancel()
            return
        self.outcome.interrupted = True
        self.stop.set()
        self.progress.note("finishing the calls in flight; press Ctrl-C again to end at once")


class _TrialRun:
    """One trial: ask, check, judge. Nothing raised in here leaves it, except cancellation."""

    def __init__(self, trial: Trial, bench: Bench) -> None:
        self.trial, self.bench = trial, bench
        self.counts = Counts(trials=1)
        self.fatal: ModelError | LlmopsError | None = None
        self.replies: dict[str, list[str]] = {}
        self.judge_cost: float | None = 0.0

    async def result(self) -> Result:
        trial = self.trial
        checks = self.bench.checks_of(trial.case)
        key = trial.request.key
        try:
            response = await self.bench.answering(trial).answer(trial.request)
        except (ModelError, LlmopsError) as error:
            self._stop_if_fatal(error)
            failed = {bound.shape.name: ScoreRecord.of(Failed(f"no output: {error}"), False) for bound in checks}
            return Result(case=trial.case.id, repeat=trial.repeat, error=str(error), request=key, scores=failed)
        self._count(response)
        context = self._context(response)
        records = await asyncio.gather(*(self._record(bound, context) for bound in checks))
        scores = {bound.shape.name: record for bound, record in zip(checks, records, strict=True)}
        return Result(
            case=trial.case.id,
            repeat=trial.repeat,
            output=response.text,
            finish_reason=response.finish_reason,
            tool_calls=[dict(call) for call in response.tool_calls],
            contexts=[ContextRecord(text=one.text, id=one.id) for one in response.contexts],
            input_tokens=response.usage.input_tokens if response.usage else None,
            output_tokens=response.usage.output_tokens if response.usage else None,
            cost_usd=response.cost_usd,
            latency_ms=response.latency_ms,
            answered_by=response.model,
            answered_at=response.answered_at,
            cached=response.cached,
            request=key,
            scores=scores,
            judge_replies=self.replies,
            judge_cost_usd=self.judge_cost,
        )

    def _context(self, response: Response) -> CheckContext:
        case = self.trial.case
        return CheckContext(
            output=response.text,
            vars=case.vars,
            expected=case.expected,
            messages=self.trial.request.messages,
            usage=response.usage,
            cost_usd=response.cost_usd,
            latency_ms=response.latency_ms,
            finish_reason=response.finish_reason,
            tools=self.trial.request.tools,
            tool_calls=response.tool_calls,
            contexts=response.contexts,
            case=case.id,
            prompt=self.trial.request.label.prompt if self.trial.request.label else "",
        )

    async def _record(self, bound: BoundCheck, context: CheckContext) -> ScoreRecord:
        check = bound.check
        try:
            if isinstance(check, AskingCheck):
                score = await self._opinion(check, context)
            elif bound.shape.may_block:
                score = await asyncio.to_thread(check.score, context)
            else:
                score = check.score(context)
            passed = isinstance(score, Scored) and bound.shape.passes(score)
        except ModelError as error:
            self._stop_if_fatal(error)
            score, passed = Failed(f"the judge gave no answer: {error}"), False
        except LlmopsError as error:
            if isinstance(error, MeasureError):  # nothing can be measured with it: pay for no further answer
                self._stop_if_fatal(error)
            score, passed = Failed(error.message), False
        except (Exception, SystemExit) as error:  # the fence: a check that crashes or leaves has measured nothing
            score, passed = Failed(f"the check crashed: {type(error).__name__}: {error}"), False
        return ScoreRecord.of(score, passed)

    async def _opinion(self, check: AskingCheck, context: CheckContext) -> Score:
        if any(unseen_models(single) for single in asked_of(check)):  # somebody else pays for calls we do not see
            self.judge_cost = None
            self.counts = self.counts.plus(Counts(cost_usd=None))

        async def ask(request: Request) -> Response:
            try:
                response = await self.bench.ask(request)
            except LlmopsError as error:  # nobody can be asked: do not pay for answers that nobody will judge
                self._stop_if_fatal(error)
                raise
            self._count(response)
            if response.text:
                self.replies.setdefault(check.name, []).append(response.text)
            if self.judge_cost is not None:
                self.judge_cost = None if response.cost_usd is None else self.judge_cost + response.cost_usd
            return response

        return await check.opinion(context, ask)

    def _stop_if_fatal(self, error: ModelError | LlmopsError) -> None:
        if isinstance(error, LlmopsError) or (error.fault in FATAL and error.fault is not Fault.INTERRUPTED):
            self.fatal = self.fatal or error

    def _count(self, response: Response) -> None:
        if response.cached:
            self.counts = self.counts.plus(Counts(cached_calls=1))
        elif response.answered_at:  # a recording speaks without being asked
            self.counts = self.counts.plus(Counts(paid_calls=1, cost_usd=response.cost_usd))
