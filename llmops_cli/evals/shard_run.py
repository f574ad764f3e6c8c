"""One shard of `eval run`: its cases at the first look, kept for the merge, and no verdict."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from llmops_cli import __version__
from llmops_cli.errors import InputError, LlmopsError
from llmops_cli.evals.case import Case
from llmops_cli.evals.evaluate import measure
from llmops_cli.evals.preparation import Preparation
from llmops_cli.evals.result_log import ResultLog
from llmops_cli.evals.run import Counts, Role, Run
from llmops_cli.evals.run_making import RunName, make_run
from llmops_cli.evals.session import Outcome, Session, SessionOptions
from llmops_cli.evals.shard import Shard
from llmops_cli.evals.shard_file import ShardCounts, ShardedSuite, ShardHead, ShardOptions, write_shard
from llmops_cli.files.state_folder import make_state_folder


@dataclass(frozen=True, slots=True)
class MeasuredShard:
    """What came of it. `path` is None where a fault stopped it: then nothing is stored, and the cache has what came."""

    head: ShardHead
    path: Path | None
    stopped: tuple[LlmopsError, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 when all was measured, whatever the scores are; else as of `eval run`."""
        return Outcome((), self.stopped).exit_code if self.stopped else 0


def measure_shard(session: Session, shard: Shard, folder: Path) -> MeasuredShard:
    """Measure the shard's cases of every chosen suite, and store them in the folder.

    A suite that cannot be loaded or asked is not in it, and part of what comes out. Raises what `prepare` raises, and
    InputError when the shard cannot be written.
    """
    prepared, refused = session.prepare()
    return asyncio.run(_measured(session, shard, folder, prepared, refused))


async def _measured(
    session: Session, shard: Shard, folder: Path, preparations: Sequence[Preparation], refused: Sequence[LlmopsError]
) -> MeasuredShard:
    runs: list[Run] = []
    suites: list[ShardedSuite] = []
    stopped = list(refused)
    path = None
    try:
        for prepared in preparations:
            try:
                run = await _run(session, shard, prepared)
            except InputError as error:  # a mistake of this suite; the others may be without
                stopped.append(error)
                continue
            runs.append(run)
            suites.append(_record(prepared, run, shard))
        path = _written(session, folder, _head(session, shard, preparations, suites), runs) if suites else None
    except LlmopsError as error:
        stopped.append(error)
    finally:
        for run in runs:
            if isinstance(run.log, ResultLog):
                run.log.discard()
        await session.close(preparations)
    return MeasuredShard(_head(session, shard, preparations, suites), path, tuple(stopped))


async def _run(session: Session, shard: Shard, prepared: Preparation) -> Run:
    lab = session.lab(prepared)
    repeats = session.first_repeats(prepared)
    if prepared.unchanged:
        return make_run(prepared, RunName.of(prepared, lab.now()), {}, repeats, Counts())
    return await measure(prepared, lab, repeats, only=lambda case: _holds(shard, prepared, case))


def _holds(shard: Shard, prepared: Preparation, case: Case) -> bool:
    return shard.holds(case.id, prepared.bar.clusters.get(case.id, ""))


def _record(prepared: Preparation, run: Run, shard: Shard) -> ShardedSuite:
    results = [result for side in run.sides for result in side.results]
    cases = prepared.suite.golden.cases
    return ShardedSuite(
        suite=run.suite,
        path=run.suite_path,
        inputs=run.inputs,
        sides=sides_of(prepared),
        unchanged=prepared.unchanged,
        repeats=run.repeats,
        cases=0 if prepared.unchanged else sum(1 for case in cases if _holds(shard, prepared, case)),
        cases_in_all=len(cases),
        results=len(results),
        unanswered=sum(1 for result in results if not result.answered),
        counts=ShardCounts(**dict(run.counts)),
    )


def _head(
    session: Session, shard: Shard, preparations: Sequence[Preparation], suites: Sequence[ShardedSuite]
) -> ShardHead:
    return ShardHead(
        shard=shard.number,
        of=shard.of,
        llmops_version=__version__,
        created_at=f"{session.options.now():%Y-%m-%dT%H:%M:%SZ}",
        options=options_of(session.options),
        base_commit=base_of(preparations),
        suites=list(suites),
    )


def _written(session: Session, folder: Path, head: ShardHead, runs: Sequence[Run]) -> Path:
    try:
        make_state_folder(session.config.state_dir)
        return write_shard(folder, head, runs)
    except OSError as error:
        raise InputError(f"the shard could not be written to {folder}: {error.strerror}") from None


def options_of(options: SessionOptions) -> ShardOptions:
    """The flags that every shard and their merge must have in common."""
    return ShardOptions(
        suites=list(options.suites),
        against=options.against,
        anchor=options.anchor,
        noninferior=options.noninferior,
        repeats=options.repeats,
        allow_removed=options.allow_removed,
    )


def base_of(preparations: Sequence[Preparation]) -> str:
    """The commit that suites are compared with, the same for all of them; empty where there is none."""
    return next((one.base.commit for one in preparations if one.base is not None), "")


def sides_of(prepared: Preparation) -> dict[Role, str]:
    """The digest of each side's prompt."""
    return {subject.role: subject.prompt.digest for subject in prepared.subjects}
