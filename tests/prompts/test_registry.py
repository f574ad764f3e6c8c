"""What the registry knows, what it skips, and how a reference becomes a prompt."""

import pytest

from llmops_cli.errors import FileError, InputError
from llmops_cli.prompts.environment import Wish, move
from llmops_cli.prompts.overview import overview
from llmops_cli.prompts.reference import Reference
from tests.conftest import GitRepo
from tests.journeys.team import MakeRepo
from tests.prompts.registered import opened, prompt, released


def promote(repo: GitRepo, version: str, environment: str = "production", name: str = "rag-answer") -> None:
    move(opened(repo), Wish("promote", name, version, environment), tell=print)


def text_of(repo: GitRepo, reference: str) -> str:
    found = opened(repo).resolve(Reference.parse(reference))
    return f"{found.version} {found.messages[0].content.splitlines()[0]}"


def test_releases_are_ordered_by_version_not_by_time_or_text(repo: GitRepo) -> None:
    registry = released(repo, "1.9.0", "1.10.0", "2.0.0-rc.1")
    assert [str(one.version) for one in registry.releases("rag-answer")] == ["1.9.0", "1.10.0", "2.0.0-rc.1"]
    latest = registry.latest("rag-answer")
    assert latest is not None and latest.reference == "rag-answer@1.10.0"
    assert registry.release("rag-answer", "1.9.0") == registry.releases("rag-answer")[0]
    assert registry.release("rag-answer", "1.9.1") is None
    assert registry.latest("nobody") is None and registry.releases("nobody") == ()
    assert latest.path == "prompts/rag-answer.yaml" and latest.level == "minor" and latest.who == "Ann Example"
    assert registry.releases()[0].level == "first"


