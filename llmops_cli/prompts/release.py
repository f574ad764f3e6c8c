"""Releasing: what HEAD holds becomes a tag, once and for ever. Doing it twice, or at the same time, is one release."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llmops_cli.errors import ConflictError, FileError, GateError, InputError, MeasureError
from llmops_cli.files.shape import nearest
from llmops_cli.prompts.check import Candidate, Finding, guard, read_candidate
from llmops_cli.prompts.file import load_prompt, prompt_names, prompt_path
from llmops_cli.prompts.level import Evidence, no_evidence
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.registry import Registry, open_registry
from llmops_cli.prompts.tag import Release
from llmops_cli.vcs.push import Outcome, push
from llmops_cli.vcs.refs import create_tag, delete_ref
from llmops_cli.vcs.repo import Repo

ATTEMPTS = 3
# these say that one number would stand for two contents, which the registry can never allow
_CONFLICTS = {"needs-bump", "version-taken", "silent-merge"}


@dataclass(frozen=True, slots=True)
class Released:
    """What became of it: tags made now, and those that were there with the same content."""

    made: tuple[Release, ...]
    already: tuple[Release, ...]
    pushed: bool = False


def release(
    registry: Registry,
    names: Sequence[str] = (),
    *,
    push_tags: bool = False,
    dry_run: bool = False,
    eval_summary: Callable[[Prompt], str] = lambda _: "",
    evidence: Evidence = no_evidence,
) -> Released:
    """Tag the named prompts (all, when none is named) as HEAD holds them. `eval_summary` goes into the tag.

    `evidence` may raise the level that a change needs, as for `check`: a tag cannot be taken back.

    Raises InputError when the working files differ from HEAD, ConflictError when a version is taken by other content
    (here, on the remote, or by a silent merge), GateError when a guard says no, MeasureError when the remote cannot be
    reached. After an error no tag of this call is left behind.
    """
    repo, head = _repo_and_head(registry)
    remote = registry.config.settings.remote
    chosen = _chosen(registry, head, names)
    if push_tags:
        _fetch_tags(repo, remote, [candidate.prompt.name for candidate in chosen])
        registry = open_registry(registry.config)
    _refuse(guarded(registry, chosen, evidence))
    wanted = [_as_release(registry, candidate, head, eval_summary) for candidate in chosen]
    if dry_run:
        known = [registry.release(one.name, one.version) for one in wanted]
        return Released(
            made=tuple(one for one, there in zip(wanted, known, strict=True) if there is None),
            already=tuple(there for there in known if there is not None),
        )
    for _ in range(ATTEMPTS):
        done = _attempt(registry, repo, wanted, remote if push_tags else "")
        if done is not None:
            return done
        # somebody released in the same moment: what they did is looked at, and need not be done again
        _fetch_tags(repo, remote, [one.name for one in wanted])
        registry = open_registry(registry.config)
        _refuse(guarded(registry, chosen, evidence))
    raise ConflictError(
        f"{remote} took other releases {ATTEMPTS} times in a row; nothing was released", hint="try again"
    )


def guarded(registry: Registry, chosen: Sequence[Candidate], evidence: Evidence) -> list[Finding]:
    """What the guards say of these candidates against the releases."""
    return [finding for candidate in chosen for finding in guard(registry, candidate, evidence)]


def _attempt(registry: Registry, repo: Repo, wanted: Sequence[Release], remote: str) -> Released | None:
    """Make the missing tags and push all; None when the remote has got one of them meanwhile."""
    already = [there for one in wanted if (there := registry.release(one.name, one.version))]
    missing = [one for one in wanted if registry.release(one.name, one.version) is None]
    made: dict[str, str] = {}
    try:
        for one in missing:
            tag_id = create_tag(repo, one.tag, one.commit, one.message())
            if tag_id is None:
                raise ConflictError(
                    f"tag {one.tag} exists and is no release of this prompt",
                    hint=f"look at it: git show {one.tag}",
                )
            made[one.tag] = tag_id
        if remote and not _pushed(repo, remote, [one.tag for one in wanted]):
            _take_back(repo, made)
            return None
    except BaseException:
        _take_back(repo, made)
        raise
    return Released(tuple(missing), tuple(already), pushed=bool(remote))


def _pushed(repo: Repo, remote: str, tags: Sequence[str]) -> bool:
    """False when the remote has a tag of that name already. Raises when it cannot be reached or says no."""
    result = push(repo, remote, [f"refs/tags/{tag}:refs/tags/{tag}" for tag in tags], hooks=True)
    match result.outcome:
        case Outcome.DONE:
            return True
        case Outcome.BEHIND | Outcome.BUSY:
            return False
        case Outcome.REFUSED:
            raise ConflictError(f"{remote} refuses the tag: {result.words}; nothing was released")
        case Outcome.STOPPED:
            raise GateError(f"your pre-push hook says no: {result.words or 'without a word'}; nothing was released")
        case Outcome.UNREACHABLE:
            hint = "without --push the tag stays here; push it later: git push " + remote + " TAG"
            raise MeasureError(f"{remote} cannot be reached: {result.words}; nothing was released", hint=hint)


def _take_back(repo: Repo, made: Mapping[str, str]) -> None:
    """A tag that the remote did not take must not stay: it would say that a release happened."""
    for tag, tag_id in made.items():
        delete_ref(repo, f"refs/tags/{tag}", before=tag_id)


def _fetch_tags(repo: Repo, remote: str, names: Sequence[str]) -> None:
    """The tags of these prompts. Raises MeasureError when they cannot be had, ConflictError when one is different."""
    if remote not in repo.remotes():
        raise InputError(f"there is no remote {remote!r} to push to", hint="name one in llmops.yaml: remote")
    fetched = repo.fetch(remote, *(f"refs/tags/{name}@v*:refs/tags/{name}@v*" for name in names))
    if fetched.ok:
        return
    if "would clobber existing tag" in fetched.err:
        raise ConflictError(
            f"a release here and on {remote} have the same tag but are not the same: {fetched.complaint}",
            hint=f"compare with: git ls-remote --tags {remote}",
        )
    raise MeasureError(f"{remote} cannot be reached: {fetched.complaint}; nothing was released")


def _repo_and_head(registry: Registry) -> tuple[Repo, str]:
    if registry.repo is None:
        raise InputError("this is not a git repository, and a release is a tag", hint="run: git init")
    head = registry.repo.head()
    if head is None:
        raise InputError("there is no commit yet, and a release is a tag on a commit", hint="commit first")
    return registry.repo, head


def _chosen(registry: Registry, head: str, names: Sequence[str]) -> list[Candidate]:
    """The candidates as HEAD holds them. Raises InputError for unknown names and for files that differ from HEAD."""
    tree, folder = registry.commit_tree(head, label="HEAD"), registry.folder
    committed = prompt_names(tree, folder=folder)
    for name in names:
        if name not in committed:
            uncommitted = name in registry.authored()
            message = f"prompt {name!r} is not committed" if uncommitted else f"there is no prompt {name!r} in HEAD"
            raise InputError(message, hint="commit it first" if uncommitted else nearest(name, committed))
    chosen = [read_candidate(tree, name, folder=folder) for name in committed if not names or name in names]
    if not chosen:
        raise InputError(f"there are no prompts below {folder}/ in HEAD")
    assert registry.repo is not None
    read = dict.fromkeys(path for each in chosen for path in (each.path, *each.prompt.parts))
    prefix, repo = registry.config.prefix, registry.repo
    dirty = repo.is_dirty([prefix + path for path in read])
    differing = [path for path in read if repo.is_dirty([prefix + path])] if dirty else []
    # what HEAD does not read yet, but the working tree does
    differing = differing or [candidate.path for candidate in chosen if _differs(registry, candidate)]
    if differing:
        raise InputError(f"{', '.join(differing)}: the file differs from HEAD", hint="commit it, or restore it")
    return chosen


def _differs(registry: Registry, candidate: Candidate) -> bool:
    """Whether the working prompt is not what HEAD holds, through a schema that it names beside itself."""
    try:
        path = prompt_path(registry.work_tree, candidate.prompt.name, folder=registry.folder)
        return not path or (
            load_prompt(registry.work_tree, path, folder=registry.folder).digest != candidate.prompt.digest
        )
    except FileError:
        return True


def _refuse(findings: Sequence[Finding]) -> None:
    if not findings:
        return
    text = "\n".join(str(finding) for finding in findings)
    if any(finding.rule in _CONFLICTS for finding in findings):
        raise ConflictError(f"{text}\nnothing was released")
    raise GateError(f"{text}\nnothing was released")


def _as_release(registry: Registry, candidate: Candidate, head: str, eval_summary: Callable[[Prompt], str]) -> Release:
    prompt = candidate.prompt
    latest = registry.latest(prompt.name)
    return Release(
        name=prompt.name,
        version=prompt.version,
        digest=prompt.digest,
        commit=head,
        path=registry.config.prefix + candidate.path,
        level=str(prompt.version.level_from(latest.version)) if latest else "first",
        eval_summary="" if registry.release(prompt.name, prompt.version) else eval_summary(prompt),
    )
