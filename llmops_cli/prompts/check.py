"""The guards: no two contents under one version, no step smaller than the change, nothing deleted that is served.

Collisions are looked for at the tip of the branch one will merge into, the level is measured from where one left it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.files.shape import nearest
from llmops_cli.prompts.file import load_prompt, prompt_names, prompt_path
from llmops_cli.prompts.level import Evidence, needed_level, no_evidence
from llmops_cli.prompts.other_project import file_of_another
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.reference import check_name
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.silent_merge import find_silent_merge
from llmops_cli.prompts.through import through
from llmops_cli.prompts.version import Level
from llmops_cli.vcs.base import BaseCommit
from llmops_cli.vcs.tree import Tree

Rule = Literal[
    "needs-bump", "version-taken", "version-below", "level-too-low", "silent-merge", "name-taken", "deleted-while-live",
    "yanked-while-live",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a guard objects to. `line` counts from 1, 0 when the file is not there."""

    rule: Rule
    prompt: str
    path: str
    line: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.rule}: {self.message}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` saw: the prompts it looked at, what it objects to, and files that are not prompts at all."""

    prompts: tuple[str, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """A prompt that the candidate is held against, and how messages name it."""

    prompt: Prompt
    label: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A prompt that wants to be the next version; `path` relative to the project root."""

    prompt: Prompt
    path: str
    line: int

    def object_to(self, rule: Rule, message: str, hint: str = "") -> Finding:
        """A finding at the line of the version."""
        return Finding(rule, self.prompt.name, self.path, self.line, f"{self.prompt.name}: {message}", hint)

    @property
    def bump(self) -> str:
        """The hint that mends most findings."""
        return f"run: llmops prompt bump {self.prompt.name}"


def check(
    registry: Registry,
    names: Sequence[str] = (),
    *,
    against: BaseCommit | None = None,
    evidence: Evidence = no_evidence,
) -> Checked:
    """Run the guards over the working tree: over the named prompts, else over all.

    With `against`, prompts that the branch did not touch are passed over. `evidence` may raise the level that a change
    needs. Raises InputError for an unknown name, and where there is not a single prompt.
    """
    tree, folder = registry.work_tree, registry.folder
    authored = prompt_names(tree, folder=folder)
    served = [name for name in registry.names() if registry.serving(name)]
    for name in map(check_name, names):
        if name not in authored and name not in served:
            raise InputError(f"there is no prompt {name!r}", hint=nearest(name, authored))
    if not authored and not served and (against is None or not _names_at(registry, against)):
        # a mistyped folder, or the wrong directory: nothing would be guarded, and that must not look like order
        raise InputError(
            f"there are no prompts below {folder}/, so nothing can be checked",
            hint="look at the folder, and at prompts: in llmops.yaml",
        )
    chosen = [name for name in authored if not names or name in names]
    _refuse_submodules(registry, chosen)
    findings: list[Finding] = []
    problems: list[Problem] = []
    for name in chosen:
        try:
            candidate = read_candidate(tree, name, folder=folder)
            if against is None:
                findings += guard(registry, candidate, evidence)
            else:
                findings += _against_branch(registry, candidate, against, evidence)
        except FileError as error:
            problems += error.problems
    gone = [name for name in served if name not in authored and (not names or name in names)]
    findings += _deleted(registry, gone, against)
    if against is None:  # the request that ends it must not be held up by it
        findings += _yanked(registry, [name for name in served if not names or name in names])
    return Checked(tuple(chosen), tuple(findings), tuple(problems))


def _refuse_submodules(registry: Registry, names: Sequence[str]) -> None:
    """Raises FileError for prompts that no commit of this repository can hold: none of them was ever guarded."""
    head = registry.repo.head() if registry.repo else None
    for name in names if head else ():
        registry.commit_tree(head or "", label="HEAD").must_hold(f"{registry.folder}/{name}.yaml")


def read_candidate(tree: Tree, name: str, *, folder: str) -> Candidate:
    """A prompt with the line of its version. Raises FileError."""
    path = prompt_path(tree, name, folder=folder)
    if path is None:
        raise FileError([Problem(f"{folder}/{name}.yaml", 0, "", "no such file")])
    text = (tree.read(path) or b"").decode("utf-8", "replace")
    match = re.search(r"^version:", text, re.MULTILINE)
    line = text.count("\n", 0, match.start()) + 1 if match else 1
    return Candidate(load_prompt(tree, path, folder=folder), path, line)


def guard(registry: Registry, candidate: Candidate, evidence: Evidence = no_evidence) -> list[Finding]:
    """The guards against the releases alone: as on main, and before a release."""
    prompt = candidate.prompt
    if taken := _name_taken(registry, candidate):
        return taken
    release = registry.release(prompt.name, prompt.version)
    if release is not None and release.digest == prompt.digest:
        return []
    return _against_releases(registry, candidate) or [
        *_too_low(candidate, _latest_side(registry, prompt.name), evidence),
        *_merged_silently(registry, candidate),
    ]


def _against_branch(registry: Registry, candidate: Candidate, against: BaseCommit, evidence: Evidence) -> list[Finding]:
    prompt = candidate.prompt
    base = _side(registry, prompt.name, against.commit, against.label)
    if base is not None and (base.prompt.version, base.prompt.digest) == (prompt.version, prompt.digest):
        return []
    if base is not None and base.prompt.version == prompt.version:
        message = f"changed{through(base.prompt, prompt)} since {base.label}, still {prompt.version}"
        return [candidate.object_to("needs-bump", message, candidate.bump)]
    tip_label = f"{against.name} ({against.against_commit[:7]})"
    tip = _side(registry, prompt.name, against.against_commit, tip_label)
    return (
        _name_taken(registry, candidate)
        or _against_releases(registry, candidate)
        or _against_tip(candidate, tip, against.name)
        or [*_too_low(candidate, base, evidence), *_merged_silently(registry, candidate)]
    )


def _name_taken(registry: Registry, candidate: Candidate) -> list[Finding]:
    other = file_of_another(registry, candidate.prompt.name, candidate.path)
    message = f"the releases of this name are of {other}, and tags belong to the whole repository"
    hint = "give one of the two another name, such as PROJECT/NAME"
    return [candidate.object_to("name-taken", message, hint)] if other else []


def _against_releases(registry: Registry, candidate: Candidate) -> list[Finding]:
    prompt = candidate.prompt
    latest = registry.latest(prompt.name, yanked=True)
    taken = registry.release(prompt.name, prompt.version)
    if taken is not None and taken.digest != prompt.digest:
        if taken == latest:
            before = _latest_side(registry, prompt.name)
            by = through(before.prompt, prompt) if before else ""
            message = f"changed{by} since {prompt.version} was released, still {prompt.version}"
            return [candidate.object_to("needs-bump", message, candidate.bump)]
        message = f"{prompt.version} is released with other content (tag {taken.tag})"
        return [candidate.object_to("version-taken", message, candidate.bump)]
    if latest is not None and prompt.version < latest.version:
        message = f"{prompt.version} is below the latest release {latest.version}"
        return [candidate.object_to("version-below", message, f"bump from {latest.version}")]
    return _behind_its_candidates(registry, candidate)


def _behind_its_candidates(registry: Registry, candidate: Candidate) -> list[Finding]:
    """A prerelease goes past those of the same MAJOR.MINOR.PATCH that are released already."""
    version = candidate.prompt.version
    series = [one for one in registry.versions(candidate.prompt.name) if one.final == version.final]
    if not version.pre or not series or max(series) < version:
        return []
    message = f"{version} is below the release {max(series)}"
    return [candidate.object_to("version-below", message, f"bump from {max(series)}")]


def _against_tip(candidate: Candidate, tip: Side | None, branch: str) -> list[Finding]:
    prompt = candidate.prompt
    if tip is None:
        return []
    if tip.prompt.version == prompt.version and tip.prompt.digest != prompt.digest:
        message = f"{prompt.version} is taken by other content on {tip.label}"
        return [candidate.object_to("version-taken", message, f"merge {branch} and bump again")]
    if prompt.version < tip.prompt.version:
        message = f"{prompt.version} is below {tip.prompt.version} on {tip.label}"
        return [candidate.object_to("version-below", message, f"merge {branch} and bump from {tip.prompt.version}")]
    return []


def _too_low(candidate: Candidate, before: Side | None, evidence: Evidence) -> list[Finding]:
    prompt = candidate.prompt
    if before is None or before.prompt.digest == prompt.digest:
        return []
    step = prompt.version.level_from(before.prompt.version)
    moved = evidence(before.prompt.digest, prompt.digest) if step < Level.MINOR else ""
    needed = needed_level(before.prompt, prompt, behaviour_moved=moved)
    if step >= needed.level:
        return []
    reasons = "; ".join(reason.sentence for reason in needed.reasons if reason.level == needed.level)
    message = (
        f"{before.prompt.version} -> {prompt.version} is a {step} step, but the change since {before.label} "
        f"needs {needed.level}: {reasons}"
    )
    return [candidate.object_to("level-too-low", message, f"at least {before.prompt.version.bump(needed.level)}")]


def _merged_silently(registry: Registry, candidate: Candidate) -> list[Finding]:
    found = find_silent_merge(registry, candidate.prompt, candidate.path)
    if found is None:
        return []
    one, other = (commit[:7] for commit in found.sides)
    message = (
        f"merge {found.merge[:7]} joined two different {candidate.prompt.version}, of {one} and of {other}, "
        "without a conflict"
    )
    return [candidate.object_to("silent-merge", message, candidate.bump)]


def _deleted(registry: Registry, gone: Sequence[str], against: BaseCommit | None) -> list[Finding]:
    if against is not None:
        there = _names_at(registry, against)
        gone = [name for name in gone if name in there]
    findings: list[Finding] = []
    for name in gone:
        places = ", ".join(f"{live.environment} ({live.version})" for live in registry.serving(name))
        path = f"{registry.folder}/{name}.yaml"
        message = f"{name}: the file is gone, but it is live on {places}"
        findings.append(Finding("deleted-while-live", name, path, 0, message, "keep the file while it is served"))
    return findings


def _yanked(registry: Registry, served: Sequence[str]) -> list[Finding]:
    findings: list[Finding] = []
    for live in (live for name in served for live in registry.serving(name)):
        release = registry.release(live.name, live.version)
        if release is not None and release.yanked:
            message = f"{live.name}: {live.environment} serves {live.version}, which is yanked: {release.yanked}"
            hint = f"run: llmops rollback {live.name} --env {live.environment}"
            path = f"{registry.folder}/{live.name}.yaml"
            findings.append(Finding("yanked-while-live", live.name, path, 0, message, hint))
    return findings


def _names_at(registry: Registry, base: BaseCommit) -> list[str]:
    return prompt_names(registry.commit_tree(base.commit, label=base.label), folder=registry.folder)


def _latest_side(registry: Registry, name: str) -> Side | None:
    latest = registry.latest(name)
    if latest is None:
        return None
    try:
        return Side(registry.released_prompt(latest), f"release {latest.version}")
    except FileError:
        return None  # an early release that today's rules would refuse is no reason to refuse its successor


def _side(registry: Registry, name: str, commit: str, label: str) -> Side | None:
    try:
        prompt = registry.prompt_at(name, commit, label=label)
    except FileError:
        return None  # broken there: whatever mends it is welcome
    return Side(prompt, label) if prompt else None
