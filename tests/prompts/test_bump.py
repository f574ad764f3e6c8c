"""Which version an edited prompt must have: after its release, after where the branch left main, and after main."""

import pytest

from llmops_cli.errors import FileError, InputError
from llmops_cli.prompts.bump import Bump, plan_bump, write_bump
from llmops_cli.prompts.release import release
from llmops_cli.prompts.version import Level, Version
from tests.conftest import GitRepo
from tests.prompts.registered import opened

PATH = "prompts/p.yaml"


def text(version: str, words: str = "Say $x.", more: str = "") -> str:
    head = f"# ours\nname: p\nversion: {version}  # bumped by llmops\nparams: {{temperature: 0}}\n"
    return f"{head}{more}template: {words}\n"


def plan(repo: GitRepo, level: Level | None = None, version: str = "") -> Bump:
    return plan_bump(opened(repo), "p", level=level, version=Version.parse(version) if version else None)


def edit(repo: GitRepo, version: str = "1.0.0", words: str = "Say $x.", more: str = "") -> None:
    repo.write({PATH: text(version, words, more)})


@pytest.fixture
def project(repo: GitRepo) -> GitRepo:
    """p 1.0.0, released on main."""
    repo.commit({PATH: text("1.0.0")})
    release(opened(repo))
    return repo


@pytest.mark.parametrize(
    ("words", "more", "target"),
    [
        ("Tell $x.", "", "1.0.1"),
        ("Say $x.", "model: m\n", "1.1.0"),
        ("Say $y.", "", "2.0.0"),
        ("Say $x.", "description: d\n", "1.0.0"),
        ("Say $x.", "", "1.0.0"),
    ],
)
def test_the_smallest_version_the_change_needs(project: GitRepo, words: str, more: str, target: str) -> None:
    edit(project, words=words, more=more)
    planned = plan(project)
    assert str(planned.target) == target
    assert planned.writes == (target != "1.0.0")
    assert planned.file.text == text(target, words, more)


def test_writing_changes_the_version_in_the_file_alone(project: GitRepo) -> None:
    edit(project, words="Tell $x.")
    write_bump(plan(project), project.path)
    assert (project.path / PATH).read_text() == text("1.0.1", "Tell $x.")
    assert project.git("diff", "--stat").endswith("2 insertions(+), 2 deletions(-)")


def test_planning_writes_nothing(project: GitRepo) -> None:
    edit(project, words="Tell $x.")
    assert plan(project).writes
    assert (project.path / PATH).read_text() == text("1.0.0", "Tell $x.")


def test_nothing_changed_says_so_and_keeps_the_file(project: GitRepo) -> None:
    planned = plan(project, Level.MINOR)
    assert not planned.writes
    assert planned.explanation() == ("p: nothing the model sees changed since release 1.0.0; it stays at 1.0.0")


@pytest.mark.parametrize(
    ("version", "words", "explanation"),
    [
        ("1.0.1", "Tell $x.", "p: 1.0.1 already covers the patch change since release 1.0.0"),
        ("1.7.0", "Tell $x.", "p: 1.7.0 already covers the patch change since release 1.0.0"),
        ("2.0.0-rc.1", "Say $y.", "p: 2.0.0-rc.1 already covers the major change since release 1.0.0"),
        ("1.0.1", "Say $y.", "p 1.0.1 -> 2.0.0"),
        ("0.9.0", "Tell $x.", "p 0.9.0 -> 1.0.1"),
    ],
)
def test_a_version_that_is_large_enough_stays_and_a_smaller_one_is_raised(
    project: GitRepo, version: str, words: str, explanation: str
) -> None:
    edit(project, version, words)
    assert plan(project).explanation() == explanation


def test_a_level_is_taken_when_it_is_large_enough(project: GitRepo) -> None:
    edit(project, words="Tell $x.")
    assert [str(plan(project, level).target) for level in (Level.PATCH, Level.MINOR, Level.MAJOR)] == [
        "1.0.1", "1.1.0", "2.0.0",
    ]  # fmt: skip
    edit(project, "1.1.0", "Tell $x.")
    assert not plan(project, Level.MINOR).writes, "asking twice is asking once"
    assert str(plan(project, Level.MAJOR).target) == "2.0.0"


