"""Can this gate be trusted? One prompt against itself: how often it would fail, and what it could see. No call."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random

from llmops_cli.evals.comparison import seed_of
from llmops_cli.evals.evaluate import schedule
from llmops_cli.evals.figures import p_is
from llmops_cli.evals.policy import Policy
from llmops_cli.evals.preparation import Preparation
from llmops_cli.evals.replay import replay
from llmops_cli.evals.rule_check import BOUNDS, RuleCheck, Tally, TooLittleError, rule_check
from llmops_cli.evals.run import Result, Run
from llmops_cli.evals.verdict import Finding, Status
from llmops_cli.files.json_value import Json
from llmops_cli.stats.interval import wilson

ANSWERS = 6  # a case: two sides of three
SPLITS = 200
DRIFT = 0.01


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """The answer for one suite. `repeats` answers of every case were dealt to two sides `splits` times."""

    suite: str
    prompt: str
    cases: int
    repeats: int
    looks: tuple[int, ...]
    splits: int
    alpha: float
    drop: float
    alarms: float
    rules: tuple[RuleCheck, ...]
    notes: tuple[str, ...]

    @property
    def loud(self) -> bool:
        """Whether an unchanged prompt is clearly found worse more often than alpha."""
        return wilson(round(self.alarms * self.splits), self.splits, one_sided=True).low > self.alpha

    @property
    def exit_code(self) -> int:
        """1 when the gate is loud, a rule that compares is blind, or chance decides about a floor; else 0."""
        flaps = any(self.alpha < rule.missed < 1 - self.alpha for rule in self.rules)
        return int(self.loud or flaps or any(rule.blind for rule in self.rules))

    def as_json(self) -> dict[str, Json]:
        return {
            **asdict(self),
            "looks": list(self.looks),
            "notes": list(self.notes),
            "loud": self.loud,
            "exit_code": self.exit_code,
            "rules": [rule.as_json() for rule in self.rules],
        }


def self_check(run: Run, policy: Policy, *, first: int, drop: float, splits: int = SPLITS) -> SelfCheck:
    """Deal the answers of a run of one side to two sides, again and again, and let the gate decide each time.

    `run` holds its `repeats` answers of every case, `first` is how many the first look of the gate has, `drop` the one
    that is wanted to be seen. Raises TooLittleError where nothing can be said: fewer than two answers a case, no rule,
    or too many failed scores.
    """
    if run.repeats < 2:
        raise TooLittleError(
            f"{run.suite}: a gate is checked with at least two answers of every case, and there is {run.repeats}",
            hint="--repeats 6, or a recording with more of `repeat`",
        )
    if not policy.rules:
        raise TooLittleError(
            f"{run.suite} gates on nothing, so there is nothing to check", hint="add gate: to the suite"
        )
    half = run.repeats // 2
    looks = schedule(min(first, half), limit=min(half, policy.max_repeats))
    deal = _Deal(run)
    # apart, because a floor that is missed settles the matter before the comparison is looked at again
    comparing = replace(policy, rules={name: replace(rule, bound=None) for name, rule in policy.rules.items()})
    with_bound = {name: rule for name, rule in policy.rules.items() if rule.bound is not None}
    bounding = replace(policy, rules={name: replace(rule, tolerance=None) for name, rule in with_bound.items()})
    counted = {name: Tally() for name in policy.rules}
    alarms = 0
    for _ in range(splits):
        deal.shuffle()
        compared = _findings(deal, comparing, looks)
        alarms += any(one.status is Status.FAIL for one in compared)
        bounds = [one for one in _findings(deal, bounding, looks) if one.guard in BOUNDS] if bounding.rules else []
        for name, tally in counted.items():
            tally.add([one for one in (*compared, *bounds) if one.name == name])
    rules = tuple(
        rule_check(rule, run, policy, looks=looks, drop=drop, tally=counted[name].over(splits))
        for name, rule in policy.rules.items()
    )
    return SelfCheck(
        suite=run.suite,
        prompt=run.candidate.reference,
        cases=len(run.cases),
        repeats=run.repeats,
        looks=looks,
        splits=splits,
        alpha=policy.alpha,
        drop=drop,
        alarms=alarms / splits,
        rules=rules,
        notes=tuple(_notes(rules, looks, schedule(first, limit=policy.max_repeats), policy)),
    )


def answers_to_deal(prepared: Preparation, wanted: int | None) -> int:
    """How often every case is asked: as `wanted`, else all that the recording holds, else 6.

    Raises TooLittleError when the recording holds fewer than wanted, or than two.
    """
    recording = prepared.recording
    if recording is None:
        return wanted or ANSWERS
    reference = prepared.candidate.prompt.reference
    held = recording.repeats(reference, [case.id for case in prepared.suite.golden.cases])
    if held < max(2, wanted or 2):
        raise TooLittleError(
            f"{recording.path} holds {held} answers of every case by {reference}, and {max(2, wanted or 2)} are needed",
            hint="record more, with `repeat` 0, 1, 2 and so on: without `target:`, "
            f"llmops eval run --repeats {max(ANSWERS, wanted or 0)} --record {recording.path}",
        )
    return wanted or held


class _Deal:
    """The answers of a run, dealt anew to two sides. Every case is dealt on its own."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.answers = {
            case: [one for one in results if one.repeat < run.repeats]
            for case, results in run.candidate.by_case.items()
        }
        digest = run.candidate.digest
        self.random = Random(seed_of(digest, digest, run.suite))
        self.renumbered: dict[tuple[str, int, int], Result] = {}

    def shuffle(self) -> None:
        for results in self.answers.values():
            self.random.shuffle(results)

    def run_at(self, repeats: int, retried: frozenset[str]) -> Run:
        half = self.run.repeats // 2
        before, after = [], []
        for case, results in self.answers.items():
            shown = max(repeats, min(3, half)) if case in retried else repeats
            for repeat in range(min(shown, len(results) // 2)):
                before.append(self._as(results[repeat], repeat))
                after.append(self._as(results[-1 - repeat], repeat))
        side = self.run.candidate
        return self.run.model_copy(
            update={
                "candidate": side.model_copy(update={"results": after}),
                "baseline": side.model_copy(update={"results": before, "role": "baseline"}),
                "repeats": repeats,
            }
        )

    def _as(self, result: Result, repeat: int) -> Result:
        key = (result.case, result.repeat, repeat)
        if key not in self.renumbered:
            self.renumbered[key] = result.model_copy(update={"repeat": repeat})
        return self.renumbered[key]


def _findings(deal: _Deal, policy: Policy, looks: Sequence[int]) -> tuple[Finding, ...]:
    verdict = replay(deal.run_at, policy, looks).verdict
    if verdict.status is Status.INVALID:
        why = next(one.text for one in verdict.findings if one.status is Status.INVALID)
        raise TooLittleError(f"{deal.run.suite}: {why}")
    return verdict.findings


def _notes(
    rules: Sequence[RuleCheck], looks: tuple[int, ...], planned: tuple[int, ...], policy: Policy
) -> Iterator[str]:
    if looks != planned:
        have, want = ", ".join(map(str, looks)), ", ".join(map(str, planned))
        yield (
            f"the gate looks at {want} answers of every case, these were enough for {have}: "
            f"--repeats {2 * planned[-1]} checks all of it"
        )
    for rule in rules:
        bound = policy.rules[rule.rule].bound_name
        if rule.missed == 1:
            yield f"{rule.rule} is beyond its {bound}, whatever it is compared with"
        elif rule.missed:
            yield f"{rule.rule} misses its {bound} {rule.missed:.1%} of the time: so near to it, chance decides"
        if rule.blind:
            yield f"{rule.rule} cannot fail with n = {rule.n}: not even if every case turned worse"
        elif policy.rules[rule.rule].tolerance is not None and rule.discordance == 0:
            yield f"no answer changed what {rule.rule} says of it, so there is nothing that could raise a false alarm"
        if rule.drift_p <= DRIFT:
            yield (
                f"{rule.rule}: the passes over the cases differ by more than chance ({p_is(rule.drift_p)}). "
                "Either the model changes over time or cases move together; then alarms are more frequent than shown"
            )
