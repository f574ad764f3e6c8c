"""From a commit to production and back, with what git itself says at every step."""

import json
import re
import subprocess

import pytest

from llmops_cli.cli.main import main
from tests.conftest import GitRepo
from tests.journeys.team import MakeRepo, Shell, files, live, prompt, refs, release, team

# the whole of gto 1.10's rule for the tag of a registered version
GTO_TAG = re.compile(
    r"^(?P<artifact>([a-zA-Z0-9-_./]+=)?[a-zA-Z0-9]([a-zA-Z0-9-/_]*[a-zA-Z0-9])?)@(?P<version>v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?)$"
)


def test_the_story(make_repo: MakeRepo, shell: Shell) -> None:
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    ann.commit({"prompts/rag-answer.yaml": prompt("1.0.0"), "README.md": "x\n"})
    ann.git("push", "-q", "origin", "main")

    said = shell.done(ann, "prompt", "release", "--push")
    assert said.out.startswith("released and pushed rag-answer@1.0.0")
    assert refs(remote)["refs/tags/rag-answer@v1.0.0"] == refs(ann)["refs/tags/rag-answer@v1.0.0"]
    message = ann.git("tag", "-l", "--format=%(contents)", "rag-answer@v1.0.0")
    assert message.splitlines()[0] == "Registering artifact rag-answer version v1.0.0"
    assert re.search(r"^Llmops-Digest: sha256:[0-9a-f]{64}$", message, re.MULTILINE)
    assert "Llmops-Path: prompts/rag-answer.yaml" in message
    assert all(GTO_TAG.match(tag) for tag in ann.git("tag").splitlines())

    assert "already released: rag-answer@1.0.0" in shell.done(ann, "prompt", "release", "--push").err

    release(ann, shell, "1.1.0", "Answer from the context, and cite.")
    shell.done(ann, "promote", "rag-answer", "1.0.0", "--env", "staging")
    shell.done(ann, "promote", "rag-answer", "1.1.0", "--env", "staging", "--reason", "measured")
    assert live(ann, "staging") == "1.1.0"
    assert live(remote, "staging") == "1.1.0"
    served = ann.git("ls-tree", "-r", "--name-only", "llmops/staging").split("\n")
    assert served == ["prompts/rag-answer.yaml", "releases/rag-answer.tag"]
    tag = ann.git("cat-file", "tag", "rag-answer@v1.1.0")
    assert ann.git("show", "llmops/staging:releases/rag-answer.tag") == tag
    blob = ann.git("rev-parse", "rag-answer@v1.1.0:prompts/rag-answer.yaml")
    assert ann.git("rev-parse", "llmops/staging:prompts/rag-answer.yaml") == blob
    assert "rag-answer@v1.1.0" in remote.git("tag"), "the tag of what is live travels with it"

    shell.done(ann, "promote", "rag-answer", "1.0.0", "--env", "production")
    shell.done(ann, "promote", "rag-answer", "1.1.0", "--env", "production")
    listed = json.loads(shell.done(ann, "prompt", "list", "--json").out)
    assert listed["prompts"] == [
        {
            "name": "rag-answer",
            "version": "1.1.0",
            "state": "released",
            "released": "1.1.0",
            "live": {"staging": "1.1.0", "production": "1.1.0"},
            "yanked": "",
            "deprecated": "",
        }
    ]

    said = shell.done(ann, "rollback", "rag-answer", "--reason", "citations are\ngone")
    assert said.out.startswith("production: rag-answer 1.1.0 -> 1.0.0 (")
    assert live(remote) == live(ann) == "1.0.0"
    body = ann.git("log", "-1", "--format=%B", "llmops/production")
    assert body.splitlines()[0] == "production: rag-answer back from 1.1.0 to 1.0.0"
    for trailer in ("Action: rollback", "From: 1.1.0", "To: 1.0.0", "Reason: citations are gone"):
        assert f"Llmops-{trailer}" in body
    moves = json.loads(shell.done(ann, "env", "log", "production", "--json").out)["moves"]
    assert [(move["action"], move["from"], move["to"]) for move in moves] == [
        ("rollback", "1.1.0", "1.0.0"),
        ("promote", "1.0.0", "1.1.0"),
        ("promote", "", "1.0.0"),
    ]
    assert {move["who"] for move in moves} == {"Ann Example"}
    log = shell.done(ann, "prompt", "log", "rag-answer").out.splitlines()
    assert log[1].startswith("1.1.0") and log[1].endswith("staging")
    assert log[2].startswith("1.0.0") and log[2].endswith("production")


