"""Trials answered in another process: what it is told to do, how it answers, and how faults come back as they were.

Nothing in here knows how the two processes speak. The worker reads the project itself, and whoever sent the order sees
to it that it found the same files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from llmops_cli import __version__
from llmops_cli.config import load_config
from llmops_cli.errors import InputError, Interrupted, LlmopsError, MeasureError
from llmops_cli.evals.foreign_result import ForeignResultError, check_foreign
from llmops_cli.evals.plan import Subject, Trial, request_for
from llmops_cli.evals.preparation import Preparation
from llmops_cli.evals.result_log import line_of, result_of
from llmops_cli.evals.run import Counts, Role
from llmops_cli.evals.runner import Answered, Bench, run_trial
from llmops_cli.evals.session import Session, SessionOptions
from llmops_cli.models.model import Fault, ModelError


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is to do: answer for the project in this folder of its machine, with these flags."""

    root: str
    options: SessionOptions


@dataclass(frozen=True, slots=True)
class Errand:
    """One trial, by name; `request` is the key of what is to be asked."""

    suite: str  # path
    role: Role
    case: str
    repeat: int
    request: str

    @classmethod
    def of(cls, suite: str, trial: Trial) -> "Errand":
        return cls(suite, trial.role, trial.case.id, trial.repeat, trial.request.key)


@dataclass(frozen=True, slots=True)
class Told:
    """An error in words and numbers, to be made again where it counts. `fault` is that of a ModelError, else empty."""

    message: str
    hint: str = ""
    exit_code: int = MeasureError.exit_code
    fault: str = ""

    @classmethod
    def of(cls, error: ModelError | LlmopsError) -> "Told":
        if isinstance(error, ModelError):
            return cls(error.message, fault=error.fault.value)
        return cls(error.message, error.hint, error.exit_code)

    def error(self) -> ModelError | LlmopsError:
        """The error again."""
        if self.fault:
            return ModelError(Fault(self.fault), self.message)
        kinds = {kind.exit_code: kind for kind in (InputError, Interrupted)}
        return kinds.get(self.exit_code, MeasureError)(self.message, hint=self.hint)


@dataclass(frozen=True, slots=True)
class Found:
    """What a worker has before it: its llmops, by path what each suite depends on, and why others are missing."""

    version: str
    suites: Mapping[str, tuple[object, ...]]
    refused: tuple[str, ...] = ()

    def check(self, prepared: Preparation, *, worker: str, root: str) -> None:
        """See that it is what is here, for this suite. Raises MeasureError that names the worker."""
        path = prepared.suite.path
        if self.version != __version__:
            raise MeasureError(
                f"{worker} has llmops {self.version}, and this is {__version__}", hint="install one version everywhere"
            )
        if self.suites.get(path) != depends_on(prepared):
            why = f": {self.refused[0]}" if path not in self.suites and self.refused else ""
            raise MeasureError(
                f"{worker} has other files than those that are here, for {path}{why}",
                hint=f"{root} must hold the same commit on every machine of the cluster",
            )


@dataclass(frozen=True, slots=True)
class Delivery:
    """One trial answered: the result as a line of a log, what it cost, and a fault that would hit every other alike."""

    line: bytes
    counts: Mapping[str, int | float | None]
    fatal: Told | None = None

    def answered(self, trial: Trial, prepared: Preparation) -> Answered:
        """The answer to this trial. Raises MeasureError for what cannot be that."""
        _, result = result_of(self.line, Path("the worker's answer"))
        try:
            if (result.case, result.repeat) != (trial.case.id, trial.repeat):
                raise ForeignResultError("it is of another trial")
            check_foreign(result, trial, [bound.shape.name for bound in prepared.checks_of(trial.case)])
        except ForeignResultError as error:
            raise MeasureError(f"a worker's answer to case {trial.case.id} cannot be: {error}") from None
        return Answered(result, Counts.model_validate(self.counts), self.fatal.error() if self.fatal else None)


def depends_on(prepared: Preparation) -> tuple[object, ...]:
    """Everything that must be alike where trials of this suite are answered."""
    sides = {subject.role: (subject.prompt.digest, subject.commit, subject.code) for subject in prepared.subjects}
    return prepared.inputs, prepared.base.commit if prepared.base else "", sides


class TrialWorker:
    """Answers trials, many at the same time. `open` it first; `close` it in the end."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._session: Session | None = None
        self._benches: dict[str, _SuiteBench] = {}

    def open(self) -> Found | Told:
        """Read the project, and say what was found."""
        try:
            self._session = Session(load_config(Path(self._order.root)), self._order.options)
            prepared, refused = self._session.prepare()
        except LlmopsError as error:
            return Told.of(error)
        self._benches = {one.suite.path: _SuiteBench(one, self._session) for one in prepared}
        suites = {one.suite.path: depends_on(one) for one in prepared}
        return Found(__version__, suites, tuple(error.message for error in refused))

    async def answer(self, errand: Errand) -> Delivery | Told:
        """Ask, check, judge; what goes wrong with it is part of the result."""
        bench = self._benches.get(errand.suite)
        if bench is None:
            return Told(f"the worker has no suite {errand.suite}")
        try:
            trial = bench.trial(errand)
        except LlmopsError as error:
            return Told.of(error)
        if trial.request.key != errand.request:
            return Told(
                f"a worker would ask something else about case {errand.case}",
                "workers need the same files, and the same addresses in the environment (such as OPENAI_API_BASE)",
            )
        done = await run_trial(trial, bench.bench)
        fatal = Told.of(done.fatal) if done.fatal is not None else None
        return Delivery(line_of(errand.role, done.result), done.counts.model_dump(), fatal)

    async def close(self) -> tuple[str, ...]:
        """Let go of everything; what went wrong on the way without stopping anything."""
        session, self._session = self._session, None
        if session is None:
            return ()
        await session.close([bench.prepared for bench in self._benches.values()])
        with session:
            return session.warnings


class _SuiteBench:
    """What the trials of one suite need, made once."""

    def __init__(self, prepared: Preparation, session: Session) -> None:
        self.prepared = prepared
        self.subjects: dict[Role, Subject] = {subject.role: subject for subject in prepared.subjects}
        lab = session.lab(prepared)
        self.bench = Bench(lab.model_for, prepared.checks_of, lab.ask, lab.concurrency)

    def trial(self, errand: Errand) -> Trial:
        """The trial of an errand. Raises InputError when there is none, or its variables do not fit."""
        case, subject = self.prepared.suite.golden.by_id.get(errand.case), self.subjects.get(errand.role)
        if case is None or subject is None:
            raise InputError(f"the worker has no case {errand.case} for the {errand.role}")
        return Trial(errand.role, case, errand.repeat, request_for(subject, case, errand.repeat))
