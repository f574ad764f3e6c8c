"""A repository that GTO keeps is read as it is. Its tags are written here by git, in the shape in which gto does it."""

import pytest

from llmops_cli.errors import FileError
from llmops_cli.prompts.environment import move
from llmops_cli.prompts.gto_stages import stage_tags
from llmops_cli.prompts.overview import history, overview
from llmops_cli.prompts.reference import Reference
from llmops_cli.vcs.refs import TagName
from tests.conftest import GitRepo
from tests.journeys.team import prompt
from tests.prompts.registered import opened

NAME = "rag-answer"
PATH = f"prompts/{NAME}.yaml"


class Gto(GitRepo):
    """Tags as gto 1.10 makes them: annotated, on the commit, with its words."""

    def register(self, version: str, *, name: str = NAME, commit: str = "HEAD", suffix: str = "") -> None:
        message = f"Registering artifact {name} version v{version}"
        self.git("tag", "-a", "-m", message, f"{name}@v{version}{suffix}", f"{commit}^{{commit}}")

    def deregister(self, version: str, commit: str) -> None:
        self.git("tag", "-a", "-m", f"Deregistering artifact {NAME} version v{version}", f"{NAME}@v{version}!", commit)

    def assign(self, stage: str, number: str, commit: str) -> None:
        """`number` as it stands in the tag: `#4`, `!#4`, or nothing."""
        verb = "Unassigning" if "!" in number else "Assigning"
        message = f"{verb} stage {stage} to artifact {NAME}"
        self.git("tag", "-a", "-m", message, f"{NAME}#{stage}{number}", f"{commit}^{{commit}}")


@pytest.fixture
def gto(repo: GitRepo) -> Gto:
    """1.0.0, 1.1.0 and 1.2.0, of which the last is deregistered."""
    made = Gto(repo.path)
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        made.commit({PATH: prompt(version, f"Words of {version}.")})
        made.register(version)
    made.deregister("1.2.0", "HEAD")
    return made


def live(repo: GitRepo, stage: str) -> dict[str, str]:
    return {name: str(one.version) for name, one in opened(repo).live(stage).items()}


def test_releases_are_listed_shown_and_compared(gto: Gto) -> None:
    registry = opened(gto)
    assert [(str(one.version), one.yanked) for one in registry.releases(NAME)] == [
        ("1.0.0", ""), ("1.1.0", ""), ("1.2.0", f"Deregistering artifact {NAME} version v1.2.0"),
    ]  # fmt: skip
    assert registry.warnings == []
    assert registry.resolve(Reference.parse(f"{NAME}@^1")).messages[0].content.startswith("Words of 1.1.0.")
    (row,) = overview(registry, texts=False)
    assert (row.version, row.state, row.released) == ("1.2.0", "released", "1.1.0")
    entries = history(registry, NAME)
    assert [(entry.version, entry.state) for entry in entries] == [
        ("1.2.0", "released"), ("1.1.0", "released"), ("1.0.0", "released"),
    ]  # fmt: skip
    assert {entry.who for entry in entries} == {"Ann Example"}


def test_stages_are_replayed_in_the_order_of_their_numbers(gto: Gto) -> None:
    first, second = gto.git("rev-parse", f"{NAME}@v1.0.0^{{commit}}", f"{NAME}@v1.1.0^{{commit}}").split()
    gto.assign("prod", "#3", second)  # made first, numbered last
    gto.assign("prod", "#1", first)
    gto.assign("staging", "#2", first)
    assert (live(gto, "prod"), live(gto, "staging")) == ({NAME: "1.1.0"}, {NAME: "1.0.0"})
    environment = opened(gto).environment("prod")
    assert environment.by_gto
    assert [(move.before, move.after) for move in opened(gto).log(environment)] == [("1.0.0", "1.1.0"), ("", "1.0.0")]
    assert opened(gto).resolve(Reference.parse(f"{NAME}@prod")).reference == f"{NAME}@1.1.0"
    gto.assign("prod", "!#4", second)
    assert live(gto, "prod") == {NAME: "1.0.0"}
    gto.assign("prod", "!#5", first)
    assert live(gto, "prod") == {}
    gto.assign("simple", "", second)
    assert live(gto, "simple") == {NAME: "1.1.0"}
    gto.assign("simple", "!", second)
    assert live(gto, "simple") == {}


