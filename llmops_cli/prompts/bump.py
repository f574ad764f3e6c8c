"""Bumping: which version an edited prompt must have at least, measured from where it comes from, and writing it down.

A prompt comes from its latest release (before the first one: from HEAD) and, on a branch, from where the branch left
main. The version must be large enough for each of them, and beyond what main has got meanwhile.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.files.atomic import write_atomic
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.file import PromptFile
from llmops_cli.prompts.level import Evidence, Needed, Reason, needed_level, no_evidence
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.reference import Reference
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.version import Level, Version
from llmops_cli.vcs.tree import read_text

_PRE = re.compile(r"[A-Za-z][0-9A-Za-z-]{0,30}\Z")
_PASSED = Needed(Level.PATCH, (Reason(Level.PATCH, "version-taken", "the number stays taken"),))


@dataclass(frozen=True, slots=True)
class Origin:
    """Something the working prompt comes from: its version and digest, and the level the way from there needs."""

    label: str
    version: Version
    digest: str
    needed: Needed

    def lowest(self, level: Level) -> Version:
        """The smallest version that is a step of at least `level`, and of what is needed, from here."""
        return self.version.bump(max(level, self.needed.level))

    def covered_by(self, version: Version, level: Level) -> bool:
        """Whether a version is a large enough step from here."""
        return version.level_from(self.version) >= max(level, self.needed.level)


@dataclass(frozen=True, slots=True)
class Bump:
    """What a bump would do. `changed` are the origins that differ; `file` is the file with its new version."""

    prompt: Prompt
    target: Version
    origins: tuple[Origin, ...]
    changed: tuple[Origin, ...]
    file: PromptFile

    @property
    def needed(self) -> Needed:
        """The largest level any origin needs."""
        return max((origin.needed for origin in self.changed), key=lambda n: n.level, default=Needed(Level.NONE))

    @property
    def writes(self) -> bool:
        """Whether the file has to change."""
        return self.target != self.prompt.version

    def explanation(self) -> str:
        """One sentence that says what happens, and measured from what."""
        name, version = self.prompt.name, self.prompt.version
        if self.writes:
            return f"{name} {version} -> {self.target}"
        if self.changed:
            origin = max(self.changed, key=lambda each: each.needed.level)
            return f"{name}: {version} already covers the {self.needed.level} change since {origin.label}"
        if self.origins:
            return f"{name}: nothing the model sees changed since {self.origins[0].label}; it stays at {version}"
        return f"{name} is new: nothing is released or committed, so it stays at {version}"

    def as_json(self) -> dict[str, Json]:
        return {
            "name": self.prompt.name,
            "path": self.prompt.path,
            "from": str(self.prompt.version),
            "to": str(self.target),
            "changed": self.writes,
            "since": [{"label": each.label, "version": str(each.version)} for each in self.changed],
            "needed": self.needed.as_json(),
        }


def origin_prompt(registry: Registry, name: str) -> tuple[Prompt, str] | None:
    """What the working prompt is compared with by default: the latest release, else HEAD; with a label.

    None when there is neither. Raises FileError when it cannot be read.
    """
    latest = registry.latest(name)
    if latest is not None:
        return registry.released_prompt(latest), f"release {latest.version}"
    head = registry.head_prompt(name)
    return (head, "HEAD") if head else None


def plan_bump(
    registry: Registry,
    name: str,
    *,
    level: Level | None = None,
    version: Version | None = None,
    pre: str = "",
    finish: bool = True,
    evidence: Evidence = no_evidence,
) -> Bump:
    """The version that the working file of a prompt should have, and the file with it. Nothing is written.

    Without `level` and `version` the smallest level that is needed; a file whose version is large enough keeps it, but
    a prerelease that is released becomes what it was a prerelease of. `pre` names a prerelease (`rc`): the version will
    be the first free `X.Y.Z-rc.N`. Without `finish` a prerelease to which nothing happened stays what it is.
    `evidence` may raise what is needed: an evaluation that saw answers move makes a wording change minor.
    Raises InputError when there is no such prompt, or the asked level or version is too small; FileError when the file
    is not valid or its version cannot be edited in place.
    """
    prompt = registry.resolve(Reference(name))
    origins = tuple(_origins(registry, prompt, evidence))
    changed = tuple(origin for origin in origins if origin.digest != prompt.digest)
    if version is not None:
        target = _asked_version(registry, prompt, version, origins, changed)
    elif not changed:
        target = prompt.version.bump(level) if level and not origins else prompt.version
    else:
        target = _target(prompt, level, changed)
    if pre:
        target = _candidate(registry, prompt, target, pre, changed)
    elif finish and version is None and target.pre and registry.release(name, target):
        target = target.final  # the candidate was released: what follows is what it was a candidate of
    file = PromptFile(prompt.path, read_text(registry.work_tree, prompt.path))
    return Bump(prompt, target, origins, changed, file.with_version(target) if target != prompt.version else file)


def plan_bumps(
    registry: Registry,
    names: Sequence[str],
    *,
    level: Level | None = None,
    version: Version | None = None,
    pre: str = "",
    finish: bool = True,
    evidence: Evidence = no_evidence,
) -> list[Bump]:
    """The bumps of several prompts, as `plan_bump` plans each. Raises FileError with the problems of all files."""
    planned: list[Bump] = []
    problems: dict[Problem, None] = {}
    for name in names:
        try:
            planned.append(
                plan_bump(registry, name, level=level, version=version, pre=pre, finish=finish, evidence=evidence)
            )
        except FileError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise FileError(list(problems))
    return planned


def write_bump(bump: Bump, root: Path) -> None:
    """Write the file of a bump below the project root. Raises InputError when it cannot be written."""
    try:
        write_atomic(root / bump.prompt.path, bump.file.text.encode())
    except OSError as error:
        raise InputError(f"{bump.prompt.path} cannot be written: {error.strerror}") from None


def _target(prompt: Prompt, level: Level | None, changed: tuple[Origin, ...]) -> Version:
    for origin in changed:
        if level is not None and level < origin.needed.level:
            raise InputError(
                _too_small(f"a {level} step is too small for the change since {origin.label}", origin),
                hint=f"llmops prompt bump {prompt.name} takes the level that is needed",
            )
    wanted = level or Level.NONE
    if all(origin.covered_by(prompt.version, wanted) for origin in changed):
        return prompt.version
    return max(origin.lowest(wanted) for origin in changed)


def _candidate(registry: Registry, prompt: Prompt, target: Version, pre: str, changed: tuple[Origin, ...]) -> Version:
    """The prerelease of a version that is free; the file keeps its own if that is one."""
    if not _PRE.match(pre):
        raise InputError(f"--pre {pre!r} is not the name of a prerelease", hint="letters, such as rc or beta")
    if not changed and registry.release(prompt.name, prompt.version) is not None:
        return prompt.version  # there is nothing new to try out
    final = target.final
    known = [*registry.versions(prompt.name), *(one.version for one in changed)]
    taken = [version for version in known if version.pre and version.final == final]
    own = prompt.version
    if own.pre[:1] == (pre,) and own.final == final and (own not in taken or target == own):
        return own
    of_it = (version.pre[1] for version in taken if len(version.pre) == 2 and version.pre[0] == pre)
    number = 1 + max((int(each) for each in of_it if each.isdigit()), default=0)
    found = replace(final, pre=(pre, str(number)))
    highest = max(taken, default=None)
    if highest is not None and found < highest:
        raise InputError(f"{found} is below {highest}, which is taken", hint="versions only go up")
    return found


def _asked_version(
    registry: Registry, prompt: Prompt, version: Version, origins: tuple[Origin, ...], changed: tuple[Origin, ...]
) -> Version:
    taken = registry.release(prompt.name, version)
    if taken is not None and taken.digest != prompt.digest:
        lowest = max((origin.lowest(Level.NONE) for origin in changed), default=None)
        hint = f"at least {lowest}" if lowest else "take a higher version"
        raise InputError(f"{version} is released with other content (tag {taken.tag})", hint=hint)
    for origin in changed:
        if not origin.covered_by(version, Level.NONE):
            too_small = f"{version} is too small a step from {origin.version} ({origin.label})"
            raise InputError(_too_small(too_small, origin), hint=f"at least {origin.lowest(Level.NONE)}")
    for origin in origins:
        if version < origin.version:
            raise InputError(f"{version} is below {origin.version} ({origin.label})", hint="versions only go up")
    return version


def _too_small(message: str, origin: Origin) -> str:
    reasons = "".join(f"\n{reason.level}: {reason.sentence}" for reason in origin.needed.reasons)
    return f"{message}, which needs {origin.needed.level}{reasons}"


def _origins(registry: Registry, prompt: Prompt, evidence: Evidence) -> Iterator[Origin]:
    latest = registry.latest(prompt.name)
    if latest is not None:
        yield Origin(
            f"release {latest.version}", latest.version, latest.digest, _since(registry, latest, prompt, evidence)
        )
    taken = registry.release(prompt.name, prompt.version)
    highest = registry.latest(prompt.name, yanked=True)
    if highest is not None and highest.yanked and highest.digest != prompt.digest:
        # what it said is no measure any more, but its number stays taken
        yield Origin(f"release {highest.version} (yanked)", highest.version, highest.digest, _PASSED)
    if taken is not None and taken not in (latest, highest) and taken.digest != prompt.digest:
        # its number is gone, however large a step from the latest it would be; a prerelease promised nothing
        needed = _PASSED if taken.version.pre else _since(registry, taken, prompt, evidence)
        yield Origin(f"release {taken.version}", taken.version, taken.digest, needed)
    fork, tip = _main(registry)
    if fork is None and latest is None and registry.repo is not None:
        fork, tip = registry.repo.head(), None
    left = _at(registry, prompt.name, fork)
    if left is not None and (latest is None or (left.version, left.digest) != (latest.version, latest.digest)):
        label = f"{left.version} on {registry.config.settings.main}" if tip else f"{left.version} at HEAD"
        needed = needed_level(left, prompt, behaviour_moved=evidence(left.digest, prompt.digest))
        yield Origin(label, left.version, left.digest, needed)
    now = _at(registry, prompt.name, tip) if tip != fork else None
    if now is not None and now.digest != prompt.digest and (left is None or now.digest != left.digest):
        # how main changed is not our change: its version must only be passed
        passed = Reason(Level.PATCH, "version-taken", f"{registry.config.settings.main} has {now.version} by now")
        yield Origin(f"{now.version} on {registry.config.settings.main}", now.version, now.digest,
                     Needed(Level.PATCH, (passed,)))  # fmt: skip


def _since(registry: Registry, release: Release, prompt: Prompt, evidence: Evidence) -> Needed:
    """The level that the way from a release needs."""
    try:
        before = registry.released_prompt(release)
        return needed_level(before, prompt, behaviour_moved=evidence(before.digest, prompt.digest))
    except FileError:
        # a release that today's rules would refuse still holds its version
        unread = Reason(Level.PATCH, "unreadable", f"release {release.version} cannot be read any more")
        return Needed(Level.PATCH, (unread,)) if release.digest != prompt.digest else Needed(Level.NONE)


def _main(registry: Registry) -> tuple[str | None, str | None]:
    """Where this branch left main, and the tip of main, as far as this clone knows; nothing on main itself."""
    repo, settings = registry.repo, registry.config.settings
    head = repo.head() if repo else None
    if repo is None or head is None or repo.branch() == settings.main:
        return None, None
    names = (f"refs/heads/{settings.main}", f"refs/remotes/{settings.remote}/{settings.main}")
    tip = next((commit for name in names if (commit := repo.commit_of(name))), None)
    return (repo.merge_base(head, tip), tip) if tip else (None, None)


def _at(registry: Registry, name: str, commit: str | None) -> Prompt | None:
    try:
        return registry.prompt_at(name, commit, label=commit[:7]) if commit else None
    except FileError:
        return None  # broken there: whatever mends it is welcome
