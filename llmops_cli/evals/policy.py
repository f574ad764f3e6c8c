"""The rules a gate decides by: floors and tolerances per metric, alpha, repeats; as the suite file states them."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, field_validator, model_validator

from llmops_cli.errors import FileError, Problem
from llmops_cli.files.json_value import Json
from llmops_cli.files.shape import FileShape, nearest, shape_of
from llmops_cli.files.yaml_source import Key

# measured on every trial, without a check; for all of them lower is better
MEASURED = ("cost_usd", "latency_ms", "input_tokens", "output_tokens")

OnInconclusive = Literal["fail", "warn", "pass"]
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%\Z")


def lower_is_better(metric: str) -> bool:
    """Whether a fall of this metric is good news."""
    return metric in MEASURED


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a metric may move the wrong way: absolute, or a share of the baseline's mean (0.1 for `10%`)."""

    value: float
    relative: bool

    def absolute(self, baseline: float) -> float:
        return self.value * abs(baseline) if self.relative else self.value

    def __str__(self) -> str:
        return f"{self.value * 100:g}%" if self.relative else f"{self.value:g}"


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold for one metric; at least one of the three is given.

    `bound` is a floor, or a ceiling where lower is better; `tolerance` a max_drop, or a max_rise there.
    """

    metric: str
    bound: float | None
    tolerance: Tolerance | None

    @property
    def bound_name(self) -> str:
        return "ceiling" if lower_is_better(self.metric) else "floor"

    @property
    def tolerance_name(self) -> str:
        return "max_rise" if lower_is_better(self.metric) else "max_drop"

    def __str__(self) -> str:
        parts = [f"{self.bound_name} {self.bound:g}"] if self.bound is not None else []
        parts += [f"{self.tolerance_name} {self.tolerance}"] if self.tolerance is not None else []
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Policy:
    """All a gate decides by. `rules` may be empty: then nothing can be decided, and the verdict is `invalid`.

    `added` names the rules that are not the base's but come with the change itself.
    """

    rules: Mapping[str, Rule]
    alpha: float = 0.05
    on_inconclusive: OnInconclusive = "warn"
    max_repeats: int = 5
    max_failed: float = 0.05
    added: tuple[str, ...] = ()


class _Settings(FileShape):
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    on_inconclusive: OnInconclusive = "warn"
    max_repeats: int = Field(default=5, ge=1, le=50)
    max_failed: float = Field(default=0.05, ge=0, lt=1)


class _RuleShape(FileShape):
    floor: float | None = None
    ceiling: float | None = None
    max_drop: float | str | None = None
    max_rise: float | str | None = None

    @field_validator("max_drop", "max_rise")
    @classmethod
    def _amount(cls, value: float | str | None) -> float | str | None:
        if isinstance(value, str) and not _PERCENT.match(value):
            raise ValueError("must be a number such as 0.02, or a share such as 10%")
        if isinstance(value, float) and value < 0:
            raise ValueError("must not be negative")
        return value

    @model_validator(mode="after")
    def _something(self) -> "_RuleShape":
        if (self.floor, self.ceiling, self.max_drop, self.max_rise) == (None,) * 4:  # `floor:` with nothing behind it
            raise ValueError("needs a floor or max_drop (for cost, latency and tokens a ceiling or max_rise)")
        return self


def read_policy(
    data: Mapping[str, Json], *, metrics: Collection[str], path: str, line_of: Callable[[Key], int]
) -> Policy:
    """The `gate:` of a suite. `metrics` are the names rules may be about.

    Raises FileError with line and key: an unknown metric, a rule without a bound, a floor where lower is better.
    """
    settings = {key: value for key, value in data.items() if key in _Settings.model_fields}

    def below(key: Key) -> int:
        return line_of(("gate", *key))

    rules: dict[str, Rule] = {}
    problems: list[Problem] = []
    shape = _Settings()
    try:
        shape = shape_of(_Settings, settings, path=path, line_of=below)
    except FileError as error:
        problems += [problem.below("gate") for problem in error.problems]
    for name, value in data.items():
        if name in settings:
            continue
        try:
            rules[name] = _rule(name, value, metrics, path, below)
        except FileError as error:
            problems += error.problems
    if problems:
        raise FileError(problems)
    return Policy(rules, **shape.model_dump())


def _rule(name: str, value: Json, metrics: Collection[str], path: str, line_of: Callable[[Key], int]) -> Rule:
    line = line_of((name,))
    if name not in metrics:
        known = [*metrics, *_Settings.model_fields]
        raise FileError(
            [Problem(path, line, f"gate.{name}", "no check or measure has this name", nearest(name, known))]
        )
    try:
        shape = shape_of(_RuleShape, value, path=path, line_of=lambda key: line_of((name, *key)))
    except FileError as error:
        raise FileError([problem.below(f"gate.{name}") for problem in error.problems]) from None
    lower = lower_is_better(name)
    wrong = [
        key for key in (("floor", "max_drop") if lower else ("ceiling", "max_rise")) if key in shape.model_fields_set
    ]
    if wrong:
        right = "ceiling and max_rise" if lower else "floor and max_drop"
        better = "lower" if lower else "higher"
        raise FileError(
            [Problem(path, line, f"gate.{name}.{wrong[0]}", f"for {name} {better} is better", f"use {right}")]
        )
    rule = Rule(name, shape.ceiling if lower else shape.floor, _tolerance(shape.max_rise if lower else shape.max_drop))
    if not lower and (wrong_by := _beyond_scores(rule)):
        key, message, hint = wrong_by
        raise FileError([Problem(path, line_of((name, key)), f"gate.{name}.{key}", message, hint)])
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
