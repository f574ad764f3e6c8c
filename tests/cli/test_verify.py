"""`llmops verify` and `llmops protect`: what stands on stdout, what on stderr, and the exit code."""

import json
from collections.abc import Callable

import pytest

from tests.conftest import GitRepo
from tests.journeys.team import Shell, release


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


def test_verify_says_what_it_looked_at_and_what_is_wrong(
    repo: GitRepo, shell: Shell, make_repo: Callable[..., GitRepo]
) -> None:
    release(repo, shell, "1.0.0", "First.")
    shell.done(repo, "promote", "rag-answer", "1.0.0", "--env", "production")
    said = shell(repo, "verify")
    assert (said.code, said.out) == (0, "")
    assert said.err == "1 release, 1 environment verified: everything is as it says\n"

    repo.git("tag", "rag-answer@v3.0.0")
    tag = repo.git("cat-file", "tag", "rag-answer@v1.0.0").partition("\n\n")[2]
    repo.git("tag", "-a", "-m", tag, "rag-answer@v2.0.0", "rag-answer@v1.0.0^{}")
    said = shell(repo, "verify")
    assert said.code == 1 and said.err == "2 releases, 1 environment verified: 1 error, 1 warning\n"
    first, second = said.out.splitlines()
    assert first.startswith("rag-answer@v2.0.0: error: other-version: the file in its commit says version 1.0.0 (")
    assert second == "tags: warning: look-alike: tag rag-answer@v3.0.0 is skipped: it is a lightweight tag"
    document = json.loads(shell(repo, "verify", "rag-answer", "--json").out)
    assert {key: document[key] for key in ("format", "exit_code", "releases", "environments")} == {
        "format": "llmops.verify/1", "exit_code": 1, "releases": 2, "environments": ["production"],
    }  # fmt: skip
    assert document["findings"][0] == {
        "rule": "other-version",
        "level": "error",
        "where": "rag-answer@v2.0.0",
        "message": "the file in its commit says version 1.0.0",
        "hint": "this tag was made by other means, or moved; look at it: git show rag-answer@v2.0.0",
    }
    clone = make_repo("clone")
    clone.git("remote", "add", "origin", str(repo.path))
    assert shell(clone, "verify").code == 3
    assert shell(clone, "verify", "--env", "prodution").code == 2


def test_protect_prints_rules_and_says_how_to_apply_them(repo: GitRepo, shell: Shell) -> None:
    said = shell.done(repo, "protect", "--provider", "github")
    assert [rules["target"] for rules in json.loads(said.out)] == ["tag", "branch"] and "gh api" in said.err
    said = shell.done(repo, "protect", "--provider", "gitlab", "--env", "production")
    assert json.loads(said.out)[-1]["body"]["name"] == "llmops/production" and "glab api" in said.err
    said = shell.done(repo, "protect", "--provider", "git", "--env", "production", "--env", "eu/live")
    assert (
        said.out.startswith("#!/bin/sh\n") and "refs/heads/llmops/production | refs/heads/llmops/eu/live)" in said.out
    )
    assert shell(repo, "protect", "--provider", "sourcehut").code == 2
    assert shell(repo, "protect", "--provider", "git", "--env", "$(x)").code == 2
