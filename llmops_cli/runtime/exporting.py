"""A snapshot of an environment to carry along: taken from the repository, and every prompt in it proven first."""

from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.prompts.served import load_served
from llmops_cli.runtime.snapshot import Snapshot
from llmops_cli.runtime.tree_files import FOLDERS
from llmops_cli.vcs.tree import Tree


def take_snapshot(tree: Tree, *, environment: str, commit: str, now: float) -> tuple[Snapshot, dict[str, str]]:
    """The snapshot of an environment's tree at a commit, and the version of each prompt in it.

    Raises InputError when there is none in it, FileError with every prompt that a service would refuse.
    """
    paths = [path for folder in FOLDERS for path in tree.paths(folder.rstrip("/"))]
    files = {path: data for path in paths if (data := tree.read(path)) is not None}
    snapshot = Snapshot(environment, commit, now, files)
    versions: dict[str, str] = {}
    problems: list[Problem] = []
    for name in snapshot.names:
        try:
            served = load_served(files.get, name, label=environment)
        except FileError as error:
            problems += error.problems
            continue
        versions[name] = str(served.prompt.version)
        if served.doubt:
            hint = f"run: llmops promote {name} {served.prompt.version} --env {environment}"
            problems.append(Problem(f"{name} on {environment}", 0, "", served.doubt, hint))
    if problems:
        raise FileError(problems, hint="a running service would refuse these, so nothing was written")
    if not versions:
        raise InputError(f"nothing is live on {environment}, so there is nothing to export")
    return snapshot, versions
