"""Keys for tests that sign: SSH keys of people, and a GPG home that is thrown away."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import GitRepo


def ssh_key(folder: Path, who: str) -> Path:
    """The private key of a person, made by ssh-keygen; skips where that is missing."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed, so nothing can be signed")
    path = folder / f"key-of-{who}"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", str(path)], check=True)
    return path


def allowed(**keys: Path) -> str:
    """The text of an allowed signers file: `ann=key` is ann@example.org with that key."""
    lines = [f"{who}@example.org {key.with_suffix('.pub').read_text().strip()}\n" for who, key in keys.items()]
    return "".join(lines)


def sign_with(repo: GitRepo, key: Path, *, always: bool = True) -> None:
    """Set a repository up so that its tags are signed with this SSH key."""
    repo.git("config", "gpg.format", "ssh")
    repo.git("config", "user.signingKey", str(key))
    repo.git("config", "tag.gpgSign", "true" if always else "false")


@contextmanager
def gpg_home(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[str]:
    """A GPG home with one key; gives the key's fingerprint. Skips where gpg is missing."""
    if shutil.which("gpg") is None:
        pytest.skip("gpg is not installed, so nothing can be signed with it")
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(folder))
    quiet = ["gpg", "--batch", "--quiet", "--no-tty"]
    subprocess.run(
        [*quiet, "--passphrase", "", "--quick-gen-key", "Ann <ann@example.org>", "ed25519", "sign", "never"],
        check=True, capture_output=True,
    )  # fmt: skip
    listed = subprocess.run([*quiet, "--list-keys", "--with-colons"], check=True, capture_output=True, text=True)
    try:
        yield next(line.split(":")[9] for line in listed.stdout.splitlines() if line.startswith("fpr"))
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=True, capture_output=True)
