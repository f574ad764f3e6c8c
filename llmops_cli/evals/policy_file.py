"""The `gate:` of a suite file to a policy, with the line of every mistake."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pydantic import Field, field_validator, model_validator

from llmops_cli.errors import FileError, Problem
from llmops_cli.evals.policy import Accepts, Mode, OnInconclusive, Policy, Rule, Tolerance, lower_is_better
from llmops_cli.files.json_value import Json
from llmops_cli.files.shape import FileShape, nearest, shape_of
from llmops_cli.files.yaml_source import Key

_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%\Z")


class GateSettings(FileShape):
    """The keys of `gate:` that are no rules."""

    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="How often an unchanged prompt may be found worse.")
    on_inconclusive: OnInconclusive = Field(default="warn", description="What it comes to when nobody can tell yet.")
    max_repeats: int = Field(
        default=5, ge=1, le=50, description="How often a case may be asked before the gate gives up."
    )
    max_failed: float = Field(
        default=0.05, ge=0, lt=1, description="The share of scores that may fail to be measured on a side."
    )
    mode: Mode = Field(
        default="regression",
        description="Whether a change must not be worse (regression), or must be shown to be no worse (noninferior).",
    )
    accepted: Accepts = Field(default="change", description="Whose list of accepted drops counts.")
    require_calibration: bool = Field(default=False, description="Whether judges must be known to agree with people.")


class RuleShape(FileShape):
    """What the gate asks of one metric; a slice of it is ruled by the same keys, but for `slices`."""

    floor: float | None = Field(default=None, description="The least the mean may be.")
    ceiling: float | None = Field(default=None, description="The most the mean may be (cost, latency, tokens).")
    max_drop: float | str | None = Field(
        default=None, description="How far the mean may fall below that of the base: a number, or a share such as 10%."
    )
    max_rise: float | str | None = Field(
        default=None, description="How far the mean may rise above that of the base: a number, or a share such as 10%."
    )
    slices: dict[str, dict[str, Json]] | None = Field(default=None, description="Rules for the cases of a tag, by tag.")

    @field_validator("max_drop", "max_rise")
    @classmethod
    def _amount(cls, value: float | str | None) -> float | str | None:
        if isinstance(value, str) and not _PERCENT.match(value):
            raise ValueError("must be a number such as 0.02, or a share such as 10%")
        if isinstance(value, float) and value < 0:
            raise ValueError("must not be negative")
        return value

    @model_validator(mode="after")
    def _something(self) -> "RuleShape":
        # `floor:` with nothing behind it is no rule either
        if (self.floor, self.ceiling, self.max_drop, self.max_rise) == (None,) * 4 and not self.slices:
            raise ValueError("needs a floor or max_drop (for cost, latency and tokens a ceiling or max_rise)")
        return self

    @property
    def states_a_bound(self) -> bool:
        """Whether it rules over all cases, and not over slices alone."""
        return (self.floor, self.ceiling, self.max_drop, self.max_rise) != (None,) * 4


@dataclass(frozen=True, slots=True)
class _Names:
    """What rules may be about, and where the file that states them lies."""

    metrics: Collection[str]
    tags: Collection[str]
    path: str
    line_of: Callable[[Key], int]

    def problem(self, key: Key, message: str, hint: str = "") -> Problem:
        """A problem at a key below `gate`."""
        return Problem(self.path, self.line_of(key), ".".join(("gate", *map(str, key))), message, hint)


def read_policy(
    data: Mapping[str, Json],
    *,
    metrics: Collection[str],
    tags: Collection[str] = (),
    path: str,
    line_of: Callable[[Key], int],
) -> Policy:
    """The `gate:` of a suite. `metrics` are the names rules may be about, `tags` the slices they may have.

    Raises FileError with line and key: an unknown metric or tag, a rule without a bound, a floor where lower is better.
    """
    settings = {key: value for key, value in data.items() if key in GateSettings.model_fields}

    def below(key: Key) -> int:
        return line_of(("gate", *key))

    names = _Names(metrics, tags, path, below)
    rules: list[Rule] = []
    problems: list[Problem] = []
    shape = GateSettings()
    try:
        shape = shape_of(GateSettings, settings, path=path, line_of=below)
    except FileError as error:
        problems += [problem.below("gate") for problem in error.problems]
    for name, value in data.items():
        if name in settings:
            continue
        try:
            rules += _rules(name, value, names)
        except FileError as error:
            problems += error.problems
    if problems:
        raise FileError(problems)
    return Policy({rule.name: rule for rule in rules}, **shape.model_dump())


def _rules(name: str, value: Json, names: _Names) -> list[Rule]:
    """The rule of a metric over all cases, where it has one, and those of its slices."""
    if name not in names.metrics:
        known = [*names.metrics, *GateSettings.model_fields]
        raise FileError([names.problem((name,), "no check or measure has this name", nearest(name, known))])
    shape = _shape(value, (name,), names)
    rules = [_rule(name, "", shape, (name,), names)] if shape.states_a_bound else []
    problems: list[Problem] = []
    for tag, of_slice in (shape.slices or {}).items():
        key: Key = (name, "slices", tag)
        try:
            if tag not in names.tags:
                raise FileError([names.problem(key, "no case has this tag", nearest(tag, list(names.tags)))])
            inner = _shape(of_slice, key, names)
            if inner.slices is not None:
                raise FileError([names.problem((*key, "slices"), "a slice has no slices of its own")])
            rules.append(_rule(name, tag, inner, key, names))
        except FileError as error:
            problems += error.problems
    if problems:
        raise FileError(problems)
    return rules


def _shape(value: Json, key: Key, names: _Names) -> RuleShape:
    try:
        return shape_of(RuleShape, value, path=names.path, line_of=lambda inner: names.line_of((*key, *inner)))
    except FileError as error:
        raise FileError([problem.below(".".join(("gate", *map(str, key)))) for problem in error.problems]) from None


def _rule(name: str, tag: str, shape: RuleShape, key: Key, names: _Names) -> Rule:
    lower = lower_is_better(name)
    wrong = [
        word for word in (("floor", "max_drop") if lower else ("ceiling", "max_rise")) if word in shape.model_fields_set
    ]
    if wrong:
        right = "ceiling and max_rise" if lower else "floor and max_drop"
        better = "lower" if lower else "higher"
        problem = names.problem((*key, wrong[0]), f"for {name} {better} is better", f"use {right}")
        raise FileError([problem])
    rule = Rule(
        name, shape.ceiling if lower else shape.floor, _tolerance(shape.max_rise if lower else shape.max_drop), tag
    )
    if not lower and (wrong_by := _beyond_scores(rule)):
        word, message, hint = wrong_by
        raise FileError([names.problem((*key, word), message, hint)])
    return rule


def _beyond_scores(rule: Rule) -> tuple[str, str, str] | None:
    """Key, message and hint where a score can never be as the rule says, so that it always fails or never does."""
    amounts = {"floor": rule.bound}
    if rule.tolerance is not None and rule.tolerance.relative and rule.tolerance.value > 1:
        return "max_drop", "nothing can fall by more than 100 %", ""
    if rule.tolerance is not None:
        amounts["max_drop"] = rule.tolerance.value
    for key, value in amounts.items():
        if value is not None and not 0 <= value <= 1:
            return key, "scores lie between 0 and 1", f"{value:g} % is {value / 100:g}" if 1 < value <= 100 else ""
    return None


def _tolerance(value: float | str | None) -> Tolerance | None:
    if value is None:
        return None
    if isinstance(value, str):
        match = _PERCENT.match(value)
        assert match is not None  # the shape has checked it
        return Tolerance(float(match[1]) / 100, relative=True)
    return Tolerance(float(value), relative=False)
