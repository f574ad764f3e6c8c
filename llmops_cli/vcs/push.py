"""Pushing by object id, never by force, and what the other side said in words we can act on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from llmops_cli.vcs.plumbing import SLOW_TIMEOUT_S, Answer
from llmops_cli.vcs.repo import Repo, check_remote


class Outcome(Enum):
    """What became of a push."""

    DONE = "done"
    BEHIND = "behind"  # the other side has moved on; or a tag of that name is there already
    BUSY = "busy"  # somebody else is just writing there
    REFUSED = "refused"  # a rule or a hook of the other side says no
    STOPPED = "stopped"  # the person's own pre-push hook says no
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Pushed:
    """The outcome, and git's or the server's own words."""

    outcome: Outcome
    words: str = ""


_BUSY = re.compile(r"failed to lock|unable to create .*\.lock|another git process|failed to update ref", re.IGNORECASE)
_MOVED = re.compile(r"fetch first|non-fast-forward|stale info|already exists")
# of an atomic push the status line says only that it failed; which ref was in the way stands among the server's words
_LOST = re.compile(r"cannot lock ref|incorrect old value|atomic transaction failed|transaction failed")

# git's last word when it reached the other side; alone, without a status line for any ref, a hook here ended the push
_NO_PUSH = "error: failed to push some refs"


def push(repo: Repo, remote: str, refspecs: Sequence[str], *, hooks: bool) -> Pushed:
    """Push all refspecs or none, plainly. `hooks` says whether the person's pre-push hook runs.

    A server that cannot do all or none gets them one by one: a tag that arrives without its branch does no harm.
    """
    answer = _push(repo, remote, refspecs, hooks=hooks, atomic=True)
    if "does not support --atomic" in answer.err:
        answer = _push(repo, remote, refspecs, hooks=hooks, atomic=False)
    return _read(answer, hooks=hooks)


def _push(repo: Repo, remote: str, refspecs: Sequence[str], *, hooks: bool, atomic: bool) -> Answer:
    return repo.git(
        # of a mirror git would push everything or nothing
        "-c", f"remote.{check_remote(remote)}.mirror=false",
        "push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no",
        *(["--atomic"] if atomic else []), *([] if hooks else ["--no-verify"]),
        "--end-of-options", check_remote(remote), *refspecs,
        hooks=hooks,
        timeout=SLOW_TIMEOUT_S,
    )  # fmt: skip


def _read(answer: Answer, *, hooks: bool) -> Pushed:
    if answer.ok:
        return Pushed(Outcome.DONE)
    reasons = [line.split("\t")[2] for line in answer.lines if line.startswith("!\t") and line.count("\t") >= 2]
    own = [reason for reason in reasons if "atomic push fail" not in reason]
    words = "; ".join(dict.fromkeys(own or reasons))
    said = " ".join(line[8:].strip() for line in answer.err.splitlines() if line.startswith("remote: ")).strip()
    if not reasons:
        told = [line for line in answer.err.splitlines() if line.strip() and not line.startswith(_NO_PUSH)]
        if hooks and _NO_PUSH in answer.err and not any(line.startswith(("fatal: ", "error: RPC")) for line in told):
            return Pushed(Outcome.STOPPED, "; ".join(told))
        return Pushed(Outcome.UNREACHABLE, answer.complaint)
    everything = f"{words} {answer.err}"
    quoted = f"{words}: {said}" if said else words
    if _BUSY.search(everything):
        return Pushed(Outcome.BUSY, quoted)
    if _MOVED.search(words) or _LOST.search(everything):
        return Pushed(Outcome.BEHIND, quoted)
    return Pushed(Outcome.REFUSED, quoted)
