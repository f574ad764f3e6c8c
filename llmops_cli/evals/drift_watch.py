"""Released prompts asked again: which version, with what suite, and whether the scores in its tag can be held against.

Whatever stands in the way of an answer is found before anything is paid for.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from llmops_cli.errors import FileError, InputError, LlmopsError, MeasureError
from llmops_cli.evals.analysis import decided, evidence_of
from llmops_cli.evals.desk import ignore_state
from llmops_cli.evals.drift import SuiteDrift, exit_code_of, metrics_drift, overall
from llmops_cli.evals.evaluate import measure
from llmops_cli.evals.loaded import Loaded, load
from llmops_cli.evals.plan import Subject
from llmops_cli.evals.preparation import Preparation, at_base, at_endpoint, base_tree, code_at, prepare
from llmops_cli.evals.release_scores import ReleaseScores, read_scores
from llmops_cli.evals.run import Run
from llmops_cli.evals.run_store import RunStore
from llmops_cli.evals.session import Session
from llmops_cli.evals.suite import Suite, load_suite
from llmops_cli.evals.surroundings import Surroundings
from llmops_cli.prompts.registry import Registry, open_registry
from llmops_cli.prompts.tag import Release
from llmops_cli.vcs.base import BaseCommit
from llmops_cli.vcs.tree import WorkTree

NEWEST = "the newest release"
FOLDER = "drift"  # below the state folder: these runs are no evidence for a release or a bump


class NothingToHoldAgainstError(MeasureError):
    """Why of one suite nothing can be told."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A suite that can be asked: the preparation with the released prompt, and what its tag says."""

    prepared: Preparation
    release: Release
    place: str
    scores: ReleaseScores


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


def find_drift(session: Session, *, environment: str = "", alpha: float | None = None) -> DriftFound:
    """Ask the version that is live on `environment` (empty: the newest release) of every chosen suite's prompt again.

    The session must answer afresh. `alpha` is that of the suite's gate unless given. Raises InputError for an unknown
    suite or environment, MeasureError where there is no suite or no tags.
    """
    registry = open_registry(session.config)
    if environment:
        registry.environment(environment)
    if registry.tags_missing():
        raise MeasureError("no tags are fetched, so nothing is known of releases", hint="git fetch --tags")
    found: list[SuiteDrift] = []
    watched: list[Watched] = []
    refused: list[LlmopsError] = []
    for path in session.suite_paths():
        suite = None
        try:
            suite = load_suite(WorkTree(session.config.root), path)
            watched.append(_watched(registry, suite, environment))
        except NothingToHoldAgainstError as error:
            assert suite is not None
            found.append(_cannot_tell(registry, suite, environment, error.message))
        except LlmopsError as error:
            refused.append(error)
    asked, stopped = asyncio.run(_ask_all(session, watched, alpha))
    ordered = sorted([*found, *asked], key=lambda one: one.suite)
    return DriftFound(tuple(ordered), (*refused, *stopped))


async def _ask_all(
    session: Session, watched: Sequence[Watched], alpha: float | None
) -> tuple[list[SuiteDrift], list[LlmopsError]]:
    found: list[SuiteDrift] = []
    stopped: list[LlmopsError] = []
    try:
        for one in watched:
            try:
                found.append(await _ask(session, one, alpha))
            except InputError as error:  # of this suite; the others may be without
                stopped.append(error)
    except LlmopsError as error:
        stopped.append(error)
    finally:
        await session.close([one.prepared for one in watched])
    return found, stopped


async def _ask(session: Session, watched: Watched, alpha: float | None) -> SuiteDrift:
    prepared, scores = watched.prepared, watched.scores
    store = RunStore(session.config.state_dir / FOLDER)
    ignore_state(session.config)
    lab = replace(session.lab(prepared), open_log=store.open_log)
    run = await measure(prepared, lab, session.first_repeats(prepared))
    run, _ = decided(run, evidence_of(run, prepared.policy))
    earlier = _stored(session.store, scores, watched.release)
    metrics = metrics_drift(run, scores, earlier, prepared.policy, alpha or prepared.policy.alpha)
    try:
        store.save(run)
    except OSError as error:
        session.options.progress.note(f"the answers could not be stored: {error.strerror}: {error.filename}")
    return SuiteDrift(
        suite=prepared.suite.name,
        prompt=watched.release.name,
        version=str(watched.release.version),
        place=watched.place,
        answer=overall(metrics),
        reasons=tuple(f"{one.metric}: {one.reason}" for one in metrics if one.reason),
        metrics=metrics,
        released_run=scores.run,
        paired=earlier is not None,
        answered_before=_answered_by(earlier) if earlier else scores.answered_by,
        answered_now=_answered_by(run),
        run=run.id,
        cases=len(run.cases),
        cost_usd=run.counts.cost_usd,
        notes=tuple(prepared.notes_on_judges),
    )