def test_every_way_to_name_a_prompt(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0", "1.1.1", "2.0.0", "2.1.0-rc.1")
    promote(repo, "1.1.0")
    repo.git("branch", "feature")
    repo.commit({"prompts/rag-answer.yaml": prompt("2.1.0", "Committed.")})
    commit = repo.git("rev-parse", "--short", "HEAD")
    repo.write({"prompts/rag-answer.yaml": prompt("2.2.0", "On disk.")})
    assert text_of(repo, "rag-answer") == "2.2.0 On disk."
    assert text_of(repo, "rag-answer@1.0.0") == text_of(repo, "rag-answer@v1.0.0") == "1.0.0 Words of 1.0.0."
    assert text_of(repo, "rag-answer@^1") == "1.1.1 Words of 1.1.1."
    assert text_of(repo, "rag-answer@~1.0") == "1.0.0 Words of 1.0.0."
    assert text_of(repo, "rag-answer@^2") == "2.0.0 Words of 2.0.0."
    assert text_of(repo, "rag-answer@latest") == text_of(repo, "rag-answer@2.x") == "2.0.0 Words of 2.0.0."
    assert text_of(repo, "rag-answer@>=1.1 <2") == "1.1.1 Words of 1.1.1."
    assert text_of(repo, "rag-answer@>=2.1.0-rc.1") == "2.1.0-rc.1 Words of 2.1.0-rc.1."
    assert text_of(repo, "rag-answer@production") == "1.1.0 Words of 1.1.0."
    assert text_of(repo, "rag-answer@main") == text_of(repo, f"rag-answer@{commit}") == "2.1.0 Committed."
    assert (
        text_of(repo, "rag-answer@feature") == text_of(repo, "rag-answer@HEAD~1") == "2.1.0-rc.1 Words of 2.1.0-rc.1."
    )


@pytest.mark.parametrize(
    ("reference", "message", "hint"),
    [
        ("rag-answer@9.9.9", "rag-answer 9.9.9 is not released", "released: 1.1.0, 1.0.0"),
        ("rag-answer@^9", "no release of rag-answer is in ^9", "released: 1.1.0, 1.0.0"),
        ("rag-answer@prodution", "'prodution' is no version, environment, branch or commit", "environments: staging"),
        ("rag-answer@staging", "rag-answer is not live on staging", "nothing is live on staging"),
        ("rag-answr", "there is no prompt 'rag-answr'", "did you mean 'rag-answer'?"),
        ("rag-answr@1.0.0", "rag-answr 1.0.0 is not released", "did you mean 'rag-answer'?"),
        ("other@main", "there is no prompt 'other' at main", ""),
    ],
)
def test_a_typo_is_an_error_that_says_what_exists(repo: GitRepo, reference: str, message: str, hint: str) -> None:
    released(repo, "1.0.0", "1.1.0")
    with pytest.raises(InputError) as caught:
        opened(repo).resolve(Reference.parse(reference))
    assert message in caught.value.message and hint in caught.value.hint


def test_an_environment_comes_before_a_branch_of_the_same_name(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0")
    repo.git("branch", "production")
    promote(repo, "1.0.0")
    assert text_of(repo, "rag-answer@production").startswith("1.0.0")


def test_tags_of_other_kinds_are_skipped_with_a_reason(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    repo.git("tag", "v3.0.0")
    repo.git("tag", "-a", "-m", "gto", "rag-answer#prod#1")
    repo.git("tag", "light@v1.0.0")
    repo.git("tag", "-a", "-m", "by another tool", "foreign@v1.0.0")
    repo.git("tag", "-a", "-m", "m", "rag-answer@v1.0")
    repo.git("tag", "-a", "-m", "m", "Rag@v1.0.0")
    repo.git("tag", "-a", "-m", "m", "nested@v1.0.0", "rag-answer@v1.0.0")
    repo.git("tag", "-a", "-m", "x\n\nLlmops-Digest: sha256:no\nLlmops-Path: p", "rag-answer@v2.0.0")
    repo.git("tag", "-a", "-m", "m", "rag-answer@v1.0.0!")
    registry = opened(repo)
    assert [(one.reference, one.yanked) for one in registry.releases()] == [
        ("foreign@1.0.0", ""), ("rag-answer@1.0.0", "m"),
    ]  # fmt: skip
    assert [row.name for row in overview(registry)] == ["foreign", "rag-answer"]
    reasons = {warning.split(" ")[1]: warning.partition("skipped: ")[2] for warning in registry.warnings}
    assert set(reasons) == {"light@v1.0.0", "rag-answer@v1.0", "Rag@v1.0.0", "nested@v1.0.0", "rag-answer@v2.0.0"}
    assert reasons["light@v1.0.0"] == "it is a lightweight tag"
    assert reasons["nested@v1.0.0"] == "it points at a tag, not at a commit"
    assert "not made by llmops" in reasons["rag-answer@v2.0.0"]
    assert registry.warnings_of("light") == ["tag light@v1.0.0 is skipped: it is a lightweight tag"]


def test_names_with_folders(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.0.1", name="judges/grounded")
    promote(repo, "1.0.0", name="judges/grounded")
    registry = opened(repo)
    assert str(registry.live("production")["judges/grounded"].version) == "1.0.0"
    assert registry.resolve(Reference.parse("judges/grounded@production")).reference == "judges/grounded@1.0.0"


def test_a_project_below_the_top_of_its_repository(repo: GitRepo) -> None:
    repo.commit(
        {"apps/bot/llmops.yaml": "prompts: texts\n", "apps/bot/texts/hello.yaml": prompt("1.0.0", name="hello")}
    )
    inner = GitRepo(repo.path / "apps" / "bot")
    from llmops_cli.prompts.release import release

    release(opened(inner))
    registry = opened(inner)
    assert [one.path for one in registry.releases()] == ["apps/bot/texts/hello.yaml"]
    promote(inner, "1.0.0", name="hello")
    served = repo.git("ls-tree", "-r", "--name-only", "llmops/production").split("\n")
    assert served == ["prompts/hello.yaml", "releases/hello.tag"]
    for at in ("1.0.0", "production", "main"):
        assert opened(inner).resolve(Reference.parse(f"hello@{at}")).reference == "hello@1.0.0"


def test_what_the_remote_serves_counts_unless_we_are_ahead_of_it(make_repo: MakeRepo) -> None:
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    released(ann, "1.0.0", "1.1.0", "1.2.0")
    promote(ann, "1.0.0")
    bob = make_repo("bob", clone_of=remote.path, user="Bob Example")
    promote(ann, "1.1.0")
    assert str(opened(bob).live("production")["rag-answer"].version) == "1.0.0"
    bob.git("branch", "llmops/production", "origin/llmops/production")
    bob.git("fetch", "-q", "--tags", "origin")
    assert str(opened(bob).live("production")["rag-answer"].version) == "1.1.0", "the local branch is behind"
    bob.git("branch", "-f", "llmops/production", "origin/llmops/production")
    released(bob, "1.3.0")
    move(opened(bob), Wish("promote", "rag-answer", "1.3.0", "production", push=False), tell=print)
    assert str(opened(bob).live("production")["rag-answer"].version) == "1.3.0", "strictly ahead"
    ann.git("fetch", "-q")
    promote(ann, "1.2.0")
    bob.git("fetch", "-q")
    environment = opened(bob).environment("production")
    assert environment.diverged and environment.tip == environment.tracking
    assert str(opened(bob).live("production")["rag-answer"].version) == "1.2.0"


def test_a_served_version_whose_tag_is_missing_is_read_from_the_branch(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0")
    promote(repo, "1.0.0")
    repo.git("tag", "-d", "rag-answer@v1.0.0")
    assert text_of(repo, "rag-answer@production") == "1.0.0 Words of 1.0.0."


def test_environments_are_the_configured_ones_then_all_with_a_branch(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    repo.commit({"llmops.yaml": "environments: [live, canary]\n"})
    promote(repo, "1.0.0", "live")
    repo.git("branch", "llmops/zoo", "llmops/live")
    names = [environment.name for environment in opened(repo).environments()]
    assert names == ["live", "canary", "zoo"]
    with pytest.raises(InputError, match="no environment 'production'"):
        opened(repo).environment("production")


def test_a_broken_file_says_where_it_is(repo: GitRepo) -> None:
    repo.commit({"prompts/rag-answer.yaml": "name: rag-answer\nversion: 3.1\n"})
    with pytest.raises(FileError, match=r"prompts/rag-answer.yaml at main \([0-9a-f]{7}\):2"):
        opened(repo).resolve(Reference.parse("rag-answer@main"))


def test_head_may_hold_another_text_than_the_disk(repo: GitRepo) -> None:
    assert opened(repo).head_prompt("rag-answer") is None
    repo.commit({"prompts/rag-answer.yaml": prompt("1.0.0", "Committed.")})
    repo.write({"prompts/rag-answer.yaml": prompt("1.0.0", "On disk.")})
    held = opened(repo).head_prompt("rag-answer")
    assert held is not None and held.messages[0].content.startswith("Committed.")


def test_a_clone_without_tags_says_so_instead_of_no_versions(make_repo: MakeRepo) -> None:
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    released(ann, "1.0.0")
    ann.git("push", "-q", "origin", "main")
    bob = make_repo("bob", clone_of=remote.path)
    with pytest.raises(InputError) as caught:
        opened(bob).resolve(Reference.parse("rag-answer@1.0.0"))
    assert caught.value.hint == "no tags fetched; run: git fetch --tags"


def test_a_broken_repository_is_not_one_without_releases(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    (repo.path / ".git" / "HEAD").unlink()
    with pytest.raises(InputError, match="is not a repository that git can read"):
        opened(repo)


def test_a_link_to_itself_is_a_problem_of_its_file(repo: GitRepo) -> None:
    registry = released(repo, "1.0.0")
    (repo.path / "prompts" / "loop.yaml").symlink_to("loop.yaml")
    states = {row.name: (row.state, row.problem) for row in overview(registry)}
    assert states["rag-answer"][0] == "released"
    assert states["loop"][0] == "broken" and "a symbolic link leads to itself" in states["loop"][1]
