"""The signature of a release, checked by ssh-keygen against a file of those who may sign, as git checks it.

Whatever keeps it from being checked is a refusal: a tool that is missing, a signature of another kind, an empty file.
"""

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from llmops_cli.runtime.pkt_line import shown

# git takes the last line that begins with one of them; see gpg-interface.c of git
_BEGINS = {
    b"-----BEGIN SSH SIGNATURE-----": "SSH",
    b"-----BEGIN PGP SIGNATURE-----": "GPG",
    b"-----BEGIN PGP MESSAGE-----": "GPG",
    b"-----BEGIN SIGNED MESSAGE-----": "X.509",
}
_TAGGER = re.compile(rb"^tagger [^\n]* (?P<seconds>[0-9]{1,12}) [+-][0-9]{4}$", re.M)
_TIMEOUT_S = 10.0


def why_not_signed(tag: bytes, signers: Path) -> str:
    """Why nobody in `signers` (an allowed signers file of ssh-keygen(1)) signed this tag object; empty when one did."""
    places = [(tag.rfind(b"\n" + begin), kind) for begin, kind in _BEGINS.items()]
    position, kind = max(places)
    if position < 0:
        return "its release is not signed"
    if kind != "SSH":
        return f"its release is signed with {kind}, and the signers are keys of SSH"
    if not signers.is_file():
        return f"there is no file {signers}, so nobody may sign"
    signed, signature = tag[: position + 1], tag[position + 1 :]
    with tempfile.TemporaryDirectory(prefix="llmops-signature-") as folder:
        place = Path(folder) / "signature"
        place.write_bytes(signature)
        try:
            return _refusal(signed, place, signers)
        except FileNotFoundError:
            return "ssh-keygen is not installed, so its signature cannot be checked"
        except subprocess.TimeoutExpired:
            return f"ssh-keygen did not check its signature within {_TIMEOUT_S:g} s"
        except OSError as error:
            return f"its signature cannot be checked: {error.strerror}"


def _refusal(signed: bytes, signature: Path, signers: Path) -> str:
    when = _when(signed)
    found = _keygen("find-principals", when, b"", "-f", str(signers), "-s", str(signature))
    if found.returncode:
        return f"its release is not signed by one of {signers}"
    last = found
    for principal in _lines(found.stdout):
        who = ("-f", str(signers), "-I", principal, "-n", "git", "-s", str(signature))
        last = _keygen("verify", when, signed, *who)
        if last.returncode == 0:
            return ""
    return f"its signature does not hold: {shown(last.stderr or last.stdout) or 'ssh-keygen says no more'}"


def _keygen(task: str, when: list[str], data: bytes, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    command = ["ssh-keygen", "-Y", task, *when, *arguments]
    return subprocess.run(command, input=data, capture_output=True, check=False, timeout=_TIMEOUT_S)


def _when(signed: bytes) -> list[str]:
    """Keys are valid for a time: that of the tag counts, as for git, so old releases hold after a key has run out."""
    tagger = _TAGGER.search(signed.partition(b"\n\n")[0])
    if tagger is None:
        return []
    moment = time.localtime(int(tagger["seconds"]))
    return [f"-Overify-time={time.strftime('%Y%m%d%H%M%S', moment)}"]


def _lines(data: bytes) -> Iterator[str]:
    return (line for line in data.decode("utf-8", "replace").splitlines() if line)
