"""Accept a drop that a stored run has shown: find it, refuse what cannot be accepted, write the exception down."""

import math
from dataclasses import dataclass
from typing import Literal

from llmops_cli.config import Config
from llmops_cli.errors import InputError
from llmops_cli.evals.accepted import Acceptance, accepted_path, ended, read_accepted, write_accepted
from llmops_cli.evals.analysis import Analysis, analyse
from llmops_cli.evals.comparison import Effect
from llmops_cli.evals.figures import change
from llmops_cli.evals.policy import MEASURED, Rule, lower_is_better, measure_name
from llmops_cli.evals.regression import exceeds
from llmops_cli.evals.run import Run
from llmops_cli.evals.run_store import RunStore
from llmops_cli.evals.verdict import Status
from llmops_cli.files.shape import nearest
from llmops_cli.prompts.registry import open_registry


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to accept. `drop` is the amount, None for what the run measured; `suite` empty for the run's.

    `side` is what it fell against: the baseline of the change, or the anchor.
    """

    metric: str
    reason: str
    tag: str = ""
    suite: str = ""
    run: str = ""
    drop: float | None = None
    side: Literal["baseline", "anchor"] = "baseline"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The exception that was written, where it stands, and what of the run's verdict it cannot mend."""

    entry: Acceptance
    path: str
    remaining: tuple[str, ...]

    @property
    def sentence(self) -> str:
        entry = self.entry
        amount = change(entry.metric, entry.drop if lower_is_better(entry.metric) else -entry.drop)
        name = measure_name(entry.metric, entry.slice)
        return f"{name} may move by {amount} from {entry.prompt}@{entry.version} until the next release ({self.path})"


def accept(config: Config, store: RunStore, wish: Wish, *, date: str) -> Accepted:
    """Write the exception. One about the same metric, text and side is replaced; those that have ended are taken out.

    Raises InputError when the run shows no drop that a rule objects to, when the amount does not cover it, or when git
    does not know who asks.
    """
    if not wish.reason.strip():
        raise InputError("--reason is empty", hint="say why this drop is worth it; reviewers will read it")
    run = _run(store, wish)
    analysis = analyse(run)
    effect, rule = _effect(analysis, wish)
    before = run.baseline if wish.side == "baseline" else run.anchor
    assert before is not None  # there is an effect
    drop = effect.drop if wish.drop is None else wish.drop
    if not (math.isfinite(drop) and drop > 0) or (wish.metric not in MEASURED and drop > 1):
        unit = "in the unit of the metric" if wish.metric in MEASURED else "and at most 1, which is 100 points"
        raise InputError(f"--drop {drop:g} is no amount", hint=f"it is above 0, {unit}")
    if exceeds(effect.drop, drop):
        signed = change(wish.metric, effect.change)
        raise InputError(f"{rule.name} moved by {signed} in run {run.id}, which {drop:g} does not cover")
    registry = open_registry(config)
    latest = registry.latest(run.candidate.prompt)
    entry = Acceptance(
        metric=wish.metric,
        slice=wish.tag,
        prompt=run.candidate.prompt,
        version=before.version,
        digest=before.digest,
        side=wish.side,
        released=str(latest.version) if latest else "",
        drop=drop,
        reason=" ".join(wish.reason.split()),
        by=_who(config),
        date=date,
        run=run.id,
    )
    path = accepted_path(config.settings.evals, run.suite)
    there = read_accepted(config.files(), path)
    kept = [one for one in there if one.key != entry.key and not ended(one, registry)]
    write_accepted(config.root, path, [*kept, entry])
    return Accepted(entry, path, _remaining(analysis, rule, wish))


def _run(store: RunStore, wish: Wish) -> Run:
    if wish.run:
        run = store.load(wish.run)
    else:
        stored = map(store.load, reversed(store.ids()))
        newest = next((run for run in stored if wish.suite in ("", run.suite)), None)
        if newest is None:
            what = f"of {wish.suite} " if wish.suite else ""
            raise InputError(f"there is no run {what}to accept a drop of", hint="llmops eval run --against main")
        run = newest
    if wish.suite not in ("", run.suite):
        raise InputError(f"run {run.id} is of suite {run.suite}, not of {wish.suite}")
    if run.baseline is None or not run.baseline_commit or run.unchanged:
        hint = "llmops eval run --against main measures a change"
        raise InputError(f"run {run.id} compares with no commit, so it shows no drop to accept", hint=hint)
    return run


def _effect(analysis: Analysis, wish: Wish) -> tuple[Effect, Rule]:
    """What moved too far. Raises InputError when nothing did."""
    name = measure_name(wish.metric, wish.tag)
    comparing = {key: rule for key, rule in analysis.policy.rules.items() if rule.tolerance is not None}
    if name not in comparing:
        raise InputError(f"no rule of {analysis.run.suite} compares {name}", hint=nearest(name, sorted(comparing)))
    comparison = analysis.comparison if wish.side == "baseline" else analysis.anchor
    effect = comparison.every.get(name) if comparison else None
    if effect is None:
        raise InputError(f"run {analysis.run.id} has not compared {name} with the {wish.side}")
    rule = comparing[name]
    assert rule.tolerance is not None
    if analysis.policy.mode == "noninferior":
        if wish.drop is not None:
            return effect, rule
        hint = "name with --drop how far it may have fallen; the report says how far that is"
        raise InputError(f"{name} is only not proved, and what was measured is no proof either", hint=hint)
    if not exceeds(effect.drop, rule.tolerance.absolute(effect.baseline_mean)):
        moved = change(wish.metric, effect.change)
        raise InputError(f"there is nothing to accept: {name} moved by {moved}, and {rule.tolerance_name} allows it")
    return effect, rule


def _remaining(analysis: Analysis, rule: Rule, wish: Wish) -> tuple[str, ...]:
    """What still stops the change: an exception is about one drop, never about floors or critical cases."""
    guard = "regression" if wish.side == "baseline" else "anchor"
    return tuple(
        finding.text
        for finding in analysis.verdict.findings
        if finding.status in (Status.FAIL, Status.INVALID) and (finding.guard, finding.name) != (guard, rule.name)
    )


def _who(config: Config) -> str:
    repo = config.find_repo()
    if repo is None:
        raise InputError("an accepted drop is reviewed in git, and this folder is in no repository", hint="git init")
    answer = repo.git("var", "GIT_AUTHOR_IDENT")
    if not answer.ok:
        hint = 'git config --global user.name "Your Name"; git config --global user.email you@example.org'
        raise InputError("git does not know who you are", hint=hint)
    return answer.text.rpartition(">")[0] + ">"
