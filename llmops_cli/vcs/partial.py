"""Partial clones: what was left out is fetched in one go, before git would fetch it piece by piece.

`git cat-file --batch` asks the remote once for every object that is missing, `git pack-objects` once for all of them.
"""

import re
from collections.abc import Callable, Sequence

from llmops_cli.errors import MeasureError
from llmops_cli.vcs.plumbing import SLOW_TIMEOUT_S, Answer

_PARTIAL = r"^(remote\..*\.promisor|extensions\.partialclone)$"
_SPEC = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})(:|\Z)")
_AT_ONCE = 1000  # specs on one command line


def is_partial(git: Callable[..., Answer]) -> bool:
    """Whether objects may have been left out of this clone; `git` runs a command in it."""
    return git("config", "--get-regexp", _PARTIAL).ok


def fetch_ahead(git: Callable[..., Answer], specs: Sequence[str]) -> None:
    """Have every object that these name, `<commit>:<path>` or an id, here. What does not exist is passed over.

    Raises MeasureError when the remote cannot be reached.
    """
    wanted = [spec for spec in specs if _SPEC.match(spec)]
    ids: dict[str, None] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        # names are resolved without a look at what they name
        named = git("rev-parse", "--revs-only", *wanted[start : start + _AT_ONCE], timeout=SLOW_TIMEOUT_S)
        ids |= dict.fromkeys(named.lines)
    if not ids:
        return
    stdin = "".join(f"{each}\n" for each in ids).encode()
    packed = git("pack-objects", "--quiet", "--stdout", "--window=0", stdin=stdin, timeout=SLOW_TIMEOUT_S)
    if not packed.ok:
        raise left_out(packed)


def left_out(answer: Answer) -> MeasureError:
    """That git could not fetch what a partial clone left out, in its own words."""
    return MeasureError(
        f"this is a partial clone, and what it left out cannot be fetched: {answer.complaint}",
        hint="once its remote can be reached, run the command again; or take a full clone",
    )


def is_left_out(answer: Answer) -> bool:
    """Whether git failed because it could not fetch what was left out."""
    return not answer.ok and "promisor remote" in answer.err
