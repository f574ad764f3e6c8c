"""The signature of a release, checked by ssh-keygen or gpg as git has it checked, against those who may sign.

Whatever keeps it from being checked is a refusal: a tool that is missing, a list that is not there, a kind of signature
that nobody was named for.
"""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from llmops_cli.errors import InputError
from llmops_cli.runtime.pkt_line import shown
from llmops_cli.vcs.tag_object import split_signature

_TAGGER = re.compile(rb"^tagger [^\n]* (?P<seconds>[0-9]{1,12}) [+-][0-9]{4}$", re.M)
_STATUS = re.compile(r"^\[GNUPG:\] (?P<word>[A-Z_]+)(?: (?P<rest>.*))?$", re.M)
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Signers:
    """Who may sign: a file of allowed signers (ssh-keygen(1)), and whole fingerprints of GPG keys in the keyring."""

    ssh: Path | None
    gpg: Collection[str] = ()

    @classmethod
    def of(cls, ssh: "str | os.PathLike[str] | None", gpg: Collection[str] | None) -> "Signers":
        """From what the application wrote. Raises InputError for one text, which would count letter by letter."""
        if isinstance(gpg, str):
            raise InputError("gpg_keys is a list of fingerprints", hint=f'write: ["{gpg}"]')
        return cls(Path(ssh).expanduser().absolute() if ssh is not None else None, tuple(gpg or ()))


def why_not_signed(tag: bytes, signers: Signers) -> str:
    """Why nobody who may signed this tag object; empty when somebody did."""
    signed, signature, kind = split_signature(tag)
    if not kind:
        return "its release is not signed"
    if kind == "x509" or not (signers.ssh if kind == "ssh" else signers.gpg):
        return f"its release is signed with a key of {kind.upper()}, and nobody may sign with one"
    tool = "ssh-keygen" if kind == "ssh" else "gpg"
    with tempfile.TemporaryDirectory(prefix="llmops-signature-") as folder:
        place = Path(folder) / "signature"
        place.write_bytes(signature)
        try:
            if kind == "ssh" and signers.ssh:
                return _ssh(signed, place, signers.ssh)
            return _gpg(signed, place, {key.replace(" ", "").upper() for key in signers.gpg})
        except FileNotFoundError:
            return f"{tool} is not installed, so its signature cannot be checked"
        except subprocess.TimeoutExpired:
            return f"{tool} did not check its signature within {_TIMEOUT_S:g} s"
        except OSError as error:
            return f"its signature cannot be checked: {error.strerror}"


def _ssh(signed: bytes, signature: Path, allowed: Path) -> str:
    if not allowed.is_file():
        return f"there is no file {allowed}, so nobody may sign"
    when = _when(signed)
    keygen = ["ssh-keygen", "-Y"]
    found = _run([*keygen, "find-principals", *when, "-f", str(allowed), "-s", str(signature)], b"")
    if found.returncode:
        return f"its release is not signed by one of {allowed}"
    last = found
    for principal in found.stdout.decode("utf-8", "replace").splitlines():
        who = ("-f", str(allowed), "-I", principal, "-n", "git", "-s", str(signature))
        last = _run([*keygen, "verify", *when, *who], signed)
        if last.returncode == 0:
            return ""
    return f"its signature does not hold: {shown(last.stderr or last.stdout) or 'ssh-keygen says no more'}"


def _when(signed: bytes) -> list[str]:
    """Keys are valid for a time: that of the tag counts, as for git, so old releases hold after a key has run out."""
    tagger = _TAGGER.search(signed.partition(b"\n\n")[0])
    if tagger is None:
        return []
    moment = time.localtime(int(tagger["seconds"]))
    return [f"-Overify-time={time.strftime('%Y%m%d%H%M%S', moment)}"]


def _gpg(signed: bytes, signature: Path, keys: Collection[str]) -> str:
    done = _run(["gpg", "--batch", "--no-tty", "--status-fd=1", "--verify", str(signature), "-"], signed)
    told = [(found["word"], found["rest"] or "") for found in _STATUS.finditer(done.stdout.decode("utf-8", "replace"))]
    words = dict(told)
    good = done.returncode == 0 and sum(word == "GOODSIG" for word, _ in told) == 1 and "VALIDSIG" in words
    if not good:
        known = {"NO_PUBKEY": "its key is not in the keyring", "EXPKEYSIG": "its key has expired",
                 "REVKEYSIG": "its key was revoked"}  # fmt: skip
        why = next((sentence for word, sentence in known.items() if word in words), "gpg says no")
        return f"its signature does not hold: {why}"
    by = words["VALIDSIG"].split()
    if not {by[0].upper(), by[-1].upper()} & set(keys):  # the key that signed, and its primary key
        return f"its release is signed with the key {by[0]}, which may not sign"
    return ""


def _run(command: list[str], data: bytes) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(command, input=data, capture_output=True, check=False, timeout=_TIMEOUT_S)
