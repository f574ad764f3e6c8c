"""Signed releases: who may sign is said on main, and what nobody signed who may is refused."""

import json
import tempfile
from pathlib import Path

import pytest

from tests.conftest import GitRepo
from tests.journeys.team import Shell, prompt, release
from tests.signing_keys import allowed, gpg_home, sign_with, ssh_key

SETTINGS = "signing: {allowed_signers: keys/allowed_signers, required: true}\n"


def findings(shell: Shell, repo: GitRepo) -> list[tuple[str, str, str]]:
    """Rule, level and place of what verify finds, but for tags that moved: these stories move them all the time."""
    found = json.loads(shell(repo, "verify", "--json").out)["findings"]
    told = [(one["rule"], one["level"], one["where"]) for one in found]
    return [one for one in told if one[0] not in ("tag-moved", "missing-tag")]


def test_where_signatures_are_required_nothing_else_goes_live_anywhere(
    repo: GitRepo, shell: Shell, tmp_path: Path
) -> None:
    """Also on an environment that asks for nothing by itself; the way back to what was live there stays open."""
    repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0"), ".gitignore": ".llmops/\n"})
    shell.done(repo, "prompt", "release")
    shell.done(repo, "promote", "rag-answer", "1.0.0", "--env", "staging")
    ann = ssh_key(tmp_path, "ann")
    repo.commit({"llmops.yaml": SETTINGS, "keys/allowed_signers": allowed(ann=ann)})
    said = shell(repo, "promote", "rag-answer", "1.0.0", "--env", "production")
    assert said.code == 1 and "it is not signed" in said.err
    sign_with(repo, ann)
    repo.commit({"prompts/rag-answer.yaml": prompt("1.1.0", "Words of 1.1.0.")})
    shell.done(repo, "prompt", "release")
    shell.done(repo, "promote", "rag-answer", "1.1.0", "--env", "staging")
    shell.done(repo, "rollback", "rag-answer", "--env", "staging")


def test_a_signed_repository(repo: GitRepo, shell: Shell, tmp_path: Path) -> None:
    ann, eve = ssh_key(tmp_path, "ann"), ssh_key(tmp_path, "eve")
    repo.commit({"llmops.yaml": SETTINGS, "keys/allowed_signers": allowed(ann=ann), ".gitignore": ".llmops/\n"})

    # unsigned: not even made
    repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0")})
    said = shell(repo, "prompt", "release")
    assert said.code == 1 and "rag-answer@v1.0.0: it is not signed" in said.err and "--sign" in said.err
    assert repo.git("tag") == ""

    # signed by somebody who may, by git's own settings or because it is asked for
    sign_with(repo, ann)
    shell.done(repo, "prompt", "release")
    sign_with(repo, ann, always=False)
    repo.commit({"prompts/rag-answer.yaml": prompt("1.1.0", "Words of 1.1.0.")})
    assert shell(repo, "prompt", "release").code == 1
    shell.done(repo, "prompt", "release", "--sign")
    assert shell.done(repo, "verify").err.startswith("2 releases, 0 environments verified: everything is as it says")

    # signed by somebody else, who also puts a key of theirs into the list on a branch: main counts
    sign_with(repo, eve)
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"keys/allowed_signers": allowed(ann=ann, eve=eve), "prompts/rag-answer.yaml": prompt("1.2.0", "Eve.")})
    said = shell(repo, "prompt", "release")
    assert said.code == 1 and "which is not among the allowed signers" in said.err
    repo.git("checkout", "-q", "main")
    forged = repo.git("cat-file", "tag", "rag-answer@v1.1.0").partition("\n\n")[2].partition("-----BEGIN")[0]
    repo.git("tag", "-f", "-s", "-m", forged, "rag-answer@v1.1.0", "rag-answer@v1.1.0^{}")
    assert findings(shell, repo) == [("bad-signature", "error", "rag-answer@v1.1.0")]

    # a good signature under another name, and none at all
    first = repo.git("rev-parse", "rag-answer@v1.0.0")
    repo.git("update-ref", "refs/tags/rag-answer@v3.0.0", first)
    repo.git("tag", "-f", "--no-sign", "-m", forged, "rag-answer@v1.1.0", "rag-answer@v1.1.0^{}")
    assert sorted(findings(shell, repo)) == [
        ("bad-signature", "error", "rag-answer@v3.0.0"),
        ("other-name", "error", "rag-answer@v3.0.0"),
        ("other-version", "error", "rag-answer@v3.0.0"),
        ("unsigned", "error", "rag-answer@v1.1.0"),
    ]

    # what was found good is not asked again, until the list changes; a list in the state folder that git tracks is none
    repo.git("tag", "-d", "rag-answer@v3.0.0", "rag-answer@v1.1.0")
    assert findings(shell, repo) == []
    kept = repo.path / ".llmops/registry/signatures.json"
    assert json.loads(kept.read_text())["good"][first] == "ann@example.org"
    repo.commit({"keys/allowed_signers": allowed(eve=eve)})
    assert findings(shell, repo) == [("bad-signature", "error", "rag-answer@v1.0.0")]
    repo.git("add", "-f", ".llmops/registry/signatures.json")
    said = shell(repo, "verify")
    assert said.code == 2 and "is tracked by git" in said.err


