"""What stored runs say about a prompt, for those who release and bump it: one line each, or nothing."""

from llmops_cli.evals.analysis import Analysis, analyse
from llmops_cli.evals.figures import change
from llmops_cli.evals.policy import MEASURED
from llmops_cli.evals.run_store import RunStore


def release_summary(store: RunStore, digest: str, *, run_id: str = "") -> str:
    """The `Llmops-Eval` line of a release: run id, verdict, and every metric with its n.

    `20261121T120000Z-triage-a1b2c3 pass; valid_json=1.0000 (n 44)`. Empty when no stored run measured this digest.
    Raises InputError when `run_id` is given and there is no such run.
    """
    run = store.load(run_id) if run_id else store.newest_for(digest)
    if run is None or run.candidate.digest != digest or run.unchanged:
        return ""
    analysis = analyse(run)
    metrics = ", ".join(
        f"{metric.name}={metric.mean:.4f} (n {metric.n})"
        for metric in analysis.metrics.values()
        if metric.mean is not None
    )
    return f"{run.id} {analysis.verdict.status.value}; {metrics}"


def behaviour_moved(store: RunStore, baseline_digest: str, candidate_digest: str) -> str:
    """A sentence when a stored comparison of exactly these two texts shows that answers moved, else empty.

    Moved means: the 95 % interval of the change of some check's scores leaves out zero. Cost, latency and tokens do not
    count: a longer prompt always costs more.
    """
    run = store.newest_for(candidate_digest)
    if run is None or run.baseline is None or run.baseline.digest != baseline_digest:
        return ""
    return _moved(analyse(run))


def _moved(analysis: Analysis) -> str:
    for effect in analysis.comparison.effects.values() if analysis.comparison else ():
        if effect.metric in MEASURED:
            continue
        if effect.interval is not None and not effect.interval.low <= 0 <= effect.interval.high:
            moved = f"{effect.metric} moved by {change(effect.metric, effect.change)} (n = {effect.n})"
            return f"run {analysis.run.id} shows that behaviour moved: {moved}"
    return ""
