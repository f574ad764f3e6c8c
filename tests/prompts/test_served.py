"""An environment proves itself: whoever has its tree has all a prompt reads, and the tag that says what it must be."""

import pytest

from llmops_cli.errors import ConflictError, FileError
from llmops_cli.prompts.environment import Wish, move
from llmops_cli.prompts.reference import Reference
from llmops_cli.prompts.release import release
from llmops_cli.prompts.served import ServedFiles, load_served
from llmops_cli.vcs.commit import commit_files
from llmops_cli.vcs.commit_tree import CommitTree
from llmops_cli.vcs.refs import update_ref
from llmops_cli.vcs.repo import Repo
from tests.conftest import GitRepo
from tests.journeys.team import MakeRepo
from tests.prompts.registered import opened, prompt, released

SCHEMA = '{"type": "object", "properties": {"answer": {"type": "string"}}}'
WITH_SCHEMA = prompt("1.0.0") + "output: {format: json, schema: ../shapes/answer.json}\n"


def promote(repo: GitRepo, version: str) -> str:
    return move(opened(repo), Wish("promote", "rag-answer", version, "production"), tell=print).commit


def tree_of(repo: GitRepo, commit: str = "llmops/production") -> CommitTree:
    commit = repo.git("rev-parse", commit)
    return CommitTree(Repo(repo.path), commit, label="production")


def files(repo: GitRepo) -> list[str]:
    return repo.git("ls-tree", "-r", "--name-only", "llmops/production").split("\n")


def with_schema(repo: GitRepo, folder: str = "") -> None:
    """1.0.0 answers by a schema that lies beside the prompts, 2.0.0 in plain text."""
    there = GitRepo(repo.path / folder) if folder else repo
    repo.commit({f"{folder}prompts/rag-answer.yaml": WITH_SCHEMA, f"{folder}shapes/answer.json": SCHEMA})
    release(opened(there))
    repo.commit({f"{folder}prompts/rag-answer.yaml": prompt("2.0.0", "In plain text.")})
    release(opened(there))


def change_by_hand(repo: GitRepo, path: str, data: bytes | None) -> None:
    """What somebody does to the branch of an environment without llmops."""
    git, tip = Repo(repo.path), repo.git("rev-parse", "llmops/production")
    commit = commit_files(git, tip, {path: data}, "by hand")
    assert update_ref(git, "refs/heads/llmops/production", commit, before=tip) == ""


@pytest.mark.parametrize(("folder", "hash_name"), [("", "sha1"), ("apps/bot/", "sha1"), ("", "sha256")])
def test_a_prompt_goes_with_all_that_it_reads(
    make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch, folder: str, hash_name: str
) -> None:
    monkeypatch.setenv("GIT_DEFAULT_HASH", hash_name)
    repo = make_repo("repo")
    with_schema(repo, folder)
    there = GitRepo(repo.path / folder) if folder else repo
    promote(there, "1.0.0")
    part = f"releases/rag-answer.files/{folder}shapes/answer.json"
    assert files(repo) == ["prompts/rag-answer.yaml", part, "releases/rag-answer.tag"]
    assert repo.git("show", f"llmops/production:{part}") == SCHEMA

    served = load_served(tree_of(repo).read, "rag-answer")
    assert (served.prompt.reference, served.doubt) == ("rag-answer@1.0.0", "")
    assert served.prompt.output.schema and served.prompt.output.schema["type"] == "object"
    assert served.release == opened(there).release("rag-answer", "1.0.0")

    promote(there, "2.0.0")
    assert files(repo) == ["prompts/rag-answer.yaml", "releases/rag-answer.tag"]
    back = move(opened(there), Wish("rollback", "rag-answer", "", "production"), tell=print)
    assert (back.before, back.after) == ("2.0.0", "1.0.0")
    assert files(repo) == ["prompts/rag-answer.yaml", part, "releases/rag-answer.tag"]


def test_a_clone_without_tags_reads_what_is_live(make_repo: MakeRepo) -> None:
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    with_schema(ann)
    ann.git("push", "-q", "origin", "main")
    promote(ann, "1.0.0")
    bob = make_repo("bob", clone_of=remote.path)
    for tag in bob.git("tag").split("\n"):
        bob.git("tag", "-d", tag)
    read = opened(bob).resolve(Reference.parse("rag-answer@production"))
    assert read.reference == "rag-answer@1.0.0" and read.output.schema is not None


def test_what_was_changed_by_hand_is_in_doubt(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0")
    promote(repo, "1.0.0")
    change_by_hand(repo, "prompts/rag-answer.yaml", prompt("1.0.0", "Quietly others.").encode())
    assert "another digest" in load_served(tree_of(repo).read, "rag-answer").doubt
    change_by_hand(repo, "prompts/rag-answer.yaml", prompt("1.1.0").encode())
    assert load_served(tree_of(repo).read, "rag-answer").doubt == "the file says 1.1.0, the tag with it 1.0.0"
    assert opened(repo).resolve(Reference.parse("rag-answer@production")).reference == "rag-answer@1.1.0"


def test_the_tag_of_another_prompt_proves_nothing(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    released(repo, "1.0.0", name="other")
    promote(repo, "1.0.0")
    change_by_hand(repo, "releases/rag-answer.tag", Repo(repo.path).tag_object(repo.git("rev-parse", "other@v1.0.0")))
    with pytest.raises(FileError, match="is the tag of other"):
        load_served(tree_of(repo).read, "rag-answer")


def test_a_promotion_makes_whole_what_is_not(repo: GitRepo) -> None:
    """Also the environments of older versions of llmops, which held prompts and nothing else."""
    with_schema(repo)
    promote(repo, "1.0.0")
    assert promote(repo, "1.0.0") == "", "nothing is missing"
    whole = files(repo)
    for path in whole[1:]:
        change_by_hand(repo, path, None)
    assert files(repo) == ["prompts/rag-answer.yaml"]
    read = opened(repo).resolve(Reference.parse("rag-answer@production"))
    assert read.output.schema is not None, "read from the release"
    promote(repo, "1.0.0")
    assert files(repo) == whole


def test_an_environment_without_tags_serves_with_a_doubt(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    promote(repo, "1.0.0")
    change_by_hand(repo, "releases/rag-answer.tag", None)
    served = load_served(tree_of(repo).read, "rag-answer")
    assert (served.release, served.doubt) == (None, "the tag of its release is not with it")
    assert served.prompt.reference == "rag-answer@1.0.0"


def test_a_tag_that_says_something_else_than_its_commit_is_not_promoted(repo: GitRepo) -> None:
    repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0")})
    said = f"x\n\nLlmops-Digest: sha256:{'0' * 64}\nLlmops-Path: prompts/rag-answer.yaml"
    repo.git("tag", "-a", "-m", said, "rag-answer@v1.0.0")
    with pytest.raises(ConflictError, match="not what its tag says"):
        promote(repo, "1.0.0")
    assert repo.git("branch", "--list", "llmops/*") == ""


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a\nb"])
def test_no_path_leads_out(path: str) -> None:
    with pytest.raises(FileError, match="leads out"):
        ServedFiles(lambda _: b"x", "rag-answer", "prompts/rag-answer.yaml", "").read(path)