def test_a_level_that_is_too_small_is_refused_with_the_reasons(project: GitRepo) -> None:
    edit(project, words="Tell $y.", more="model: m\n")
    with pytest.raises(InputError) as caught:
        plan(project, Level.MINOR)
    assert caught.value.message.split("\n") == [
        "a minor step is too small for the change since release 1.0.0, which needs major",
        "major: variable 'x' was renamed to 'y'",
        "minor: the model changed from none to m",
        "patch: the wording changed",
    ]


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("1.0.5", "1.0.5 is too small a step from 1.0.0 (release 1.0.0), which needs minor"),
        ("1.0.0", "1.0.0 is released with other content"),
        ("0.9.0", "0.9.0 is too small a step"),
    ],
)
def test_a_named_version_must_be_large_enough(project: GitRepo, version: str, message: str) -> None:
    edit(project, more="model: m\n")
    with pytest.raises(InputError) as caught:
        plan(project, version=version)
    assert caught.value.message.startswith(message)
    assert caught.value.hint == "at least 1.1.0"
    assert str(plan(project, version="1.4.0-rc.1").target) == "1.4.0-rc.1"


def test_versions_only_go_up_even_when_nothing_changed(project: GitRepo) -> None:
    with pytest.raises(InputError, match=r"0.9.0 is below 1.0.0 \(release 1.0.0\)"):
        plan(project, version="0.9.0")
    assert str(plan(project, version="1.0.1").target) == "1.0.1"


def test_a_taken_version_is_refused(project: GitRepo) -> None:
    project.commit({PATH: text("2.0.0-rc.1", "Say $y.")})
    release(opened(project))
    edit(project, "2.0.0-rc.1", "Tell $y.")
    with pytest.raises(InputError, match=r"2.0.0-rc.1 is released with other content"):
        plan(project, version="2.0.0-rc.1")


def test_before_the_first_release_head_is_what_counts(repo: GitRepo) -> None:
    repo.write({PATH: text("0.1.0")})
    assert plan(repo).explanation() == "p is new: nothing is released or committed, so it stays at 0.1.0"
    assert str(plan(repo, Level.MAJOR).target) == "1.0.0"
    repo.commit()
    edit(repo, "0.1.0", "Tell $x.")
    assert plan(repo).explanation() == "p 0.1.0 -> 0.1.1"
    assert [origin.label for origin in plan(repo).changed] == ["0.1.0 at HEAD"]


def test_outside_of_git_a_prompt_is_new(tmp_path: object, repo: GitRepo) -> None:
    repo.write({PATH: text("0.1.0")})
    (repo.path / ".git").rename(repo.path / "not-git")
    assert plan(repo).explanation().startswith("p is new")


def test_on_main_an_unreleased_version_may_change_further(project: GitRepo) -> None:
    project.commit({PATH: text("1.1.0", more="model: m\n")})
    edit(project, "1.1.0", "Tell $x.", more="model: m\n")
    assert plan(project).explanation() == "p: 1.1.0 already covers the minor change since release 1.0.0"


def test_a_branch_goes_beyond_what_main_had_when_it_left(project: GitRepo) -> None:
    project.commit({PATH: text("1.1.0", more="model: m\n")})
    project.git("switch", "-q", "-c", "words")
    assert not plan(project).writes, "the branch has changed nothing"
    edit(project, "1.1.0", "Tell $x.", more="model: m\n")
    planned = plan(project)
    assert planned.explanation() == "p 1.1.0 -> 1.1.1"
    assert [(origin.label, str(origin.needed.level)) for origin in planned.changed] == [
        ("release 1.0.0", "minor"),
        ("1.1.0 on main", "patch"),
    ]


def test_a_branch_goes_beyond_what_main_has_got_meanwhile(project: GitRepo) -> None:
    project.git("switch", "-q", "-c", "words")
    project.commit({PATH: text("1.0.1", "Tell $x.")})
    project.git("switch", "-q", "main")
    project.commit({PATH: text("1.1.0", more="model: m\n")})
    project.git("switch", "-q", "words")
    planned = plan(project)
    assert planned.explanation() == "p 1.0.1 -> 1.1.1"
    assert "main has 1.1.0 by now" in [str(reason) for origin in planned.changed for reason in origin.needed.reasons]
    assert planned.needed.level == Level.PATCH, "the model is not this branch's change"


def test_a_second_bump_on_a_branch_counts_from_main_not_from_the_first(project: GitRepo) -> None:
    project.git("switch", "-q", "-c", "words")
    project.commit({PATH: text("1.0.1", "Tell $x.")})
    edit(project, "1.0.1", "Tell me $x.")
    assert not plan(project).writes
    edit(project, "1.0.1", "Tell me $x.", more="model: m\n")
    assert str(plan(project).target) == "1.1.0"


