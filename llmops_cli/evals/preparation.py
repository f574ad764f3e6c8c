"""From a suite's name to two sides that can be measured: prompts, policy and critical cases of both trees, and whether
anything changed at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from llmops_cli.checks.check import Check, CheckShape, Judge
from llmops_cli.config import Config
from llmops_cli.errors import InputError, LlmopsError, MeasureError
from llmops_cli.evals.case import Case
from llmops_cli.evals.plan import Subject
from llmops_cli.evals.policy import Policy, Rule
from llmops_cli.evals.runner import BoundCheck
from llmops_cli.evals.suite import Suite, load_suite
from llmops_cli.files.json_value import Json, digest
from llmops_cli.files.shape import nearest
from llmops_cli.models.recorded import Recording, read_recording
from llmops_cli.prompts.file import load_prompt, prompt_names, prompt_path
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.vcs.base import BaseCommit
from llmops_cli.vcs.commit_tree import CommitTree
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.tree import Tree, WorkTree, beside, read_text


@dataclass(frozen=True)
class Preparation:
    """Everything a suite needs before the first call. `baseline` is None where there is nothing to compare with."""

    suite: Suite
    candidate: Subject
    baseline: Subject | None
    checks: tuple[BoundCheck, ...]
    case_checks: Mapping[str, tuple[BoundCheck, ...]]
    recording: Recording | None
    policy: Policy
    critical: frozenset[str]
    removed_cases: tuple[str, ...]
    inputs: str
    unchanged: bool
    base: BaseCommit | None
    notes: tuple[str, ...] = ()

    def checks_of(self, case: Case) -> tuple[BoundCheck, ...]:
        """The checks of a case: those of the suite, and its own, which replace one of the same name."""
        own = self.case_checks.get(case.id, ())
        replaced = {bound.shape.name for bound in own}
        return tuple(bound for bound in self.checks if bound.shape.name not in replaced) + own

    def judges_of(self, case: Case) -> list[Judge]:
        return [bound.check for bound in self.checks_of(case) if isinstance(bound.check, Judge)]

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Both sides, the baseline first; the candidate alone where there is no baseline."""
        return (self.baseline, self.candidate) if self.baseline else (self.candidate,)

    @property
    def clusters(self) -> dict[str, str]:
        """Cluster by case id, for the cases that have one."""
        return {case.id: case.group for case in self.suite.golden.cases if case.cluster}


@dataclass
class _Resources:
    """What checks read while they are bound, with a note of every byte, so that a changed schema counts as a change."""

    tree: Tree
    suite_path: str
    prompts: str
    judge_model: str
    seen: dict[str, str] = field(default_factory=dict)

    def read_text(self, path: str) -> str:
        full = beside(self.suite_path, path)
        text = read_text(self.tree, full)
        self.seen[full] = digest(text)
        return text

    def prompt(self, name: str) -> Prompt:
        prompt = find_prompt(self.tree, name, folder=self.prompts)
        self.seen[f"prompt:{name}"] = prompt.digest
        return prompt

    def default_model(self) -> str:
        return self.judge_model


@dataclass(frozen=True)
class _Loaded:
    """One tree's view of the suite."""

    suite: Suite
    prompt: Prompt
    checks: tuple[BoundCheck, ...]
    case_checks: Mapping[str, tuple[BoundCheck, ...]]
    recording: Recording | None
    inputs: str


def prepare(config: Config, suite_path: str, base: BaseCommit | None, *, allow_removed: bool = False) -> Preparation:
    """Load the candidate from the working tree and, with a `base`, the baseline and its policy from that commit.

    Raises InputError and FileError for mistakes in the candidate's files, MeasureError when the baseline cannot be
    measured: its files cannot be read, or a recording cannot tell the two sides apart.
    """
    repo = Repo.find(config.root) if config.git_root else None
    mine = _load(WorkTree(config.root), suite_path, config)
    candidate = _candidate(mine, repo, config)
    if base is None or repo is None:
        return _preparation(mine, candidate, None, base=None)
    tree = CommitTree(repo, base.commit, prefix=config.prefix, label=f"{base.name} ({base.commit[:7]})")
    if tree.read(suite_path) is None:
        note = f"{suite_path} is new: it does not exist at {base.name} ({base.commit[:7]}), so its own rules apply"
        return _with_old_prompt(mine, candidate, tree, base, config, note)
    theirs = _load_base(tree, suite_path, config)
    if theirs is None:
        note = f"{mine.prompt.name} is new: it does not exist at {base.name} ({base.commit[:7]}), only floors apply"
        policy, notes = _base_policy(load_suite(tree, suite_path), mine.suite)
        return replace(_preparation(mine, candidate, None, base=base), policy=policy, notes=(note, *notes))
    return _against(mine, theirs, candidate, base, allow_removed=allow_removed)


