"""Who signed a release, and whether they may: decided by the settings of the default branch, checked by git.

The list of those who may sign is read from the default branch as this clone knows it, never from the working tree: a
change could name its own author.
"""

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from llmops_cli.errors import FileError, MeasureError, Problem
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.clone_state import keep, recall
from llmops_cli.prompts.default_branch import DefaultBranch, find_default_branch
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.tag import Release
from llmops_cli.vcs.reach import beyond
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.tag_object import Kind, kind_of, parse_tag
from llmops_cli.vcs.tag_signature import Checked, check_signatures

_KEPT = "signatures"


@dataclass(frozen=True, slots=True)
class SignatureVerdict:
    """What is to be thought of a release's signature. `words` says why, in a sentence that goes on after the tag.

    `unknown`: it is signed, and whether rightly cannot be told here. `signer` may be empty unless it is good.
    """

    state: Literal["good", "unsigned", "bad", "unknown"]
    signer: str
    words: str

    @property
    def good(self) -> bool:
        """Whether somebody signed it who may."""
        return self.state == "good"


@dataclass(frozen=True, slots=True)
class Signers:
    """Who may sign: an allowed signers file as ssh-keygen(1) describes it, and fingerprints of GPG keys."""

    ssh: bytes
    gpg: frozenset[str]
    required: bool
    place: str  # where that is said, for messages
    after: str = ""  # a commit: what was released of it and of those before it need not be signed

    @property
    def named(self) -> bool:
        """Whether anybody is."""
        return bool(self.ssh.strip() or self.gpg)


def signers_of(registry: Registry) -> Signers:
    """Who may sign, by `signing:` of the default branch; where it names nobody, by git's own allowed signers file.

    Raises MeasureError when the default branch is not known here, FileError when its settings cannot be read.
    """
    branch = find_default_branch(registry)
    if branch is None or registry.repo is None:
        remote, main = registry.config.settings.remote, registry.config.settings.main
        raise MeasureError(
            f"the branch {main} is not known here, so it is not known who may sign",
            hint=f"run: git fetch {remote} {main}:refs/remotes/{remote}/{main}",
        )
    settings = branch.settings().signing
    gpg = frozenset(settings.gpg_keys)
    if settings.allowed_signers or gpg:
        ssh = _allowed(branch, settings.allowed_signers) if settings.allowed_signers else b""
        return Signers(ssh, gpg, settings.required, f"llmops.yaml at {branch.label}", settings.after)
    return Signers(_own_list(registry.repo), gpg, False, "git config gpg.ssh.allowedSignersFile")


def must_be_signed(registry: Registry, releases: Sequence[Release], signers: Signers) -> frozenset[Release]:
    """Those of the releases that the default branch requires a signature of. Raises MeasureError."""
    if not signers.required or registry.repo is None:
        return frozenset()
    if not signers.after or registry.repo.commit_of(signers.after) is None:
        return frozenset(releases)
    later = beyond(registry.repo, [release.commit for release in releases], [signers.after])
    return frozenset(release for release in releases if release.commit in later)


def verdict_of(registry: Registry, release: Release) -> SignatureVerdict:
    """Whether somebody signed this release who may. Raises as `signers_of`, and MeasureError when git is silent."""
    return verdicts_of(registry, [release], signers_of(registry))[0]


def verdicts_of(registry: Registry, releases: Sequence[Release], signers: Signers) -> list[SignatureVerdict]:
    """The same of many releases, in their order: several processes at a time, and none for what was found good before.

    Raises MeasureError when git does not answer, InputError when the state folder is tracked by git.
    """
    repo = registry.repo
    if repo is None:
        return [SignatureVerdict("bad", "", "this is not a git repository") for _ in releases]
    tags = dict(zip(releases, repo.read_tags([release.tag_id for release in releases]), strict=True))
    found = {release: verdict for release, data in tags.items() if (verdict := _plainly_not(release, data, signers))}
    asked = {release: kind_of(data or b"") for release, data in tags.items() if release not in found}
    basis = _basis(repo, signers)
    known = _known(registry, basis) if any(kind == "ssh" for kind in asked.values()) else {}
    good = {release: known[release.tag_id] for release, kind in asked.items()
            if kind == "ssh" and release.tag_id in known}  # fmt: skip
    found |= {release: SignatureVerdict("good", who, f"signed by {who}") for release, who in good.items()}
    fresh = _checked(repo, {one: kind for one, kind in asked.items() if one not in good}, signers)
    found |= fresh
    news = {one.tag_id: each.signer for one, each in fresh.items() if each.good and asked[one] == "ssh"}
    if news:
        keep(registry, _KEPT, {"basis": basis, "good": {**known, **news}})
    return [found[release] for release in releases]


