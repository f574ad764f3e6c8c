"""The shards of one command made into what a single run would have been: verified, then looked at like any other."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from llmops_cli import __version__
from llmops_cli.errors import InputError, LlmopsError, MeasureError
from llmops_cli.evals.evaluate import FirstLook
from llmops_cli.evals.figures import many
from llmops_cli.evals.foreign_result import ForeignResultError, check_foreign
from llmops_cli.evals.plan import Trial, plan_trials
from llmops_cli.evals.preparation import Preparation
from llmops_cli.evals.run import Counts, Result, Role
from llmops_cli.evals.session import Outcome, Session, SessionOptions
from llmops_cli.evals.shard import Shard, ShardError
from llmops_cli.evals.shard_file import ShardedSuite, ShardFile, ShardOptions, counts_of, find_shards
from llmops_cli.evals.shard_run import base_of, options_of, sides_of

_AGAIN = "measure that shard again, with the same files"


@dataclass(frozen=True, slots=True)
class Shards:
    """All shards of one command, in their order; there is at least one, and they are of one mind."""

    files: tuple[ShardFile, ...]

    @property
    def said(self) -> ShardOptions:
        """The flags the shards were measured with."""
        return self.files[0].head.options

    def options(self, wanted: SessionOptions) -> SessionOptions:
        """What the merge is to be done with: the shards' flags, and how to speak from `wanted`.

        Raises InputError where `wanted` has any of these flags, and they are not those of the shards.
        """
        said, asked, nothing = self.said.model_dump(), options_of(wanted).model_dump(), ShardOptions().model_dump()
        flags = [name for name in said if name != "suites"]
        given = [name for name in flags if asked[name] != nothing[name]]
        other = [name for name in (*given, *flags) if asked[name] != said[name]] if given else []
        if other:
            name = other[0].replace("_", "-")
            raise InputError(
                f"the shards were measured with another --{name}: {said[other[0]]!r}, and not {asked[other[0]]!r}",
                hint="say all flags of the shards, or none of them",
            )
        return replace(wanted, **{**said, "suites": tuple(self.said.suites)})


def gather(folders: Sequence[Path]) -> Shards:
    """All shards in these folders.

    Raises InputError for what cannot be read; MeasureError when one is missing or there twice, or they are not of one
    command.
    """
    found = find_shards(folders)
    where = ", ".join(str(folder) for folder in folders)
    if not found:
        raise MeasureError(f"there is no shard in {where}", hint="llmops eval run --shard 1/4 makes a first one")
    files = sorted(found, key=lambda file: (file.head.of, file.head.shard))
    first = files[0]
    for file in files:
        _refuse_stranger(file, first)
    times = Counter(file.head.shard for file in files)
    twice = [file for file in files if times[file.head.shard] > 1]
    if twice:
        places = " and ".join(str(file.path) for file in twice if file.head.shard == twice[0].head.shard)
        raise MeasureError(f"shard {twice[0].head.name} is there more than once: {places}", hint="leave one of them")
    missing = [str(Shard(number, first.head.of)) for number in range(1, first.head.of + 1) if number not in times]
    if missing:
        some = ", ".join(missing[:10]) + (f" and {len(missing) - 10} more" if len(missing) > 10 else "")
        raise MeasureError(
            f"{many(len(missing), 'shard is', 'shards are')} missing in {where}: {some}",
            hint="look at the job that was to measure it; what was not measured cannot be decided",
        )
    return Shards(tuple(files))


def _refuse_stranger(file: ShardFile, first: ShardFile) -> None:
    """Raises MeasureError for a shard of another command than the first, or of another llmops than this."""
    one, other = file.head, first.head
    if one.of != other.of:
        raise MeasureError(f"{file} is one of {one.of}, and {first} one of {other.of}", hint="merge one command's only")
    if one.llmops_version != __version__:
        raise MeasureError(
            f"{file} was measured by llmops {one.llmops_version[:50]}, and this is {__version__}",
            hint="use one version for all shards and the merge",
        )
    differs = [name for name, value in one.options if value != getattr(other.options, name)]
    if differs:
        flag = "other suites" if differs[0] == "suites" else f"another --{differs[0].replace('_', '-')}"
        raise MeasureError(f"{file} was measured with {flag} than {first}", hint="merge one command's only")
    if one.base_commit != other.base_commit:
        bases = f"{one.base_commit[:7] or 'none'}, and not {other.base_commit[:7] or 'none'}"
        raise MeasureError(f"{file} has another base than {first}: {bases}", hint="measure all of the same commit")


def merge(session: Session, shards: Shards) -> Outcome:
    """Decide as a single run would have: the shards' results are the first look, and what follows is measured here.

    A suite whose shards do not make up one first look, or that is not here, is part of what stopped. Raises what
    `prepare` raises, and MeasureError when the shards have another base.
    """
    preparations, refused = session.prepare()
    base, theirs = base_of(preparations), shards.files[0].head.base_commit
    if base != theirs:
        raise MeasureError(
            f"the shards were compared with {theirs[:7] or 'nothing'}, and here the base is {base[:7] or 'none'}",
            hint="check out the commit the shards were measured at",
        )
    looks: dict[str, FirstLook] = {}
    ready: list[Preparation] = []
    stopped: list[LlmopsError] = [*refused, *_lost_suites(shards, session.suite_paths())]
    for prepared in preparations:
        try:
            looks[prepared.suite.path] = _first_look(prepared, shards, session.first_repeats(prepared))
        except LlmopsError as error:
            stopped.append(error)
        else:
            ready.append(prepared)
    return session.decide(ready, stopped, looks)


def _lost_suites(shards: Shards, here: Collection[str]) -> list[ShardError]:
    """An error for each suite that was measured and is not here: its gate would be left out, and not noticed."""
    measured = {suite.path: file for file in reversed(shards.files) for suite in file.head.suites}
    return [
        ShardError(
            f"{file} has results of {path[:200]}, and there is no such suite here",
            hint="check out the commit the shards were measured at",
        )
        for path, file in measured.items()
        if path not in here
    ]


def _first_look(prepared: Preparation, shards: Shards, repeats: int) -> FirstLook:
    """What all shards together have of this suite. Raises ShardError, and what `plan_trials` raises."""
    parts = [_Part(file, _entry(file, prepared, repeats)) for file in shards.files]
    counts = Counts()
    for part in parts:
        counts = counts.plus(counts_of(part.suite))
    if prepared.unchanged:
        return FirstLook((), counts)
    trials = plan_trials(prepared.subjects, prepared.suite.golden.cases, range(repeats))
    return FirstLook(_verified(prepared, parts, trials), counts)


@dataclass(frozen=True, slots=True)
class _Part:
    """One shard's results of one suite."""

    file: ShardFile
    suite: ShardedSuite

    def __iter__(self) -> Iterator[tuple[Role, Result]]:
        return self.file.results(self.suite)


