"""The bar a change must clear: rules, critical cases and coverage as the base has them. A change can only raise it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from llmops_cli.evals.policy import MEASURED, Policy, Rule
from llmops_cli.evals.suite import Suite


@dataclass(frozen=True, slots=True)
class Bar:
    """`removed` are ids of the base's cases that are gone; `narrowed` those a gating check no longer looks at.

    `clusters` holds the cluster of every case that has one, `repeats` how often the first look asks each case; `known`
    are the ids of the base's cases, None when the base does not have the suite.
    """

    policy: Policy
    critical: frozenset[str]
    clusters: Mapping[str, str]
    repeats: int
    known: frozenset[str] | None = None
    removed: tuple[str, ...] = ()
    narrowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def own_bar(mine: Suite) -> Bar:
    """The bar of a suite that the base does not have: its own."""
    critical = frozenset(case.id for case in mine.golden.cases if case.critical)
    return Bar(mine.policy, critical, _clusters(mine), mine.repeats)


def bar_of(theirs: Suite, mine: Suite, *, allow_removed: bool) -> Bar:
    """The base's bar, and what this change adds to it; what it alters applies after merge, as the notes say."""
    policy, notes = _policy(theirs.policy, mine.policy)
    critical, altered = _critical(theirs, mine)
    if altered:
        notes.append(f"the critical flags of {altered} cases are the base's; this change's apply after merge")
    clusters, moved = _clusters(mine), _clusters(theirs)
    known = theirs.golden.by_id
    altered = sum(1 for case in mine.golden.by_id if case in known and clusters.get(case) != moved.get(case))
    if altered:
        notes.append(f"the clusters of {altered} cases are the base's; this change's apply after merge")
    clusters = {case: one for case, one in clusters.items() if case not in known} | moved
    if mine.repeats < theirs.repeats:
        notes.append(f"repeats is the base's ({theirs.repeats}); this change's ({mine.repeats}) applies after merge")
    removed = tuple(sorted(theirs.golden.by_id.keys() - mine.golden.by_id.keys()))
    narrowed = _narrowed(theirs, mine)
    if allow_removed:
        notes += [f"{len(removed)} cases of the base are gone, as allowed"] if removed else []
        notes += [
            f"{len(cases)} cases of the base are no longer measured by {name}, as allowed"
            for name, cases in narrowed.items()
        ]
        removed, narrowed = (), {}
        measured = {check.name for check in mine.all_checks()} | set(MEASURED)
        gone = [name for name in policy.rules if name not in measured]
        notes += [f"the check {name} is gone, as allowed, and its rule ({policy.rules[name]}) with it" for name in gone]
        policy = replace(policy, rules={name: rule for name, rule in policy.rules.items() if name in measured})
    repeats = max(mine.repeats, theirs.repeats)
    return Bar(policy, critical, clusters, repeats, frozenset(known), removed, narrowed, tuple(notes))


def _clusters(suite: Suite) -> dict[str, str]:
    return {case.id: case.cluster for case in suite.golden.cases if case.cluster}


def _policy(theirs: Policy, mine: Policy) -> tuple[Policy, list[str]]:
    """The base's rules, plus those of this change for metrics the base does not gate on."""
    rules: dict[str, Rule] = dict(theirs.rules)
    notes: list[str] = []
    for name, rule in mine.rules.items():
        if name not in rules:
            rules[name] = rule
            notes.append(f"new rule: {name} ({rule})")
        elif rule != rules[name]:
            notes.append(
                f"the gate of {name} is the base's ({rules[name]}); this change's ({rule}) applies after merge"
            )
    for name in sorted(theirs.rules.keys() - mine.rules.keys()):
        notes.append(f"this change no longer gates on {name}; the base's rule ({rules[name]}) still applies to it")
    for name in ("alpha", "on_inconclusive", "max_repeats", "max_failed"):
        ours, base = getattr(mine, name), getattr(theirs, name)
        if ours != base:
            notes.append(f"{name} is the base's ({base}); this change's ({ours}) applies after merge")
    added = tuple(name for name in rules if name not in theirs.rules)
    return replace(theirs, rules=rules, added=added), notes


def _critical(theirs: Suite, mine: Suite) -> tuple[frozenset[str], int]:
    """The critical cases, by the base's flags and for new cases by their own; and how many flags the change alters."""
    known = theirs.golden.by_id
    of_base = {case.id for case in known.values() if case.critical}
    new = {case.id for case in mine.golden.cases if case.critical and case.id not in known}
    altered = sum(1 for case in mine.golden.cases if case.id in known and case.critical != known[case.id].critical)
    return frozenset(of_base | new), altered


def _narrowed(theirs: Suite, mine: Suite) -> dict[str, tuple[str, ...]]:
    """By gating metric of the base: cases that its check looked at and, though they are still there, no longer does."""
    kept = [case.id for case in theirs.golden.cases if case.id in mine.golden.by_id]
    before = {case: _checked_by(theirs, case) for case in kept}
    after = {case: _checked_by(mine, case) for case in kept}
    lost = {
        name: tuple(sorted(case for case in kept if name in before[case] and name not in after[case]))
        for name in theirs.policy.rules
    }
    return {name: cases for name, cases in lost.items() if cases}


def _checked_by(suite: Suite, case: str) -> set[str]:
    return {check.name for check in (*suite.checks, *suite.case_checks.get(case, ()))}
