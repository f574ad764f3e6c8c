"""What a yank stops, what it leaves alone, and two people who yank at once."""

import pytest

from llmops_cli.errors import ConflictError, GateError, InputError
from llmops_cli.prompts.bump import plan_bump
from llmops_cli.prompts.check import check
from llmops_cli.prompts.environment import Wish, Wishes, move, move_all
from llmops_cli.prompts.marking import Marked, Order, mark
from llmops_cli.prompts.reference import Reference
from llmops_cli.prompts.release import release
from llmops_cli.prompts.verify.verification import verify
from tests.conftest import GitRepo
from tests.journeys.team import MakeRepo
from tests.prompts.registered import opened, prompt, released

NAME = "rag-answer"
PATH = f"prompts/{NAME}.yaml"


def yank(repo: GitRepo, version: str, reason: str = "cites nothing", **how: bool) -> Marked:
    return mark(opened(repo), Order("yanked", NAME, version, reason, **how))


def promote(repo: GitRepo, version: str, environment: str = "production") -> None:
    move(opened(repo), Wish("promote", NAME, version, environment), tell=print)


def rollback(repo: GitRepo, version: str = "") -> str:
    return move(opened(repo), Wish("rollback", NAME, version, "production"), tell=print).after


def resolved(repo: GitRepo, at: str) -> str:
    return str(opened(repo).resolve(Reference(NAME, at)).version)


