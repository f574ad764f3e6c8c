"""Drops that people looked at and took: a reviewed file in the repository, which ends with the next release.

An exception is about one metric (or one slice of it), measured against one text of the prompt, and up to an amount. It
never touches floors or critical cases (docs/decisions/0015-accepted-drops.md).
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from llmops_cli.config import Config
from llmops_cli.errors import InputError
from llmops_cli.evals.anchor import unreleased
from llmops_cli.evals.policy import MEASURED, Accepts, measure_name
from llmops_cli.evals.preparation import Preparation, at_base, base_tree
from llmops_cli.evals.run import AcceptedRecord
from llmops_cli.files.atomic import write_atomic
from llmops_cli.files.shape import FileShape, read_shape
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.prompts.registry import Registry, open_registry
from llmops_cli.vcs.base import BaseCommit
from llmops_cli.vcs.tree import Tree, read_text

_HEADER = """\
# Drops that were looked at and taken; `llmops gate accept` writes this file.
# An entry counts until the next release of its prompt, and only against the text that it names.
"""


class Acceptance(FileShape):
    """One exception. `drop` is how far the metric may move the wrong way, in its own unit.

    `version` and `digest` name the text it was measured against, as the baseline of a change or as its `anchor`;
    `released` is the newest release there was, empty when there was none.
    """

    metric: str
    slice: str = ""
    prompt: str
    version: str
    digest: str
    side: Literal["baseline", "anchor"] = "baseline"
    released: str = ""
    drop: float = Field(gt=0)
    reason: str
    by: str
    date: str
    run: str = ""

    @field_validator("reason", "by")
    @classmethod
    def _filled(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is empty")
        return value

    @model_validator(mode="after")
    def _no_more_than_all(self) -> "Acceptance":
        if self.metric not in MEASURED and self.drop > 1:
            hint = f": {self.drop:g} % is {self.drop / 100:g}" if self.drop <= 100 else ""
            raise ValueError(f"drop {self.drop:g} is more than scores between 0 and 1 can fall{hint}")
        return self

    @property
    def key(self) -> tuple[str, ...]:
        """What there is one exception for."""
        return self.metric, self.slice, self.prompt, self.digest, self.side

    @property
    def label(self) -> str:
        """How notes call it."""
        return f"the accepted drop of {measure_name(self.metric, self.slice)} ({self.by}, {self.date})"


class AcceptedFile(FileShape):
    """The YAML of `evals/accepted/SUITE.yaml`."""

    accepted: list[Acceptance] = Field(default_factory=list)

    @model_validator(mode="after")
    def _once_each(self) -> "AcceptedFile":
        """Two merged branches can leave two entries about one drop; together they would cover twice as much."""
        keys = [entry.key for entry in self.accepted]
        for entry in self.accepted:
            if keys.count(entry.key) > 1:
                name, since = measure_name(entry.metric, entry.slice), f"{entry.prompt}@{entry.version}"
                raise ValueError(f"two entries are about {name} since {since}: keep the one that is meant")
        return self


def accepted_path(folder: str, suite: str) -> str:
    """Where the exceptions of a suite stand, relative to the project root."""
    return f"{folder.rstrip('/')}/accepted/{suite}.yaml"


def read_accepted(tree: Tree, path: str) -> list[Acceptance]:
    """The exceptions of a suite; none where there is no file. Raises FileError."""
    if tree.read(path) is None:
        return []
    document = parse_yaml(read_text(tree, path), path=path)
    return list(read_shape(AcceptedFile, document).accepted)


def write_accepted(root: Path, path: str, entries: Sequence[Acceptance]) -> None:
    """Write the file anew. Raises InputError when it cannot be written."""
    lines = [_HEADER + "accepted:"]
    for entry in entries:
        # JSON text is YAML text: whatever stands in a reason, it stays one
        said = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in entry.model_dump().items() if value]
        lines += ["  - " + "\n    ".join(said)]
    try:
        write_atomic(root / path, ("\n".join(lines) + "\n").encode())
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None


def with_accepted(prepared: Preparation, config: Config) -> Preparation:
    """The preparation with the exceptions that apply to it, and a note on each that does not.

    Raises FileError for a file that cannot be read as exceptions, MeasureError for the base's.
    """
    if prepared.unchanged or prepared.baseline is None or prepared.base is None:
        return prepared
    own = read_accepted(config.files(), accepted_path(config.settings.evals, prepared.suite.name))
    if not own:
        return prepared
    whose = prepared.policy.accepted
    of_base = _at(prepared.base.commit, prepared.base.name, prepared, config)
    at_anchor = _at(prepared.anchor.commit, prepared.anchor_name, prepared, config) if prepared.anchor else []
    registry = open_registry(config)
    notes: list[str] = []
    records: list[AcceptedRecord] = []
    for entry in own:
        record = _record(entry, prepared, absorbed=entry in at_anchor)
        problem = _not_of(whose, entry in of_base) or why_not(entry, prepared, registry)
        if not problem and not (record.for_baseline or record.for_anchor):
            # one that is merged has done its work, which every later change need not be told
            problem = "" if entry in of_base else f"the base has another text than {record.since}, which it is about"
        elif not problem:
            problem = _unsure(entry, registry, config)
            records += [] if problem else [record]
        notes += [f"{entry.label} does not count: {problem}"] if problem else []
    return replace(prepared, accepted=tuple(records), notes=(*prepared.notes, *notes))


def _not_of(whose: Accepts, in_base: bool) -> str:
    """Why the gate takes no such entry; empty when it does."""
    if whose == "change" or (whose == "base" and in_base):
        return ""
    return f"the gate takes {'none' if whose == 'nobody' else 'those of the base only'}"


def _unsure(entry: Acceptance, registry: Registry, config: Config) -> str:
    """Whether a release may have followed that nobody sees here, because no tags are fetched."""
    if not registry.tags_missing() or (registry.repo and unreleased(registry.repo, config, entry.prompt)):
        return ""
    return "no tags are fetched, so whether a release has followed is not known; run: git fetch --tags"


def why_not(entry: Acceptance, prepared: Preparation, registry: Registry) -> str:
    """Why an exception does not count any more, or never did; empty when it does."""
    if entry.prompt != prepared.suite.prompt:
        return f"it is about {entry.prompt}"
    rule = prepared.policy.rules.get(measure_name(entry.metric, entry.slice))
    if rule is None or rule.tolerance is None:
        return "no rule compares this metric"
    return ended(entry, registry)


def ended(entry: Acceptance, registry: Registry) -> str:
    """Whether the next release has come, as a sentence; empty while the newest is the one it was written under."""
    latest = registry.latest(entry.prompt)
    newest = str(latest.version) if latest else ""
    if newest == entry.released:
        return ""
    if entry.released and registry.release(entry.prompt, entry.released) is None:
        return f"release {entry.released} is not known here, so whether another followed is not; run: git fetch --tags"
    return f"it ended with release {newest}"


def _at(commit: str, name: str, prepared: Preparation, config: Config) -> list[Acceptance]:
    """The exceptions that a commit already has."""
    repo = config.find_repo()
    if repo is None:
        return []
    tree, settings = base_tree(repo, config, BaseCommit(commit, commit, name))
    with at_base(tree):
        return read_accepted(tree, accepted_path(settings.evals, prepared.suite.name))


def _record(entry: Acceptance, prepared: Preparation, *, absorbed: bool) -> AcceptedRecord:
    """What it counts for. Against the base: where it was measured against the base's text.

    Against the anchor every drop counts that was taken since; `absorbed` says that the anchor has the exception too.
    """
    assert prepared.baseline is not None
    anchor = prepared.anchor.prompt.digest if prepared.anchor else ""
    of_baseline = entry.side == "baseline"
    return AcceptedRecord(
        metric=entry.metric,
        tag=entry.slice,
        drop=entry.drop,
        side=entry.side,
        since=f"{entry.prompt}@{entry.version}",
        reason=entry.reason,
        by=entry.by,
        date=entry.date,
        for_baseline=of_baseline and entry.digest == prepared.baseline.prompt.digest,
        for_anchor=bool(anchor) and (entry.digest == anchor or (of_baseline and not absorbed)),
    )
