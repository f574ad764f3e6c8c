"""From a suite's name to two sides that can be measured, the bar of the base, and whether anything changed at all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from llmops_cli.checks.calibration import Demand
from llmops_cli.checks.check import AskingCheck, Defined
from llmops_cli.checks.check_set import asked_of
from llmops_cli.checks.judge_notes import judge_notes
from llmops_cli.checks.outside import unseen_models
from llmops_cli.checks.panel import members_of
from llmops_cli.config import Config
from llmops_cli.errors import InputError, LlmopsError, MeasureError
from llmops_cli.evals.bar import Bar, bar_of, own_bar
from llmops_cli.evals.calibration_record import CALIBRATIONS
from llmops_cli.evals.case import Case
from llmops_cli.evals.code import code_digest, notes_on_code
from llmops_cli.evals.figures import many
from llmops_cli.evals.kept_calibrations import uncalibrated
from llmops_cli.evals.loaded import Loaded, find_prompt, load, one_digest_a_name, recorded_for
from llmops_cli.evals.plan import Subject
from llmops_cli.evals.policy import Policy
from llmops_cli.evals.run import AcceptedRecord
from llmops_cli.evals.runner import BoundCheck
from llmops_cli.evals.suite import Suite, load_suite
from llmops_cli.evals.surroundings import Surroundings
from llmops_cli.evals.target import TargetShape
from llmops_cli.models.recorded import RecordedRow, Recording
from llmops_cli.prompts.file import prompt_path
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.settings import SETTINGS_FILE, Settings, parse_settings
from llmops_cli.vcs.base import BaseCommit
from llmops_cli.vcs.checkout import entries_as_they_stand
from llmops_cli.vcs.commit_tree import CommitTree
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.tree import read_text


@dataclass(frozen=True)
class Preparation:
    """Everything a suite needs before the first call. `baseline` is None where there is nothing to compare with."""

    loaded: Loaded
    candidate: Subject
    baseline: Subject | None
    bar: Bar
    base: BaseCommit | None
    unchanged: bool = False
    notes: tuple[str, ...] = ()
    anchor: Subject | None = None
    anchor_name: str = ""
    accepted: tuple[AcceptedRecord, ...] = ()

    @property
    def suite(self) -> Suite:
        return self.loaded.suite

    @property
    def policy(self) -> Policy:
        return self.bar.policy

    @property
    def recording(self) -> Recording | None:
        return self.loaded.recording

    @property
    def inputs(self) -> str:
        """Digest of everything the candidate is measured with."""
        return self.loaded.inputs

    def checks_of(self, case: Case) -> tuple[BoundCheck, ...]:
        """The checks of a case: those of the suite, and its own, which replace one of the same name."""
        own = self.loaded.case_checks.get(case.id, ())
        replaced = {bound.shape.name for bound in own}
        return tuple(bound for bound in self.loaded.checks if bound.shape.name not in replaced) + own

    def asking_of(self, case: Case) -> list[AskingCheck]:
        """Those checks of a case that must ask somebody."""
        asking = (bound.check for bound in self.checks_of(case) if isinstance(bound.check, AskingCheck))
        singles = [single for check in asking for single in asked_of(check)]
        return [member for single in singles for member in members_of(single)]

    @property
    def asking(self) -> list[AskingCheck]:
        """All checks that must ask somebody, whichever cases they are of."""
        own = (bound for checks in self.loaded.case_checks.values() for bound in checks)
        return [bound.check for bound in (*own, *self.loaded.checks) if isinstance(bound.check, AskingCheck)]

    @property
    def judges(self) -> dict[str, str]:
        """The digest of every judge, and of whatever else is asked, by the name of its check."""
        return one_digest_a_name((check.name, check.digest) for check in self.asking)

    @property
    def judged_by(self) -> dict[str, str]:
        """By the name of a check that judges: the definition and the models, for people."""
        return {
            single.name: " by ".join(filter(None, (single.definition, ", ".join(_models_of(single)))))
            for single in self._singles
            if isinstance(single, Defined)
        }

    @property
    def notes_on_judges(self) -> list[str]:
        """Judges that judge their own kind, or may be another tomorrow."""
        judges = {single.name: _models_of(single) for single in self._singles if isinstance(single, Defined)}
        return judge_notes([subject.model for subject in self.subjects], judges)

    @property
    def unpriced(self) -> list[str]:
        """Checks behind which somebody else asks models, at a cost that nobody here sees."""
        return [single.name for single in self._singles if unseen_models(single)]

    @property
    def _singles(self) -> list[AskingCheck]:
        return [single for check in self.asking for single in asked_of(check)]

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """All sides, the earlier ones first; the candidate alone where there is no baseline."""
        return tuple(side for side in (self.anchor, self.baseline, self.candidate) if side is not None)


def _models_of(check: AskingCheck) -> tuple[str, ...]:
    return check.models or unseen_models(check)


def prepare(config: Config, suite_path: str, base: BaseCommit | None, *, allow_removed: bool = False) -> Preparation:
    """Load the candidate from the working tree and, with a `base`, the baseline and its bar from that commit.

    Raises InputError and FileError for mistakes in the candidate's files, MeasureError when the baseline cannot be
    measured: its files cannot be read, or a recording cannot tell the two sides apart.
    """
    repo = config.find_repo()
    around = Surroundings(config, repo)
    mine = load(config.files(), suite_path, config.settings, around, code_of=code_here(repo, config))
    candidate = _candidate(mine, repo, config)
    if base is None or repo is None:
        mine = _with_calibrations(mine, config, config.settings)
        return Preparation(mine, candidate, None, own_bar(mine.suite), None)
    tree, settings = base_tree(repo, config, base)
    mine = _with_calibrations(mine, config, config.settings, settings)
    if tree.read(suite_path) is None:
        note = f"{suite_path} is new: it does not exist at {base.label}, so its own rules apply"
        with at_base(tree):
            known = prompt_path(tree, mine.suite.prompt, folder=settings.prompts) is not None
            prompt = find_prompt(tree, mine.suite.prompt, folder=settings.prompts) if known else None
        if prompt is not None:
            tell_apart(mine, prompt)
        baseline = _baseline(prompt, mine.suite.target, base, config) if prompt else None
        if baseline is not None and baseline.target.runs_code:
            with at_base(tree):
                code = code_at(base.commit, repo, config)(baseline.target)
            baseline = replace(baseline, code=code)
        return Preparation(mine, candidate, baseline, own_bar(mine.suite), base, notes=(note,))
    with at_base(tree):
        suite = load_suite(tree, suite_path)
        known = prompt_path(tree, suite.prompt, folder=settings.prompts) is not None
        code_of = code_at(base.commit, repo, config)
        theirs = load(tree, suite_path, settings, around.at(base.commit), code_of=code_of) if known else None
    bar = bar_of(suite, mine.suite, allow_removed=allow_removed)
    if theirs is None:
        note = f"{suite.prompt} is new: it does not exist at {base.label}, only floors apply"
        return Preparation(mine, candidate, None, bar, base, notes=(note, *bar.notes))
    notes = _other_prompt(suite, mine.suite, config, allow_removed=allow_removed)
    return _against(mine, theirs, candidate, replace(bar, notes=(*notes, *bar.notes)), base, config)


def _other_prompt(theirs: Suite, mine: Suite, config: Config, *, allow_removed: bool) -> list[str]:
    """A suite that is pointed at another prompt measures the first one no more, unless that is gone: then it has a new
    name. Raises MeasureError where nobody has allowed it.
    """
    if theirs.prompt == mine.prompt:
        return []
    if prompt_path(config.files(), theirs.prompt, folder=config.settings.prompts) is None:
        return [f"the prompt is called {mine.prompt} here, and {theirs.prompt} at the base"]
    if allow_removed:
        return [f"the suite was about {theirs.prompt} and is about {mine.prompt}, as allowed"]
    raise MeasureError(
        f"{mine.path} is about {theirs.prompt} at the base and about {mine.prompt} here,"
        f" so {theirs.prompt} would change unmeasured",
        hint="say --allow-removed if that is meant",
    )


def _with_calibrations(mine: Loaded, config: Config, *settings: Settings) -> Loaded:
    """With what is not known of its judges: by the highest demand of all settings, so that a change cannot lower it."""
    wanted = [one.calibration for one in settings]
    demand = Demand(float(max(one.min_kappa for one in wanted)), float(max(one.min_coverage for one in wanted)))
    folder = f"{config.settings.evals}/{CALIBRATIONS}"
    lacking = uncalibrated(config.files(), folder, mine.suite.name, mine.judges, demand)
    return replace(mine, uncalibrated=lacking)


def base_tree(repo: Repo, config: Config, base: BaseCommit) -> tuple[CommitTree, Settings]:
    """The project as the base has it, with the base's own settings: a change cannot move folders out of sight.

    Raises MeasureError when its llmops.yaml cannot be read.
    """
    tree = CommitTree(repo, base.commit, prefix=config.prefix, label=base.label)
    with at_base(tree):
        there = tree.read(SETTINGS_FILE) is not None
        return tree, parse_settings(read_text(tree, SETTINGS_FILE)) if there else Settings()


def _against(
    mine: Loaded, theirs: Loaded, candidate: Subject, bar: Bar, base: BaseCommit, config: Config
) -> Preparation:
    tell_apart(mine, theirs.prompt)
    target = theirs.suite.target
    if mine.recording is not None or theirs.recording is not None:
        target = mine.suite.target
    own_vars = {case.id: case.vars for case in theirs.suite.golden.cases}
    baseline = replace(
        _baseline(theirs.prompt, target, base, config), own_vars=own_vars, only=bar.known, code=theirs.code
    )
    notes = list(bar.notes)
    if theirs.yardstick != mine.yardstick:
        notes.append("the yardstick changed: both sides are measured with this change's cases, checks and judges")
    notes += _notes_on_answers(mine, theirs, base)
    repo = config.find_repo()
    notes += notes_on_code(repo, mine.suite.target, prefix=config.prefix) if repo else []
    # a service can change without a sign, so it is asked again
    unchanged = theirs.inputs == mine.inputs and not mine.suite.target.may_change_unseen
    return Preparation(mine, candidate, baseline, bar, base, unchanged=unchanged, notes=tuple(notes))


def _notes_on_answers(mine: Loaded, theirs: Loaded, base: BaseCommit) -> list[str]:
    """Where the answers of the baseline come from other than the base would have them."""
    before, after = _source(theirs.suite.target, theirs.prompt), _source(mine.suite.target, mine.prompt)
    if (mine.recording is None) != (theirs.recording is None):
        return [f"the target changed from {before} to {after}, which now answers for both sides"]
    if mine.recording is None or theirs.recording is None:
        return []
    reference, now = theirs.prompt.reference, mine.recording.rows
    rewritten = sum(
        1
        for label, row in theirs.recording.rows.items()
        if label.prompt == reference and label in now and _told(row) != _told(now[label])
    )
    one, more = f"recorded answer of {reference} is not that", f"recorded answers of {reference} are not those"
    return [f"{many(rewritten, one, more)} at {base.name}"] if rewritten else []


def _source(target: TargetShape, prompt: Prompt) -> str:
    return target.recorded or target.name or target.model or prompt.model


def _told(row: RecordedRow) -> tuple[object, ...]:
    return row.output, row.usage, row.cost_usd, row.latency_ms


def _candidate(loaded: Loaded, repo: Repo | None, config: Config) -> Subject:
    commit = (repo.head() if repo else None) or ""
    read = [config.settings.prompts, config.settings.evals, *loaded.prompt.parts]
    dirty = bool(repo and commit and repo.is_dirty([config.prefix + path for path in read]))
    subject = Subject("candidate", loaded.prompt, loaded.suite.target, commit=commit, dirty=dirty, code=loaded.code)
    return at_endpoint(subject, config)


def _baseline(prompt: Prompt, target: TargetShape, base: BaseCommit, config: Config) -> Subject:
    return at_endpoint(Subject("baseline", prompt, target, commit=base.commit), config)


def at_endpoint(subject: Subject, config: Config) -> Subject:
    """The address the environment names is part of every request. Raises InputError for one that only a file names."""
    named = subject.target.endpoint or subject.target.http
    if named and not config.allows(named):
        raise InputError(
            f"the suite sends its calls, and your key, to {named}, which nobody has allowed",
            hint="where llmops runs, and not in a file of the project, set LLMOPS_ENDPOINTS=" + named,
        )
    return replace(subject, default_endpoint=config.endpoint_of(subject.model))


def code_here(repo: Repo | None, config: Config) -> Callable[[TargetShape], str]:
    """The code a target runs on as the working tree has it; outside of a repository nobody can name it."""

    def name(target: TargetShape) -> str:
        if repo is None:
            return ""
        entries = entries_as_they_stand(repo, config.prefix)
        return _code_digest(entries, target, config)

    return name


def code_at(commit: str, repo: Repo, config: Config) -> Callable[[TargetShape], str]:
    """The code a target runs on at a commit."""

    def name(target: TargetShape) -> str:
        entries = repo.entries(commit, config.prefix)
        return _code_digest(entries, target, config)

    return name


def _code_digest(entries: Mapping[str, tuple[str, str]], target: TargetShape, config: Config) -> str:
    settings = config.settings  # of the change: both sides run with its interpreter
    return code_digest(entries, target, prefix=config.prefix, evals=settings.evals, interpreters=settings.interpreters)


def tell_apart(mine: Loaded, theirs: Prompt) -> None:
    """A recording knows versions, not texts: two texts under one version would read the same answers."""
    if mine.recording is not None and mine.prompt.reference == theirs.reference and mine.prompt.digest != theirs.digest:
        raise MeasureError(
            f"{theirs.reference} has another text than the base, under the same version: "
            "a recording cannot tell the two apart",
            hint=f"bump first: llmops prompt bump {theirs.name}",
        )
    recorded_for(theirs, mine.recording)


@contextmanager
def at_base(tree: CommitTree) -> Iterator[None]:
    """What cannot be read there cannot be a baseline. Raises MeasureError."""
    try:
        yield
    except LlmopsError as error:
        raise MeasureError(
            f"the baseline at {tree.label} cannot be read: {error.message}",
            hint="mend it on the base branch first; without it nothing can be compared",
        ) from None