def test_a_yanked_version_is_chosen_by_nobody_and_stays_to_be_read(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0", "1.2.0")
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        promote(repo, version)
    done = yank(repo, "1.2.0")
    assert (done.mark.tag, done.already, done.pushed) == (f"{NAME}@v1.2.0!", False, False)
    (served,) = done.served
    assert (served.environment, served.way_out) == ("production", f"llmops rollback {NAME} --env production")
    latest = opened(repo).latest(NAME)
    assert latest is not None and str(latest.version) == "1.1.0"
    assert (resolved(repo, "^1"), resolved(repo, "1.2.0")) == ("1.1.0", "1.2.0")
    with pytest.raises(GateError, match=r"rag-answer@1\.2\.0 is yanked: cites nothing") as caught:
        promote(repo, "1.2.0", "staging")
    assert caught.value.hint == "the next lower one that is not yanked: 1.1.0"
    with pytest.raises(GateError, match="is yanked"):
        promote(repo, "1.2.0")  # nor where it is live already

    (finding,) = check(opened(repo)).findings
    assert finding.rule == "yanked-while-live" and "production serves 1.2.0" in finding.message
    yank(repo, "1.1.0")
    assert rollback(repo) == "1.0.0", "a version that is yanked is passed over"
    assert check(opened(repo)).findings == ()
    with pytest.raises(GateError, match="is yanked"):
        rollback(repo, "1.1.0")


def test_to_yank_again_changes_nothing(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    assert mark(opened(repo), Order("yanked", NAME, "1.0.0", "why", dry_run=True)).already is False
    assert "!" not in repo.git("tag")
    yank(repo, "v1.0.0", "the first reason")
    before = repo.git("for-each-ref")
    done = yank(repo, "1.0.0", "another reason")
    assert (done.already, done.mark.reason, done.mark.who) == (True, "the first reason", "Ann Example")
    assert repo.git("for-each-ref") == before


def test_the_number_stays_taken_and_the_next_version_goes_past_it(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0")
    yank(repo, "1.1.0")
    repo.write({PATH: prompt("1.1.0", "Mended words.")})
    assert [finding.rule for finding in check(opened(repo)).findings] == ["needs-bump"]
    planned = plan_bump(opened(repo), NAME)
    assert str(planned.target) == "1.1.1"
    for version, rule in (("1.0.1", "version-below"), ("1.1.1", None)):
        repo.write({PATH: prompt(version, "Mended words.")})
        assert [finding.rule for finding in check(opened(repo)).findings] == ([rule] if rule else [])
    repo.commit({PATH: planned.file.text})
    assert [str(one.version) for one in release(opened(repo)).made] == ["1.1.1"]


def test_the_level_is_measured_from_what_is_not_yanked(repo: GitRepo) -> None:
    """1.1.0 broke callers by mistake; to mend that is no second break."""
    released(repo, "1.0.0")
    other = "  answer: {type: string}"
    repo.commit({PATH: prompt("2.0.0", "Say $answer.", variables=f"  question: {{type: string}}\n{other}")})
    release(opened(repo))
    yank(repo, "2.0.0")
    repo.write({PATH: prompt("2.0.1", "Words of 1.0.0, mended.")})
    assert check(opened(repo)).findings == ()


def test_what_cannot_be_said(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0-rc.1")
    cases = [
        (Order("yanked", NAME, "3.0.0", "why"), "rag-answer 3.0.0 is not released"),
        (Order("yanked", NAME, "1.0.0", " \n"), "there is no reason"),
        (Order("yanked", NAME, "", "why"), "a yank is of one version"),
        (Order("deprecated", "nobody", "", "why"), "nothing of nobody is released"),
        (Order("deprecated", NAME, "", "why", use="nobody"), "there is no prompt 'nobody'"),
        (Order("deprecated", NAME, "1.1.0-rc.1", "why"), "is a prerelease"),
    ]
    for order, message in cases:
        with pytest.raises(InputError, match=message):
            mark(opened(repo), order)
    repo.git("tag", f"{NAME}@v1.0.0!")
    with pytest.raises(ConflictError, match="exists and is not one of this kind"):
        yank(repo, "1.0.0")


def test_of_two_who_yank_at_once_the_second_learns_it_and_everybody_is_stopped(make_repo: MakeRepo) -> None:
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    released(ann, "1.0.0", "1.1.0")
    ann.git("push", "-q", "--tags", "origin", "main")
    bob = make_repo("bob", clone_of=remote.path, user="Bob Example")
    carol = make_repo("carol", clone_of=remote.path, user="Carol Example")
    assert yank(carol, "1.1.0", "kept here", push=False).pushed is False
    assert yank(ann, "1.1.0", "wrong").pushed
    done = yank(bob, "1.1.0", "also wrong")
    assert (done.already, done.mark.reason, done.mark.who) == (True, "wrong", "Ann Example")
    # carol never fetched; what is on the remote takes the place of what she kept to herself
    with pytest.raises(GateError, match="is yanked: wrong"):
        promote(carol, "1.1.0", "staging")
    assert carol.git("rev-parse", f"{NAME}@v1.1.0!") == ann.git("rev-parse", f"{NAME}@v1.1.0!")


def test_of_everything_what_is_yanked_and_live_already_is_said(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    for environment in ("staging", "production"):
        promote(repo, "1.0.0", environment)
    yank(repo, "1.0.0")
    told: list[str] = []
    wishes = Wishes("promote", "production", everything=True, source="staging")
    assert move_all(opened(repo), wishes, tell=told.append).commit == ""
    assert told == ["rag-answer@1.0.0 is live there, and yanked: cites nothing"]


def test_who_learns_of_a_release_learns_that_it_was_merged(make_repo: MakeRepo) -> None:
    """Bob's main is older than the tags that a yank, or a release of his own, brings along."""
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    released(ann, "1.0.0")
    ann.git("push", "-q", "--tags", "origin", "main")
    bob, carol = (make_repo(name, clone_of=remote.path, user=f"{name.title()} Example") for name in ("bob", "carol"))
    released(ann, "1.1.0")
    ann.git("push", "-q", "--tags", "origin", "main")
    assert yank(bob, "1.0.0").pushed
    assert release(opened(carol), push_tags=True).made == ()
    for clone in (bob, carol):
        assert [str(each.version) for each in opened(clone).releases(NAME)] == ["1.0.0", "1.1.0"]
        assert verify(opened(clone)).findings == ()


def test_a_remote_that_refuses_leaves_no_tag_behind(make_repo: MakeRepo) -> None:
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    released(ann, "1.0.0")
    ann.git("push", "-q", "--tags", "origin", "main")
    hook = remote.path / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'no tags today' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ConflictError, match=r"refuses the tag.*no tags today.*nothing was changed"):
        yank(ann, "1.0.0")
    assert ann.git("tag") == f"{NAME}@v1.0.0"


def test_a_deprecation_is_told_and_stops_nobody(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0")
    done = mark(opened(repo), Order("deprecated", NAME, "1.0.0", "slow", use=f"{NAME}@^1.1"))
    assert done.mark.tag == f"{NAME}@v1.0.0.deprecated"
    told: list[str] = []
    move(opened(repo), Wish("promote", NAME, "1.0.0", "staging"), tell=told.append)
    assert told == ["rag-answer@1.0.0 is deprecated: slow; use rag-answer@^1.1"]
    assert mark(opened(repo), Order("deprecated", NAME, "", "merged into answer")).mark.tag == f"{NAME}@deprecated"
    assert [one.deprecated for one in opened(repo).releases(NAME)] == [
        "slow; use rag-answer@^1.1", "merged into answer",
    ]  # fmt: skip
    yank(repo, "1.0.0")
    with pytest.raises(InputError, match="is yanked, which says more"):
        mark(opened(repo), Order("deprecated", NAME, "1.0.0", "old"))


def test_what_others_yanked_counts_for_everything_that_is_promoted_at_once(make_repo: MakeRepo) -> None:
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    released(ann, "1.0.0", "1.1.0")
    ann.git("push", "-q", "--tags", "origin", "main")
    bob = make_repo("bob", clone_of=remote.path, user="Bob Example")
    yank(ann, "1.1.0")
    done = move_all(opened(bob), Wishes("promote", environment="staging", everything=True), tell=print)
    assert [(one.name, one.after) for one in done.moves] == [(NAME, "1.0.0")]