def _answered_by(run: Run) -> tuple[str, ...]:
    return tuple(sorted({result.answered_by for result in run.candidate.results if result.answered_by}))


def _stored(store: RunStore, scores: ReleaseScores, release: Release) -> Run | None:
    """The stored run of the release, where it is at hand and is of that text."""
    try:
        run = store.load(scores.run) if scores.run in store.ids() else None
    except InputError:
        return None
    return run if run is not None and run.candidate.digest == release.digest and not run.unchanged else None


def _watched(registry: Registry, suite: Suite, environment: str) -> Watched:
    """Raises NothingToHoldAgainstError, and what loading the suite raises."""
    if suite.target.recorded:
        raise NothingToHoldAgainstError(f"{suite.target.recorded} answers, and a recording cannot drift")
    release, place = _release(registry, suite.prompt, environment)
    scores = _scores(release, suite)
    try:
        prompt = registry.released_prompt(release)
    except FileError as error:
        raise NothingToHoldAgainstError(f"{release.reference} cannot be read: {error.message}") from None
    if prompt.digest != release.digest:
        raise NothingToHoldAgainstError(f"the file of {release.reference} is not what its tag says (another digest)")
    config = registry.config
    prepared = prepare(config, suite.path, None)
    theirs = _at_release(registry, suite, release)
    _same_yardstick(prepared.loaded, theirs, scores, release)
    subject = Subject("candidate", prompt, suite.target, commit=release.commit, code=theirs.code, path=release.path)
    return Watched(replace(prepared, candidate=at_endpoint(subject, config)), release, place, scores)


def _scores(release: Release, suite: Suite) -> ReleaseScores:
    """The scores of this suite in the tag."""
    known = [one for one in read_scores(release.eval_summary) if one.metrics]
    if not known:
        raise NothingToHoldAgainstError(f"the tag {release.tag} holds no scores")
    fitting = [one for one in known if one.suite_name in (suite.name, "")]
    if not fitting:
        others = ", ".join(one.suite_name for one in known)
        raise NothingToHoldAgainstError(f"the tag {release.tag} holds no scores of this suite, only of {others}")
    return fitting[0]


def _release(registry: Registry, name: str, environment: str) -> tuple[Release, str]:
    if not environment:
        release = registry.latest(name)
        if release is None:
            raise NothingToHoldAgainstError(f"{name} is not released yet")
        return release, NEWEST
    live = registry.live(environment).get(name)
    if live is None:
        raise NothingToHoldAgainstError(f"{name} is not live on {environment}")
    release = registry.release(name, live.version)
    if release is None or registry.blob_of(release) != live.blob:
        raise NothingToHoldAgainstError(f"what {environment} serves of {name} is not a release (edited by hand?)")
    return release, environment


def _at_release(registry: Registry, suite: Suite, release: Release) -> Loaded:
    """The suite as it was when the release was made."""
    config, repo = registry.config, registry.repo
    assert repo is not None  # there is a release
    commit = BaseCommit(release.commit, release.commit, release.tag)
    try:
        tree, settings = base_tree(repo, config, commit)
        if tree.read(suite.path) is None:
            raise NothingToHoldAgainstError(f"{suite.path} is newer than {release.reference}")
        with at_base(tree):
            around = Surroundings(config, repo).at(release.commit)
            return load(tree, suite.path, settings, around, code_of=code_at(release.commit, repo, config))
    except NothingToHoldAgainstError:
        raise
    except MeasureError as error:
        raise NothingToHoldAgainstError(error.message) from None


def _same_yardstick(mine: Loaded, theirs: Loaded, scores: ReleaseScores, release: Release) -> None:
    """Scores can be compared when the cases, the checks, the judges and what answers are the same."""
    golden, since = mine.suite.golden, f"since {release.reference}"
    if theirs.suite.golden.digest != golden.digest or scores.same_golden(golden.digest) is False:
        before, now = len(theirs.suite.golden.cases), len(golden.cases)
        raise NothingToHoldAgainstError(f"the golden set changed {since} ({before} cases then, {now} now)")
    if theirs.yardstick != mine.yardstick:
        raise NothingToHoldAgainstError(f"the checks or judges changed {since}")
    if theirs.suite.target != mine.suite.target:
        raise NothingToHoldAgainstError(f"the target of the suite changed {since}")
    if theirs.code != mine.code:
        raise NothingToHoldAgainstError(f"the code that answers changed {since}")


def _cannot_tell(registry: Registry, suite: Suite, environment: str, reason: str) -> SuiteDrift:
    live = registry.live(environment).get(suite.prompt) if environment else registry.latest(suite.prompt)
    version = str(live.version) if live else ""
    return SuiteDrift(suite.name, suite.prompt, version, environment or NEWEST, "cannot tell", (reason,))
