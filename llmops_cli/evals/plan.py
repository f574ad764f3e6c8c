"""A plan is data: which prompt version answers which case how often. It can be printed and priced without a key."""

import asyncio
import contextlib
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from llmops_cli.checks.check import AskingCheck, CheckContext
from llmops_cli.checks.outside import unseen_models
from llmops_cli.errors import InputError, MeasureError
from llmops_cli.evals.case import Case
from llmops_cli.evals.run import Role
from llmops_cli.evals.target import TargetShape
from llmops_cli.files.json_value import Json
from llmops_cli.models.cache import Cache
from llmops_cli.models.model import Label, Request, Response, RetrievedContext
from llmops_cli.models.price import BYTES_A_TOKEN, TYPICAL_OUTPUT_TOKENS, estimate, output_limit
from llmops_cli.prompts.prompt import Prompt


@dataclass(frozen=True)
class Subject:
    """One side of a comparison: a prompt at one commit, and what answers for it."""

    role: Role
    prompt: Prompt
    target: TargetShape
    commit: str = ""  # empty outside a repository or before the first commit
    dirty: bool = False  # the working tree differs from the commit
    default_endpoint: str = ""  # base URL where the target names none; empty for the provider's own
    only: frozenset[str] | None = None  # of a baseline: the cases it is asked; new ones have only floors
    own_vars: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)  # of a baseline: its golden set's, by case
    code: str = ""  # digest of the code that a pipeline runs on
    path: str = ""  # of the prompt's file, from the top of the repository
    line: int = 0  # the one in it to look at, from 1

    @property
    def model(self) -> str:
        """The model that answers, empty for a recording; of a pipeline the one its prompt names, perhaps none."""
        return "" if self.target.recorded else self.target.model or self.prompt.model

    @property
    def answering(self) -> str:
        """What answers, as reports name it: a model or a pipeline; empty for a recording."""
        return self.target.name or self.model

    def asks(self, case: Case) -> bool:
        """Whether this side is asked the case."""
        return self.only is None or case.id in self.only

    def vars_for(self, case: Case) -> Mapping[str, Json]:
        """The variables this side is asked with.

        The candidate gets the case's own. A baseline gets those of them it knows, and for what its prompt needs and the
        change has dropped, those of its own golden set: a change of variables must not make the comparison impossible.
        """
        if self.role == "candidate":
            return case.vars
        known = self.prompt.variables
        kept = {name: value for name, value in case.vars.items() if name in known}
        return {**{k: v for k, v in self.own_vars.get(case.id, {}).items() if k in known}, **kept}


@dataclass(frozen=True, slots=True)
class Trial:
    """One prompt version x case x repeat, with the request that asks for its output."""

    role: Role
    case: Case
    repeat: int
    request: Request


def plan_trials(subjects: Sequence[Subject], cases: Sequence[Case], repeats: Iterable[int]) -> tuple[Trial, ...]:
    """All trials of these repeats, the sides of one case next to each other so that a drift of the model hits both.

    Raises InputError that names every case whose variables do not fit the candidate, or a side without any model;
    MeasureError when the baseline cannot be asked.
    """
    for subject in subjects:
        if not subject.target.recorded and not subject.answering:
            raise InputError(
                f"{subject.prompt.reference} names no model, and the suite no target",
                hint="add model: to the prompt, or target: {model: ...}, {recorded: ...} or {python: ...} to the suite",
            )
    _check_variables(subjects, cases)
    return tuple(
        Trial(subject.role, case, repeat, request_for(subject, case, repeat))
        for repeat in repeats
        for case in cases
        for subject in subjects
        if subject.asks(case)
    )


def request_for(subject: Subject, case: Case, repeat: int) -> Request:
    """The fully rendered call of one trial. Raises InputError when the variables do not fit."""
    prompt = subject.prompt
    schema = prompt.output.schema
    pipeline = subject.target.is_pipeline
    values = subject.vars_for(case)
    return Request(
        model=subject.model or ("" if pipeline else "recorded"),
        messages=(
            *(message.as_json() for message in prompt.render(values)),
            *(message.as_request() for message in case.messages),
        ),
        params={**prompt.params, **subject.target.params},
        tools=prompt.tools,
        schema=schema,
        endpoint="" if pipeline else subject.target.endpoint or subject.default_endpoint,
        repeat=repeat,
        target=f"{subject.target.name}#{subject.code}" if pipeline else "",
        vars=values if pipeline else None,
        label=Label(prompt.reference, case.id, repeat),
    )


def _check_variables(subjects: Sequence[Subject], cases: Sequence[Case]) -> None:
    """Misfits of the candidate are mistakes of the change; a baseline that lacks a variable cannot be asked at all."""
    for subject in sorted(subjects, key=lambda subject: subject.role != "candidate"):
        lines = [
            f"{subject.prompt.reference}, case {case.id}: {'; '.join(misfits)}"
            for case in cases
            if subject.asks(case) and (misfits := subject.prompt.misfits(subject.vars_for(case)))
        ]
        text = "\n".join(lines[:10]) + (f"\n... and {len(lines) - 10} more" if len(lines) > 10 else "")
        if lines and subject.role == "candidate":
            raise InputError(text, hint="the golden set's vars must fit the prompt's variables")
        if lines:
            raise MeasureError(
                f"the {subject.role} cannot be asked these cases:\n{text}",
                hint="keep the base's variables in the golden set until the change is merged",
            )


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """What a run would do. Calls are distinct requests; judge calls of answers not yet known are counted, not keyed.

    `cost_usd` is an estimate of the calls not in the cache, None when a price is unknown; `models` are all that would
    speak.
    """

    trials: int
    calls: int
    cached_calls: int
    judge_calls: int
    cached_judge_calls: int
    cost_usd: float | None
    models: tuple[str, ...]

    @property
    def cached_share(self) -> float:
        """Share of all calls that the cache answers, 0 to 1; 1 when there are no calls."""
        total = self.calls + self.judge_calls
        return (self.cached_calls + self.cached_judge_calls) / total if total else 1.0


