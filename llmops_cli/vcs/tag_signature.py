"""Signatures of tags, checked by git itself with what it was set up with; who may sign is the caller's business."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from typing import Literal

from llmops_cli.vcs.repo import Repo, check_id
from llmops_cli.vcs.tag_object import Kind

State = Literal["good", "bad", "unknown"]
_BY_SSH = re.compile(r'^Good "git" signature for (?P<who>.+) with (?P<type>\S+) key (?P<key>\S+)$', re.M)
_STRANGER = re.compile(r'^Good "git" signature with (?P<type>\S+) key (?P<key>\S+)$', re.M)
_STATUS = re.compile(r"^\[GNUPG:\] (?P<word>[A-Z_]+)(?: (?P<rest>.*))?$", re.M)
_NOT_STARTED = re.compile(r"cannot run|cannot spawn|is needed for ssh signature verification|gpg failed to|No agent")


@dataclass(frozen=True, slots=True)
class Checked:
    """What git said of one signature.

    `state` good: it holds, and for SSH the signer is in the file of allowed signers. `unknown`: it could not be
    checked here. `who` is the principal, or the user id of the key; `keys` the fingerprints that a list may name.
    """

    state: State
    who: str = ""
    keys: tuple[str, ...] = ()
    words: str = ""


def check_signatures(repo: Repo, tags: Sequence[tuple[str, Kind]], allowed_signers: Path) -> list[Checked]:
    """Check the signatures of these tag objects (id and kind), several at a time, in their order.

    Raises MeasureError when git does not answer.
    """
    with ThreadPoolExecutor(max_workers=cpu_count() or 1) as pool:
        return list(pool.map(lambda tag: _check(repo, tag[0], tag[1], allowed_signers), tags))


def _check(repo: Repo, tag_id: str, kind: Kind, allowed_signers: Path) -> Checked:
    setting = f"gpg.ssh.allowedSignersFile={allowed_signers}"
    answer = repo.git("-c", setting, "verify-tag", "--raw", check_id(tag_id))
    if not answer.ok and _NOT_STARTED.search(answer.err):
        return Checked("unknown", words=answer.complaint)
    return _of_ssh(answer.ok, answer.err) if kind == "ssh" else _of_gpg(answer.ok, answer.err)


def _of_ssh(ok: bool, said: str) -> Checked:
    if ok and (good := _BY_SSH.search(said)):
        return Checked("good", good["who"], (good["key"],))
    if stranger := _STRANGER.search(said):
        return Checked("bad", keys=(stranger["key"],), words=f"it is signed with key {stranger['key']}, which is not "
                       "among the allowed signers (or not for that time)")  # fmt: skip
    return Checked("bad", words=f"its signature does not hold: {_last(said)}")


def _of_gpg(ok: bool, said: str) -> Checked:
    status = {found["word"]: found["rest"] or "" for found in _STATUS.finditer(said)}
    if ok and "GOODSIG" in status and "VALIDSIG" in status:
        words = status["VALIDSIG"].split()
        # the key that signed, and its primary key
        return Checked("good", status["GOODSIG"].partition(" ")[2], tuple(dict.fromkeys((words[0], words[-1]))))
    if "NO_PUBKEY" in status:
        return Checked("unknown", words=f"the key {status['NO_PUBKEY']} that signed it is not in the keyring here")
    for word, why in {"EXPKEYSIG": "its key has expired", "REVKEYSIG": "its key was revoked"}.items():
        if word in status:
            return Checked("bad", status[word].partition(" ")[2], words=why)
    return Checked("bad", words=f"its signature does not hold: {_last(said)}")


def _last(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("[GNUPG:]")]
    return lines[-1].strip() if lines else "git says no more"
