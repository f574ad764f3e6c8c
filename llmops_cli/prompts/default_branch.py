"""The default branch as far as this clone knows it: what was reviewed and merged, and the settings that hold.

A change can edit the llmops.yaml of its own branch. Rules that bind the change are therefore read here, from what the
remote is known to have, and never from the working tree.
"""

from dataclasses import dataclass

from llmops_cli.config import SETTINGS_FILE, Settings, parse_settings
from llmops_cli.errors import FileError, Problem
from llmops_cli.files.json_value import decode
from llmops_cli.prompts.registry import Registry
from llmops_cli.vcs.commit_tree import CommitTree
from llmops_cli.vcs.repo import Repo


@dataclass(frozen=True, slots=True)
class DefaultBranch:
    """`commit` is the tip that counts, of the remote where it is known; `tips` are all of that branch known here."""

    name: str
    commit: str
    tips: tuple[str, ...]
    tree: CommitTree

    @property
    def label(self) -> str:
        """How messages name it: `main (a1b2c3d)`."""
        return self.tree.label

    def settings(self) -> Settings:
        """llmops.yaml as the branch has it. Raises FileError."""
        data = self.tree.read(SETTINGS_FILE)
        try:
            return Settings() if data is None else parse_settings(decode(data, path=SETTINGS_FILE))
        except FileError as error:
            problems = [Problem(f"{one.path} at {self.label}", one.line, one.key, one.message, one.hint)
                        for one in error.problems]  # fmt: skip
            raise FileError(problems) from None


def find_default_branch(registry: Registry) -> DefaultBranch | None:
    """The default branch; None where this clone knows nothing of it. Nothing is fetched.

    A clone notes what its remote calls the default branch. That one's own settings may name another, and they count;
    only where nothing was noted is the name taken from the settings of the working tree.
    """
    repo, remote = registry.repo, registry.config.settings.remote
    if repo is None:
        return None
    noted = repo.git("symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD").text
    name = noted.removeprefix(f"refs/remotes/{remote}/") or registry.config.settings.main
    branch = _branch(registry, repo, name)
    if branch is None or not noted:
        return branch
    try:
        settings = branch.settings()
    except FileError:
        return branch
    said = settings.main if "main" in settings.model_fields_set else name
    return branch if said == name else _branch(registry, repo, said) or branch


def _branch(registry: Registry, repo: Repo, name: str) -> DefaultBranch | None:
    remote = registry.config.settings.remote
    known = [repo.commit_of(ref) for ref in (f"refs/remotes/{remote}/{name}", f"refs/heads/{name}")]
    tips = tuple(dict.fromkeys(commit for commit in known if commit))
    if not tips:
        return None
    return DefaultBranch(name, tips[0], tips, registry.commit_tree(tips[0], label=f"{name} ({tips[0][:7]})"))
