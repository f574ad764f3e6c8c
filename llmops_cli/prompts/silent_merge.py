"""Two branches bump to the same number, git merges the identical lines without a word: one number, two contents."""

from dataclasses import dataclass

from llmops_cli.errors import FileError
from llmops_cli.prompts.live import version_in
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.registry import Registry
from llmops_cli.vcs.repo import Repo


@dataclass(frozen=True, slots=True)
class SilentMerge:
    """A merge whose two sides both claim the version, with different content, and whose result is neither of them."""

    merge: str
    sides: tuple[str, str]  # commits


def find_silent_merge(registry: Registry, prompt: Prompt, path: str) -> SilentMerge | None:
    """The newest merge since the latest release that hides a second claim on the version of `prompt`.

    `path` is the prompt's file, relative to the project root. A merge that settled on one side's content hides nothing,
    and where the common ancestor has the version already, nobody claimed it anew.
    """
    repo, head = registry.repo, registry.repo.head() if registry.repo else None
    if repo is None or head is None:
        return None
    full, *parts = (registry.config.prefix + each for each in (path, *prompt.parts))
    latest = registry.latest(prompt.name, yanked=True)
    stop = [f"^{latest.commit}"] if latest else []
    log = repo.ask("log", "--merges", "--topo-order", "--format=%H %P", head, *stop, "--", full, *parts)
    merges = [line.split() for line in log.lines]
    wanted = [f"{commit}:{full}" for merge in merges for commit in merge]
    versions = dict(zip(wanted, map(version_in, repo.read_blobs(wanted)), strict=True))
    for merge, *parents in merges:
        claims = [parent for parent in parents if versions[f"{parent}:{full}"] == prompt.version]
        if versions[f"{merge}:{full}"] != prompt.version:
            continue
        for index, one in enumerate(claims):
            for other in claims[index + 1 :]:
                if _hides(registry, repo, prompt, (merge, one, other)):
                    return SilentMerge(merge, (one, other))
    return None


def _hides(registry: Registry, repo: Repo, prompt: Prompt, commits: tuple[str, str, str]) -> bool:
    result, one, other = (_digest(registry, prompt.name, commit) for commit in commits)
    if None in (result, one, other) or len({result, one, other}) < 3:
        return False
    base = repo.merge_base(commits[1], commits[2])
    try:
        before = registry.prompt_at(prompt.name, base, label=base[:7]) if base else None
    except FileError:
        before = None
    return before is None or before.version != prompt.version


def _digest(registry: Registry, name: str, commit: str) -> str | None:
    try:
        prompt = registry.prompt_at(name, commit, label=commit[:7])
    except FileError:
        return None
    return prompt.digest if prompt else None