def _against(
    mine: _Loaded, theirs: _Loaded, candidate: Subject, base: BaseCommit, *, allow_removed: bool
) -> Preparation:
    policy, notes = _base_policy(theirs.suite, mine.suite)
    known = theirs.suite.golden.by_id
    critical = frozenset(case.id for case in known.values() if case.critical)
    gone = tuple(sorted(known.keys() - mine.suite.golden.by_id.keys()))
    if theirs.inputs != mine.inputs and _yardstick(theirs) != _yardstick(mine):
        notes.append("the yardstick changed: both sides are measured with this change's cases, checks and judges")
    _tell_apart(mine, theirs)
    target = mine.suite.target if mine.suite.target.recorded else theirs.suite.target
    if target.recorded and not mine.suite.target.recorded:
        target = mine.suite.target
    own_vars = {case.id: case.vars for case in known.values()}
    baseline = Subject("baseline", theirs.prompt, target, commit=base.commit, own_vars=own_vars)
    prepared = _preparation(mine, candidate, baseline, base=base)
    return replace(
        prepared,
        policy=policy,
        critical=critical | frozenset(c.id for c in mine.suite.golden.cases if c.critical and c.id not in known),
        removed_cases=() if allow_removed else gone,
        unchanged=theirs.inputs == mine.inputs,
        notes=(*notes, *([f"{len(gone)} cases of the base are gone, as allowed"] if gone and allow_removed else [])),
    )


def _with_old_prompt(
    mine: _Loaded, candidate: Subject, tree: Tree, base: BaseCommit, config: Config, note: str
) -> Preparation:
    """A new suite over a prompt the base already has can still be compared; its own rules apply."""
    prepared = replace(_preparation(mine, candidate, None, base=base), notes=(note,))
    path = prompt_path(tree, mine.suite.prompt, folder=config.settings.prompts)
    if path is None:
        return prepared
    prompt = load_prompt(tree, path, folder=config.settings.prompts)
    theirs = replace(mine, prompt=prompt)
    _tell_apart(mine, theirs)
    return replace(prepared, baseline=Subject("baseline", prompt, mine.suite.target, commit=base.commit))


def _preparation(
    mine: _Loaded, candidate: Subject, baseline: Subject | None, *, base: BaseCommit | None
) -> Preparation:
    return Preparation(
        suite=mine.suite,
        candidate=candidate,
        baseline=baseline,
        checks=mine.checks,
        case_checks=mine.case_checks,
        recording=mine.recording,
        policy=mine.suite.policy,
        critical=frozenset(case.id for case in mine.suite.golden.cases if case.critical),
        removed_cases=(),
        inputs=mine.inputs,
        unchanged=False,
        base=base,
    )


def _load(tree: Tree, suite_path: str, config: Config) -> _Loaded:
    suite = load_suite(tree, suite_path)
    prompt = find_prompt(tree, suite.prompt, folder=config.settings.prompts)
    resources = _Resources(tree, suite_path, config.settings.prompts, config.settings.judge_model)
    checks = tuple(_bind(shape, resources) for shape in suite.checks)
    own = {case: tuple(_bind(shape, resources) for shape in shapes) for case, shapes in suite.case_checks.items()}
    if not checks and not own:
        raise MeasureError(
            f"{suite_path} has no checks, so there is nothing to measure", hint="add checks: to the suite"
        )
    recording = None
    if suite.recording_path:
        text = read_text(tree, suite.recording_path)
        recording = read_recording(text, path=suite.recording_path)
        resources.seen[suite.recording_path] = digest(text)
        _recorded_for(prompt, recording)
    inputs: dict[str, Json] = {
        "prompt": prompt.digest,
        "reference": prompt.reference,
        "suite": suite.data,
        "cases": suite.golden.digest,
        "judge_model": config.settings.judge_model,
        "read": dict(resources.seen),
    }
    return _Loaded(suite, prompt, checks, own, recording, digest(inputs))


