"""What stored runs say about a prompt, for those who release and bump it: one line each, or nothing."""

from collections.abc import Mapping

from llmops_cli.evals.analysis import Analysis, analyse, clusters_of
from llmops_cli.evals.comparison import Effect
from llmops_cli.evals.figures import change
from llmops_cli.evals.metric import case_values
from llmops_cli.evals.policy import MEASURED
from llmops_cli.evals.release_scores import ReleaseScore, ReleaseScores, golden_mark, write_scores
from llmops_cli.evals.run_store import RunStore
from llmops_cli.stats.clusters import standard_error_of_mean
from llmops_cli.stats.multiplicity import holm

_ALPHA = 0.05
_MOST_NAMES = 5  # of models, in a line that people read too


def release_summary(store: RunStore, digest: str, *, run_id: str = "") -> str:
    """The `Llmops-Eval` trailer of a release (evals/release_scores.py): of this run, else of the newest of each suite.

    Empty when no stored run measured this digest. Raises InputError when `run_id` is given and there is no such run.
    """
    runs = [store.load(run_id)] if run_id else store.measured(digest)
    return write_scores(
        [scores_of(analyse(run)) for run in runs if run.candidate.digest == digest and not run.unchanged]
    )


def scores_of(analysis: Analysis) -> ReleaseScores:
    """The scores of a run's candidate, as a release keeps them."""
    run, clusters = analysis.run, clusters_of(analysis.run)
    metrics: dict[str, ReleaseScore] = {}
    for name, metric in analysis.metrics.items():
        if metric.mean is None:
            continue
        values = case_values(run.candidate, name, repeats=run.repeats)
        measured = {case: value.value for case, value in values.items() if value.value is not None}
        groups = [clusters.get(case, case) for case in measured]
        if metric.binary and len(set(groups)) == metric.n:
            metrics[name] = ReleaseScore(metric.mean, metric.n, yes=round(metric.mean * metric.n))
        else:
            several = len(set(groups)) > 1
            error = standard_error_of_mean(list(measured.values()), groups) if several else None
            metrics[name] = ReleaseScore(metric.mean, metric.n, error=error)
    by = tuple(sorted({result.answered_by for result in run.candidate.results if result.answered_by}))[:_MOST_NAMES]
    return ReleaseScores(run.id, analysis.verdict.status.value, metrics, run.suite, golden_mark(run.golden), by)


def behaviour_moved(store: RunStore, baseline_digest: str, candidate_digest: str) -> str:
    """A sentence when a stored comparison of exactly these two texts shows that answers moved, else empty.

    The newest such run of every suite is asked. Moved means: the two-sided p of some check's change is at most 0.05,
    after Holm over all checks, or over all slices: of many checks one always seems to move. Cost, latency and tokens do
    not count: a longer prompt always costs more.
    """
    if baseline_digest == candidate_digest:
        return ""
    for run in store.comparisons(baseline_digest, candidate_digest):
        if moved := _moved(analyse(run)):
            return moved
    return ""


def _moved(analysis: Analysis) -> str:
    comparison = analysis.comparison
    if comparison is None:
        return ""
    shown = [*_shown(comparison.effects), *_shown(comparison.slices)]
    if not shown:
        return ""
    first = shown[0]
    moved = f"{first.name} moved by {change(first.metric, first.change)} (n = {first.n})"
    return f"run {analysis.run.id} shows that behaviour moved: {moved}"


def _shown(effects: Mapping[str, Effect]) -> list[Effect]:
    """Those of checks that moved by more than chance."""
    of_checks = {name: effect for name, effect in effects.items() if effect.metric not in MEASURED}
    adjusted = holm({name: effect.two_sided_p for name, effect in of_checks.items()})
    return [effect for name, effect in of_checks.items() if adjusted[name] <= _ALPHA]