def test_where_nothing_is_required_a_wrong_signature_is_a_warning(repo: GitRepo, shell: Shell, tmp_path: Path) -> None:
    ann, eve = ssh_key(tmp_path, "ann"), ssh_key(tmp_path, "eve")
    repo.commit({"llmops.yaml": "signing: {allowed_signers: signers}\n", "signers": allowed(ann=ann)})
    release(repo, shell, "1.0.0", "Unsigned.")
    sign_with(repo, eve)
    release(repo, shell, "1.1.0", "By Eve.")
    repo.git("config", "tag.gpgSign", "true")
    repo.commit({"prompts/rag-answer.yaml": prompt("1.2.0", "By nobody.")})
    shell.done(repo, "prompt", "release", "--no-sign")
    assert findings(shell, repo) == [("bad-signature", "warning", "rag-answer@v1.1.0")]
    assert shell(repo, "verify").code == 0
    # a list that is not there lets nobody through
    repo.commit({"llmops.yaml": SETTINGS})
    assert findings(shell, repo) == [("bad-signature", "unchecked", f"main ({repo.git('rev-parse', 'main')[:7]})")]
    assert shell(repo, "verify").code == 3


def test_releases_of_before_and_environments_that_demand_it(repo: GitRepo, shell: Shell, tmp_path: Path) -> None:
    ann = ssh_key(tmp_path, "ann")
    release(repo, shell, "1.0.0", "From before anybody signed.")
    before = repo.git("rev-parse", "HEAD")
    shell.done(repo, "promote", "rag-answer", "1.0.0", "--env", "production")
    settings = f"signing: {{allowed_signers: signers, required: true, after: {before}}}\n"
    repo.commit({"llmops.yaml": settings, "signers": allowed(ann=ann)})
    repo.commit({"prompts/rag-answer.yaml": prompt("1.1.0")})
    assert shell(repo, "prompt", "release").code == 1
    shell.done(repo, "prompt", "release", "--no-sign", "--dry-run")
    sign_with(repo, ann)
    shell.done(repo, "prompt", "release")
    assert findings(shell, repo) == []
    # what production serves must be signed all the same, whatever is said of releases
    repo.commit({"llmops.yaml": settings + "environments: {production: {signed: true}}\n"})
    assert findings(shell, repo) == [("unsigned", "error", "rag-answer@v1.0.0")]
    shell.done(repo, "promote", "rag-answer", "1.1.0", "--env", "production")
    assert findings(shell, repo) == []
    # a commit that is not here excuses nothing
    repo.commit({"llmops.yaml": settings.replace(before, "f" * 40)})
    assert findings(shell, repo) == [("unsigned", "error", "rag-answer@v1.0.0")]


def test_gpg(repo: GitRepo, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    # the agent's socket does not fit into the long path of a test's own folder
    with tempfile.TemporaryDirectory(prefix="gpg-") as name, gpg_home(monkeypatch, Path(name) / "home") as fingerprint:
        repo.commit({"llmops.yaml": f"signing: {{gpg_keys: ['{fingerprint}'], required: true}}\n"})
        repo.git("config", "user.signingKey", fingerprint)
        repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0")})
        shell.done(repo, "prompt", "release", "--sign")
        assert findings(shell, repo) == []
        monkeypatch.setenv("GNUPGHOME", name)  # nobody's key is known there
        assert findings(shell, repo) == [("bad-signature", "unchecked", "rag-answer@v1.0.0")]
        monkeypatch.setenv("GNUPGHOME", str(Path(name) / "home"))
        repo.commit({"llmops.yaml": f"signing: {{gpg_keys: ['{'0' * 40}'], required: true}}\n"})
        assert findings(shell, repo) == [("bad-signature", "error", "rag-answer@v1.0.0")]
