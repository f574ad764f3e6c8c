"""llmops.yaml: what a team wants otherwise, every key optional."""

import re
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from llmops_cli.files.shape import FileShape, ProjectPath, read_shape
from llmops_cli.files.yaml_source import parse_yaml

SETTINGS_FILE = "llmops.yaml"
COMMIT = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\Z")
_FINGERPRINT = re.compile(r"([0-9A-F]{40}|[0-9A-F]{64})\Z")
LENGTH = re.compile(r"(?P<count>[0-9]{1,5})(?P<unit>[smhd])\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def length_of_time(text: str) -> timedelta | None:
    """`90s`, `30m`, `1h` or `2d`; None for anything else."""
    match = LENGTH.match(text)
    return timedelta(**{_UNITS[match["unit"]]: int(match["count"])}) if match else None


class RunSettings(FileShape):
    """`run:` of llmops.yaml: how models are called."""

    concurrency: int = Field(default=8, ge=1, le=1000, description="Trials at the same time, and calls of one model.")
    timeout_s: int | float = Field(default=120, gt=0, description="Seconds that a call may take.")
    attempts: int = Field(
        default=4, ge=1, le=20, description="How often a call is made until it succeeds, the first time included."
    )
    backoff_s: int | float = Field(
        default=0.5, ge=0, description="Seconds below which the first wait is drawn; doubles after every attempt."
    )


class CalibrationSettings(FileShape):
    """`calibration:` of llmops.yaml: what a judge must show before it is trusted."""

    min_kappa: int | float = Field(
        default=0.6, ge=0, lt=1, description="A judge is trusted when the lower end of kappa's interval is above this."
    )
    min_coverage: int | float = Field(
        default=0.95, gt=0, le=1, description="The share of a judge's replies that must be readable."
    )


class SigningSettings(FileShape):
    """`signing:` of llmops.yaml: who may sign releases, and whether they must be signed."""

    allowed_signers: ProjectPath | Literal[""] = Field(
        default="", description="Who may sign releases with SSH keys: a file below the project root."
    )
    gpg_keys: list[str] = Field(
        default_factory=list, description="Who may sign with GPG keys: their whole fingerprints."
    )
    required: bool = Field(default=False, description="Whether every release must be signed by one of them.")
    after: str = Field(
        default="", description="A commit, by its whole id: releases of what it holds already need no signature."
    )

    @field_validator("gpg_keys")
    @classmethod
    def _whole_fingerprints(cls, keys: list[str]) -> list[str]:
        """Shorter ids of keys can be forged."""
        plain = [key.replace(" ", "").upper() for key in keys]
        if not all(_FINGERPRINT.match(key) for key in plain):
            raise ValueError("must be whole fingerprints of 40 or 64 hex digits, as gpg --fingerprint prints them")
        return plain

    @field_validator("after")
    @classmethod
    def _whole_id(cls, commit: str) -> str:
        """What a branch or a tag names can be moved."""
        if commit and not COMMIT.match(commit):
            raise ValueError("must be the whole id of a commit, 40 or 64 hex digits, as git rev-parse prints it")
        return commit

    @model_validator(mode="after")
    def _somebody_may(self) -> "SigningSettings":
        if self.required and not (self.allowed_signers or self.gpg_keys):
            raise ValueError("required, but nobody may sign: name allowed_signers or gpg_keys")
        return self


class PromotionRules(FileShape):
    """One environment of llmops.yaml: what a release must show before it may be promoted there."""

    from_: str = Field(
        default="", alias="from", description="The environment where the very release must be live at that moment."
    )
    eval: Literal["pass"] | None = Field(
        default=None, description="pass: every suite that its tag names has passed, and it names one."
    )
    soak: str = Field(default="", description="How long it has been live on `from`: 90s, 30m, 1h, 2d.")
    signed: bool = Field(default=False, description="Whether somebody must have signed it who may.")

    @field_validator("soak")
    @classmethod
    def _a_length_of_time(cls, soak: str) -> str:
        if soak and length_of_time(soak) is None:
            raise ValueError("must be a length of time, such as 90s, 30m, 1h or 2d")
        return soak

    @property
    def soak_time(self) -> timedelta:
        """How long it must have been live on `from`; zero where nothing is said."""
        return length_of_time(self.soak) or timedelta()


def _as_mapping(environments: object) -> object:
    """A list of names is a mapping without rules."""
    if isinstance(environments, list) and all(isinstance(name, str) for name in environments):
        return {name: {} for name in environments}
    return environments


Environments = Annotated[
    dict[str, PromotionRules],
    BeforeValidator(_as_mapping, json_schema_input_type=list[str] | dict[str, PromotionRules]),
]


class Settings(FileShape):
    """llmops.yaml, every key optional."""

    prompts: str = Field(default="prompts", description="The folder of the prompts.")
    evals: str = Field(default="evals", description="The folder of the suites.")
    main: str = Field(default="main", description="The branch that changes are merged into.")
    remote: str = Field(default="origin", description="The git remote that is read and pushed to.")
    environments: Environments = Field(
        default_factory=lambda: {name: PromotionRules() for name in ("staging", "production")},
        description="The environments that exist, each the branch llmops/NAME; as a mapping, each with its rules.",
    )
    judge_model: str = Field(
        default="", description="The model of judges where neither the check nor the judge prompt names one."
    )
    interpreters: dict[str, str] = Field(
        default_factory=dict, description="Other Pythons by name: a path relative to the project root."
    )
    embedding_model: str = Field(
        default="", description="The model of checks that compare embeddings, where the check names none."
    )
    run: RunSettings = Field(default_factory=RunSettings, description="How models are called.")
    calibration: CalibrationSettings = Field(
        default_factory=CalibrationSettings, description="What a judge must show before it is trusted."
    )
    signing: SigningSettings = Field(
        default_factory=SigningSettings, description="Who may sign releases; counts as the default branch has it."
    )

    @field_validator("environments")
    @classmethod
    def _rules_that_can_be_met(cls, environments: dict[str, PromotionRules]) -> dict[str, PromotionRules]:
        for name, rules in environments.items():
            if rules.soak and not rules.from_:
                raise ValueError(f"{name}: soak needs a from, the environment where it is to be live that long")
            if rules.from_ and rules.from_ not in environments:
                raise ValueError(f"{name}: from names {rules.from_!r}, which is none of {', '.join(environments)}")
            passed, place = {name}, rules.from_
            while place:
                if place in passed:
                    raise ValueError(f"{name}: from leads back to {place}, so nothing could ever be promoted")
                passed.add(place)
                place = environments[place].from_ if place in environments else ""
        return environments

    @field_validator("prompts", "evals")
    @classmethod
    def _one_spelling(cls, folder: str) -> str:
        """`./prompts/` is `prompts`: git knows one spelling, and another would find nothing at the base."""
        path = PurePosixPath(folder)
        if path.is_absolute() or not path.parts or ".." in path.parts:
            raise ValueError("must be a folder below the project root, such as prompts")
        return path.as_posix()


def parse_settings(text: str) -> Settings:
    """The settings in the text of a llmops.yaml. Raises FileError."""
    document = parse_yaml(text, path=SETTINGS_FILE)
    return Settings() if document.data is None else read_shape(Settings, document)
