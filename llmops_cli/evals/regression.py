"""Did a metric get worse than an earlier side's? Shown to be worse (regression), or not shown to be as good."""

import math
from collections.abc import Mapping, Sequence

from llmops_cli.evals.comparison import Effect
from llmops_cli.evals.figures import amount, bounds, change, many, p_is
from llmops_cli.evals.grounds import Contrast, Evidence
from llmops_cli.evals.policy import MEASURED, Rule, Tolerance, lower_is_better
from llmops_cli.evals.run import AcceptedRecord
from llmops_cli.evals.verdict import Finding, Remark, Sight, Status
from llmops_cli.stats.interval import bonett_price
from llmops_cli.stats.multiplicity import holm
from llmops_cli.stats.power import can_fail, smallest_visible_beyond


def exceeds(value: float, limit: float) -> bool:
    """Whether it is larger by more than what sums of floats are off."""
    return value > limit and not math.isclose(value, limit, rel_tol=1e-9, abs_tol=1e-12)


def sights_of(contrast: Contrast, evidence: Evidence) -> dict[str, Sight]:
    """Adjusted p-values over the gating regressions (Holm), and what each could have seen at its share of alpha.

    Every rule with a tolerance is one hypothesis, whether over all cases or over a slice. The base's rules are a family
    of their own: rules that a change adds must not make those harder to break. So is every contrast: an anchor must not
    soften what the base asks for.
    """
    effects, policy = contrast.comparison.every, evidence.policy
    tolerances = {name: rule.tolerance for name, rule in policy.rules.items() if rule.tolerance is not None}
    gating = {name: effects[name].p for name in tolerances if name in effects}
    of_base = {name: p for name, p in gating.items() if name not in policy.added}
    adjusted = {**holm(gating), **holm(of_base)}
    sights: dict[str, Sight] = {}
    for name, effect in effects.items():
        family = of_base if name in of_base else gating if name in gating else ()
        alpha = evidence.last_alpha / len(family) if family else policy.alpha  # of the last look: what could have been
        sights[name] = Sight(
            adjusted_p=adjusted.get(name),
            smallest_visible=_smallest_visible(effect, alpha, tolerances.get(name)),
            can_fail=can_fail(effect.witnesses, alpha),
        )
    return sights


def _smallest_visible(effect: Effect, alpha: float, tolerance: Tolerance | None) -> float | None:
    """The true drop found four times in five; one that is significant must also be larger than the tolerance."""
    limit = tolerance.absolute(effect.baseline_mean) if tolerance else 0.0
    return smallest_visible_beyond(effect.standard_error, alpha, limit)


def regression(
    rule: Rule, contrast: Contrast, sights: Mapping[str, Sight], evidence: Evidence
) -> tuple[Finding | None, bool]:
    """What one rule says of one contrast. The second value asks for more repeats before it is decided.

    Too large a drop that is also significant fails; one that is not, or nearly too large, asks for more repeats. Where
    the policy asks for proof of the opposite, whatever is not proved at the last look fails.
    """
    assert rule.tolerance is not None
    effect = contrast.comparison.every[rule.name]
    limit = rule.tolerance.absolute(effect.baseline_mean)
    accepted = contrast.accepted_for(rule)
    allowed = max(limit, contrast.allowance(rule))
    p = sights[rule.name].adjusted_p
    assert p is not None  # every gating metric with an effect has one
    text = _at(contrast) + _moved(effect) + _why(effect, rule, p)
    if accepted and exceeds(effect.drop, allowed):
        text += f"; accepted is a move of {change(rule.metric, _signed(rule, allowed))} only"
    covered = not exceeds(effect.drop, allowed)
    if exceeds(effect.drop, limit) and not covered and p <= evidence.alpha:
        return _finding(Status.FAIL, contrast.guard, rule, text), False
    if evidence.policy.mode == "noninferior":  # what was accepted has to be proved as well
        return _unproved(rule, effect, contrast, evidence)
    if not exceeds(effect.drop, limit):
        return None, not evidence.last_look and _nearly(effect, limit)
    if covered:
        return _finding(Remark.ACCEPTED, contrast.guard, rule, f"{text}; {_taken(rule, accepted)}"), False
    text += f", not below alpha {evidence.policy.alpha:g}"
    if evidence.alpha != evidence.policy.alpha:
        text += f" ({evidence.alpha:g} at this look)"
    if not sights[rule.name].can_fail:
        text += f"; this gate cannot fail with n = {effect.n}"
    return _finding(Status.INCONCLUSIVE, contrast.guard, rule, text), not evidence.last_look


def _nearly(effect: Effect, limit: float) -> bool:
    """Whether a drop that is allowed is so near its limit that more repeats might show the true one to be beyond it.

    Nearer than half the limit and than one standard error. Without this, a drop that passes once by luck is never
    looked at again, and that is where most of the lost power went; decision 0009 has the figures.
    """
    return exceeds(effect.drop, limit - min(limit / 2, effect.standard_error))


