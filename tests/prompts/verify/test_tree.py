"""The tree of an environment: the bytes of releases, whole, and nothing else."""

from llmops_cli.prompts.environment import Wish, move
from llmops_cli.prompts.release import release
from llmops_cli.prompts.verify.verification import verify
from llmops_cli.vcs.commit import commit_files
from tests.conftest import GitRepo
from tests.prompts.registered import opened, prompt, released
from tests.prompts.verify.test_verification import told

TYPED = "name: typed\nversion: 1.0.0\ntemplate: Say $x.\noutput: {format: json, schema: schemas/answer.json}\n"
BRANCH = "llmops/production"


def by_hand(repo: GitRepo, change: dict[str, str | bytes | None]) -> None:
    """A commit on production without a word of what it means; None removes a file."""
    git = opened(repo).repo
    assert git is not None
    blobs = {path: text.encode() if isinstance(text, str) else text for path, text in change.items()}
    made = commit_files(git, repo.git("rev-parse", BRANCH), blobs, "by hand\n")
    repo.git("update-ref", f"refs/heads/{BRANCH}", made)


def served(repo: GitRepo) -> str:
    """A project in a folder of the repository, whose prompts are live on production; the branch's first tip."""
    repo.write({"llmops.yaml": "main: main\n", "prompts/schemas/answer.json": '{"type": "object"}\n'})
    repo.commit({"prompts/typed.yaml": TYPED})
    release(opened(repo), ["typed"])
    registry = released(repo, "1.0.0", "1.1.0")
    for name in ("typed", "rag-answer"):
        move(registry, Wish("promote", name, "1.0.0", "production"), tell=print)
        registry = opened(repo)
    assert verify(registry).findings == ()
    return repo.git("rev-parse", BRANCH)


def test_every_way_to_serve_what_was_not_released(repo: GitRepo) -> None:
    tip = served(repo)
    rag, typed = f"{BRANCH}:prompts/rag-answer.yaml", f"{BRANCH}:prompts/typed.yaml"
    other = prompt("1.1.0", "Words of 1.1.0.").encode()
    tag = repo.git("cat-file", "tag", "rag-answer@v1.1.0") + "\n"
    schema = "releases/typed.files/prompts/schemas/answer.json"
    stories: list[tuple[dict[str, str | bytes | None], list[tuple[str, str, str]]]] = [
        ({"prompts/rag-answer.yaml": prompt("1.0.0", "Edited.")}, [("served-bytes", "error", rag)]),
        # the file of another release, with the tag of this one; with its own tag it is well served
        ({"prompts/rag-answer.yaml": other}, [("served-bytes", "error", rag)]),
        ({"prompts/rag-answer.yaml": other, "releases/rag-answer.tag": tag}, []),
        ({"prompts/rag-answer.yaml": prompt("9.0.0")}, [("unknown-version", "error", rag)]),
        ({"prompts/rag-answer.yaml": "nothing"}, [("served-bytes", "error", rag)]),
        ({"releases/rag-answer.tag": "tag?\n"}, [("served-bytes", "error", rag)]),
        ({schema: "{}\n"}, [("served-bytes", "error", typed)]),
        ({"releases/typed.files/prompts/more.json": "{}\n"}, [("served-bytes", "error", typed)]),
        ({schema: None}, [("served-bytes", "error", typed)]),
        ({"prompts/typed.yaml": None}, [("served-bytes", "error", typed)]),
        ({"releases/rag-answer.tag": None}, [("unproven", "note", rag)]),
        ({"README.md": "hello"}, [("stray-file", "error", f"{BRANCH}:README.md")]),
    ]  # fmt: skip
    for change, expected in stories:
        by_hand(repo, change)
        hand = ("by-hand", "warning", f"{BRANCH} ({repo.git('rev-parse', BRANCH)[:7]})")
        found = [one for one in told(repo) if one[0] != "log-rewritten"]  # each story begins at the first tip again
        assert sorted(found) == sorted([*expected, hand]), change
        repo.git("update-ref", f"refs/heads/{BRANCH}", tip)
    by_hand(repo, {"README.md": "hello"})
    assert "stray-file" in [one[0] for one in told(repo, environment="production")]
    # nothing is known of staging, which is no reason to say that it is in order
    assert told(repo, environment="staging") == [("unknown-version", "unchecked", "llmops/staging")]


def test_a_link_is_no_file(repo: GitRepo) -> None:
    served(repo)
    folder = repo.path.parent / "live"
    repo.git("worktree", "add", "-q", str(folder), BRANCH)
    (folder / "prompts/rag-answer.yaml").unlink()
    (folder / "prompts/rag-answer.yaml").symlink_to("typed.yaml")
    GitRepo(folder).commit({}, "a link")
    assert ("served-bytes", "error", f"{BRANCH}:prompts/rag-answer.yaml") in told(repo)


def test_a_yanked_version_may_not_be_live(repo: GitRepo) -> None:
    served(repo)
    repo.git("tag", "-a", "-m", "wrong citations", "rag-answer@v1.0.0!", "rag-answer@v1.0.0^{}")
    assert told(repo) == [("yanked-live", "error", f"{BRANCH}:prompts/rag-answer.yaml")]
    assert told(repo, "typed") == []
