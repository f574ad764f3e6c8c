"""Which suites and golden sets a person means."""

from collections.abc import Sequence

from llmops_cli.errors import InputError
from llmops_cli.evals.suite import SuiteShape, suite_paths
from llmops_cli.files.shape import nearest, read_shape
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.settings import Settings
from llmops_cli.vcs.tree import Tree, beside, read_text


def suite_shape(tree: Tree, suite: str) -> SuiteShape:
    """A suite as it is written, without its cases and checks. Raises FileError."""
    return read_shape(SuiteShape, parse_yaml(read_text(tree, suite), path=suite))


def golden_path(tree: Tree, suite: str) -> str:
    """The path of a suite's golden set. Raises FileError."""
    return beside(suite, suite_shape(tree, suite).cases)


def chosen(tree: Tree, settings: Settings, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The suites that are meant, and the golden sets that no suite uses; all suites when none is named.

    A golden set that is named stands for the suites that use it. Raises InputError for what is neither.
    """
    known = suite_paths(tree, settings.evals)
    if not names:
        if not known:
            raise InputError(f"there is no suite in {settings.evals}/", hint="name a golden set by its path")
        return sorted(known.values()), []
    suites: list[str] = []
    files: list[str] = []
    for name in names:
        if name in known or name in known.values():
            suites.append(known.get(name, name))
        elif tree.read(name) is None:
            raise InputError(f"{name!r} is neither a suite nor a file", hint=nearest(name, sorted(known)))
        else:
            users = [suite for suite in known.values() if golden_path(tree, suite) == name]
            suites += users
            files += [] if users else [name]
    return list(dict.fromkeys(suites)), files
