"""The rules of an environment, where they are read from, and what each says of a release."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from llmops_cli.errors import FileError, GateError
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.default_branch import DefaultBranch, find_default_branch
from llmops_cli.prompts.registry import Registry
from llmops_cli.settings import SETTINGS_FILE, PromotionRules
from llmops_cli.vcs.commit_tree import CommitTree
from llmops_cli.vcs.repo import Repo

# `from` to `signed` stand in llmops.yaml; `known`: whether it could be read; `frozen`: see freeze.py
Rule = Literal["known", "frozen", "yanked", "--from", "from", "eval", "soak", "signed"]
_WRITTEN = ("from", "eval", "soak", "signed")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule says of one prompt; `prompt` is empty where it is about the environment as a whole."""

    rule: Rule
    prompt: str
    version: str
    met: bool
    sentence: str
    hint: str = ""

    @property
    def about(self) -> str:
        """How a sentence begins: `rag-answer 3.2.0: `."""
        return f"{self.prompt} {self.version}: " if self.prompt else ""

    @property
    def written(self) -> bool:
        """Whether it is a rule of llmops.yaml."""
        return self.rule in _WRITTEN

    def __str__(self) -> str:
        return f"{self.about}{self.rule}: {self.sentence}" + (f" ({self.hint})" if self.hint else "")

    def as_json(self) -> dict[str, Json]:
        return {
            "rule": self.rule, "prompt": self.prompt, "version": self.version, "met": self.met,
            "sentence": self.sentence, "hint": self.hint,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one environment. `place` is where they stand: `llmops.yaml at main (a1b2c3d)`.

    `commit` is that of the branch, `file` the path of the llmops.yaml there, from the top of the repository, empty
    where it has none. `unknown`: why the rules are not known; empty when they are.
    """

    environment: str
    asked: PromotionRules
    place: str = ""
    unknown: str = ""
    commit: str = ""
    file: str = ""


def read_rules(registry: Registry, environment: str) -> Rules:
    """The rules of an environment as the default branch has them, as far as this clone knows it.

    The working tree is not asked: a change could lift the bar that it has to pass. Only a repository without any
    remote and without that branch is read at HEAD, as there is nothing else.
    """
    branch = find_default_branch(registry) or _only_branch(registry)
    if branch is None:
        main = registry.config.settings.main
        unknown = f"the branch {main}, where its rules would stand, is not known here"
        return Rules(environment, PromotionRules(), unknown=unknown)
    file = settings_above(branch.tree.repo, branch.commit, registry.config.prefix)
    folder = file.removesuffix(SETTINGS_FILE)
    tree = CommitTree(branch.tree.repo, branch.commit, prefix=folder, label=branch.label)
    place = f"{file or SETTINGS_FILE} at {branch.label}"
    try:
        settings = replace(branch, tree=tree).settings()
    except FileError as error:
        return Rules(environment, PromotionRules(), place, error.message, branch.commit, file)
    asked = settings.environments.get(environment, PromotionRules())
    return Rules(environment, asked, place, commit=branch.commit, file=file)


def settings_above(repo: Repo, commit: str, path: str) -> str:
    """The llmops.yaml of a commit that is nearest upwards of a path; empty when there is none.

    The commit is asked, and not the working tree, in which a project can be anywhere.
    """
    parts = path.split("/")[:-1]
    files = ["/".join([*parts[:depth], SETTINGS_FILE]) for depth in range(len(parts), -1, -1)]
    found = repo.object_ids([f"{commit}:{file}" for file in files])
    return next((file for file, blob in zip(files, found, strict=True) if blob), "")


def _only_branch(registry: Registry) -> DefaultBranch | None:
    repo = registry.repo
    head = repo.head() if repo and not repo.remotes() else None
    if head is None:
        return None
    return DefaultBranch("HEAD", head, (head,), registry.commit_tree(head, label=f"HEAD ({head[:7]})"))


def refusal(rules: Rules, rulings: Sequence[Ruling]) -> GateError:
    """The error that names every rule which is not met, of which there is at least one."""
    unmet = [ruling for ruling in rulings if not ruling.met]
    if len(unmet) == 1:
        (only,) = unmet
        words = f"{only.about}{only.sentence}" + (f" (rule {only.rule!r} of {rules.place})" if only.written else "")
        return GateError(f"{rules.environment}: {words}; nothing was changed", hint=only.hint)
    place = f" ({rules.place})" if any(ruling.written for ruling in unmet) else ""
    lines = "".join(f"\n{ruling}" for ruling in unmet)
    return GateError(f"{rules.environment}: {len(unmet)} rules are not met{place}; nothing was changed{lines}")