def test_a_promotion_begins_the_branch_with_all_that_the_stage_serves(gto: Gto) -> None:
    gto.commit({"prompts/other.yaml": prompt("2.0.0", name="other")})
    gto.register("2.0.0", name="other")
    gto.git("tag", "-a", "-m", "m", "other#prod#1", "HEAD")
    gto.assign("prod", "#1", f"{NAME}@v1.0.0")
    from llmops_cli.prompts.wish import Wish

    moved = move(opened(gto), Wish("promote", NAME, "1.1.0", "prod"), tell=print)
    assert (moved.before, moved.after) == ("1.0.0", "1.1.0")
    assert live(gto, "prod") == {NAME: "1.1.0", "other": "2.0.0"}
    assert not opened(gto).environment("prod").by_gto
    assert opened(gto).resolve(Reference.parse("other@prod")).reference == "other@2.0.0"


def test_one_bad_tag_never_hides_the_others(gto: Gto) -> None:
    gto.register("3.0.0", name="dir=rag")
    gto.register("1.0.0", suffix="#9")
    gto.git("tag", f"{NAME}#prod#1")
    gto.git("tag", "-a", "-m", "nested", f"{NAME}#prod#2", f"{NAME}@v1.0.0")
    gto.git("tag", "-a", "-m", "of no version", f"{NAME}#prod#3", gto.commit({"x": "x"}))
    gto.register("2.0.0+build")
    gto.register("2.0.0", suffix="#x")
    registry = opened(gto)
    assert len(registry.releases(NAME)) == 3 and live(gto, "prod") == {}
    assert sorted(registry.warnings) == [
        "tag dir=rag@v3.0.0 is skipped: 'dir=rag' is not a prompt name",
        "tag rag-answer@v1.0.0#9 is skipped: rag-answer 1.0.0 has another tag",
        "tag rag-answer@v2.0.0#x is skipped: what follows # is no number",
        "tag rag-answer@v2.0.0+build is skipped: '2.0.0+build' is not a version",
    ]


def test_the_file_is_the_one_that_artifacts_yaml_names(repo: GitRepo) -> None:
    gto = Gto(repo.path)
    text = "template: Say {x}.\nmetadata: {}\ncreated_by: ann\ncreated_at: '2024-01-01'\n"
    gto.commit({"texts/say.yaml": text, "artifacts.yaml": "say:\n  type: prompt\n  path: texts/say.yaml\n"})
    gto.register("0.0.1", name="say")
    gto.commit({"texts/say.yaml": text, "artifacts.yaml": "say: {path: ../out}\nother: [\n"})
    gto.register("0.0.2", name="say")
    registry = opened(gto)
    assert registry.resolve(Reference.parse("say@0.0.1")).reference == "say@0.0.1"
    with pytest.raises(FileError, match=r"prompts/say\.yaml at say@0\.0\.2: no such file"):
        registry.resolve(Reference.parse("say@0.0.2"))


def test_two_versions_of_one_commit_are_the_higher_one(repo: GitRepo) -> None:
    gto = Gto(repo.path)
    gto.commit({PATH: prompt("1.0.0")})
    gto.register("1.0.0-rc.1")
    gto.register("1.0.0")
    gto.assign("prod", "#1", "HEAD")
    assert live(gto, "prod") == {NAME: "1.0.0"}


def test_which_tags_are_of_a_stage() -> None:
    names = [
        "rag#prod#12",
        "rag#prod!#13",
        "rag#prod",
        "rag#prod!",
        "rag#a.b#1",
        "Rag#prod#1",
        "rag@v1.0.0#2",
        "rag##1",
    ]
    found = stage_tags(TagName(name, "tag", "0" * 40) for name in names)
    assert [(one.stage, one.off, one.number) for one in found] == [
        ("prod", False, 0), ("prod", True, 0), ("prod", False, 12), ("prod", True, 13),
    ]  # fmt: skip
