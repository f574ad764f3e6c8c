"""What `eval run` and `eval plan` do, from a configuration to runs: choose suites, find the base, measure."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from llmops_cli.checks.check import AskingCheck, CheckContext, Score
from llmops_cli.config import Config
from llmops_cli.errors import GateError, InputError, LlmopsError, MeasureError
from llmops_cli.evals.accepted import with_accepted
from llmops_cli.evals.analysis import Analysis, analyse, exit_code_of
from llmops_cli.evals.anchor import with_anchor
from llmops_cli.evals.desk import Desk, DeskOptions
from llmops_cli.evals.evaluate import FirstLook, Lab, ModelRefusedError, ask_repeatedly, evaluate
from llmops_cli.evals.place import with_places
from llmops_cli.evals.plan import PlanSummary, Trial, plan_trials, summarise
from llmops_cli.evals.preparation import Preparation, base_tree, prepare
from llmops_cli.evals.rule_check import TooLittleError
from llmops_cli.evals.run import Run
from llmops_cli.evals.run_store import RunStore
from llmops_cli.evals.runner import Execute, NoProgress, Progress, run_trials
from llmops_cli.evals.self_check import SelfCheck, answers_to_deal, self_check
from llmops_cli.evals.shard import ShardError
from llmops_cli.evals.suite import find_suite, suite_files, suite_paths
from llmops_cli.files.json_value import Json
from llmops_cli.files.state_folder import make_state_folder
from llmops_cli.models.model import Model, Response
from llmops_cli.models.recorded import RecordedModel
from llmops_cli.vcs.base import BaseCommit, find_base


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """The flags of `eval run`. `suites` are names or paths, empty for all of them."""

    suites: tuple[str, ...] = ()
    against: str | None = None
    anchor: str | None = None
    noninferior: bool = False
    repeats: int | None = None
    budget_usd: float | None = None
    concurrency: int | None = None
    timeout_s: float | None = None
    use_cache: bool = True
    fresh_answers: bool = False
    allow_removed: bool = False
    progress: Progress = field(default_factory=NoProgress)
    now: Callable[[], datetime] = _now
    execute_for: Callable[[Preparation], Execute] | None = None  # who runs the trials; None: this process

    def with_progress(self, progress: Progress) -> "SessionOptions":
        """The same options with somebody looking."""
        return replace(self, progress=progress)


@dataclass(frozen=True, slots=True)
class Planned:
    """A prepared suite and what its first look would do."""

    prepared: Preparation
    summary: PlanSummary

    def as_json(self) -> dict[str, Json]:
        prepared = self.prepared
        return {
            "suite": prepared.suite.name,
            "candidate": prepared.candidate.prompt.reference,
            "baseline": prepared.baseline.prompt.reference if prepared.baseline else None,
            "baseline_commit": prepared.base.commit if prepared.base else None,
            "unchanged": prepared.unchanged,
            "cases": len(prepared.suite.golden.cases),
            "inputs": prepared.inputs,
            "notes": [*prepared.notes, *prepared.notes_on_judges],
            "judged_by": dict(prepared.judged_by),
            **asdict(self.summary),
            "models": list(self.summary.models),
            "cached_share": self.summary.cached_share,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command: the suites that were decided, and what stopped others (nothing when all were)."""

    analyses: tuple[Analysis, ...]
    stopped: tuple[LlmopsError, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 when a gate said no, whatever else happened; else the worst of what stopped suites; else theirs."""
        return code_of(self.analyses, [error.exit_code for error in self.stopped])


def code_of(analyses: Sequence[Analysis], stopped: Collection[int]) -> int:
    """The exit code of a command that decided these suites, while others were stopped with those codes."""
    if not stopped or any(analysis.exit_code == GateError.exit_code for analysis in analyses):
        return exit_code_of(analyses)
    return max(set(stopped) - {MeasureError.exit_code}, default=MeasureError.exit_code)


class Session:
    """One command over one or more suites. Use as a context manager; closing lets go of the cache."""

    def __init__(self, config: Config, options: SessionOptions) -> None:
        config.need_work_tree()
        self.config, self.options = config, options
        self.desk = Desk(
            config,
            DeskOptions(
                options.concurrency, options.timeout_s, options.budget_usd, options.use_cache, options.fresh_answers
            ),
        )
        self.store = RunStore(config.state_dir / "runs")

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.desk.close_cache()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What went wrong without stopping anything: a cache that was moved aside or cannot be written."""
        return self.desk.warnings

    def prepare(self) -> tuple[list[Preparation], list[LlmopsError]]:
        """The chosen suites, loaded on all sides, and why others could not be.

        Raises what `find_base` raises, InputError for an unknown suite, MeasureError where there is none at all; and
        the error of a suite when no other is left.
        """
        base = self._base()
        paths = self.suite_paths()
        if not self.options.suites:
            self._refuse_lost_suites(paths, base)
        prepared: list[Preparation] = []
        refused: list[LlmopsError] = []
        for path in paths:
            try:
                prepared.append(self._prepare(path, base))
            except LlmopsError as error:
                refused.append(error)
        if refused and not prepared:
            raise refused[0] if len(refused) == 1 else _as_one(refused)
        return prepared, refused

    def suite_paths(self) -> list[str]:
        """The files of the chosen suites. Raises InputError for an unknown one, MeasureError where there is none."""
        tree, folder = self.config.files(), self.config.settings.evals
        if self.options.suites:
            return list(dict.fromkeys(find_suite(tree, folder, name) for name in self.options.suites))
        paths = sorted(suite_paths(tree, folder).values())
        if not paths:
            raise MeasureError(
                f"there is no suite in {folder}/, so nothing to evaluate", hint="llmops init writes a first one"
            )
        return paths

    def _prepare(self, path: str, base: BaseCommit | None) -> Preparation:
        prepared = prepare(self.config, path, base, allow_removed=self.options.allow_removed)
        if self.options.noninferior:
            policy = replace(prepared.policy, mode="noninferior")
            prepared = replace(prepared, bar=replace(prepared.bar, policy=policy))
        if self.options.anchor is not None:
            prepared = with_anchor(prepared, self.config, self.options.anchor)
        if self.options.budget_usd is not None and prepared.unpriced:
            raise MeasureError(
                f"{', '.join(prepared.unpriced)}: another package asks models, at a cost that --budget cannot hold",
                hint="say it without --budget, or without these checks",
            )
        return with_accepted(with_places(prepared, self.config), self.config)

    def plan(self) -> tuple[list[Planned], list[LlmopsError]]:
        """What a run would do, priced, and why some suites could not run; speaks to nobody and needs no key."""
        prepared, refused = self.prepare()
        return asyncio.run(self._plan(prepared)), refused

    def run(self) -> Outcome:
        """Measure every chosen suite and store each run as soon as it is decided.

        A suite that cannot be loaded or asked, or whose model refuses every call, does not stop the others; it is part
        of the outcome. So is what stops all that is left: a budget that is used up, Ctrl-C. Raises what `prepare`
        raises.
        """
        return self.decide(*self.prepare())

    def decide(
        self,
        preparations: Sequence[Preparation],
        refused: Sequence[LlmopsError],
        first: Mapping[str, FirstLook] = MappingProxyType({}),
    ) -> Outcome:
        """`run` from its preparation on; `first` holds, by a suite's path, what shards have measured of it."""
        return asyncio.run(self._decide(preparations, refused, first))

    def check_gate(self, *, repeats: int | None, drop: float) -> tuple[list[SelfCheck], list[LlmopsError]]:
        """The gate of every chosen suite on its prompt against itself, and why others could not be checked.

        `repeats` is how often every case is asked, None for what a recording holds, or 6. Raises what `prepare` raises.
        """
        prepared, refused = self.prepare()
        return asyncio.run(self._check_gates(prepared, refused, repeats, drop))

    async def _check_gates(
        self, preparations: Sequence[Preparation], refused: Sequence[LlmopsError], repeats: int | None, drop: float
    ) -> tuple[list[SelfCheck], list[LlmopsError]]:
        found: list[SelfCheck] = []
        stopped = list(refused)
        try:
            for prepared in preparations:
                try:
                    run = await ask_repeatedly(prepared, self.lab(prepared), answers_to_deal(prepared, repeats))
                    found.append(self_check(run, prepared.policy, first=prepared.bar.repeats, drop=drop))
                except (InputError, TooLittleError) as error:  # of this suite; the others may be without
                    stopped.append(error)
        except LlmopsError as error:
            stopped.append(error)
        finally:
            await self.close(preparations)
        return found, stopped

    def opinion(self, check: AskingCheck, context: CheckContext) -> Score:
        """What one check that asks says of one output. Raises ModelError, InputError."""
        return asyncio.run(self._one_opinion(check, context))

    async def _one_opinion(self, check: AskingCheck, context: CheckContext) -> Score:
        try:
            return await check.opinion(context, self.desk.ask)
        finally:
            await self._let_go([check])

    async def _plan(self, preparations: Sequence[Preparation]) -> list[Planned]:
        return [Planned(prepared, await self._summary(prepared)) for prepared in preparations]

    async def _decide(
        self,
        preparations: Sequence[Preparation],
        refused: Sequence[LlmopsError],
        first: Mapping[str, FirstLook],
    ) -> Outcome:
        done: list[Analysis] = []
        stopped = list(refused)
        try:
            for prepared in preparations:
                try:
                    known = first.get(prepared.suite.path)
                    run = await evaluate(
                        prepared, self.lab(prepared), repeats=self.first_repeats(prepared), first=known
                    )
                except (InputError, ShardError, ModelRefusedError) as error:  # of this suite; the others may be without
                    stopped.append(error)
                    continue
                self._save(run)
                done.append(analyse(run))
        except LlmopsError as error:
            stopped.append(error)
        finally:
            await self.close(preparations)
        return Outcome(tuple(done), tuple(stopped))

    async def close(self, preparations: Sequence[Preparation]) -> None:
        """Let go of every connection and process that these suites have used."""
        await self._let_go([check for prepared in preparations for check in prepared.asking])

    async def _let_go(self, checks: Sequence[AskingCheck]) -> None:
        await self.desk.close()
        for check in checks:
            await check.close()

    def _save(self, run: Run) -> None:
        try:
            make_state_folder(self.config.state_dir)
            self.store.save(run)
        except OSError as error:
            self.options.progress.note(f"the run could not be stored: {error.strerror}: {error.filename}")

    def first_repeats(self, prepared: Preparation) -> int:
        """How often the first look asks every case."""
        return self.options.repeats or prepared.bar.repeats

    def lab(self, prepared: Preparation) -> Lab:
        """Who answers the trials of this suite."""
        recorded = RecordedModel(prepared.recording) if prepared.recording is not None else None
        subjects = {subject.role: subject for subject in prepared.subjects}

        def model_for(trial: Trial) -> Model:
            if recorded is not None:
                return recorded
            if trial.request.target:
                return self.desk.pipeline_for(subjects[trial.role])
            return self.desk.model_for(trial.request)

        return Lab(
            model_for,
            self.desk.ask,
            self.options.now,
            self.desk.concurrency,
            self.options.progress,
            self.store.open_log,
            self.options.execute_for(prepared) if self.options.execute_for else run_trials,
        )

    async def _summary(self, prepared: Preparation) -> PlanSummary:
        repeats = self.first_repeats(prepared)
        subjects = () if prepared.unchanged else prepared.subjects
        trials = plan_trials(subjects, prepared.suite.golden.cases, range(repeats))
        recording = prepared.recording

        def recorded(trial: Trial) -> Response | None:
            if recording is None or trial.request.label is None:
                return None
            return recording.find(trial.request.label) or Response("")

        kept = {subject.role: subject.target.keeps(subject.code) for subject in subjects if subject.target.is_pipeline}
        return await summarise(
            trials,
            prepared.asking_of,
            self.desk.cache,
            recorded,
            self.config.endpoint_of,
            lambda trial: kept.get(trial.role, True),
        )

    def _base(self) -> BaseCommit | None:
        if self.options.against is None and self.options.anchor is not None:
            raise InputError("--anchor is a second side, beside that of --against", hint="add --against REF")
        if self.options.against is None:
            return None
        if not self.options.against.strip():
            raise InputError("--against is empty, so nothing would be compared", hint="name a branch or a commit")
        repo = self.config.find_repo()
        if repo is None:
            raise MeasureError("--against needs a git repository, and this folder is in none", hint="git init")
        return find_base(repo, self.options.against, remote=self.config.settings.remote)

    def _refuse_lost_suites(self, paths: Sequence[str], base: BaseCommit | None) -> None:
        """A change cannot lower its bar by deleting or renaming a whole suite."""
        repo = self.config.find_repo() if base else None
        if base is None or repo is None or self.options.allow_removed:
            return
        tree, settings = base_tree(repo, self.config, base)
        lost = sorted(set(suite_files(tree, settings.evals)) - set(paths))
        if lost:
            raise MeasureError(
                f"{', '.join(lost)} exists at {base.name} and is gone here, so its gate cannot decide",
                hint="say --allow-removed if that is meant",
            )


def _as_one(errors: Sequence[LlmopsError]) -> LlmopsError:
    """Several suites that cannot run as one error: bad input, where one of them is that; people hear of all."""
    kind = InputError if any(isinstance(error, InputError) for error in errors) else MeasureError
    said = [f"{error.message} ({error.hint})" if error.hint else error.message for error in errors]
    return kind("\n".join(said))
