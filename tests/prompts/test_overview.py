"""Prompts at a glance, and the versions of one."""

import pytest

from llmops_cli.errors import InputError
from llmops_cli.prompts.environment import Wish, move
from llmops_cli.prompts.overview import history, overview
from tests.conftest import GitRepo
from tests.prompts.registered import opened, prompt, released


def test_every_state_a_prompt_can_be_in(repo: GitRepo) -> None:
    for name in ("kept", "changed", "gone"):
        registry = released(repo, "1.0.0", name=name)
    for name in ("gone", "kept"):
        move(opened(repo), Wish("promote", name, "1.0.0", "staging"), tell=print)
    (repo.path / "prompts/gone.yaml").unlink()
    repo.write(
        {
            "prompts/changed.yaml": prompt("1.0.0", "Changed.", name="changed"),
            "prompts/fresh.yaml": prompt("0.1.0", name="fresh"),
            "prompts/bad.yaml": "version: [\n",
        }
    )
    registry = opened(repo)
    rows = {row.name: (row.version, row.state, row.released, dict(row.live)) for row in overview(registry)}
    assert rows == {
        "bad": ("", "broken", "", {}),
        "changed": ("1.0.0", "modified", "1.0.0", {}),
        "fresh": ("0.1.0", "unreleased", "", {}),
        "gone": ("", "deleted", "1.0.0", {"staging": "1.0.0"}),
        "kept": ("1.0.0", "released", "1.0.0", {"staging": "1.0.0"}),
    }
    assert next(row.problem for row in overview(registry) if row.name == "bad").startswith("prompts/bad.yaml:")


def test_the_versions_of_a_prompt_newest_first(repo: GitRepo) -> None:
    registry = released(repo, "1.9.0", "1.10.0")
    assert [entry.version for entry in history(registry, "rag-answer")] == ["1.10.0", "1.9.0"]
    repo.write({"prompts/rag-answer.yaml": prompt("1.11.0", "More.")})
    newest, *rest = history(opened(repo), "rag-answer")
    assert (newest.version, newest.state, newest.date, [entry.state for entry in rest]) == (
        "1.11.0", "unreleased", "", ["released", "released"],
    )  # fmt: skip
    repo.write({"prompts/rag-answer.yaml": "version: [\n"})
    assert [entry.state for entry in history(opened(repo), "rag-answer")] == ["broken", "released", "released"]
    (repo.path / "prompts/rag-answer.yaml").unlink()
    assert [entry.state for entry in history(opened(repo), "rag-answer")] == ["released", "released"]
    with pytest.raises(InputError, match="there is no prompt 'rag-answr'"):
        history(registry, "rag-answr")
