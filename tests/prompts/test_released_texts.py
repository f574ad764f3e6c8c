"""The prompts of many releases at once are those that are read one by one."""

from llmops_cli.prompts.release import release
from llmops_cli.prompts.released_texts import read_released
from tests.conftest import GitRepo
from tests.prompts.registered import opened, released

SCHEMA = """\
name: typed
version: {version}
template: Say $x.
output: {{format: json, schema: schemas/answer.json}}
"""


def test_each_release_has_its_own_text_and_schema(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0-rc.1", "1.1.0")
    for version, kind in (("1.0.0", "string"), ("2.0.0", "number")):
        repo.commit(
            {
                "prompts/typed.yaml": SCHEMA.format(version=version),
                "prompts/schemas/answer.json": f'{{"type": "object", "properties": {{"a": {{"type": "{kind}"}}}}}}',
            }
        )
        release(opened(repo), ["typed"])
    registry = opened(repo)
    read = read_released(registry, registry.releases())
    assert [text.release.reference for text in read] == [
        "rag-answer@1.0.0", "rag-answer@1.1.0-rc.1", "rag-answer@1.1.0", "typed@1.0.0", "typed@2.0.0",
    ]  # fmt: skip
    assert [text.problem for text in read] == [""] * 5
    for text in read:
        assert text.prompt == registry.released_prompt(text.release)


def test_what_cannot_be_read_is_told_and_ends_nothing(repo: GitRepo) -> None:
    registry = released(repo, "1.0.0")
    digest = registry.releases()[0].digest
    commit = repo.commit({"prompts/rag-answer.yaml": "name: rag-answer\nversion: 1.1.0\ntemplate: Other.\n"})
    message = f"x\n\nLlmops-Digest: {digest}\nLlmops-Path: prompts/rag-answer.yaml"
    repo.git("tag", "-a", "-m", message, "rag-answer@v1.1.0", commit)
    repo.git("tag", "-a", "-m", message.replace("rag-answer.yaml", "gone.yaml"), "rag-answer@v1.2.0", commit)
    registry = opened(repo)
    read = read_released(registry, registry.releases())
    assert [text.prompt is None for text in read] == [False, True, True]
    assert read[1].problem == "the file in its commit is not what its tag says (another digest)"
    assert "no such file" in read[2].problem


def test_a_project_below_the_top_of_the_repository(repo: GitRepo) -> None:
    repo.write({"app/llmops.yaml": "main: main\n"})
    for version in ("1.0.0", "1.1.0"):
        repo.commit({"app/prompts/p.yaml": f"name: p\nversion: {version}\ntemplate: Say {version}.\n"})
        release(opened_below(repo), ["p"])
    registry = opened_below(repo)
    read = read_released(registry, registry.releases())
    assert [text.prompt and text.prompt.path for text in read] == ["prompts/p.yaml", "prompts/p.yaml"]


def test_partials_of_partials_are_read_too(repo: GitRepo) -> None:
    for patch in range(2):
        chain = {f"prompts/parts/{n}.md": f'{n}{{% include "{n + 1}.md" %}}' for n in range(4)}
        text = f"name: p\nversion: 1.0.{patch}\ntemplate: '{{% include \"parts/0.md\" %}}'\n"
        repo.commit({"prompts/p.yaml": text, **chain, "prompts/parts/4.md": f"end {patch}"})
        release(opened(repo), ["p"])
    registry = opened(repo)
    read = read_released(registry, registry.releases())
    assert [text.prompt and text.prompt.messages[0].content for text in read] == ["0123end 0", "0123end 1"]


def opened_below(repo: GitRepo):  # type: ignore[no-untyped-def]
    """The registry of the project in app/."""
    from llmops_cli.config import load_config
    from llmops_cli.prompts.registry import open_registry

    return open_registry(load_config(repo.path / "app"))
