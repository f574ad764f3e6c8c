"""Two branches bump 1.0.0 to 1.1.0 with different texts. Git merges the identical line without a word; we do not."""

import json

import pytest

from tests.conftest import GitRepo
from tests.journeys.team import Shell, prompt

TEXT = "First line.\n  \n  {middle}\n  \n  Last line: {last}."


def words(middle: str = "Middle.", last: str = "end") -> str:
    return TEXT.format(middle=middle, last=last)


@pytest.fixture
def merged(repo: GitRepo, shell: Shell) -> GitRepo:
    """main with both branches merged, 1.0.0 released; the two branches changed different lines."""
    repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0", words())})
    shell.done(repo, "prompt", "release")
    for branch, text in (("one", words(middle="Cite.")), ("two", words(last="be brief"))):
        repo.git("checkout", "-q", "-b", branch, "main")
        repo.commit({"prompts/rag-answer.yaml": prompt("1.1.0", text)}, branch)
        shell.done(repo, "prompt", "check", "--against", "main")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "one", "-m", "merge one")
    return repo


def merge_two(repo: GitRepo) -> None:
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "two", "-m", "merge two")  # no conflict: this is the trap
    text = (repo.path / "prompts/rag-answer.yaml").read_text()
    assert "Cite." in text and "be brief" in text and "version: 1.1.0" in text


def test_the_second_branch_fails_in_its_pull_request(merged: GitRepo, shell: Shell) -> None:
    merged.git("checkout", "-q", "two")
    said = shell(merged, "prompt", "check", "--against", "main")
    assert said.code == 1
    assert said.out.startswith("prompts/rag-answer.yaml:3: version-taken: rag-answer: 1.1.0 is taken by other content")
    merged.commit({"prompts/rag-answer.yaml": prompt("1.2.0", words(last="be brief"))})
    shell.done(merged, "prompt", "check", "--against", "main")


def test_release_refuses_the_second_content_of_a_tagged_version(merged: GitRepo, shell: Shell) -> None:
    shell.done(merged, "prompt", "release")
    merge_two(merged)
    said = shell(merged, "prompt", "release")
    assert said.code == 4
    assert "changed since 1.1.0 was released" in said.err
    assert merged.git("tag").splitlines() == ["rag-answer@v1.0.0", "rag-answer@v1.1.0"]


def test_release_refuses_the_merge_also_when_nothing_was_tagged(merged: GitRepo, shell: Shell) -> None:
    merge_two(merged)
    said = shell(merged, "prompt", "release")
    assert said.code == 4
    merge = merged.git("rev-parse", "--short=7", "HEAD")
    assert f"silent-merge: rag-answer: merge {merge} joined two different 1.1.0" in said.err
    assert merged.git("tag").splitlines() == ["rag-answer@v1.0.0"]
    findings = json.loads(shell(merged, "prompt", "check", "--json").out)["findings"]
    assert [finding["rule"] for finding in findings] == ["silent-merge"]

    merged.commit({"prompts/rag-answer.yaml": prompt("1.2.0", words(middle="Cite.", last="be brief"))})
    shell.done(merged, "prompt", "check")
    shell.done(merged, "prompt", "release")
    assert merged.git("tag").splitlines() == ["rag-answer@v1.0.0", "rag-answer@v1.2.0"]


def test_it_is_found_without_any_release_and_below_later_commits(repo: GitRepo, shell: Shell) -> None:
    repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0", words())})
    for branch, text in (("one", words(middle="Cite.")), ("two", words(last="be brief"))):
        repo.git("checkout", "-q", "-b", branch, "main")
        repo.commit({"prompts/rag-answer.yaml": prompt("1.1.0", text)}, branch)
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "one", "-m", "merge one")
    merge_two(repo)
    repo.commit({"README.md": "later\n"})
    assert "silent-merge" in shell(repo, "prompt", "release").err


def test_a_merge_that_keeps_one_side_is_no_silent_merge(repo: GitRepo, shell: Shell) -> None:
    repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0", words())})
    repo.git("checkout", "-q", "-b", "one")
    repo.commit({"prompts/rag-answer.yaml": prompt("1.1.0", words(middle="Cite."))})
    repo.git("checkout", "-q", "main")
    repo.commit({"prompts/rag-answer.yaml": prompt("1.1.0", words(last="be brief"))})
    repo.git("merge", "-q", "--no-ff", "-s", "ours", "one", "-m", "we keep ours")
    shell.done(repo, "prompt", "check")
    shell.done(repo, "prompt", "release")


def test_a_merge_of_work_on_one_unreleased_version_is_no_silent_merge(repo: GitRepo, shell: Shell) -> None:
    repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0", words())})
    for branch, text in (("one", words(middle="Cite.")), ("two", words(last="be brief"))):
        repo.git("checkout", "-q", "-b", branch, "main")
        repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0", text)}, branch)
    repo.git("merge", "-q", "--no-ff", "one", "-m", "merge one")
    shell.done(repo, "prompt", "release")
