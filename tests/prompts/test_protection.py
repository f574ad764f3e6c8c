"""Rules for servers. The hook is tried by pushing to a real bare repository."""

import subprocess
from collections.abc import Callable

import pytest

from llmops_cli.errors import InputError
from llmops_cli.prompts.environment import Wish, move
from llmops_cli.prompts.marking import Order, mark
from llmops_cli.prompts.protection import gitlab_calls, rulesets, update_hook
from llmops_cli.prompts.release import release
from tests.conftest import GitRepo
from tests.prompts.registered import opened, prompt

MakeRepo = Callable[..., GitRepo]
TAG = "team/rag-answer@v1.0.0"


def guarded(make_repo: MakeRepo, hook: str) -> tuple[GitRepo, GitRepo]:
    """A bare remote with the hook, and a clone of it that has released and promoted a version."""
    remote = make_repo("remote.git", bare=True)
    path = remote.path / "hooks/update"
    path.write_text(hook)
    path.chmod(0o755)
    ann = make_repo("ann", clone_of=remote.path)
    ann.commit({"prompts/team/rag-answer.yaml": prompt("1.0.0", name="team/rag-answer")})
    ann.git("push", "-q", "origin", "main")
    release(opened(ann), push_tags=True)
    move(opened(ann), Wish("promote", "team/rag-answer", "1.0.0", "production"), tell=print)
    return remote, ann


def test_the_hook_on_a_real_remote(make_repo: MakeRepo) -> None:
    hook = update_hook([])
    assert subprocess.run(["sh", "-n"], input=hook, text=True, check=True).returncode == 0
    remote, ann = guarded(make_repo, hook)
    mark(opened(ann), Order("yanked", "team/rag-answer", "1.0.0", "wrong citations"))
    mark(opened(ann), Order("deprecated", "team/rag-answer", "", "use another"))
    before = remote.git("for-each-ref")
    assert before.count("\n") == 4 and "refs/heads/llmops/production" in before

    ann.git("commit", "-q", "--allow-empty", "-m", "next")
    ann.git("tag", "-a", "-m", "nested", "nested", TAG)
    ann.git("tag", "-a", "-m", "other name", "other")
    first = ann.git("commit-tree", "-m", "from nothing", "HEAD^{tree}")
    for refspec, words in {
        f"+HEAD:refs/tags/{TAG}": "are for ever",
        f"+other:refs/tags/{TAG}": "are for ever",
        f":refs/tags/{TAG}": "are for ever",
        f":refs/tags/{TAG}!": "are for ever",
        ":refs/tags/team/rag-answer@deprecated": "are for ever",
        "HEAD:refs/tags/team/rag-answer@v1.1.0": "lightweight",
        "nested:refs/tags/team/rag-answer@v1.1.0": "points at another tag",
        "other:refs/tags/team/rag-answer@v1.1.0": "has another name",
        f"+{TAG}:refs/tags/team/rag-answer@v1.1.0": "has another name",
        f"+{first}:refs/heads/llmops/production": "llmops rollback",
        ":refs/heads/llmops/production": "is not deleted",
    }.items():
        said = ann.git("-c", 'alias.tried=!git push -q origin "$1" 2>&1; :', "tried", refspec)
        assert "remote: llmops: refs/" in said and words in said, (refspec, said)
    assert remote.git("for-each-ref") == before

    # all else goes on as before
    ann.git("push", "-q", "--force", "origin", f"{first}:refs/heads/topic", "HEAD:refs/tags/v1")
    ann.git("push", "-q", "origin", ":refs/heads/topic", ":refs/tags/v1", "HEAD:main")
    ann.commit({"prompts/team/rag-answer.yaml": prompt("1.1.0", name="team/rag-answer")})
    release(opened(ann), push_tags=True)
    assert move(opened(ann), Wish("promote", "team/rag-answer", "1.1.0", "production"), tell=print).pushed


def test_the_hook_for_one_environment(make_repo: MakeRepo) -> None:
    _, ann = guarded(make_repo, update_hook(["production"]))
    move(opened(ann), Wish("promote", "team/rag-answer", "1.0.0", "staging"), tell=print)
    ann.git("push", "-q", "origin", ":llmops/staging")
    assert ann.git("push", "-q", "origin", ":llmops/production", check=False) == ""
    assert ann.git("ls-remote", "origin", "llmops/*").endswith("refs/heads/llmops/production")


@pytest.mark.parametrize("name", ["$(touch x)", "a|b", "x' ;", "*", "a b", ""])
def test_a_name_that_a_shell_or_a_pattern_would_read_is_refused(name: str) -> None:
    for rules in (rulesets, gitlab_calls, update_hook):
        with pytest.raises(InputError, match="cannot stand in a rule"):
            rules([name])


def test_rulesets_of_github_reach_prompts_and_environments_in_folders() -> None:
    tags, branches = rulesets([])
    assert tags == {
        "name": "llmops: a release stays what it is",
        "target": "tag",
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {
            "ref_name": {
                "include": [
                    "refs/tags/*@v*", "refs/tags/**/*@v*", "refs/tags/*@deprecated*", "refs/tags/**/*@deprecated*",
                ],
                "exclude": [],
            }
        },
        "rules": [{"type": "update"}, {"type": "deletion"}],
    }  # fmt: skip
    assert isinstance(branches, dict)
    assert branches["conditions"] == {
        "ref_name": {"include": ["refs/heads/llmops/*", "refs/heads/llmops/**/*"], "exclude": []}
    }
    assert branches["rules"] == [{"type": "non_fast_forward"}, {"type": "deletion"}]


def test_calls_to_gitlab() -> None:
    assert gitlab_calls(["production"]) == [
        {"method": "POST", "path": "projects/:id/protected_tags", "body": {"name": "*@v*", "create_access_level": 30}},
        {
            "method": "POST",
            "path": "projects/:id/protected_tags",
            "body": {"name": "*@deprecated*", "create_access_level": 30},
        },
        {
            "method": "POST",
            "path": "projects/:id/protected_branches",
            "body": {
                "name": "llmops/production", "push_access_level": 40, "merge_access_level": 40,
                "allow_force_push": False,
            },
        },
    ]  # fmt: skip
