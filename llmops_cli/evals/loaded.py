"""One tree's view of a suite: its prompt, its checks bound to what they read, its recording, and a digest of it all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from llmops_cli.checks.check import AskingCheck, CheckShape
from llmops_cli.checks.check_set import asked_of
from llmops_cli.checks.negated import Negated
from llmops_cli.checks.outside import NothingOutside, Outside, unseen_models
from llmops_cli.errors import InputError, MeasureError
from llmops_cli.evals.runner import BoundCheck
from llmops_cli.evals.suite import Suite, load_suite
from llmops_cli.evals.surroundings import Surroundings
from llmops_cli.evals.target import TargetShape
from llmops_cli.files.json_value import Json, digest
from llmops_cli.files.shape import nearest
from llmops_cli.models.recorded import Recording, read_recording
from llmops_cli.prompts.file import load_prompt, prompt_names, prompt_path
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.settings import Settings
from llmops_cli.vcs.tree import Tree, beside, read_text


@dataclass(frozen=True)
class Loaded:
    """A suite with all it depends on. `yardstick` names what outputs are measured with, `inputs` that and the rest."""

    suite: Suite
    prompt: Prompt
    checks: tuple[BoundCheck, ...]
    case_checks: Mapping[str, tuple[BoundCheck, ...]]
    recording: Recording | None
    yardstick: str
    inputs: str
    code: str = ""  # digest of the code that the target runs on, empty where none is known
    uncalibrated: Mapping[str, str] = field(default_factory=dict)  # check -> why its judge is not known to be good

    @property
    def judges(self) -> dict[str, str]:
        """The digest of every judge by the name of its check: of checks that ask models, those with an opinion."""
        bound = [*(one for own in self.case_checks.values() for one in own), *self.checks]
        return one_digest_a_name(
            (one.shape.name, one.check.digest)
            for one in bound
            if _opinionated(one.shape) and isinstance(one.check, AskingCheck) and _asks_models(one.check)
        )


def one_digest_a_name(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By name its digest; of a name that stands for several judges, as cases may have their own, one of all of them."""
    found: dict[str, set[str]] = {}
    for name, own in named:
        found.setdefault(name, set()).add(own)
    return {name: min(own) if len(own) == 1 else digest([*sorted(own)]) for name, own in found.items()}


def _asks_models(check: AskingCheck) -> bool:
    """Whether models are asked, be it through us or by somebody else."""
    return any(single.models or unseen_models(single) for single in asked_of(check))


def _opinionated(shape: CheckShape) -> bool:
    """An opposite has the opinion that it is the opposite of."""
    return _opinionated(shape.check) if isinstance(shape, Negated) else shape.opinionated


@dataclass
class TreeResources:
    """What checks read while they are bound, with a note of every byte, so that a changed schema counts as a change."""

    tree: Tree
    suite_path: str
    prompts: str
    judge_model: str
    embedding_model: str = ""
    surroundings: Surroundings | None = None  # None: the checks are looked at, and never run
    seen: dict[str, str] = field(default_factory=dict)

    def read_text(self, path: str) -> str:
        full = beside(self.suite_path, path)
        text = read_text(self.tree, full)
        self.seen[full] = _digest_of_lines(text)
        return text

    def prompt(self, name: str) -> Prompt:
        prompt = find_prompt(self.tree, name, folder=self.prompts)
        self.seen[f"prompt:{name}"] = prompt.digest
        return prompt

    def default_model(self) -> str:
        return self.judge_model

    def default_embedding_model(self) -> str:
        return self.embedding_model

    def code_digest(self, paths: Sequence[str]) -> str:
        return self.surroundings.code_digest(paths) if self.surroundings else ""

    def outside(self) -> Outside:
        return self.surroundings or NothingOutside()


def load(
    tree: Tree,
    suite_path: str,
    settings: Settings,
    surroundings: Surroundings | None,
    *,
    code_of: Callable[[TargetShape], str] = lambda _: "",
) -> Loaded:
    """Read a suite and everything it names from a tree.

    `surroundings` are what its checks may use besides (None: they are bound to be looked at, and never run).
    `code_of` names the code in that tree that a target runs on.

    Raises InputError and FileError for mistakes in the files, MeasureError when there is nothing to measure or the
    recording was made with another text of the prompt.
    """
    suite = load_suite(tree, suite_path)
    prompt = find_prompt(tree, suite.prompt, folder=settings.prompts)
    resources = TreeResources(
        tree, suite_path, settings.prompts, settings.judge_model, settings.embedding_model, surroundings
    )
    checks = tuple(_bind(shape, resources) for shape in suite.checks)
    own = {case: tuple(_bind(shape, resources) for shape in shapes) for case, shapes in suite.case_checks.items()}
    if not checks and not own:
        raise MeasureError(
            f"{suite_path} has no checks, so there is nothing to measure", hint="add checks: to the suite"
        )
    bound = [*checks, *(check for of_case in own.values() for check in of_case)]
    yardstick: dict[str, Json] = {
        "checks": [one.shape.model_dump(mode="json") for one in checks],
        "judges": [one.check.digest for one in bound if isinstance(one.check, AskingCheck)],
        "cases": suite.golden.digest,
        "read": dict(resources.seen),
    }
    inputs: dict[str, Json] = {
        "prompt": prompt.digest,
        "reference": prompt.reference,
        "suite": suite.data,
        "yardstick": digest(yardstick),
    }
    code = code_of(suite.target) if suite.target.runs_code else ""
    if code:
        inputs["code"] = code
    if suite.target.interpreter:
        inputs["interpreter"] = settings.interpreters.get(suite.target.interpreter)
    recording = None
    if suite.recording_path:
        text = read_text(tree, suite.recording_path)
        recording = read_recording(text, path=suite.recording_path)
        inputs["recording"] = _digest_of_lines(text)
        recorded_for(prompt, recording)
    return Loaded(suite, prompt, checks, own, recording, digest(yardstick), digest(inputs), code)


def _digest_of_lines(text: str) -> str:
    """The same whatever ends the lines: a checkout may write them another way than the commit has them."""
    return digest(text.replace("\r\n", "\n"))


def find_prompt(tree: Tree, name: str, *, folder: str) -> Prompt:
    """The prompt of that name in a tree. Raises InputError when there is none, FileError when it is not valid."""
    path = prompt_path(tree, name, folder=folder)
    if path is None:
        known = prompt_names(tree, folder=folder)
        raise InputError(f"there is no prompt {name!r} in {folder}/", hint=nearest(name, known))
    return load_prompt(tree, path, folder=folder)


def recorded_for(prompt: Prompt, recording: Recording | None) -> None:
    """A recording may say which text of a version it was made with; another text has no recorded answers.

    Raises MeasureError.
    """
    if recording is None:
        return
    digests = {row.digest for label, row in recording.rows.items() if label.prompt == prompt.reference and row.digest}
    if prompt.reference not in (known := recording.prompts()):
        raise MeasureError(
            f"{recording.path} holds no answers of {prompt.reference}, only of {', '.join(known) or 'nothing'}",
            hint="have a model asked, and keep what it says: take `target:` out of the suite, and run "
            f"llmops eval run --record {recording.path}",
        )
    if digests and digests != {prompt.digest}:
        raise MeasureError(
            f"{recording.path} holds answers to another text of {prompt.reference}",
            hint=f"record again, or bump: llmops prompt bump {prompt.name}",
        )


def _bind(shape: CheckShape, resources: TreeResources) -> BoundCheck:
    return BoundCheck(shape, shape.bind(resources))
