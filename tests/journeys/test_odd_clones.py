"""The same project in clones that lack something: objects, history, tags; and in those that have it elsewhere."""

from pathlib import Path

import pytest

from tests.journeys.odd import Told, answer, clone, promotes, reads_as_everywhere
from tests.journeys.team import Shell, live, prompt

NAMES = ("a", "b", "c", "d", "e", "f")


@pytest.mark.parametrize("left_out", ["blob:none", "tree:0"])
def test_a_partial_clone(story: Told, shell: Shell, left_out: str) -> None:
    partial = clone(story, "partial", f"--filter={left_out}")
    reads_as_everywhere(shell, story, partial)
    shell.done(partial, "eval", "run", "--against", "HEAD~1")
    promotes(shell, story, partial)


def test_what_was_left_out_is_fetched_in_one_go(
    story: Told, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1.0.0", "1.1.0"):
        story.plain.commit({f"prompts/{name}.yaml": prompt(version, f"{name} {version}", name=name) for name in NAMES})
        shell.done(story.plain, "prompt", "release", *NAMES)
    story.plain.git("push", "-q", "--tags", "origin", "HEAD:main")
    partial = clone(story, "partial", "--filter=blob:none", "--no-checkout")
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    assert "14 releases" in shell(partial, "verify").err
    fetches = [line for line in trace.read_text().splitlines() if "run_command:" in line and " fetch " in line]
    assert 1 <= len(fetches) <= 5, "all releases at once, then what is live, the settings of main, and so on"


@pytest.mark.parametrize("left_out", ["blob:none", "tree:0"])
def test_a_partial_clone_whose_remote_is_gone(story: Told, shell: Shell, left_out: str) -> None:
    partial = clone(story, "partial", f"--filter={left_out}")
    story.remote.path.rename(story.remote.path.parent / "gone")
    for words in (
        ("prompt", "list"),
        ("prompt", "show", "rag-answer@1.0.0"),
        ("prompt", "check"),
        ("env", "list"),
        ("verify",),
        ("rollback", "rag-answer", "--no-push"),
    ):
        said = shell(partial, *words)
        assert said.code == 3 and said.out == "", words
        assert "this is a partial clone, and what it left out cannot be fetched: " in said.err, words
    assert "1.1.0" in shell.done(partial, "prompt", "show", "rag-answer").out


def test_a_shallow_clone(story: Told, shell: Shell) -> None:
    """As CI checks out: it says what it does not know, and asks the remote before it moves anything."""
    shallow = clone(story, "shallow", "--depth=1")
    said = shell.done(shallow, "env", "log", "production")
    assert said.out == "" and "nothing is known to be live on production; to ask the remote: git fetch" in said.err
    said = shell(shallow, "prompt", "show", "rag-answer@production")
    assert said.code == 2 and "nothing is known to be live on production" in said.err
    said = shell(shallow, "prompt", "show", "rag-answer@1.0.0")
    assert said.code == 2 and "this clone is shallow and may lack releases: git fetch --tags" in said.err
    shell.done(shallow, "prompt", "check", "--against", "main")
    shell.done(shallow, "promote", "rag-answer", "1.1.0", "--env", "production")
    assert live(story.remote) == "1.1.0"
    shell.done(shallow, "rollback", "rag-answer")
    assert live(story.remote) == "1.0.0"
    shallow.git("fetch", "-q", "--tags", "origin")
    assert answer(shell, shallow, "prompt", "log", "rag-answer") == story.said["prompt", "log", "rag-answer"]


def test_objects_and_refs_kept_in_other_ways(story: Told, shell: Shell) -> None:
    """Objects that another repository lends, refs in one file, objects that are said to be others."""
    repo = clone(story, "shared", f"--reference={story.plain.path}")
    assert (repo.path / ".git/objects/info/alternates").is_file()
    repo.git("pack-refs", "--all")
    repo.git("replace", "rag-answer@v1.0.0^{commit}", "main")
    repo.git("replace", "rag-answer@v1.0.0:prompts/rag-answer.yaml", "rag-answer@v1.1.0:prompts/rag-answer.yaml")
    reads_as_everywhere(shell, story, repo)
    promotes(shell, story, repo)


def test_a_default_branch_of_another_name(story: Told, shell: Shell) -> None:
    story.remote.git("branch", "-m", "main", "master")
    repo = clone(story, "master")
    for words in (("prompt", "check", "--against", "main"), ("eval", "plan", "--against", "main")):
        said = shell(repo, *words)
        assert said.code == 3 and "the default branch may be master: --against master" in said.err
    shell.done(repo, "verify")
    shell.done(story.remote, "verify")
