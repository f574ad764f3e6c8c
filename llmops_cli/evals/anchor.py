"""A second, earlier side: small drops, each within its tolerance, add up, and only an older version shows the sum."""

from dataclasses import replace

from llmops_cli.config import Config
from llmops_cli.errors import InputError, MeasureError
from llmops_cli.evals.loaded import find_prompt
from llmops_cli.evals.plan import Subject
from llmops_cli.evals.preparation import Preparation, at_base, at_endpoint, base_tree, code_at, tell_apart
from llmops_cli.evals.suite import load_suite
from llmops_cli.prompts.file import prompt_path
from llmops_cli.prompts.registry import open_registry
from llmops_cli.vcs.base import BaseCommit, tip_of
from llmops_cli.vcs.plumbing import SLOW_TIMEOUT_S
from llmops_cli.vcs.repo import Repo, check_remote

# stands for the newest release of the suite's prompt; a branch of this name is refs/heads/release
RELEASE = "release"


def with_anchor(prepared: Preparation, config: Config, name: str) -> Preparation:
    """The preparation with the prompt at `name` (a branch, tag or commit, or `release`) as a further side.

    It answers the candidate's golden set, as far as its own golden set and the base's have the cases, at the target it
    had. Where there is no such prompt yet, or it is the base's, a note says so instead.
    Raises MeasureError when there is no such commit, its files cannot be read, or the tags are missing.
    """
    repo = config.find_repo()
    if prepared.unchanged or repo is None or prepared.baseline is None:
        return prepared
    commit = _commit(prepared, config, repo, name)
    if commit is None:
        return _noted(prepared, f"{prepared.suite.prompt} is not released yet, so there is no anchor")
    anchor = _subject(prepared, config, repo, commit)
    if anchor is None:
        return _noted(prepared, f"{prepared.suite.prompt} does not exist at the anchor {commit.label}")
    base = prepared.baseline
    if (anchor.prompt.digest, anchor.target, anchor.code) == (base.prompt.digest, base.target, base.code):
        return _noted(prepared, f"the anchor {commit.label} is what the base has, so the base says it all")
    return replace(prepared, anchor=anchor, anchor_name=name)


def _noted(prepared: Preparation, note: str) -> Preparation:
    return replace(prepared, notes=(*prepared.notes, note))


def _commit(prepared: Preparation, config: Config, repo: Repo, name: str) -> BaseCommit | None:
    """The commit of the anchor; None when it is to be the newest release and there is none."""
    if not name.strip():
        raise InputError("--anchor is empty", hint=f"name a branch, a tag or a commit, or say {RELEASE}")
    if name == RELEASE:
        registry = open_registry(config)
        release = registry.latest(prepared.suite.prompt)
        if release is not None:
            return BaseCommit(release.commit, release.commit, release.tag)
        if registry.tags_missing() and not unreleased(repo, config, prepared.suite.prompt):
            raise MeasureError("no tags are fetched, so nobody knows the newest release", hint="git fetch --tags")
        return None
    tip = tip_of(repo, name, remote=config.settings.remote)
    if tip is None:
        hint = f"git fetch {config.settings.remote} --tags; in CI check out the whole history (fetch-depth: 0)"
        raise MeasureError(f"there is no branch, tag or commit {name!r} to anchor at", hint=hint)
    return BaseCommit(tip, tip, name)


def unreleased(repo: Repo, config: Config, prompt: str) -> bool:
    """Whether the remote says that it has no release of the prompt either."""
    remote = check_remote(config.settings.remote)
    tags = f"refs/tags/{prompt}@v*"
    found = repo.git("ls-remote", "--tags", "--end-of-options", remote, tags, timeout=SLOW_TIMEOUT_S)
    return found.ok and not found.text.strip()


def _subject(prepared: Preparation, config: Config, repo: Repo, commit: BaseCommit) -> Subject | None:
    tree, settings = base_tree(repo, config, commit)
    mine = prepared.suite
    target, own_vars, only = mine.target, {}, prepared.bar.known
    with at_base(tree):
        if prompt_path(tree, mine.prompt, folder=settings.prompts) is None:
            return None
        prompt = find_prompt(tree, mine.prompt, folder=settings.prompts)
        if tree.read(mine.path) is not None:
            theirs = load_suite(tree, mine.path)
            if not mine.target.recorded and not theirs.target.recorded:
                target = theirs.target
            own_vars = {case.id: case.vars for case in theirs.golden.cases}
            only = frozenset(own_vars) if only is None else only & own_vars.keys()
        code = code_at(commit.commit, repo, config)(target) if target.runs_code else ""
    tell_apart(prepared.loaded, prompt)
    subject = Subject("anchor", prompt, target, commit=commit.commit, only=only, own_vars=own_vars, code=code)
    return at_endpoint(subject, config)
