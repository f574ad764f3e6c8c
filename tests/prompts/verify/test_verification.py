"""Verification of the whole registry: what is looked at, and what this clone cannot tell."""

from collections.abc import Callable

import pytest

from llmops_cli.errors import InputError
from llmops_cli.prompts.verify.verification import verify
from tests.conftest import GitRepo
from tests.prompts.registered import opened, prompt, released


def told(repo: GitRepo, *names: str, environment: str = "") -> list[tuple[str, str, str]]:
    """Rule, level and place of every finding."""
    verified = verify(opened(repo), names, environment=environment)
    return [(one.rule, one.level, one.where) for one in verified.findings]


def test_an_empty_repository_has_nothing_that_is_wrong(repo: GitRepo) -> None:
    assert verify(opened(repo)).exit_code == 0


def test_releases_are_what_their_tags_say(repo: GitRepo) -> None:
    registry = released(repo, "1.0.0", "1.1.0", "1.2.0-rc.1", "1.2.0")
    released(repo, "1.0.0", name="judges/grounded")
    verified = verify(opened(repo))
    assert (verified.findings, verified.releases, verified.exit_code) == ((), 5, 0)
    release = registry.releases("rag-answer")[0]
    commit = repo.commit({"prompts/rag-answer.yaml": prompt("1.2.0", "Other words.")})
    for tag, message in {
        "rag-answer@v1.2.0": registry.releases("rag-answer")[-1].message(),
        "rag-answer@v1.3.0": release.message(),
        "rag-answer@v1.4.0": release.message().replace("rag-answer.yaml", "gone.yaml"),
        "judges/grounded@v2.0.0": release.message(),
    }.items():
        repo.git("tag", "-f", "-a", "-m", message, tag, commit)
    assert told(repo) == [
        ("unreadable-file", "error", "judges/grounded@v2.0.0"),
        ("other-digest", "error", "rag-answer@v1.2.0"),
        ("other-version", "error", "rag-answer@v1.3.0"),
        ("missing-file", "error", "rag-answer@v1.4.0"),
        ("tag-moved", "error", "rag-answer@v1.2.0"),
    ]
    assert told(repo, "judges/grounded") == [("unreadable-file", "error", "judges/grounded@v2.0.0")]
    assert verify(opened(repo)).exit_code == 1


def test_a_release_must_have_been_merged(repo: GitRepo, make_repo: Callable[..., GitRepo]) -> None:
    released(repo, "1.0.0")
    repo.git("checkout", "-q", "-b", "topic")
    released(repo, "1.1.0")
    assert told(repo) == [("unreachable", "error", "rag-answer@v1.1.0")]
    repo.git("branch", "-D", "main")
    assert told(repo) == [("unreachable", "unchecked", "main")]
    assert verify(opened(repo)).exit_code == 3
    repo.git("branch", "-m", "topic", "main")
    assert told(repo) == []
    # a clone knows the branch as its remote's, and a shallow one not all of it
    shallow = make_repo("shallow")
    shallow.git("remote", "add", "origin", f"file://{repo.path}")
    shallow.git("fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main", "tag", "rag-answer@v1.1.0")
    shallow.git("fetch", "-q", "--depth=1", "origin", "tag", "rag-answer@v1.0.0")
    assert told(shallow) == [("unreachable", "unchecked", "rag-answer@v1.0.0")]
    shallow.git("fetch", "-q", "--unshallow", "origin")
    assert told(shallow) == []


def test_a_clone_without_tags_cannot_tell(repo: GitRepo, make_repo: Callable[..., GitRepo]) -> None:
    released(repo, "1.0.0")
    clone = make_repo("clone")
    clone.git("remote", "add", "origin", str(repo.path))
    clone.git("fetch", "-q", "--no-tags", "origin")
    assert ("missing-tag", "unchecked", "tags") in told(clone)
    repo.commit({"prompts/other.yaml": prompt("1.0.0", name="other")})
    assert told(repo) == []
    assert told(repo, "rag-answer", "other") == [("missing-tag", "unchecked", "other")]


def test_releases_of_gto_are_told_once_and_not_after_ours(repo: GitRepo) -> None:
    repo.commit({"prompts/rag-answer.yaml": prompt("0.1.0")})
    for version in ("0.1.0", "0.2.0"):
        repo.git("tag", "-a", "-m", f"Registering artifact rag-answer version v{version}", f"rag-answer@v{version}")
    assert told(repo) == [("no-digest", "warning", "rag-answer")]
    released(repo, "1.0.0")
    assert told(repo) == [("no-digest", "warning", "rag-answer")]
    repo.git("tag", "-a", "-m", "Registering artifact rag-answer version v1.1.0", "rag-answer@v1.1.0")
    assert sorted(told(repo)) == [("look-alike", "warning", "tags"), ("no-digest", "warning", "rag-answer")]
    latest = opened(repo).latest("rag-answer")
    assert latest is not None and latest.reference == "rag-answer@1.0.0", "what comes after ours is nobody's"
    assert opened(repo).release("rag-answer", "0.2.0") is not None


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "./prompts/rag-answer.yaml", "a//b", "prompts/.."])
def test_a_tag_that_leads_out_of_the_repository_stops_nothing(repo: GitRepo, path: str) -> None:
    """git ends when it is asked for such a path, and with it the verification of everything else."""
    registry = released(repo, "1.0.0")
    message = registry.releases("rag-answer")[0].message().replace("prompts/rag-answer.yaml", path)
    repo.git("tag", "-a", "-m", message, "rag-answer@v1.1.0", "HEAD")
    assert told(repo) == [("look-alike", "warning", "tags")]
    assert [str(one.version) for one in opened(repo).releases("rag-answer")] == ["1.0.0"]


def test_a_remote_that_is_not_there_is_no_remote_that_agrees(repo: GitRepo, make_repo: Callable[..., GitRepo]) -> None:
    """A change could name another in its llmops.yaml, and its own branch would be the default branch."""
    released(repo, "1.0.0")
    clone = make_repo("clone", clone_of=repo.path)
    assert told(clone) == []
    clone.write({"llmops.yaml": "remote: nowhere\n"})
    assert ("unreachable", "unchecked", "nowhere") in told(clone)


def test_an_unknown_prompt_is_bad_input(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    with pytest.raises(InputError, match="there is no prompt 'rag-anwser'"):
        verify(opened(repo), ["rag-anwser"])