def test_rollbacks_go_further_back_not_forth_again(make_repo: MakeRepo, shell: Shell) -> None:
    ann = team(make_repo, shell).ann
    assert [shell(ann, "rollback", "rag-answer").code for _ in range(3)] == [0, 0, 2]
    assert live(ann) == "1.0.0"
    said = shell(ann, "rollback", "rag-answer")
    assert "nothing to go back to" in said.err and "released: 1.2.0, 1.1.0, 1.0.0" in said.err
    shell.done(ann, "promote", "rag-answer", "1.2.0", "--env", "production")
    shell.done(ann, "rollback", "rag-answer")
    assert live(ann) == "1.0.0"


def test_rollback_needs_no_clean_or_valid_work_tree(make_repo: MakeRepo, shell: Shell) -> None:
    bob = team(make_repo, shell).bob
    bob.commit({"prompts/rag-answer.yaml": "name: [broken\n", "prompts/other.yaml": "{"}, "main is broken")
    bob.write({"prompts/rag-answer.yaml": "<<<<<<< a conflict\n", "half.txt": "half\n"})
    bob.git("add", "half.txt")
    status, before = bob.git("status", "--porcelain"), files(bob.path)
    shell.done(bob, "rollback", "rag-answer")
    assert live(bob) == "1.1.0"
    assert (bob.git("status", "--porcelain"), files(bob.path)) == (status, before)
    assert bob.git("branch", "--show-current") == "main"


def test_rollback_says_what_callers_will_notice_and_goes_ahead(make_repo: MakeRepo, shell: Shell) -> None:
    ann = make_repo("ann")
    needs = "  question: {type: string}\n  persona: {type: string}"
    words = "You are a $persona."
    ann.commit({"prompts/rag-answer.yaml": prompt("1.0.0", words, variables=needs)})
    shell.done(ann, "prompt", "release")
    ann.commit({"prompts/rag-answer.yaml": prompt("2.0.0")})
    shell.done(ann, "prompt", "release")
    shell.done(ann, "promote", "rag-answer", "1.0.0", "--env", "production")
    shell.done(ann, "promote", "rag-answer", "2.0.0", "--env", "production")
    said = shell.done(ann, "rollback", "rag-answer")
    assert "callers may notice, 1.0.0 against 2.0.0: the new variable 'persona' is required" in said.err
    assert live(ann) == "1.0.0"


def test_what_is_live_already_moves_nothing(make_repo: MakeRepo, shell: Shell) -> None:
    ann = team(make_repo, shell).ann
    before = refs(ann)
    said = shell.done(ann, "promote", "rag-answer", "1.2.0", "--env", "production")
    assert said.out == "production: rag-answer 1.2.0 is live already\n"
    assert "production: rag-answer was moved" in said.err  # by whom, for somebody who comes second
    assert refs(ann) == before


def test_a_dry_run_moves_nothing(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell)
    before = refs(both.bob), refs(both.remote)
    said = shell.done(both.bob, "rollback", "rag-answer", "--dry-run", "--json")
    document = json.loads(said.out)
    assert (document["from"], document["to"], document["changed"]) == ("1.2.0", "1.1.0", False)
    assert (refs(both.bob), refs(both.remote)) == before


def test_unknown_versions_prompts_and_environments_are_told_with_what_exists(make_repo: MakeRepo, shell: Shell) -> None:
    ann = team(make_repo, shell).ann
    said = shell(ann, "promote", "rag-answer", "9.9.9", "--env", "production")
    assert said.code == 2
    assert "rag-answer 9.9.9 is not released" in said.err and "released: 1.2.0, 1.1.0, 1.0.0" in said.err
    said = shell(ann, "promote", "rag-answr", "1.0.0", "--env", "production")
    assert said.code == 2 and "did you mean 'rag-answer'?" in said.err
    said = shell(ann, "promote", "rag-answer", "1.0.0", "--env", "producton")
    assert said.code == 2 and "did you mean 'production'?" in said.err


