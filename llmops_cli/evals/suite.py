"""A suite: which prompt, which cases, what answers, which checks, and the gate. Loaded, but not yet bound."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pydantic import Field

from llmops_cli.checks.catalogue import shape_of_check
from llmops_cli.checks.check import CheckShape
from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.evals.dataset import GoldenSet, load_golden_set
from llmops_cli.evals.policy import MEASURED, Policy
from llmops_cli.evals.policy_file import read_policy
from llmops_cli.evals.target import TargetShape
from llmops_cli.files.json_value import Json
from llmops_cli.files.shape import FileShape, nearest, read_shape
from llmops_cli.files.yaml_source import Document, Key, dotted, parse_yaml
from llmops_cli.models.offered_target import read_target
from llmops_cli.prompts.reference import check_name
from llmops_cli.vcs.tree import Tree, beside, read_text


class SuiteShape(FileShape):
    """The YAML of a suite."""

    prompt: str = Field(description="The name of the prompt that is measured.")
    cases: str = Field(description="The golden set (.jsonl, .csv or .yaml), relative to this file.")
    description: str = Field(default="", description="For people.")
    target: TargetShape = Field(
        default_factory=TargetShape, description="What answers; the prompt's own model when missing."
    )
    repeats: int = Field(default=1, ge=1, le=50, description="How often every case is asked at first.")
    checks: list[dict[str, Json]] = Field(
        default_factory=list, description="What every output must hold; see: llmops check list."
    )
    gate: dict[str, Json] = Field(
        default_factory=dict, description="What decides: a rule for every metric that counts, and settings of the gate."
    )


@dataclass(frozen=True)
class Suite:
    """A loaded suite with its golden set. `case_checks` holds the own checks of cases by case id."""

    name: str
    path: str
    prompt: str
    golden: GoldenSet
    target: TargetShape
    repeats: int
    checks: tuple[CheckShape, ...]
    case_checks: Mapping[str, tuple[CheckShape, ...]]
    policy: Policy
    data: Json

    @property
    def recording_path(self) -> str:
        """The path of the recording that answers, empty when a model does. Raises FileError."""
        return beside(self.path, self.target.recorded) if self.target.recorded else ""

    def all_checks(self) -> list[CheckShape]:
        """The checks of the suite, then those of single cases."""
        return [*self.checks, *(check for checks in self.case_checks.values() for check in checks)]


def suite_files(tree: Tree, folder: str) -> list[str]:
    """The paths of all suites: the .yaml and .yml files that lie directly in the folder."""
    start = folder.rstrip("/") + "/"
    return [
        path for path in tree.paths(folder) if path.endswith((".yaml", ".yml")) and "/" not in path.removeprefix(start)
    ]


def suite_paths(tree: Tree, folder: str) -> dict[str, str]:
    """Name to path of all suites. Raises FileError when two files have one name: either might be the one not run."""
    found: dict[str, str] = {}
    for path in suite_files(tree, folder):
        name = suite_name(path)
        if name in found:
            message = f"is the suite {name!r} a second time, besides {found[name]}"
            raise FileError([Problem(path, 0, "", message, "rename one of them")])
        found[name] = path
    return found


def suite_name(path: str) -> str:
    """What a suite is called: its file without folder and ending."""
    return path.rpartition("/")[2].rpartition(".")[0]


def find_suite(tree: Tree, folder: str, name: str) -> str:
    """The path of the suite a person named, by name or by path. Raises InputError."""
    suites = suite_paths(tree, folder)
    if name in suites:
        return suites[name]
    if name in suites.values():
        return name
    if not suites:
        raise InputError(f"there is no suite in {folder}/", hint="llmops init writes a first one")
    raise InputError(f"no suite is called {name!r}", hint=nearest(name, sorted(suites)))


def load_suite(tree: Tree, path: str) -> Suite:
    """Read a suite and its golden set from a tree.

    Raises FileError with every problem at its line; MeasureError when there is no case, or ids are not unique.
    """
    document = parse_yaml(read_text(tree, path), path=path)
    shape = read_shape(SuiteShape, document)
    try:
        check_name(shape.prompt)
    except InputError as error:
        raise FileError([Problem(path, document.line(("prompt",)), "prompt", error.message, error.hint)]) from None
    _check_target(shape.target, document)
    problems: list[Problem] = []
    checks = _read_checks(shape.checks, path, document.line, problems)
    golden = load_golden_set(tree, beside(path, shape.cases))
    case_checks = {
        case.id: _read_checks(case.checks, golden.path, lambda _: 0, problems, where=f"case {case.id}: ")
        for case in golden.cases
        if case.checks
    }
    if problems:
        raise FileError(problems)
    every = [*checks, *(check for own in case_checks.values() for check in own)]
    metrics = [*dict.fromkeys(check.name for check in every), *MEASURED]
    tags = list(dict.fromkeys(tag for case in golden.cases for tag in case.tags))
    policy = read_policy(shape.gate, metrics=metrics, tags=tags, path=path, line_of=document.line)
    return Suite(
        name=suite_name(path),
        path=path,
        prompt=shape.prompt,
        golden=golden,
        target=shape.target,
        repeats=shape.repeats,
        checks=checks,
        case_checks=case_checks,
        policy=policy,
        data=document.data,
    )


def _check_target(target: TargetShape, document: Document) -> None:
    """A target of a package must be there, and must know its options. Raises FileError."""
    if not target.type:
        return

    def line_of(key: Key) -> int:
        return document.line(("target", "options", *key))

    try:
        read_target(target.type, target.options, path=document.path, line_of=line_of)
    except FileError as error:
        raise FileError([problem.below("target.options") for problem in error.problems]) from None
    except InputError as error:
        line = document.line(("target", "type"))
        raise FileError([Problem(document.path, line, "target.type", error.message, error.hint)]) from None


def _read_checks(
    entries: list[dict[str, Json]], path: str, line_of: Callable[[Key], int], problems: list[Problem], where: str = ""
) -> tuple[CheckShape, ...]:
    """The checks of the suite, or those of one case; `where` names the case before every message."""
    checks: list[CheckShape] = []
    names: set[str] = set()
    for index, data in enumerate(entries):
        key = dotted(("checks", index))

        def below(key: Key, index: int = index) -> int:
            return line_of(("checks", index, *key))

        try:
            check = shape_of_check(data, path=path, line_of=below)
        except FileError as error:
            problems += [replace(problem.below(key), message=where + problem.message) for problem in error.problems]
            continue
        if check.name in names or check.name in MEASURED:
            taken = "measured anyway" if check.name in MEASURED else "used twice"
            message = f"{where}the name {check.name!r} is {taken}"
            problems.append(Problem(path, below(("name",)), f"{key}.name", message, "choose another"))
        names.add(check.name)
        checks.append(check)
    return tuple(checks)
