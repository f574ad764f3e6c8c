"""The default branch: of the remote where it is known, with its own settings, whatever the working tree says."""

from collections.abc import Callable

from llmops_cli.prompts.default_branch import find_default_branch
from tests.conftest import GitRepo
from tests.prompts.registered import opened


def test_the_settings_are_those_of_the_branch(repo: GitRepo, make_repo: Callable[..., GitRepo]) -> None:
    assert find_default_branch(opened(repo)) is None
    first = repo.commit({"llmops.yaml": "judge_model: openai/first\n"})
    repo.write({"llmops.yaml": "judge_model: openai/changed\nmain: topic\n"})
    assert find_default_branch(opened(repo)) is None  # here nobody but the working tree can say how it is called
    repo.write({"llmops.yaml": "judge_model: openai/changed\n"})
    local = find_default_branch(opened(repo))
    assert local and (local.name, local.commit, local.settings().judge_model) == ("main", first, "openai/first")
    # a clone has it from its remote: neither the working tree nor a local commit can say otherwise
    clone = make_repo("clone", clone_of=repo.path)
    second = clone.commit({"llmops.yaml": "judge_model: openai/changed\nmain: topic\n"})
    clone.git("branch", "topic")
    known = find_default_branch(opened(clone))
    assert known and (known.name, known.commit, known.tips) == ("main", first, (first, second))
    # but the remote's default branch may name another
    repo.commit({"llmops.yaml": "main: trunk\n"})
    repo.git("branch", "trunk")
    clone.git("fetch", "-q")
    named = find_default_branch(opened(clone))
    assert named and named.name == "trunk"
