"""Releasing: what HEAD holds becomes a tag, once and for ever. Doing it twice, or at the same time, is one release."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from llmops_cli.errors import ConflictError, FileError, GateError, InputError
from llmops_cli.files.shape import nearest
from llmops_cli.prompts.check import Candidate, Finding, guard, read_candidate
from llmops_cli.prompts.default_branch import fetch_default_branch, find_default_branch
from llmops_cli.prompts.file import load_prompt, prompt_names, prompt_path
from llmops_cli.prompts.level import Evidence, no_evidence
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.registry import Registry, open_registry
from llmops_cli.prompts.signature import must_be_signed, signers_of, verdicts_of
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.tag_push import fetch_tags, push_new_tags, take_back
from llmops_cli.vcs.refs import create_tag
from llmops_cli.vcs.repo import Repo

ATTEMPTS = 3
_NOTHING = "nothing was released"
# these say that one number would stand for two contents, which the registry can never allow
_CONFLICTS = {"needs-bump", "version-taken", "silent-merge", "name-taken"}


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
    sign: bool | None = None,
) -> Released:
    """Tag the named prompts (all, when none is named) as HEAD holds them. `eval_summary` goes into the tag.

    `evidence` may raise the level that a change needs, as for `check`: a tag cannot be taken back. `sign` says whether
    the tags are signed, where it shall not be as git is set up.

    Raises InputError when the working files differ from HEAD, ConflictError when a version is taken by other content
    (here, on the remote, or by a silent merge), GateError when a guard says no, also because the default branch wants
    signatures that these tags do not have, MeasureError when the remote cannot be
    reached. After an error no tag of this call is left behind.
    """
    repo, head = _repo_and_head(registry)
    remote = registry.config.settings.remote
    chosen = _chosen(registry, head, names)
    if push_tags:
        fetch_tags(repo, remote, [candidate.prompt.name for candidate in chosen], nothing=_NOTHING)
        fetch_default_branch(registry)  # else the releases of others would look as if they had never been merged
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
        done = _attempt(registry, repo, wanted, remote if push_tags else "", sign)
        if done is not None:
            return done
        # somebody released in the same moment: what they did is looked at, and need not be done again
        fetch_tags(repo, remote, [one.name for one in wanted], nothing=_NOTHING)
        registry = open_registry(registry.config)
        _refuse(guarded(registry, chosen, evidence))
    raise ConflictError(
        f"{remote} took other releases {ATTEMPTS} times in a row; nothing was released", hint="try again"
    )


def guarded(registry: Registry, chosen: Sequence[Candidate], evidence: Evidence) -> list[Finding]:
    """What the guards say of these candidates against the releases."""
    return [finding for candidate in chosen for finding in guard(registry, candidate, evidence)]


def _attempt(
    registry: Registry, repo: Repo, wanted: Sequence[Release], remote: str, sign: bool | None
) -> Released | None:
    """Make the missing tags and push all; None when the remote has got one of them meanwhile."""
    already = [there for one in wanted if (there := registry.release(one.name, one.version))]
    missing = [one for one in wanted if registry.release(one.name, one.version) is None]
    made: list[Release] = []
    try:
        for one in missing:
            made.append(_tagged(repo, replace(one, previous=_previous(registry, one)), sign))
        _refuse_unsigned(registry, made)
        if remote and not push_new_tags(repo, remote, [one.tag for one in (*made, *already)], nothing=_NOTHING):
            take_back(repo, {one.tag: one.tag_id for one in made})
            return None
    except BaseException:
        take_back(repo, {one.tag: one.tag_id for one in made})
        raise
    return Released(tuple(made), tuple(already), pushed=bool(remote))


def _previous(registry: Registry, wanted: Release) -> str:
    """The release below this one, with the id of its tag: so this tag sees when that one is moved."""
    below = [one for one in registry.releases(wanted.name) if one.version < wanted.version]
    return f"{below[-1].version} {below[-1].tag_id}" if below else ""


def _tagged(repo: Repo, wanted: Release, sign: bool | None) -> Release:
    tag_id = create_tag(repo, wanted.tag, wanted.commit, wanted.message(), sign=sign)
    if tag_id is None:
        raise ConflictError(
            f"tag {wanted.tag} exists and is no release of this prompt", hint=f"look at it: git show {wanted.tag}"
        )
    return replace(wanted, tag_id=tag_id)


def _refuse_unsigned(registry: Registry, made: Sequence[Release]) -> None:
    """Where signatures are required, a tag without a good one would be refused by everybody who verifies it."""
    if not made or find_default_branch(registry) is None:
        return
    signers = signers_of(registry)
    wanted = [one for one in made if one in must_be_signed(registry, made, signers)]
    verdicts = verdicts_of(registry, wanted, signers)
    refused = [f"{one.tag}: {each.words}" for one, each in zip(wanted, verdicts, strict=True) if not each.good]
    if refused:
        raise GateError(
            "\n".join([*refused, f"{signers.place} requires signatures; nothing was released"]),
            hint="sign with --sign, or always: git config tag.gpgSign true (and see user.signingKey)",
        )


def _repo_and_head(registry: Registry) -> tuple[Repo, str]:
    repo = registry.need_git("a release is a tag")
    head = repo.head()
    if head is None:
        raise InputError("there is no commit yet, and a release is a tag on a commit", hint="commit first")
    return repo, head


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
    latest = registry.latest(prompt.name) or registry.latest(prompt.name, yanked=True)
    return Release(
        name=prompt.name,
        version=prompt.version,
        digest=prompt.digest,
        commit=head,
        path=registry.config.prefix + candidate.path,
        level=str(prompt.version.level_from(latest.version)) if latest else "first",
        eval_summary="" if registry.release(prompt.name, prompt.version) else eval_summary(prompt),
    )
