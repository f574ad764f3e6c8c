"""Trials answered by worker processes of a Ray cluster. The only importer of ray; what is decided is decided here.

Every worker answers a shard of the cases, so that what is asked twice about a case is asked by one. Ray sends no usage
statistics, starts no dashboard, and keeps what workers print in its own logs.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from dataclasses import replace
from importlib.util import find_spec
from types import TracebackType
from typing import Any

from llmops_cli.config import Config
from llmops_cli.errors import InputError, LlmopsError, MeasureError
from llmops_cli.evals.figures import many
from llmops_cli.evals.plan import Trial
from llmops_cli.evals.preparation import Preparation
from llmops_cli.evals.runner import Answered, Bench, Execute, NoProgress, Outcome, deal, run_trials
from llmops_cli.evals.session import SessionOptions
from llmops_cli.evals.shard import shard_of
from llmops_cli.evals.trial_worker import Delivery, Errand, Found, Order, Told, TrialWorker

LOCAL_WORKERS = 2
_START_S = 120.0  # a worker imports this package, and reads the project
_CLOSE_S = 20.0
_STORE_BYTES = 100_000_000  # results are small and pass through at once


class RayWorkers:
    """Worker processes for one command: of the cluster that RAY_ADDRESS names, else of one made for it on this machine.

    Nothing is started before the first trial. Use as a context manager; leaving it ends all workers.
    """

    def __init__(self, config: Config, options: SessionOptions, *, count: int | None = None) -> None:
        """`count` workers; else one for each machine of the cluster, or two on this one.

        Raises InputError when Ray is not installed.
        """
        if find_spec("ray") is None:
            raise InputError("--executor ray needs the package ray", hint="pip install 'llmops-cli[ray]'")
        self._config, self._options, self._wanted = config, options, count
        self._open = ExitStack()
        self._crew: _Crew | None = None

    def __enter__(self) -> "RayWorkers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def execute_for(self, prepared: Preparation) -> Execute:
        """What runs the trials of this suite: the workers, once they are seen to have the same files.

        Raises MeasureError when they have not, or cannot be reached.
        """

        async def execute(trials: Sequence[Trial], bench: Bench) -> Outcome:
            if not trials:
                return await run_trials(trials, bench)
            crew = self._crew = self._crew or await self._started()
            crew.check(prepared)
            hands: list[list[int]] = [[] for _ in crew.workers]
            for index, trial in enumerate(trials):
                hands[crew.hand(trial, prepared)].append(index)
            return await deal(trials, bench, lambda trial: crew.answer(trial, prepared), hands)

        return execute

    async def _started(self) -> "_Crew":
        where = self._config.env.get("RAY_ADDRESS") or "this machine"
        self._options.progress.note(f"waiting for Ray on {where}")
        count = self._connect()
        options = replace(self._options, progress=NoProgress(), execute_for=None)
        if options.budget_usd is not None:
            options = replace(options, budget_usd=options.budget_usd / count)
        crew = _Crew(Order(str(self._config.root), options), count, self._options.progress.note)
        self._open.callback(crew.dismiss)
        await crew.hire_all()
        self._options.progress.note(f"{many(count, 'Ray worker')} on {where}")
        return crew

    def _connect(self) -> int:
        """Connect to the cluster, or make one; how many workers there are to be. Raises MeasureError."""
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # read while ray is imported
        import ray

        logging.getLogger("ray").setLevel(logging.ERROR)
        address = self._config.env.get("RAY_ADDRESS", "")
        here: dict[str, Any] = {
            "address": "local",
            "num_cpus": self._wanted or LOCAL_WORKERS,
            "include_dashboard": False,
            "object_store_memory": _STORE_BYTES,
        }
        # Ray prints on stdout when a worker has died, and stdout is for the report
        self._open.enter_context(redirect_stdout(sys.stderr))
        try:
            with _own_sigterm():
                ray.init(
                    **({"address": address} if address else here),
                    log_to_driver=False, logging_level=logging.ERROR, configure_logging=False,
                )  # fmt: skip
        except (OSError, RuntimeError, ValueError) as error:
            said = (str(error).strip().splitlines() or [repr(error)])[0]
            raise MeasureError(f"no Ray cluster at {address or 'this machine'}: {said}") from None
        self._open.callback(ray.shutdown)
        if self._wanted is not None or not address:
            return self._wanted or LOCAL_WORKERS
        return max(1, sum(1 for node in ray.nodes() if node["Alive"]))


class _Crew:
    """The workers, each of which may be replaced once."""

    def __init__(self, order: Order, count: int, note: Callable[[str], None]) -> None:
        self.order, self.note = order, note
        self.workers: list[Any] = [None] * count  # handles of Ray's actors
        self.found: list[Found | None] = [None] * count
        self.replaced: set[int] = set()
        self.locks = [asyncio.Lock() for _ in range(count)]
        self.prepared: dict[str, Preparation] = {}

    def hand(self, trial: Trial, prepared: Preparation) -> int:
        """Which worker answers a trial: always the same one for a case, and for all cases of a cluster."""
        case = trial.case.id
        return shard_of(case, prepared.bar.clusters.get(case, ""), len(self.workers)) - 1

    async def hire_all(self) -> None:
        """Start all workers. Raises MeasureError when one does not come up or cannot read the project."""
        await asyncio.gather(*(self._hire(hand) for hand in range(len(self.workers))))

    async def _hire(self, hand: int) -> None:
        import ray

        # they wait for answers most of the time, so they take no processor from the cluster's books
        actor = ray.remote(num_cpus=0, max_restarts=0, scheduling_strategy="SPREAD")(TrialWorker)
        worker = actor.remote(self.order)
        self.workers[hand] = worker
        found = await _within(_START_S, _reply(worker.open.remote()), f"worker {hand + 1} did not start")
        if isinstance(found, Told):
            raise MeasureError(f"worker {hand + 1} cannot read the project: {found.message}", hint=found.hint)
        self.found[hand] = found
        for prepared in self.prepared.values():
            self._check(hand, prepared)

    def check(self, prepared: Preparation) -> None:
        """See that all workers have this suite as it is here. Raises MeasureError."""
        self.prepared[prepared.suite.path] = prepared
        for hand in range(len(self.workers)):
            self._check(hand, prepared)

    def _check(self, hand: int, prepared: Preparation) -> None:
        found = self.found[hand]
        assert found is not None, "a worker is hired before it is asked"
        found.check(prepared, worker=f"worker {hand + 1}", root=self.order.root)

    async def answer(self, trial: Trial, prepared: Preparation) -> Answered:
        """The answer of the worker whose case it is; if that dies, of the one that takes its place.

        Raises MeasureError when that is not to be, InputError for what only this worker found.
        """
        from ray.exceptions import RayActorError, RayError, RayTaskError

        hand, errand = self.hand(trial, prepared), Errand.of(prepared.suite.path, trial)
        while True:
            worker = self.workers[hand]
            try:
                said = await _reply(worker.answer.remote(errand))
            except RayActorError:
                await self._replace(hand, worker)
                continue
            except RayTaskError:  # of ours: a bug, and to be seen as one
                raise
            except RayError as lost:
                raise MeasureError(f"worker {hand + 1} cannot be reached: {_last_line(lost)}") from None
            if isinstance(said, Delivery):
                return said.answered(trial, prepared)
            error = said.error()
            raise error if isinstance(error, LlmopsError) else MeasureError(str(error))

    async def _replace(self, hand: int, dead: object) -> None:
        async with self.locks[hand]:
            if self.workers[hand] is not dead:  # somebody else who waited for it was here first
                return
            if self.order.options.budget_usd is not None:
                raise MeasureError(
                    f"worker {hand + 1} died, and with it the knowledge of what it has spent",
                    hint="run the same command again: what it was told is in the cache",
                )
            if hand in self.replaced:
                raise MeasureError(
                    f"worker {hand + 1} died, and so did the one in its place",
                    hint="look at Ray's logs for the reason, often too little memory",
                )
            self.replaced.add(hand)
            await self._hire(hand)

    def dismiss(self) -> None:
        """Have all workers let go of what they hold, and end them."""
        import ray

        workers = [worker for worker in self.workers if worker is not None]
        with suppress(Exception):  # who is dead holds nothing, and whoever does not answer in time is ended
            told = ray.get([worker.close.remote() for worker in workers], timeout=_CLOSE_S)
            for warning in dict.fromkeys(warning for one in told for warning in one):
                self.note(f"warning: {warning}")
        for worker in workers:
            with suppress(Exception):
                ray.kill(worker)


async def _reply(reference: Any) -> Any:
    return await reference


async def _within(seconds: float, reply: Coroutine[Any, Any, Any], what: str) -> Any:
    from ray.exceptions import RayError

    try:
        return await asyncio.wait_for(reply, seconds)
    except TimeoutError:
        raise MeasureError(
            f"{what} within {seconds:.0f} s", hint="see whether the cluster has a machine for it"
        ) from None
    except RayError as error:
        raise MeasureError(f"{what}: {_last_line(error)}") from None


def _last_line(error: Exception) -> str:
    """What went wrong, without the story that Ray tells before."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else repr(error)


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Whoever was told of SIGTERM before is so again: Ray would make an exception of it, and of that we a bug."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        with suppress(ValueError):  # not the main thread, and so nothing was changed
            signal.signal(signal.SIGTERM, before)