def _entry(file: ShardFile, prepared: Preparation, repeats: int) -> ShardedSuite:
    """What a shard says of a suite, which must be what is prepared here."""
    path = prepared.suite.path
    entries = [suite for suite in file.head.suites if suite.path == path]
    if len(entries) != 1:
        raise ShardError(f"{path}: {file} has {'no results of it' if not entries else 'it twice'}", hint=_AGAIN)
    entry = entries[0]
    differs = {
        "was measured with other files than those that are here": entry.inputs != prepared.inputs,
        "has measured other sides": dict(entry.sides) != sides_of(prepared),
        "does not agree whether anything has changed since the base": entry.unchanged != prepared.unchanged,
        f"asked every case {many(entry.repeats, 'time')}, and not {repeats}": entry.repeats != repeats,
        "counts its trials wrongly": entry.counts.trials != entry.results or (entry.unchanged and entry.results > 0),
    }
    if reasons := [reason for reason, holds in differs.items() if holds]:
        raise ShardError(f"{path}: {file} {reasons[0]}", hint="check out the same commit for the shards and the merge")
    return entry


def _verified(prepared: Preparation, parts: Iterable[_Part], trials: Sequence[Trial]) -> Iterator[tuple[Role, Result]]:
    """The results of all shards, each held against the trial it is of.

    Raises ShardError for one that is missing, there twice, in a shard that does not hold its case, or that cannot be.
    """
    path, clusters = prepared.suite.path, prepared.bar.clusters
    names = {case.id: [bound.shape.name for bound in prepared.checks_of(case)] for case in prepared.suite.golden.cases}
    awaited: dict[tuple[Role, str, int], Trial] = {(trial.role, trial.case.id, trial.repeat): trial for trial in trials}
    for part in parts:
        shard = part.file.head.name
        for role, result in part:
            where = f"{path}: {part.file}, {role}, case {result.case[:200]}"
            trial = awaited.pop((role, result.case, result.repeat), None)
            if trial is None or not shard.holds(result.case, clusters.get(result.case, "")):
                raise ShardError(f"{where}: it is not to be measured there, or was so already", hint=_AGAIN)
            try:
                check_foreign(result, trial, names[result.case])
            except ForeignResultError as error:
                raise ShardError(f"{where}: {error}", hint=error.hint or _AGAIN) from None
            yield role, result
        _refuse_gap(part.file, awaited, clusters, path)


def _refuse_gap(
    file: ShardFile, awaited: Mapping[tuple[Role, str, int], Trial], clusters: Mapping[str, str], path: str
) -> None:
    shard = file.head.name
    for role, case, repeat in awaited:
        if shard.holds(case, clusters.get(case, "")):
            raise ShardError(f"{path}: {file} lacks the {role}'s answer {repeat} to case {case}", hint=_AGAIN)
