"""The whole registry as one value."""

from llmops_cli.prompts.chronicle import read_chronicle
from llmops_cli.prompts.environment import Wish, move
from tests.conftest import GitRepo
from tests.prompts.registered import opened, released


def moved(repo: GitRepo, action: str, version: str, environment: str, reason: str = "") -> None:
    """One move of rag-answer."""
    wish = Wish("rollback" if action == "rollback" else "promote", "rag-answer", version, environment, reason=reason)
    move(opened(repo), wish, tell=print)


def test_what_is_live_since_when_and_why(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0")
    moved(repo, "promote", "1.0.0", "production", "first")
    moved(repo, "promote", "1.1.0", "production", "better")
    moved(repo, "rollback", "1.0.0", "production", "citations are gone")
    moved(repo, "promote", "1.1.0", "staging")
    chronicle = read_chronicle(opened(repo))
    (each,) = chronicle.prompts
    assert [(one.environment, one.version, one.as_released) for one in each.served] == [
        ("staging", "1.1.0", True), ("production", "1.0.0", True),
    ]  # fmt: skip
    production = each.served[1].move
    assert production is not None
    assert (production.action, production.before, production.reason) == ("rollback", "1.1.0", "citations are gone")
    assert [(one.environment, one.action, one.after) for one in each.moves] == [
        ("staging", "promote", "1.1.0"),
        ("production", "rollback", "1.0.0"),
        ("production", "promote", "1.1.0"),
        ("production", "promote", "1.0.0"),
    ]
    assert [len(one.moves) for one in chronicle.environments] == [1, 3]
    assert chronicle.environments[1].served == (each.served[1],)
    assert chronicle.problems == []


def test_a_file_edited_on_the_branch_is_not_as_released(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    moved(repo, "promote", "1.0.0", "production")
    repo.git("checkout", "-q", "llmops/production")
    text = (repo.path / "prompts/rag-answer.yaml").read_text()
    repo.commit({"prompts/rag-answer.yaml": text.replace("Words", "Other words")}, "quick fix")
    repo.git("checkout", "-q", "main")
    (served,) = read_chronicle(opened(repo)).prompts[0].served
    assert (served.version, served.as_released) == ("1.0.0", False)
    assert served.move is not None
    assert (served.move.action, served.move.reason) == ("by hand", "quick fix")


def test_a_deleted_prompt_keeps_its_history(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0-rc.1")
    repo.git("rm", "-q", "prompts/rag-answer.yaml")
    repo.commit(message="gone")
    (each,) = read_chronicle(opened(repo)).prompts
    assert (each.overview.state, each.prompt and str(each.prompt.version)) == ("deleted", "1.1.0-rc.1")
    assert [str(text.release.version) for text in each.releases] == ["1.0.0", "1.1.0-rc.1"]


def test_many_commits_by_hand_are_told_apart(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    repo.git("checkout", "-q", "--orphan", "llmops/production")
    repo.git("rm", "-rqf", "--cached", ".")
    text = "name: {name}\nversion: {version}\ntemplate: Say.\n"
    for number in range(4):
        files: dict[str, str | bytes] = {
            f"prompts/{name}.yaml": text.format(name=name, version=f"1.{number}.0") for name in ("a", "b")[: number + 1]
        }
        repo.write(files)
        repo.git("add", *files)
        repo.git("commit", "-q", "-m", f"step {number}")
    repo.git("rm", "-qf", "prompts/a.yaml")
    repo.git("commit", "-q", "-m", "gone")
    repo.git("checkout", "-qf", "main")
    production = read_chronicle(opened(repo)).environments[1]
    assert [(move.reason, move.prompt, move.before, move.after) for move in production.moves] == [
        ("gone", "a", "1.3.0", ""),
        ("step 3", "a", "1.2.0", "1.3.0"),
        ("step 3", "b", "1.2.0", "1.3.0"),
        ("step 2", "a", "1.1.0", "1.2.0"),
        ("step 2", "b", "1.1.0", "1.2.0"),
        ("step 1", "a", "1.0.0", "1.1.0"),
        ("step 1", "b", "", "1.1.0"),
        ("step 0", "a", "", "1.0.0"),
    ]
