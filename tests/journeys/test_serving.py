"""A service and the commands that move what it serves: releases signed, partials and schemas with them, over HTTP."""

import subprocess
from pathlib import Path

import pytest

from llmops_cli.runtime import Prompts, ServeError
from tests.conftest import GitRepo
from tests.git_server import GitServer
from tests.journeys.team import Shell
from tests.signing_keys import allowed, gpg_home, sign_with, ssh_key

PROMPT = """\
name: rag-answer
version: {version}
template_format: dollar
variables: {{question: {{type: string}}}}
template: |
  Words of {version}. {{% include "partials/safety.md" %}}
  $question
output: {{format: json, schema: schemas/answer.json}}
"""
SCHEMA = '{"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}'


def repository(tmp_path: Path, object_format: str) -> GitRepo:
    """A clone of a bare repository `prompts.git`, in which a project lies in a folder."""
    for name, options in (("prompts.git", ["--bare"]), ("ann", [])):
        command = ["git", "init", "-q", f"--object-format={object_format}", *options, str(tmp_path / name)]
        subprocess.run(command, check=True)
    ann = GitRepo(tmp_path / "ann")
    ann.git("remote", "add", "origin", str(tmp_path / "prompts.git"))
    ann.commit(
        {"prompts/partials/safety.md": "Be safe.", "prompts/schemas/answer.json": SCHEMA, ".gitignore": ".llmops/\n"}
    )
    return ann


def live(repo: GitRepo, shell: Shell, version: str) -> None:
    """Write, release and promote a version, as whoever the repository signs for."""
    repo.commit({"prompts/rag-answer.yaml": PROMPT.format(version=version)}, version)
    shell.done(repo, "prompt", "release", "--push")
    repo.git("push", "-q", "origin", "main")
    shell.done(repo, "promote", "rag-answer", version, "--env", "production")


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_service_follows_what_was_signed_by_those_who_may(
    tmp_path: Path, shell: Shell, object_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = repository(tmp_path, object_format)
    ann, eve = ssh_key(tmp_path, "ann"), ssh_key(tmp_path, "eve")
    (tmp_path / "signers").write_text(allowed(ann=ann))
    sign_with(repo, ann)
    live(repo, shell, "1.0.0")
    with GitServer(tmp_path, token="") as server, gpg_home(monkeypatch, tmp_path / "gpg") as fingerprint:
        address, options = f"{server.url}/prompts.git", {"poll_s": 0, "cache_dir": tmp_path / "cache"}
        with Prompts(address, signers=tmp_path / "signers", gpg_keys=[fingerprint], **options) as prompts:  # type: ignore[arg-type]
            prompt = prompts.get("rag-answer")
            assert prompt.render(question="Why?")[0]["content"] == "Words of 1.0.0. Be safe.\nWhy?\n"
            assert prompt.output["schema"]["required"] == ["answer"]
            assert len(prompt.commit) == (40 if object_format == "sha1" else 64)

            live(repo, shell, "1.1.0")
            assert prompts.refresh() == "" and prompts.get("rag-answer").version == "1.1.0"
            shell.done(repo, "rollback", "rag-answer")
            assert prompts.refresh() == "" and prompts.get("rag-answer").version == "1.0.0"

            for key, words in ((eve, "is not signed by one of"), (None, "its release is not signed")):
                if key:
                    sign_with(repo, key)
                else:
                    repo.git("config", "tag.gpgSign", "false")
                live(repo, shell, "1.2.0" if key else "1.3.0")
                prompts.refresh()
                kept = prompts.get("rag-answer")
                assert (kept.version, kept.source) == ("1.0.0", "stale") and words in kept.why

            repo.git("config", "gpg.format", "openpgp")
            repo.git("config", "user.signingKey", fingerprint)
            repo.git("config", "tag.gpgSign", "true")
            live(repo, shell, "1.4.0")
            prompts.refresh()
            assert (prompts.get("rag-answer").version, prompts.get("rag-answer").why) == ("1.4.0", "")
        options["cache_dir"] = tmp_path / "empty"
        for who, words in (
            ({"gpg_keys": ["A" * 40]}, "signed with the key .*, which may not sign"),
            ({"gpg_keys": []}, "nobody may sign with one"),
            ({"signers": tmp_path / "signers"}, "nobody may sign with one"),
        ):
            with Prompts(address, **who, **options) as strict, pytest.raises(ServeError, match=words):  # type: ignore[arg-type]
                strict.get("rag-answer")
