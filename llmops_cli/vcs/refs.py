"""All refs that concern us, in one command: tags by name, environment branches here and there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from llmops_cli.vcs.commit import refused_write
from llmops_cli.vcs.plumbing import SLOW_TIMEOUT_S
from llmops_cli.vcs.repo import Repo, check_id, check_remote
from llmops_cli.vcs.tag_object import TagRef, parse_tag


class TagName(NamedTuple):
    """A tag as a listing shows it. `kind` is `tag` for an annotated one, and `tag_id` the id of its own object."""

    name: str
    kind: str
    tag_id: str


@dataclass(frozen=True, slots=True)
class Refs:
    """A snapshot: every tag by name, and the commits of branches below the asked-for folder, here and on the remote."""

    tags: tuple[TagName, ...]
    local: dict[str, str]
    remote: dict[str, str]


def read_refs(repo: Repo, *, folder: str, remote: str) -> Refs:
    """Tags, and branches below `folder` (`llmops/`) by their name below it, in one `git for-each-ref`.

    No object is read: ten thousand tags are listed in some hundredths of a second; `read_tags` reads those that count.
    """
    local, tracking = f"refs/heads/{folder}", f"refs/remotes/{check_remote(remote)}/{folder}"
    names = ("refs/tags", local.rstrip("/"), tracking.rstrip("/"))
    answer = repo.ask("for-each-ref", "--format=%(refname) %(objecttype) %(objectname)", *names)
    tags: list[TagName] = []
    branches: dict[str, dict[str, str]] = {local: {}, tracking: {}}
    for line in answer.lines:
        name, kind, object_id = line.rsplit(" ", 2)
        if name.startswith("refs/tags/"):
            tags.append(TagName(name[10:], kind, object_id))
            continue
        for prefix, found in branches.items():
            if name.startswith(prefix):
                found[name.removeprefix(prefix)] = object_id
    return Refs(tuple(tags), branches[local], branches[tracking])


def read_tags(repo: Repo, tags: Sequence[TagName]) -> list[TagRef]:
    """What these tags say, in their order, in one process. A lightweight one has no `kind`."""
    annotated = [tag.tag_id for tag in tags if tag.kind == "tag"]
    objects = dict(zip(annotated, repo.read_tags(annotated), strict=True))
    return [_tag(tag, objects.get(tag.tag_id)) for tag in tags]


def _tag(tag: TagName, data: bytes | None) -> TagRef:
    if data is None:
        return TagRef(tag.name, tag.tag_id, "", tag.tag_id, "", "", "", "")
    try:
        read = parse_tag(data)
    except ValueError:
        return TagRef(tag.name, tag.tag_id, "broken tag", tag.tag_id, "", "", "", "")
    return read if read.name == tag.name else replace(read, name=tag.name)  # a ref may be called otherwise than its tag


def update_ref(repo: Repo, ref: str, commit: str, *, before: str | None) -> str:
    """Set a ref if it still is what it was (`None`: if it does not exist); empty when done, else why git would not."""
    expected = before if before is not None else "0" * len(commit)
    answer = repo.git("update-ref", "-m", "llmops", "--end-of-options", ref, commit, expected)
    return "" if answer.ok else answer.complaint


def create_tag(repo: Repo, name: str, commit: str, message: str, *, sign: bool | None = None) -> str | None:
    """An annotated tag, made by `git tag` so that the person's signing settings apply; its id, None when it exists.

    `sign` says otherwise than the settings. Raises InputError with git's words when it cannot be made.
    """
    signing = {None: [], True: ["--sign"], False: ["--no-sign"]}[sign]
    arguments = ["tag", "-a", *signing, "--cleanup=whitespace", "-F", "-", "--end-of-options", name, check_id(commit)]
    answer = repo.git(*arguments, stdin=message.encode(), timeout=SLOW_TIMEOUT_S)
    if not answer.ok and "already exists" not in answer.err:
        raise refused_write(answer, "tag")
    return repo.object_ids([f"refs/tags/{name}"])[0] if answer.ok else None


def delete_ref(repo: Repo, ref: str, *, before: str) -> bool:
    """Delete a ref if it still is what it was."""
    return repo.git("update-ref", "-m", "llmops", "-d", "--end-of-options", ref, before).ok


def checked_out(repo: Repo, ref: str) -> str:
    """The folder of the work tree that has this branch checked out, empty when none has."""
    for tree in repo.git("worktree", "list", "--porcelain").text.split("\n\n"):
        said = dict(line.partition(" ")[::2] for line in tree.split("\n"))
        if said.get("branch") == ref and "prunable" not in said:  # prunable: its folder is gone
            return said["worktree"]
    return ""