def test_an_unreachable_remote_changes_nothing_and_no_push_works(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell)
    bob = both.bob
    bob.git("remote", "set-url", "origin", str(both.remote.path.parent / "gone.git"))
    before = refs(bob)
    said = shell(bob, "rollback", "rag-answer")
    assert said.code == 3 and "nothing was changed" in said.err and "--no-push" in said.err
    assert refs(bob) == before
    assert shell.done(bob, "rollback", "rag-answer", "--no-push").out.endswith("here only)\n")
    assert live(bob) == "1.1.0" and live(both.remote) == "1.2.0"
    bob.git("remote", "set-url", "origin", str(both.remote.path))
    bob.git("push", "-q", "origin", "llmops/production")
    shell.done(bob, "promote", "rag-answer", "1.2.0", "--env", "production", "--reason", "the remote is back")
    assert live(both.remote) == "1.2.0"
    subjects = both.remote.git("log", "--format=%s", "llmops/production").splitlines()
    assert subjects[:2] == [
        "production: rag-answer 1.1.0 -> 1.2.0",
        "production: rag-answer back from 1.2.0 to 1.1.0",
    ]


def test_a_tag_that_is_gone_everywhere_comes_back_from_the_log(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell)
    tag = "rag-answer@v1.1.0"
    was = both.remote.git("rev-parse", tag)
    for repo in (both.remote, both.ann, both.bob):
        repo.git("tag", "-d", tag)
    said = shell(both.bob, "rollback", "rag-answer")
    assert said.code == 2 and "rag-answer 1.1.0 is not released any more: its tag is gone" in said.err
    command = re.search(r"try again: (git update-ref .*)", said.err)
    assert command is not None
    subprocess.run(["sh", "-c", command[1]], cwd=both.bob.path, check=True)
    shell.done(both.bob, "rollback", "rag-answer")
    assert live(both.remote) == "1.1.0" and both.remote.git("rev-parse", tag) == was


def test_a_clone_without_tags_fetches_the_one_it_needs(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell)
    for tag in both.bob.git("tag").splitlines():
        both.bob.git("tag", "-d", tag)
    said = shell(both.bob, "prompt", "log", "rag-answer")
    assert "no tags fetched" in said.err
    shell.done(both.bob, "rollback", "rag-answer")
    assert live(both.remote) == "1.1.0"


def test_without_git_files_are_still_listed_and_checked(make_repo: MakeRepo, shell: Shell, repo: GitRepo) -> None:
    repo.write({"prompts/rag-answer.yaml": prompt("1.0.0")})
    import shutil

    shutil.rmtree(repo.path / ".git")
    assert "rag-answer  1.0.0    unreleased" in shell.done(repo, "prompt", "list").out
    shell.done(repo, "prompt", "check")
    said = shell(repo, "prompt", "release")
    assert said.code == 2 and "not a git repository" in said.err
    said = shell(repo, "rollback", "rag-answer")
    assert said.code == 2 and "not a git repository" in said.err


def test_broken_settings_do_not_stand_between_production_and_the_version_before(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "name: p\nversion: {}\ntemplate: say $word {}\ntemplate_format: dollar\n"
    monkeypatch.chdir(repo.path)
    for version in ("1.0.0", "1.0.1"):
        repo.commit({"prompts/p.yaml": text.format(version, version)})
        assert main(["prompt", "release"]) == 0
        assert main(["promote", "p", version, "--env", "production"]) == 0
    repo.commit({"llmops.yaml": "romote: origin\n", "prompts/p.yaml": "name: [broken\n"}, "a bad day")
    capsys.readouterr()
    assert main(["prompt", "list"]) == 2
    assert main(["rollback", "p"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("production: p 1.0.1 -> 1.0.0 (")
    assert "warning: the settings are not read, the defaults hold (remote: origin): llmops.yaml:1: romote" in said.err
