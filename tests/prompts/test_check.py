"""The guards, one by one."""

import pytest

from llmops_cli.errors import InputError
from llmops_cli.prompts.check import Checked, check
from llmops_cli.prompts.environment import Wish, move
from llmops_cli.prompts.release import release
from llmops_cli.vcs.base import find_base
from tests.conftest import GitRepo
from tests.prompts.registered import opened, prompt, released

PATH = "prompts/rag-answer.yaml"


def checked(repo: GitRepo, *names: str, against: str = "") -> Checked:
    registry = opened(repo)
    assert registry.repo is not None
    base = find_base(registry.repo, against, remote="origin") if against else None
    return check(registry, names, against=base)


def rules(repo: GitRepo, *names: str, against: str = "") -> list[str]:
    return [finding.rule for finding in checked(repo, *names, against=against).findings]


def branch(repo: GitRepo, version: str, words: str, name: str = "topic", start: str = "main") -> None:
    repo.git("checkout", "-q", "-B", name, start)
    repo.commit({PATH: prompt(version, words)})


def test_a_change_without_a_bump(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    assert rules(repo) == rules(repo, against="main") == []
    repo.write({PATH: prompt("1.0.0", "Other words.")})
    (finding,) = checked(repo).findings
    assert (finding.rule, finding.path, finding.line) == ("needs-bump", PATH, 3)
    assert finding.message == "rag-answer: changed since 1.0.0 was released, still 1.0.0"
    assert finding.hint == "run: llmops prompt bump rag-answer"
    assert rules(repo, against="main") == ["needs-bump"]
    repo.write({PATH: prompt("1.0.1", "Other words.")})
    assert rules(repo) == rules(repo, against="main") == []


def test_what_the_model_does_not_see_needs_no_bump(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    text = (repo.path / PATH).read_text().replace("search-team", "other-team").replace("# what", "# all that")
    repo.write({PATH: text})
    assert rules(repo) == rules(repo, against="main") == []


def test_an_unreleased_change_against_a_branch_needs_a_bump_too(repo: GitRepo) -> None:
    repo.commit({PATH: prompt("1.0.0", "First.")})
    branch(repo, "1.0.0", "Second.")
    assert rules(repo) == []
    assert rules(repo, against="main") == ["needs-bump"]


def test_a_version_that_a_tag_has_taken(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0", "1.2.0")
    repo.write({PATH: prompt("1.1.0", "Other words.")})
    (finding,) = checked(repo).findings
    assert finding.rule == "version-taken" and "tag rag-answer@v1.1.0" in finding.message


def test_a_version_that_the_tip_has_taken(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    branch(repo, "1.1.0", "Of the topic.")
    assert rules(repo, against="main") == []
    repo.git("checkout", "-q", "main")
    repo.commit({PATH: prompt("1.1.0", "Of main.")})
    repo.git("checkout", "-q", "topic")
    assert rules(repo, against="main") == ["version-taken"]


def test_a_version_below_the_tip_or_the_latest_release(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    branch(repo, "1.0.1", "Of the topic.")
    repo.git("checkout", "-q", "main")
    repo.commit({PATH: prompt("1.1.0", "Of main.")})
    repo.git("checkout", "-q", "topic")
    assert rules(repo, against="main") == ["version-below"]
    repo.git("checkout", "-q", "main")
    release(opened(repo))
    repo.write({PATH: prompt("1.0.7", "Lower.")})
    (finding,) = checked(repo).findings
    assert finding.rule == "version-below" and "1.0.7 is below the latest release 1.1.0" in finding.message


def test_a_prerelease_does_not_forbid_a_fix_below_it(repo: GitRepo) -> None:
    released(repo, "1.0.0", "2.0.0-rc.1")
    repo.write({PATH: prompt("1.0.1", "A fix.")})
    assert rules(repo) == []


def test_an_old_commit_checked_out_is_no_offence(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0")
    repo.git("checkout", "-q", "--detach", "HEAD~1")
    assert rules(repo) == []


def test_a_level_lower_than_the_change_needs(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    wider = "  question: {type: string}\n  persona: {type: string}"
    repo.write({PATH: prompt("1.1.0", "You are a $persona.", variables=wider)})
    for against in ("", "main"):
        (finding,) = checked(repo, against=against).findings
        assert finding.rule == "level-too-low"
        assert "1.0.0 -> 1.1.0 is a minor step" in finding.message
        assert "needs major: the new variable 'persona' is required" in finding.message
        assert finding.hint == "at least 2.0.0"
    repo.write({PATH: prompt("2.0.0", "You are a $persona.", variables=wider)})
    assert rules(repo) == rules(repo, against="main") == []


def test_the_level_is_measured_from_where_the_branch_left_not_from_its_target(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    branch(repo, "2.0.1", "A few words.")
    repo.git("checkout", "-q", "main")
    wider = "  question: {type: string}\n  persona: {type: string}"
    repo.commit({PATH: prompt("2.0.0", "You are a $persona.", variables=wider)})
    repo.git("checkout", "-q", "topic")
    # against the tip the topic would remove a variable; but it never saw it, and 1.0.0 -> 2.0.1 is enough
    assert rules(repo, against="main") == []


def test_evidence_raises_the_level(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    repo.write({PATH: prompt("1.0.1", "Other words.")})
    asked: list[tuple[str, str]] = []

    def moved(before: str, after: str) -> str:
        asked.append((before, after))
        return "grounded moved by -0.1"

    (finding,) = check(opened(repo), evidence=moved).findings
    assert finding.rule == "level-too-low" and "needs minor: grounded moved by -0.1" in finding.message
    assert len(asked) == 1 and all(digest.startswith("sha256:") for digest in asked[0])
    repo.write({PATH: prompt("1.1.0", "Other words.")})
    assert check(opened(repo), evidence=moved).findings == ()


def test_a_file_deleted_while_it_is_served(repo: GitRepo) -> None:
    registry = released(repo, "1.0.0")
    move(registry, Wish("promote", "rag-answer", "1.0.0", "production"), tell=print)
    repo.git("checkout", "-q", "-b", "topic")
    (repo.path / PATH).unlink()
    for against in ("", "main"):
        (finding,) = checked(repo, against=against).findings
        assert (finding.rule, finding.line) == ("deleted-while-live", 0)
        assert finding.message == "rag-answer: the file is gone, but it is live on production (1.0.0)"
    repo.commit()
    repo.git("checkout", "-q", "-b", "later")
    assert rules(repo, against="topic") == [], "this branch did not delete it"


def test_a_deleted_prompt_that_nobody_serves_is_fine(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    released(repo, "1.0.0", name="other")
    (repo.path / PATH).unlink()
    assert rules(repo) == []


def test_what_a_branch_did_not_touch_is_passed_over(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    repo.commit({PATH: prompt("1.0.0", "Nobody bumped this on main.")})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"prompts/other.yaml": prompt("1.0.0", name="other")})
    assert rules(repo) == ["needs-bump"]
    assert rules(repo, against="main") == []


def test_files_that_cannot_be_loaded_are_all_named(repo: GitRepo) -> None:
    repo.commit(
        {
            PATH: prompt("1.0.0"),
            "prompts/a.yaml": "name: a\nversion: 3.1\ntemplate: x\n",
            "prompts/b.yaml": "name: b\nversion: 1.0.0\ntemplat: x\n",
        }
    )
    seen = checked(repo)
    assert {problem.path for problem in seen.problems} == {"prompts/a.yaml", "prompts/b.yaml"}
    assert seen.prompts == ("a", "b", "rag-answer") and seen.findings == ()
    assert checked(repo, "rag-answer").problems == ()


def test_an_unknown_name_is_an_error(repo: GitRepo) -> None:
    repo.commit({PATH: prompt("1.0.0")})
    with pytest.raises(InputError, match="no prompt 'rag-answr'") as caught:
        checked(repo, "rag-answr")
    assert caught.value.hint == "did you mean 'rag-answer'?"


def test_a_new_prompt_may_begin_anywhere(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"prompts/other.yaml": prompt("0.3.0", name="other")})
    assert rules(repo, against="main") == []


def test_a_base_that_was_broken_does_not_forbid_its_repair(repo: GitRepo) -> None:
    repo.commit({PATH: "name: [\n"})
    branch(repo, "1.0.0", "Whole again.")
    assert rules(repo, against="main") == []


def test_nothing_to_check_is_not_in_order(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    repo.write({"llmops.yaml": "prompts: promts\n"})
    with pytest.raises(InputError, match="there are no prompts below promts/, so nothing can be checked"):
        checked(repo)


def test_the_last_prompt_may_be_removed(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    repo.git("checkout", "-q", "-b", "topic")
    (repo.path / PATH).unlink()
    repo.commit()
    assert checked(repo, against="main").findings == ()


def test_a_prerelease_goes_past_those_of_its_series(repo: GitRepo) -> None:
    released(repo, "1.0.0", "2.0.0-rc.2")
    for version, rules in (("2.0.0-rc.1", ["version-below"]), ("2.0.0-rc.3", []), ("2.1.0-rc.1", []), ("2.0.0", [])):
        repo.write({PATH: prompt(version, "Other words.")})
        assert [finding.rule for finding in check(opened(repo)).findings] == rules, version
