"""Which release a watch for drift asks, with what suite, and whether the scores in its tag can be held against that.

Whatever stands in the way of an answer is found here, before anything is paid for.
"""

from dataclasses import dataclass, replace

from llmops_cli.errors import FileError, InputError, MeasureError
from llmops_cli.evals.bar import own_bar
from llmops_cli.evals.loaded import Loaded, load
from llmops_cli.evals.plan import Subject
from llmops_cli.evals.preparation import Preparation, at_base, at_endpoint, base_tree, code_at, code_here, prepare
from llmops_cli.evals.release_scores import ReleaseScores, read_scores
from llmops_cli.evals.run import Run
from llmops_cli.evals.run_store import RunStore
from llmops_cli.evals.suite import Suite
from llmops_cli.evals.surroundings import Surroundings
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.tag import Release
from llmops_cli.vcs.base import BaseCommit

NEWEST = "the newest release"


class NothingToHoldAgainstError(MeasureError):
    """Why of one suite nothing can be told."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked: the version live on `environment`, or the newest release where that is empty.

    `as_released`: with the suite as it was in the commit of the release, and not as it is here.
    """

    environment: str = ""
    as_released: bool = False

    @property
    def place(self) -> str:
        return self.environment or NEWEST


@dataclass(frozen=True, slots=True)
class Watched:
    """A suite that can be asked: prepared with the released prompt, the scores in its tag, and the run they are from.

    `earlier` is None where that run is not at hand.
    """

    prepared: Preparation
    release: Release
    scores: ReleaseScores
    earlier: Run | None


def watched(registry: Registry, suite: Suite, wanted: Wanted, store: RunStore) -> Watched:
    """Raises NothingToHoldAgainstError, and what loading the suite of the working tree raises."""
    if suite.target.recorded:
        raise NothingToHoldAgainstError(f"{suite.target.recorded} answers, and a recording cannot drift")
    release = _release(registry, suite.prompt, wanted.environment)
    scores = _scores(release, suite)
    config = registry.config
    then = _at_release(registry, suite, release, as_now=False)
    if wanted.as_released:
        now = _at_release(registry, suite, release, as_now=True)
        prepared = Preparation(now, Subject("candidate", now.prompt, now.suite.target), None, own_bar(now.suite), None)
    else:
        prepared = prepare(config, suite.path, None)
    _same_yardstick(prepared.loaded, then, scores, release)
    earlier = _stored(store, scores, release)
    if earlier is not None and earlier.golden not in ("", prepared.suite.golden.digest):
        raise NothingToHoldAgainstError(f"the scores of {release.reference} are those of another golden set")
    subject = Subject(
        "candidate", then.prompt, prepared.suite.target, commit=release.commit, code=then.code, path=release.path
    )
    return Watched(replace(prepared, candidate=at_endpoint(subject, config)), release, scores, earlier)


def _release(registry: Registry, name: str, environment: str) -> Release:
    if not environment:
        newest = registry.latest(name)
        if newest is None:
            raise NothingToHoldAgainstError(f"{name} is not released yet")
        return newest
    live = registry.live(environment).get(name)
    if live is None:
        raise NothingToHoldAgainstError(f"{name} is not live on {environment}")
    release = registry.release(name, live.version)
    if release is None or registry.blob_of(release) != live.blob:
        raise NothingToHoldAgainstError(f"what {environment} serves of {name} is not a release (edited by hand?)")
    return release


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


def _at_release(registry: Registry, suite: Suite, release: Release, *, as_now: bool) -> Loaded:
    """The suite and the prompt of the release's commit.

    The code that checks and pipelines run is named as of that commit too, or, with `as_now`, as it would run here.
    """
    config, repo = registry.config, registry.repo
    assert repo is not None  # there is a release
    here = Surroundings(config, repo)
    around = here if as_now else here.at(release.commit)
    code_of = code_here(repo, config) if as_now else code_at(release.commit, repo, config)
    try:
        tree, settings = base_tree(repo, config, BaseCommit(release.commit, release.commit, release.tag))
        if tree.read(suite.path) is None:
            raise NothingToHoldAgainstError(f"{suite.path} is newer than {release.reference}")
        with at_base(tree):
            loaded = load(tree, suite.path, settings, around, code_of=code_of)
    except FileError as error:
        raise NothingToHoldAgainstError(f"{release.reference} cannot be read: {error.message}") from None
    except MeasureError as error:
        raise NothingToHoldAgainstError(error.message) from None
    except InputError:
        if as_now:  # what its checks need is not here
            raise
        raise NothingToHoldAgainstError(f"{suite.path} cannot be read at {release.reference}") from None
    if (loaded.prompt.name, loaded.prompt.digest) != (release.name, release.digest):
        raise NothingToHoldAgainstError(f"{suite.path} was about another prompt at {release.reference}")
    return loaded


def _same_yardstick(now: Loaded, then: Loaded, scores: ReleaseScores, release: Release) -> None:
    """Scores can be compared when the cases, the checks, the judges and what answers are the same."""
    golden, since = now.suite.golden, f"since {release.reference}"
    with_theirs = "; --as-released asks with those of the release"
    if then.suite.golden.digest != golden.digest:
        counts = f"{len(then.suite.golden.cases)} cases then, {len(golden.cases)} now"
        raise NothingToHoldAgainstError(f"the golden set changed {since} ({counts}){with_theirs}")
    if scores.same_golden(golden.digest) is False:
        raise NothingToHoldAgainstError(f"the scores of {release.reference} are those of another golden set")
    if then.code != now.code:
        raise NothingToHoldAgainstError(f"the code that answers changed {since}")
    if then.suite.target != now.suite.target:
        raise NothingToHoldAgainstError(f"the target of the suite changed {since}{with_theirs}")
    if then.yardstick != now.yardstick:
        raise NothingToHoldAgainstError(f"the checks or judges changed {since}{with_theirs}")


def _stored(store: RunStore, scores: ReleaseScores, release: Release) -> Run | None:
    """The stored run of the release, where it is at hand and is of that text."""
    try:
        run = store.load(scores.run) if scores.run in store.ids() else None
    except InputError:
        return None
    return run if run is not None and run.candidate.digest == release.digest and not run.unchanged else None