class _UnknownError(Exception):
    """A question nobody has answered yet."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.model)
        self.request = request


async def summarise(
    trials: Sequence[Trial],
    asking_of: Callable[[Case], Collection[AskingCheck]],
    cache: Cache | None,
    recorded: Callable[[Trial], Response | None],
    endpoint_of: Callable[[str], str],
    keeps: Callable[[Trial], bool] = lambda _: True,
) -> PlanSummary:
    """Price a plan without speaking to anybody.

    `asking_of` gives the checks of a case that ask, `recorded` the answer of a trial whose target is a recording,
    `endpoint_of` the base URL at which a judge's model is asked, `keeps` whether answers of a trial are kept.
    """
    asked: dict[str, Request] = {}
    findable: set[str] = set()
    recordings = [recorded(trial) for trial in trials]
    models: set[str] = set()
    for trial, response in zip(trials, recordings, strict=True):
        if response is None:
            asked.setdefault(trial.request.key, trial.request)
            models.add(trial.request.target.partition("#")[0] or trial.request.model)
            if keeps(trial):
                findable.add(trial.request.key)
    known = await _found(findable, cache)
    judging = _JudgingPlan(cache, endpoint_of)
    await asyncio.gather(
        *(
            judging.follow(trial, check, response or known.get(trial.request.key))
            for trial, response in zip(trials, recordings, strict=True)
            for check in asking_of(trial.case)
        )
    )
    costs = judging.costs + [
        estimate(request, _output_tokens(request)) for key, request in asked.items() if key not in known
    ]
    return PlanSummary(
        trials=len(trials),
        calls=len(asked),
        cached_calls=len(known),
        judge_calls=len(judging.known) + judging.unknown,
        cached_judge_calls=len(judging.known),
        cost_usd=None if any(cost is None for cost in costs) else math.fsum(cost for cost in costs if cost is not None),
        models=tuple(sorted(models | judging.models)),
    )


async def _found(keys: Collection[str], cache: Cache | None) -> dict[str, Response]:
    """The kept answers to the requests with these keys, looked for all at once."""
    if cache is None:
        return {}
    answers = await asyncio.gather(*(cache.find(key) for key in keys))
    return {key: answer for key, answer in zip(keys, answers, strict=True) if answer is not None}


class _JudgingPlan:
    """Follows every judge as far as the cache knows its answers, and counts what it would have to ask from there."""

    def __init__(self, cache: Cache | None, endpoint_of: Callable[[str], str]) -> None:
        self.cache, self.endpoint_of = cache, endpoint_of
        self.known: set[str] = set()
        self.open: set[str] = set()
        self.unknown = 0
        self.costs: list[float | None] = []
        self.models: set[str] = set()

    async def follow(self, trial: Trial, check: AskingCheck, response: Response | None) -> None:
        """`response` is the output to judge, None when that is not known yet: then nothing of it is in the cache."""
        if not check.models:
            if unseen := unseen_models(check):
                self.models.update(unseen)
                self.costs.append(None)
            return
        self.models.update(check.models)
        answered = 0

        async def ask(request: Request) -> Response:
            nonlocal answered
            request = replace(request, endpoint=request.endpoint or self.endpoint_of(request.model))
            kept = await self.cache.find(request.key) if self.cache and response is not None else None
            if kept is None:
                raise _UnknownError(request)
            self.known.add(request.key)
            answered += 1
            return kept

        output = "x" * BYTES_A_TOKEN * TYPICAL_OUTPUT_TOKENS if response is None else response.text
        try:
            await check.opinion(_context(trial, output, response), ask)
        except _UnknownError as stopped:
            if response is not None and stopped.request.key in self.open:
                return  # the same answer was asked about before
            self.open.add(stopped.request.key)
            left = max(1, check.calls - answered)
            self.unknown += left
            cost = estimate(stopped.request, _output_tokens(stopped.request))
            self.costs.append(None if cost is None else left * cost)


def _output_tokens(request: Request) -> int:
    return min(output_limit(request), TYPICAL_OUTPUT_TOKENS)


async def check_askable(trials: Sequence[Trial], asking_of: Callable[[Case], Collection[AskingCheck]]) -> None:
    """See that every judge can be asked about every case, before an answer is paid for that it could not judge.

    Raises InputError that names the judge and the variable no case fills.
    """

    async def ask(request: Request) -> Response:
        raise _UnknownError(request)

    for trial in trials:
        for check in asking_of(trial.case):
            if check.models:
                with contextlib.suppress(_UnknownError):
                    await check.opinion(_context(trial, "an answer"), ask)


def _context(trial: Trial, output: str, response: Response | None = None) -> CheckContext:
    """What checks will see of a trial; without a response as little as can be known of it beforehand."""
    # a pipeline will tell what it retrieved, and judges must be priced by something
    some = (RetrievedContext(output),) if trial.request.target else ()
    given = response or Response(output, contexts=some)
    return CheckContext(
        output=output,
        vars=trial.case.vars,
        expected=trial.case.expected,
        messages=trial.request.messages,
        tools=trial.request.tools,
        tool_calls=given.tool_calls,
        contexts=given.contexts,
        case=trial.case.id,
        prompt=trial.request.label.prompt if trial.request.label else "",
    )
