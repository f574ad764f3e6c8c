"""What a release takes, refuses and writes."""

import shutil
import subprocess
from collections.abc import Callable

import pytest

from llmops_cli.errors import ConflictError, GateError, InputError
from llmops_cli.prompts.reference import Reference
from llmops_cli.prompts.release import release
from tests.conftest import GitRepo
from tests.prompts.registered import opened, prompt, released

PATH = "prompts/rag-answer.yaml"


def test_a_release_is_a_tag_that_describes_itself(repo: GitRepo) -> None:
    head = repo.commit({PATH: prompt("1.0.0")})
    done = release(opened(repo), ["rag-answer"], eval_summary=lambda p: f"run-1 pass; of {p.reference}")
    (made,) = done.made
    assert (made.reference, made.commit, made.level, done.already, done.pushed) == (
        "rag-answer@1.0.0", head, "first", (), False,
    )  # fmt: skip
    (read,) = opened(repo).releases("rag-answer")
    assert (read.digest, read.commit, read.eval_summary) == (made.digest, head, "run-1 pass; of rag-answer@1.0.0")
    assert read.digest == opened(repo).resolve(Reference.parse("rag-answer@1.0.0")).digest


def test_releasing_again_is_no_error_and_makes_no_tag(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    before = repo.git("for-each-ref")
    repo.commit({"README.md": "later\n"})
    done = release(opened(repo))
    assert [one.reference for one in done.already] == ["rag-answer@1.0.0"] and done.made == ()
    assert repo.git("for-each-ref", "refs/tags") in before


def test_a_dry_run_makes_no_tag(repo: GitRepo) -> None:
    repo.commit({PATH: prompt("1.0.0")})
    assert [one.reference for one in release(opened(repo), dry_run=True).made] == ["rag-answer@1.0.0"]
    assert repo.git("tag") == ""


@pytest.mark.parametrize("change", ["edited", "staged", "deleted"])
def test_a_file_that_differs_from_head_is_refused(repo: GitRepo, change: str) -> None:
    repo.commit({PATH: prompt("1.0.0"), "prompts/other.yaml": prompt("1.0.0", name="other")})
    if change == "deleted":
        (repo.path / PATH).unlink()
    else:
        repo.write({PATH: prompt("1.0.0", "Not committed.")})
        if change == "staged":
            repo.git("add", PATH)
    with pytest.raises(InputError, match=r"prompts/rag-answer\.yaml: the file differs from HEAD"):
        release(opened(repo))
    assert [one.name for one in release(opened(repo), ["other"]).made] == ["other"]


def test_a_schema_that_differs_from_head_is_refused(repo: GitRepo) -> None:
    text = prompt("1.0.0") + "output: {format: json, schema: schemas/answer.json}\n"
    repo.commit({PATH: text, "prompts/schemas/answer.json": '{"type": "object"}'})
    repo.write({"prompts/schemas/answer.json": '{"type": "array"}'})
    with pytest.raises(InputError, match="differs from HEAD"):
        release(opened(repo))


def test_what_is_not_committed_or_does_not_exist(repo: GitRepo) -> None:
    repo.commit({"README.md": "x"})
    repo.write({PATH: prompt("1.0.0")})
    with pytest.raises(InputError, match="is not committed"):
        release(opened(repo), ["rag-answer"])
    with pytest.raises(InputError, match="there is no prompt 'nobody' in HEAD"):
        release(opened(repo), ["nobody"])
    with pytest.raises(InputError, match="there are no prompts"):
        release(opened(repo))


def test_before_the_first_commit(repo: GitRepo) -> None:
    with pytest.raises(InputError, match="no commit yet"):
        release(opened(repo))


def test_other_content_under_a_released_version_is_a_conflict(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    repo.commit({PATH: prompt("1.0.0", "Other words.")})
    with pytest.raises(ConflictError, match=r"changed since 1\.0\.0 was released"):
        release(opened(repo))


def test_a_foreign_tag_of_that_name_is_a_conflict_and_stays(repo: GitRepo) -> None:
    repo.commit({PATH: prompt("1.0.0"), "prompts/a-first.yaml": prompt("1.0.0", name="a-first")})
    repo.git("tag", "rag-answer@v1.0.0")
    with pytest.raises(ConflictError, match=r"tag rag-answer@v1\.0\.0 exists"):
        release(opened(repo))
    assert repo.git("tag") == "rag-answer@v1.0.0", "the tag of a-first was taken back"


def test_a_step_that_is_too_small_is_what_a_guard_refuses(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    wider = "  question: {type: string}\n  persona: {type: string}"
    repo.commit({PATH: prompt("1.0.1", "You are a $persona.", variables=wider)})
    with pytest.raises(GateError, match="level-too-low"):
        release(opened(repo))
    assert repo.git("tag") == "rag-answer@v1.0.0"


def test_many_at_once_are_all_or_none(repo: GitRepo) -> None:
    repo.commit({f"prompts/p{i}.yaml": prompt("1.0.0", name=f"p{i}") for i in range(5)})
    assert len(release(opened(repo)).made) == 5
    repo.commit(
        {f"prompts/p{i}.yaml": prompt("1.0.0" if i == 3 else "1.0.1", "Other.", name=f"p{i}") for i in range(5)}
    )
    with pytest.raises(ConflictError):
        release(opened(repo))
    assert len(repo.git("tag").splitlines()) == 5


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen signs")
def test_signing_settings_apply_to_tags_and_environments(repo: GitRepo) -> None:
    from llmops_cli.prompts.environment import Wish, move

    key = repo.path.parent / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    repo.git("config", "gpg.format", "ssh")
    repo.git("config", "user.signingkey", str(key))
    repo.git("config", "tag.gpgsign", "true")
    repo.git("config", "commit.gpgsign", "true")
    repo.commit({PATH: prompt("1.0.0")})
    release(opened(repo), eval_summary=lambda _: "run-1 pass")
    assert "-----BEGIN SSH SIGNATURE-----" in repo.git("cat-file", "tag", "rag-answer@v1.0.0")
    (read,) = opened(repo).releases()
    assert (read.eval_summary, read.level) == ("run-1 pass", "first")
    move(opened(repo), Wish("promote", "rag-answer", "1.0.0", "production"), tell=print)
    assert "-----BEGIN SSH SIGNATURE-----" in repo.git("cat-file", "commit", "llmops/production")


def test_without_an_identity_the_way_out_is_told(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({PATH: prompt("1.0.0")})
    repo.git("config", "--unset", "user.name")
    repo.git("config", "--unset", "user.email")
    repo.git("config", "user.useConfigOnly", "true")
    monkeypatch.setenv("HOME", "/nowhere")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")
    with pytest.raises(InputError, match="git does not know who you are") as caught:
        release(opened(repo))
    assert "user.email" in caught.value.hint
    assert repo.git("tag") == ""


def test_pushing_one_release_never_deletes_another_that_is_only_here(
    make_repo: Callable[..., GitRepo], repo: GitRepo
) -> None:
    remote = make_repo("origin.git", bare=True)
    repo.git("remote", "add", "origin", str(remote.path))
    repo.git("config", "fetch.prune", "true")
    repo.git("config", "remote.origin.prune", "true")
    released(repo, "1.0.0")
    repo.commit({PATH: prompt("1.1.0")})
    release(opened(repo), ["rag-answer"], push_tags=True)
    assert repo.git("tag").split() == ["rag-answer@v1.0.0", "rag-answer@v1.1.0"]


def test_a_hook_that_says_no_is_not_a_remote_that_cannot_be_reached(
    make_repo: Callable[..., GitRepo], repo: GitRepo
) -> None:
    remote = make_repo("origin.git", bare=True)
    repo.git("remote", "add", "origin", str(remote.path))
    repo.commit({PATH: prompt("1.0.0")})
    hook = repo.path / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'tests are red' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GateError, match="your pre-push hook says no: tests are red; nothing was released"):
        release(opened(repo), push_tags=True)
    assert repo.git("tag") == ""


def test_a_release_asks_the_stored_runs_as_check_does(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    repo.commit({PATH: prompt("1.0.1", "Other words.")})
    with pytest.raises(GateError, match="needs minor: the answers moved"):
        release(opened(repo), evidence=lambda before, after: "the answers moved" if before != after else "")
    assert repo.git("tag") == "rag-answer@v1.0.0"
