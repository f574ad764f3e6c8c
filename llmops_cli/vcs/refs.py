"""All refs that concern us, in one command: version tags with their messages, environment branches here and there."""

from dataclasses import dataclass

from llmops_cli.vcs.commit import refused_write
from llmops_cli.vcs.plumbing import SLOW_TIMEOUT_S
from llmops_cli.vcs.repo import Repo, check_id, check_remote
from llmops_cli.vcs.tag_object import TagRef

# %(type) and %(object) are the tag's own words: a nested tag is seen as one, also where git peels all the way
_FIELDS = (
    "refname",
    "objecttype",
    "objectname",
    "type",
    "object",
    "taggername",
    "taggerdate:iso-strict",
    "contents:subject",
    "contents:body",
)
_FORMAT = "%00".join(f"%({field})" for field in _FIELDS) + "%00"


@dataclass(frozen=True, slots=True)
class Refs:
    """A snapshot: every tag, and the commits of branches below the asked-for folder, here and on the remote."""

    tags: tuple[TagRef, ...]
    local: dict[str, str]
    remote: dict[str, str]


def read_refs(repo: Repo, *, folder: str, remote: str) -> Refs:
    """Tags, and branches below `folder` (`llmops/`) by their name below it, in one `git for-each-ref`."""
    local, tracking = f"refs/heads/{folder}", f"refs/remotes/{check_remote(remote)}/{folder}"
    answer = repo.ask("for-each-ref", f"--format={_FORMAT}", "refs/tags", local.rstrip("/"), tracking.rstrip("/"))
    fields = answer.out.decode("utf-8", "replace").split("\0")
    tags: list[TagRef] = []
    branches: dict[str, dict[str, str]] = {local: {}, tracking: {}}
    for start in range(0, len(fields) - len(_FIELDS), len(_FIELDS)):
        name, object_type, object_id, kind, target, tagger, date, subject, body = fields[start : start + len(_FIELDS)]
        name = name.lstrip("\n")
        if name.startswith("refs/tags/"):
            annotated = object_type == "tag"
            tags.append(
                TagRef(
                    name.removeprefix("refs/tags/"),
                    object_id,
                    kind if annotated else "",
                    target if annotated else object_id,
                    tagger,
                    date,
                    subject,
                    body,
                )
            )
            continue
        for prefix, found in branches.items():
            if name.startswith(prefix):
                found[name.removeprefix(prefix)] = object_id
    return Refs(tuple(tags), branches[local], branches[tracking])


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
