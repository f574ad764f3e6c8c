"""The registry as pages, by the command."""

import json
from pathlib import Path

from tests.conftest import GitRepo
from tests.journeys.team import MakeRepo, Shell, prompt, release


def test_a_site_is_written_and_follows_the_registry(repo: GitRepo, shell: Shell) -> None:
    release(repo, shell, "1.0.0", "Answer.")
    release(repo, shell, "1.0.0", "Be polite.", name="judges/polite")
    shell.done(repo, "promote", "rag-answer", "1.0.0", "--env", "production", "--reason", "measured")
    said = shell.done(repo, "report", "site", "../public", "--title", "Ours")
    assert said.out == "../public/index.html: 2 prompts, 2 released versions, 4 pages\n"
    public = repo.path.parent / "public"
    assert "<title>Ours</title>" in (public / "index.html").read_text()

    release(repo, shell, "1.1.0", "Answer, and cite.")
    repo.git("tag", "-d", "judges/polite@v1.0.0")
    repo.git("rm", "-q", "prompts/judges/polite.yaml")
    document = json.loads(shell.done(repo, "report", "site", "../public", "--title", "Ours", "--json").out)
    assert document == {
        "format": "llmops.site/1", "folder": "../public", "pages": 3, "changed": 2, "removed": 1,
        "prompts": 1, "releases": 2, "notes": [],
    }  # fmt: skip
    assert not (public / "prompts/judges").exists()


def test_a_folder_of_somebody_else_is_left_alone(repo: GitRepo, shell: Shell) -> None:
    release(repo, shell, "1.0.0", "Answer.")
    said = shell(repo, "report", "site", ".")
    assert said.code == 2
    assert ". holds other things" in said.err
    said = shell(repo, "report", "site", "prompts/rag-answer.yaml")
    assert (said.code, "is not a folder" in said.err) == (2, True)


def test_what_could_not_be_read_is_told(repo: GitRepo, shell: Shell) -> None:
    release(repo, shell, "1.0.0", "Answer.")
    repo.git("tag", "rag-answer@v2.0.0")
    repo.write({"prompts/bad.yaml": "version: [\n", "prompts/Not A Name.yaml": "x: 1\n"})
    said = shell.done(repo, "report", "site", "../public")
    assert "warning: tag rag-answer@v2.0.0 is skipped: it is a lightweight tag" in said.err
    assert "warning: prompts/bad.yaml:" in said.err
    assert "warning: 'Not A Name' is not a prompt name" in said.err
    index = (repo.path.parent / "public/index.html").read_text()
    assert "3 notes on what could not be read" in index
    assert not (repo.path.parent / "public/prompts/Not A Name.html").exists()


def test_a_clone_without_tags_says_so(repo: GitRepo, shell: Shell, make_repo: MakeRepo) -> None:
    repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0")}, "first")
    bob = make_repo("bob", clone_of=repo.path)
    said = shell.done(bob, "report", "site", "../public")
    assert "warning: no tags fetched, so nothing is known of releases; run: git fetch --tags" in said.err


def test_a_folder_without_git_has_pages_too(tmp_path: Path, shell: Shell) -> None:
    folder = GitRepo(tmp_path / "plain")
    folder.write({"prompts/rag-answer.yaml": prompt("1.0.0")})
    shell.done(folder, "report", "site", "public")
    assert "unreleased" in (folder.path / "public/prompts/rag-answer.html").read_text()
