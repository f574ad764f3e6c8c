"""The default branch as far as this clone knows it: what was reviewed and merged, and the settings that hold.

A change can edit the llmops.yaml of its own branch. Rules that bind the change are therefore read here, from what the
remote is known to have, and never from the working tree.
"""

import re
from dataclasses import dataclass

from llmops_cli.errors import FileError, Problem
from llmops_cli.files.json_value import decode
from llmops_cli.prompts.registry import Registry
from llmops_cli.settings import SETTINGS_FILE, Settings, parse_settings
from llmops_cli.vcs.commit_tree import CommitTree
from llmops_cli.vcs.plumbing import SLOW_TIMEOUT_S
from llmops_cli.vcs.repo import Repo, check_remote


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
    if repo.bare and not noted and "main" not in registry.config.settings.model_fields_set:
        name = repo.branch() or name  # in a bare repository HEAD is the default branch
    branch = _branch(registry, repo, name)
    if branch is None or not noted:
        return branch
    try:
        settings = branch.settings()
    except FileError:
        return branch
    said = settings.main if "main" in settings.model_fields_set else name
    return branch if said == name else _branch(registry, repo, said) or branch


def fetch_default_branch(registry: Registry) -> str:
    """Fetch the default branch of the remote; returns why it could not be had, empty for success.

    How it is called is asked of the remote: the working tree could name any other, and what this clone noted once may
    have been renamed since. What it says is noted; only where it says nothing the note counts, and then the settings.
    That the remote has no such branch yet is no failure: then nothing was ever merged.
    """
    repo, remote = registry.repo, registry.config.settings.remote
    if repo is None:
        return ""
    noted = repo.git("symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD").text.removeprefix(
        f"refs/remotes/{remote}/"
    )
    called, tip = _called(repo, remote)
    name = called or noted or registry.config.settings.main
    known = repo.commit_of(f"refs/remotes/{remote}/{name}")
    if (not tip or known != tip) and (problem := _fetched(repo, remote, name)):
        return problem
    if noted != name and repo.commit_of(f"refs/remotes/{remote}/{name}"):
        repo.git("symbolic-ref", f"refs/remotes/{remote}/HEAD", f"refs/remotes/{remote}/{name}")  # as git clone does
    branch = find_default_branch(registry)
    return _fetched(repo, remote, branch.name) if branch and branch.name != name else ""


def _called(repo: Repo, remote: str) -> tuple[str, str]:
    """What the remote calls its default branch, and where that is; empty where it does not say."""
    said = repo.git("ls-remote", "--symref", "--end-of-options", check_remote(remote), "HEAD", timeout=SLOW_TIMEOUT_S)
    match = re.match(r"ref: refs/heads/(?P<name>\S+)\tHEAD\n(?P<tip>[0-9a-f]+)\tHEAD\Z", said.text)
    return (match["name"], match["tip"]) if match else ("", "")


def _fetched(repo: Repo, remote: str, name: str) -> str:
    """Why a branch could not be fetched; empty when it could, or does not exist.

    It is asked first whether it moved: git looks through all refs of a clone before it finds a fetch to be done.
    """
    branch, tracking = f"refs/heads/{name}", f"refs/remotes/{remote}/{name}"
    known = repo.commit_of(tracking)
    asked = ("ls-remote", "--heads", "--end-of-options", check_remote(remote), branch)
    if known and f"{known}\t{branch}" in repo.git(*asked, timeout=SLOW_TIMEOUT_S).lines:
        return ""
    answer = repo.fetch(remote, f"+{branch}:{tracking}")
    return "" if answer.ok or "couldn't find remote ref" in answer.err else answer.complaint


def _branch(registry: Registry, repo: Repo, name: str) -> DefaultBranch | None:
    remote = registry.config.settings.remote
    known = [repo.commit_of(ref) for ref in (f"refs/remotes/{remote}/{name}", f"refs/heads/{name}")]
    tips = tuple(dict.fromkeys(commit for commit in known if commit))
    if not tips:
        return None
    return DefaultBranch(name, tips[0], tips, registry.commit_tree(tips[0], label=f"{name} ({tips[0][:7]})"))
