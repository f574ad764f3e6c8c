"""The log of an environment, replayed."""

from collections.abc import Callable

from llmops_cli.prompts.environment import Wish, move
from llmops_cli.prompts.served import FROZEN
from llmops_cli.vcs.commit import commit_files
from llmops_cli.vcs.trailers import with_trailers
from tests.conftest import GitRepo
from tests.prompts.registered import opened, released
from tests.prompts.verify.test_verification import told

MakeRepo = Callable[..., GitRepo]
BRANCH = "llmops/production"


def test_a_true_log_is_replayed(repo: GitRepo, make_repo: MakeRepo) -> None:
    released(repo, "1.0.0", "1.1.0")
    released(repo, "1.0.0", name="other")
    for name, version in (("rag-answer", "1.0.0"), ("other", "1.0.0"), ("rag-answer", "1.1.0")):
        move(opened(repo), Wish("promote", name, version, "production"), tell=print)
    move(opened(repo), Wish("rollback", "rag-answer", "", "production", reason="citations"), tell=print)
    assert told(repo) == []
    # a shallow clone of the environment says where its knowledge ends, and claims nothing of what came before
    shallow = make_repo("shallow", clone_of=repo.path)
    shallow.git("remote", "set-url", "origin", f"file://{repo.path}")
    shallow.git("fetch", "-q", "--depth=2", "origin", f"+refs/heads/{BRANCH}:refs/remotes/origin/{BRANCH}")
    cut = shallow.git("rev-parse", f"origin/{BRANCH}~1")
    assert told(shallow) == [("log-disagrees", "unchecked", f"{BRANCH} ({cut[:7]})")]


def test_trailers_that_do_not_say_what_was_done(repo: GitRepo) -> None:
    registry = released(repo, "1.0.0", "1.1.0")
    first = move(registry, Wish("promote", "rag-answer", "1.0.0", "production"), tell=print).commit
    git, old, new = registry.repo, *registry.releases()
    assert git is not None
    said = {
        "Llmops-Action": "promote", "Llmops-Prompt": "rag-answer", "Llmops-From": "1.0.0", "Llmops-To": "1.1.0",
        "Llmops-Digest": new.digest, "Llmops-Commit": new.commit,
    }  # fmt: skip
    file, tag = registry.blob_of(new), git.tag_object(new.tag_id)
    whole: dict[str, str | bytes | None] = {"prompts/rag-answer.yaml": file, "releases/rag-answer.tag": tag}
    stories: list[tuple[dict[str, str], dict[str, str | bytes | None], int]] = [
        (said, whole, 0),
        ({**said, "Llmops-From": "0.9.0"}, whole, 1),
        ({**said, "Llmops-To": "1.0.0"}, whole, 3),  # the version, the file, and the tag
        ({**said, "Llmops-Digest": old.digest}, whole, 1),
        ({**said, "Llmops-Commit": old.commit}, whole, 1),
        (said, {**whole, "prompts/other.yaml": file}, 1),
        (said, {**whole, "releases/rag-answer.tag": b"tag?"}, 1),
        (said, {"releases/rag-answer.tag": tag}, 2),  # the file stayed
        ({**said, "Llmops-Prompt": "other", "Llmops-From": ""}, whole, 2),  # what was done, and what was not
    ]
    for trailers, files, wrong in stories:
        made = commit_files(git, first, files, with_trailers("production: rag-answer", trailers))
        repo.git("update-ref", f"refs/heads/{BRANCH}", made)
        found = [one for one in told(repo) if one[0] == "log-disagrees"]
        assert found == [("log-disagrees", "error", f"{BRANCH} ({made[:7]})")] * wrong, (trailers, files)


def test_a_freeze_that_is_none(repo: GitRepo) -> None:
    registry = released(repo, "1.0.0")
    first = move(registry, Wish("promote", "rag-answer", "1.0.0", "production"), tell=print).commit
    git = registry.repo
    assert git is not None
    for action, frozen, wrong in (("freeze", b"x", 0), ("unfreeze", b"x", 1), ("freeze", None, 1)):
        files: dict[str, str | bytes | None] = {FROZEN: frozen} if frozen else {}
        message = with_trailers("production", {"Llmops-Action": action, "Llmops-Reason": "audit"})
        made = commit_files(git, first, files, message)
        repo.git("update-ref", f"refs/heads/{BRANCH}", made)
        found = [one for one in told(repo) if one[0] == "log-disagrees"]
        assert found == [("log-disagrees", "error", f"{BRANCH} ({made[:7]})")] * wrong, (action, frozen)