def _load_base(tree: CommitTree, suite_path: str, config: Config) -> _Loaded | None:
    """The base's view, None when its prompt does not exist there. What cannot be read there cannot be a baseline."""
    try:
        suite = load_suite(tree, suite_path)
        if prompt_path(tree, suite.prompt, folder=config.settings.prompts) is None:
            return None
        return _load(tree, suite_path, config)
    except LlmopsError as error:
        raise MeasureError(
            f"the baseline at {tree.label} cannot be read: {error.message}",
            hint="mend it on the base branch first; without it nothing can be compared",
        ) from None


def _bind(shape: CheckShape, resources: _Resources) -> BoundCheck:
    check: Check | Judge = shape.bind(resources)
    return BoundCheck(shape, check)


def _candidate(loaded: _Loaded, repo: Repo | None, config: Config) -> Subject:
    commit = (repo.head() if repo else None) or ""
    folders = [config.prefix + config.settings.prompts, config.prefix + config.settings.evals]
    dirty = bool(repo and commit and repo.is_dirty(folders))
    return Subject("candidate", loaded.prompt, loaded.suite.target, commit=commit, dirty=dirty)


def find_prompt(tree: Tree, name: str, *, folder: str) -> Prompt:
    """The prompt of that name in a tree. Raises InputError when there is none, FileError when it is not valid."""
    path = prompt_path(tree, name, folder=folder)
    if path is None:
        known = prompt_names(tree, folder=folder)
        raise InputError(f"there is no prompt {name!r} in {folder}/", hint=nearest(name, known))
    return load_prompt(tree, path, folder=folder)


def _recorded_for(prompt: Prompt, recording: Recording | None) -> None:
    """A recording may say which text of a version it was made with; another text has no recorded answers."""
    if recording is None:
        return
    digests = {row.digest for label, row in recording.rows.items() if label.prompt == prompt.reference and row.digest}
    if digests and digests != {prompt.digest}:
        raise MeasureError(
            f"{recording.path} holds answers to another text of {prompt.reference}",
            hint=f"record again, or bump: llmops prompt bump {prompt.name}",
        )


def _tell_apart(mine: _Loaded, theirs: _Loaded) -> None:
    """A recording knows versions, not texts: two texts under one version would read the same answers."""
    same = mine.prompt.reference == theirs.prompt.reference
    if mine.recording is not None and same and mine.prompt.digest != theirs.prompt.digest:
        raise MeasureError(
            f"{mine.prompt.reference} has another text than the base, under the same version: "
            "a recording cannot tell the two apart",
            hint=f"bump first: llmops prompt bump {mine.prompt.name}",
        )


def _yardstick(loaded: _Loaded) -> str:
    """What both sides are measured with."""
    checks = [bound.shape.model_dump(mode="json") for bound in loaded.checks]
    judges = [bound.check.digest for bound in loaded.checks if isinstance(bound.check, Judge)]
    return digest([checks, judges, loaded.suite.golden.digest])


def _base_policy(theirs: Suite, mine: Suite) -> tuple[Policy, list[str]]:
    """The base's rules, plus the rules of this change for metrics the base did not gate on: a bar can only be added."""
    rules: dict[str, Rule] = dict(theirs.policy.rules)
    notes: list[str] = []
    for name, rule in mine.policy.rules.items():
        if name not in rules:
            rules[name] = rule
            notes.append(f"new rule: {name} ({rule})")
        elif rule != rules[name]:
            notes.append(
                f"the gate of {name} is the base's ({rules[name]}); this change's ({rule}) applies after merge"
            )
    for name in theirs.policy.rules.keys() - mine.policy.rules.keys():
        notes.append(f"this change no longer gates on {name}; the base's rule ({rules[name]}) still applies to it")
    settings = ("alpha", "on_inconclusive", "max_repeats", "max_failed")
    for name in settings:
        ours, base = getattr(mine.policy, name), getattr(theirs.policy, name)
        if ours != base:
            notes.append(f"{name} is the base's ({base}); this change's ({ours}) applies after merge")
    return replace(theirs.policy, rules=rules), notes
