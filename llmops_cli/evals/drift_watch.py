"""Released prompts asked again, suite by suite, and what their answers say of the model."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from llmops_cli.errors import InputError, LlmopsError, MeasureError
from llmops_cli.evals.analysis import decided, evidence_of
from llmops_cli.evals.drift import SuiteDrift, exit_code_of, metrics_drift, overall
from llmops_cli.evals.drift_grounds import NothingToHoldAgainstError, Wanted, Watched, watched
from llmops_cli.evals.evaluate import measure
from llmops_cli.evals.run import Run
from llmops_cli.evals.run_store import RunStore
from llmops_cli.evals.session import Session
from llmops_cli.evals.suite import Suite, load_suite
from llmops_cli.files.state_folder import make_state_folder
from llmops_cli.prompts.registry import Registry, open_registry

FOLDER = "drift"  # below the state folder: these runs are no evidence for a release or a bump


@dataclass(frozen=True, slots=True)
class DriftFound:
    """The answers, in the order of the suites, and what stopped others."""

    suites: tuple[SuiteDrift, ...]
    stopped: tuple[LlmopsError, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 when something drifted, whatever else happened; else the worst of what stopped suites; else theirs."""
        code = exit_code_of(self.suites)
        if code == 1 or not self.stopped:
            return code
        return max({error.exit_code for error in self.stopped} - {MeasureError.exit_code}, default=3)


def find_drift(session: Session, wanted: Wanted, *, alpha: float | None = None) -> DriftFound:
    """Ask the wanted version of every chosen suite's prompt again.

    The session must answer afresh. `alpha` is that of the suite's gate unless given. Raises InputError for an unknown
    suite or environment, MeasureError where there is no suite or no tags.
    """
    registry = open_registry(session.config)
    if wanted.environment:
        registry.environment(wanted.environment)
    if registry.tags_missing():
        raise MeasureError("no tags are fetched, so nothing is known of releases", hint="git fetch --tags")
    found: list[SuiteDrift] = []
    to_ask: list[Watched] = []
    refused: list[LlmopsError] = []
    for path in session.suite_paths():
        try:
            suite = load_suite(session.config.files(), path)
            try:
                to_ask.append(watched(registry, suite, wanted, session.store))
            except NothingToHoldAgainstError as error:
                found.append(_cannot_tell(registry, suite, wanted, error.message))
        except LlmopsError as error:
            refused.append(error)
    asked, stopped = asyncio.run(_ask_all(session, to_ask, wanted, alpha))
    ordered = sorted([*found, *asked], key=lambda one: one.suite)
    return DriftFound(tuple(ordered), (*refused, *stopped))


def _cannot_tell(registry: Registry, suite: Suite, wanted: Wanted, reason: str) -> SuiteDrift:
    served = registry.live(wanted.environment).get(suite.prompt) if wanted.environment else None
    known = served if wanted.environment else registry.latest(suite.prompt)
    version = str(known.version) if known else ""
    return SuiteDrift(suite.name, suite.prompt, version, wanted.place, "cannot tell", (reason,))


async def _ask_all(
    session: Session, to_ask: Sequence[Watched], wanted: Wanted, alpha: float | None
) -> tuple[list[SuiteDrift], list[LlmopsError]]:
    found: list[SuiteDrift] = []
    stopped: list[LlmopsError] = []
    try:
        for one in to_ask:
            try:
                found.append(await _ask(session, one, wanted, alpha))
            except InputError as error:  # of this suite; the others may be without
                stopped.append(error)
    except LlmopsError as error:
        stopped.append(error)
    finally:
        await session.close([one.prepared for one in to_ask])
    return found, stopped


async def _ask(session: Session, one: Watched, wanted: Wanted, alpha: float | None) -> SuiteDrift:
    prepared, scores = one.prepared, one.scores
    store = RunStore(session.config.state_dir / FOLDER)
    make_state_folder(session.config.state_dir)
    lab = replace(session.lab(prepared), open_log=store.open_log)
    run = await measure(prepared, lab, session.first_repeats(prepared))
    run, _ = decided(run, evidence_of(run, prepared.policy))
    metrics = metrics_drift(run, scores, one.earlier, prepared.policy, alpha or prepared.policy.alpha)
    stored = ""
    try:
        stored = _shown(store.save(run), session.config.root)
    except OSError as error:
        session.options.progress.note(f"the answers could not be stored: {error.strerror}: {error.filename}")
    return SuiteDrift(
        suite=prepared.suite.name,
        prompt=one.release.name,
        version=str(one.release.version),
        place=wanted.place,
        answer=overall(metrics),
        reasons=tuple(f"{metric.metric}: {metric.reason}" for metric in metrics if metric.reason),
        metrics=metrics,
        released_run=scores.run,
        paired=one.earlier is not None,
        answered_before=_answered_by(one.earlier) if one.earlier else scores.answered_by,
        answered_now=_answered_by(run),
        run=run.id,
        stored=stored,
        cases=len(run.cases),
        cost_usd=run.counts.cost_usd,
        notes=tuple(prepared.notes_on_judges),
    )


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _answered_by(run: Run) -> tuple[str, ...]:
    return tuple(sorted({result.answered_by for result in run.candidate.results if result.answered_by}))