def _plainly_not(release: Release, data: bytes | None, signers: Signers) -> SignatureVerdict | None:
    """The verdict where git need not be asked: nothing is signed, or it is signed for another name."""
    if data is None:
        return SignatureVerdict("bad", "", "its tag object is not here")
    kind = kind_of(data)
    if not kind:
        return SignatureVerdict("unsigned", "", "it is not signed")
    name = parse_tag(data).name
    if name != release.tag:
        return SignatureVerdict("bad", "", f"what is signed is the tag {name}")
    if kind == "x509":
        return SignatureVerdict("bad", "", "it is signed with a certificate (X.509), which is not supported")
    if not (signers.ssh.strip() if kind == "ssh" else signers.gpg):
        setting = "signing.allowed_signers" if kind == "ssh" else "signing.gpg_keys"
        return SignatureVerdict("bad", "", f"it is signed with a key of {kind.upper()}, and {setting} names nobody")
    return None


def _checked(repo: Repo, asked: Mapping[Release, Kind], signers: Signers) -> dict[Release, SignatureVerdict]:
    if not asked:
        return {}
    with tempfile.TemporaryDirectory(prefix="llmops-signers-") as folder:
        allowed = Path(folder) / "allowed_signers"
        allowed.write_bytes(signers.ssh)
        checked = check_signatures(repo, [(release.tag_id, kind) for release, kind in asked.items()], allowed)
    return {one: _verdict(each, asked[one], signers) for one, each in zip(asked, checked, strict=True)}


def _verdict(checked: Checked, kind: Kind, signers: Signers) -> SignatureVerdict:
    if checked.state != "good":
        return SignatureVerdict(checked.state, checked.who, checked.words)
    if kind == "gpg" and not signers.gpg & set(checked.keys):
        words = f"it is signed by {checked.who} with key {checked.keys[0]}, which signing.gpg_keys does not name"
        return SignatureVerdict("bad", checked.who, words)
    return SignatureVerdict("good", checked.who, f"signed by {checked.who}")


def _allowed(branch: DefaultBranch, path: str) -> bytes:
    data = branch.tree.read(path)
    if data is None:
        hint = "commit it there, or mend signing.allowed_signers in llmops.yaml"
        raise FileError([Problem(f"{path} at {branch.label}", 0, "", "no such file", hint)])
    return data


def _own_list(repo: Repo) -> bytes:
    """git's own list of this person; not one in the work tree, which a change could edit."""
    text = repo.git("config", "--type=path", "--get", "gpg.ssh.allowedSignersFile").text
    path = Path(text)
    if not text or not path.is_absolute() or path.resolve().is_relative_to(repo.root.resolve()):
        return b""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _basis(repo: Repo, signers: Signers) -> str:
    """What a verdict on a signature of SSH depends on besides the tag: who may sign, and which keys are revoked."""
    revoked = repo.git("config", "--type=path", "--get", "gpg.ssh.revocationFile").text
    try:
        keys = (repo.root / revoked).read_bytes() if revoked else b""
    except OSError:
        keys = revoked.encode()
    return hashlib.sha256(b"%d\0" % len(signers.ssh) + signers.ssh + keys).hexdigest()


def _known(registry: Registry, basis: str) -> dict[str, str]:
    """The tags that were found good on the same basis: their ids, and who signed them."""
    kept = recall(registry, _KEPT)
    good: Json = kept.get("good")
    if kept.get("basis") != basis or not isinstance(good, dict):
        return {}
    return {tag_id: who for tag_id, who in good.items() if isinstance(who, str) and who}