def _unproved(rule: Rule, effect: Effect, contrast: Contrast, evidence: Evidence) -> tuple[Finding | None, bool]:
    """Nothing to say only where the worse end of the interval of the change lies within the tolerance.

    All rules must be proved, so no correction for their number is needed (an intersection-union test). Each look spends
    what a look may, because a proof at any of them would end the matter.
    """
    assert rule.tolerance is not None
    margin, accepted = rule.tolerance.absolute(effect.baseline_mean), contrast.accepted_for(rule)
    guard = "noninferior" if contrast.role == "baseline" else contrast.guard
    worst = _worst_end(effect, 1 - evidence.alpha)
    if worst is not None and exceeds(margin, worst):
        return None, False
    shown = change(rule.metric, _signed(rule, worst)) if worst is not None else "anything"
    text = (
        f"{_at(contrast)}{_moved(effect)}: not shown to be within {rule.tolerance_name} {rule.tolerance};"
        f" it may be {shown} ({(1 - evidence.alpha) * 100:g} % interval, n = {effect.n})"
    )
    if worst is not None and exceeds(contrast.allowance(rule), worst):
        return _finding(Remark.ACCEPTED, guard, rule, f"{text}; {_taken(rule, accepted)}"), False
    if effect.paired.binary and not exceeds(margin, -bonett_price(0, 0, effect.n, 1 - evidence.alpha).low):
        text += f"; {many(effect.n, 'case')} cannot show it, not even where none changes"
    if not evidence.last_look:
        return _finding(Status.INCONCLUSIVE, guard, rule, text), True
    return _finding(Status.FAIL, guard, rule, text), False


def _worst_end(effect: Effect, level: float) -> float | None:
    """How far the metric may have moved the wrong way, at most; None when nothing is known about that."""
    interval = effect.interval_for_proof(level)
    if interval is not None:
        return interval.high if lower_is_better(effect.metric) else -interval.low
    if effect.worse or effect.better:
        return None  # all of it in one cluster
    if effect.metric in MEASURED:
        return 0.0  # measured to be the same for every case
    return -bonett_price(0, 0, effect.witnesses, level).low  # that no case moved is not yet proof


def remarks(evidence: Evidence, findings: list[Finding]) -> list[Finding]:
    """What clearly moved, either way, though nothing was decided by it: two-sided, Holm over all checks and slices."""
    if evidence.comparison is None:
        return []
    effects = {name: e for name, e in evidence.comparison.every.items() if e.metric not in MEASURED}
    adjusted = holm({name: effect.two_sided_p for name, effect in effects.items()})
    told = {finding.name for finding in findings if finding.guard in ("regression", "noninferior")}
    found: list[Finding] = []
    for name, effect in effects.items():
        if name in told or adjusted[name] > evidence.policy.alpha:
            continue
        remark = Remark.WORSENED if effect.drop > 0 else Remark.IMPROVED
        text = _moved(effect) + _counts(effect) + f", two-sided {p_is(adjusted[name])}"
        rule = evidence.policy.rules.get(name)
        if remark is Remark.WORSENED:
            text += "; no rule is about it" if rule is None or rule.tolerance is None else f", within {rule}"
        found.append(Finding(remark, "change", effect.metric, text, effect.tag))
    return found


def _taken(rule: Rule, accepted: Sequence[AcceptedRecord]) -> str:
    """Who took it, why, and how much: more than has fallen may have been taken, and reviewers should know."""
    return "; ".join(
        f"up to {change(rule.metric, _signed(rule, one.drop))} accepted by {one.by} on {one.date}: {one.reason}"
        for one in accepted
    )


def _finding(status: Status | Remark, guard: str, rule: Rule, text: str) -> Finding:
    return Finding(status, guard, rule.metric, text, rule.tag)


def _at(contrast: Contrast) -> str:
    return "" if contrast.role == "baseline" else f"against the anchor {contrast.side.reference}: "


def _signed(rule: Rule, drop: float) -> float:
    return drop if lower_is_better(rule.metric) else -drop


def _moved(effect: Effect) -> str:
    word = "rose" if effect.change > 0 else "fell" if effect.change < 0 else "stayed"
    name = effect.metric
    interval = f", 95 % interval {bounds(name, effect.interval.low, effect.interval.high)}" if effect.interval else ""
    if not effect.change:
        return f"{effect.name} stayed at {amount(name, effect.baseline_mean)}"
    return (
        f"{effect.name} {word} from {amount(name, effect.baseline_mean)} to {amount(name, effect.candidate_mean)}"
        f" ({change(name, effect.change)}{interval})"
    )


def _why(effect: Effect, rule: Rule, p: float) -> str:
    return f", more than {rule.tolerance_name} {rule.tolerance}{_counts(effect)}, {p_is(p)}"


def _counts(effect: Effect) -> str:
    return f"; {len(effect.worse)} worse, {len(effect.better)} better of {effect.n}"