def test_a_release_that_cannot_be_read_any_more_still_holds_its_version(repo: GitRepo) -> None:
    repo.commit({PATH: "name: p\nversion: 1.0.0\nnot_a_key: 1\ntemplate: x\n"})
    repo.git("tag", "-a", "-m", f"x\n\nLlmops-Digest: sha256:{'0' * 64}\nLlmops-Path: {PATH}", "p@v1.0.0")
    edit(repo)
    planned = plan(repo)
    assert planned.explanation() == "p 1.0.0 -> 1.0.1"
    assert "release 1.0.0 cannot be read any more" in [str(reason) for reason in planned.needed.reasons]


def test_what_cannot_be_bumped(project: GitRepo) -> None:
    with pytest.raises(InputError, match="there is no prompt 'q'"):
        plan_bump(opened(project), "q")
    edit(project, "3.1")
    with pytest.raises(FileError, match=r"prompts/p.yaml:3: version: must be text"):
        plan(project)


def test_a_bump_is_data(project: GitRepo) -> None:
    edit(project, words="Tell $x.")
    assert plan(project).as_json() == {
        "name": "p", "path": PATH, "from": "1.0.0", "to": "1.0.1", "changed": True,
        "since": [{"label": "release 1.0.0", "version": "1.0.0"}],
        "needed": {
            "level": "patch", "reasons": [{"level": "patch", "rule": "wording", "sentence": "the wording changed"}],
        },
    }  # fmt: skip


def test_an_edited_prerelease_that_is_released_gets_another_number(project: GitRepo) -> None:
    project.commit({PATH: text("1.1.0-rc.1", more="model: m\n")})
    release(opened(project))
    edit(project, "1.1.0-rc.1", more="model: n\n")
    planned = plan(project)
    assert (str(planned.target), planned.writes) == ("1.1.0", True)
    project.commit({PATH: planned.file.text})
    assert [one.reference for one in release(opened(project)).made] == ["p@1.1.0"]


def test_a_prerelease_whose_edit_breaks_more_gets_the_level_that_needs(project: GitRepo) -> None:
    project.commit({PATH: text("1.1.0-rc.1", more="model: m\n")})
    release(opened(project))
    edit(project, "1.1.0-rc.1", words="Say $y.", more="model: m\n")
    assert str(plan(project).target) == "2.0.0"


def candidate(repo: GitRepo, words: str, pre: str = "rc", level: Level | None = None) -> str:
    """Edit, make it a prerelease, and say which."""
    version = (repo.path / PATH).read_text().split("version: ")[1].split()[0]
    edit(repo, version, words)
    planned = plan_bump(opened(repo), "p", pre=pre, level=level)
    write_bump(planned, repo.path)
    return str(planned.target)


def ship(repo: GitRepo) -> str:
    repo.commit()
    return ", ".join(str(one.version) for one in release(opened(repo)).made)


def test_prereleases_count_up_and_end_in_their_release(project: GitRepo) -> None:
    assert candidate(project, "Say $y.") == "2.0.0-rc.1"
    assert candidate(project, "Tell $y.") == "2.0.0-rc.1", "it is not released yet"
    assert ship(project) == "2.0.0-rc.1"
    assert candidate(project, "Tell $y.") == "2.0.0-rc.1", "nothing changed since"
    assert candidate(project, "Tell me $y.") == "2.0.0-rc.2"
    assert ship(project) == "2.0.0-rc.2"
    assert plan(project).explanation() == "p 2.0.0-rc.2 -> 2.0.0"
    with pytest.raises(InputError, match=r"2\.0\.0-beta\.1 is below 2\.0\.0-rc\.2"):
        candidate(project, "Tell us $y.", pre="beta")
    edit(project, "2.0.0-rc.2", "Tell me $y.")
    write_bump(plan(project), project.path)
    assert ship(project) == "2.0.0"
    assert candidate(project, "Now tell me $y.") == "2.0.1-rc.1"
    assert candidate(project, "Now tell me $y.", level=Level.MINOR) == "2.1.0-rc.1"


def test_what_a_candidate_added_may_be_taken_back_without_a_major_step(project: GitRepo) -> None:
    edit(project, "1.0.0", "Say $x to $y.", "variables: {x: {type: string}, y: {type: string, default: you}}\n")
    write_bump(plan_bump(opened(project), "p", pre="rc"), project.path)
    assert ship(project) == "1.1.0-rc.1"
    edit(project, "1.1.0-rc.1", "Tell $x.")
    planned = plan_bump(opened(project), "p", pre="rc")
    assert str(planned.target) == "1.1.0-rc.2"


def test_a_name_that_no_prerelease_can_have(project: GitRepo) -> None:
    for pre in ("1", "rc.1", "r c", "-"):
        with pytest.raises(InputError, match="is not the name of a prerelease"):
            candidate(project, "Tell $x.", pre=pre)
