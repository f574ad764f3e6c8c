"""What the rules of an environment ask of a release, and when each of them is met."""

from datetime import UTC, datetime, timedelta

import pytest

from llmops_cli.errors import FileError, GateError, InputError
from llmops_cli.prompts.environment import Wish, Wishes, move, move_all
from llmops_cli.prompts.measured import not_passed
from llmops_cli.prompts.release import release
from llmops_cli.prompts.rules import read_rules
from tests.conftest import GitRepo
from tests.prompts.registered import opened, prompt, released

NAME = "rag-answer"
RULES = "environments:\n  staging: {}\n  production: {from: staging, eval: pass, soak: 1h}\n"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def ruled(repo: GitRepo) -> GitRepo:
    """1.0.0 passed its evaluation, 1.1.0 was not measured."""
    repo.commit({"llmops.yaml": RULES})
    for version, said in (("1.0.0", "run-1 pass; cites=1.0 (n 9)"), ("1.1.0", "")):
        repo.commit({f"prompts/{NAME}.yaml": prompt(version, f"Words of {version}.")}, version)
        release(opened(repo), [NAME], eval_summary=lambda _, said=said: said)
    return repo


def promote(repo: GitRepo, version: str, place: str, now: datetime = NOON) -> str:
    return move(opened(repo), Wish("promote", NAME, version, place), tell=print, now=now).after


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """What clocks say to git from now on."""
    monkeypatch.setenv("GIT_COMMITTER_DATE", moment.isoformat())


def test_every_unmet_rule_is_named_with_what_to_do(ruled: GitRepo) -> None:
    main = ruled.git("rev-parse", "--short=7", "main")
    with pytest.raises(GateError) as caught:
        promote(ruled, "1.1.0", "production")
    assert caught.value.message.split("\n") == [
        f"production: 3 rules are not met (llmops.yaml at main ({main})); nothing was changed",
        "rag-answer 1.1.0: from: it is not live on staging (run: llmops promote rag-answer 1.1.0 --env staging)",
        "rag-answer 1.1.0: eval: no evaluation is recorded in its tag (evaluate it, and release it as a further "
        "version: what a tag says never changes)",
        "rag-answer 1.1.0: soak: it has to be live on staging for 1h, and is not live there",
    ]
    assert ruled.git("branch", "--list", "llmops/*") == ""


def test_the_very_release_must_be_live_there(ruled: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NOON - timedelta(days=1))
    promote(ruled, "1.1.0", "staging")
    with pytest.raises(GateError, match=r"from: it is not live on staging, which serves 1\.1\.0"):
        promote(ruled, "1.0.0", "production")
    promote(ruled, "1.0.0", "staging")
    ruled.git("worktree", "add", "-q", "../live", "llmops/staging")
    GitRepo(ruled.path.parent / "live").commit({f"prompts/{NAME}.yaml": prompt("1.0.0", "By hand.")}, "hot fix")
    ruled.git("worktree", "remove", "--force", "../live")
    with pytest.raises(GateError, match="what staging serves under this number is not this very release"):
        promote(ruled, "1.0.0", "production")


def test_a_soak_is_over_when_the_clock_says_so(ruled: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NOON)
    promote(ruled, "1.0.0", "staging")
    with pytest.raises(GateError, match="it has been live on staging for 59m 59s of 1h") as caught:
        promote(ruled, "1.0.0", "production", NOON + timedelta(minutes=59, seconds=59))
    assert caught.value.hint == "over at 2026-11-21T13:00:00Z"
    assert "(rule 'soak' of llmops.yaml at main (" in caught.value.message
    planned = move_all(
        opened(ruled),
        Wishes("promote", "production", everything=True, dry_run=True),
        tell=print,
        now=NOON + timedelta(hours=1),
    )
    assert [(one.rule, one.met) for one in planned.rulings] == [("from", True), ("eval", True), ("soak", True)]
    assert promote(ruled, "1.0.0", "production", NOON + timedelta(hours=1)) == "1.0.0"


def test_an_interrupted_soak_begins_again(ruled: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    for hours, version in ((0, "1.0.0"), (1, "1.1.0"), (2, "1.0.0")):
        at(monkeypatch, NOON + timedelta(hours=hours))
        promote(ruled, version, "staging")
    with pytest.raises(GateError, match="for 30m of 1h"):
        promote(ruled, "1.0.0", "production", NOON + timedelta(hours=2, minutes=30))


def test_a_clock_that_is_wrong_shortens_no_soak(ruled: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NOON)
    promote(ruled, "1.1.0", "staging")
    at(monkeypatch, NOON - timedelta(days=9))
    promote(ruled, "1.0.0", "staging")
    with pytest.raises(GateError, match="for 10m of 1h"):
        promote(ruled, "1.0.0", "production", NOON + timedelta(minutes=10))
    at(monkeypatch, NOON + timedelta(days=9))
    promote(ruled, "1.1.0", "staging")
    promote(ruled, "1.0.0", "staging")
    with pytest.raises(GateError, match="for 0s of 1h") as caught:
        promote(ruled, "1.0.0", "production", NOON + timedelta(hours=9))
    assert caught.value.hint == "over at 2026-11-30T13:00:00Z; the date of that commit lies in the future"
    at(monkeypatch, NOON + timedelta(hours=10))  # a commit with a right date ends that
    promote(ruled, "1.1.0", "staging")
    promote(ruled, "1.0.0", "staging")
    assert promote(ruled, "1.0.0", "production", NOON + timedelta(hours=11)) == "1.0.0"


def test_what_was_approved_once_may_come_back(ruled: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NOON)
    promote(ruled, "1.0.0", "staging")
    promote(ruled, "1.0.0", "production", NOON + timedelta(hours=1))
    released(ruled, "1.2.0")
    ruled.commit({"llmops.yaml": RULES.replace("eval: pass, ", "")})
    promote(ruled, "1.2.0", "staging")
    promote(ruled, "1.2.0", "production", NOON + timedelta(hours=1))
    ruled.commit({"llmops.yaml": RULES.replace("1h", "9d")})
    back = Wish("rollback", NAME, "1.1.0", "production")
    with pytest.raises(GateError, match="3 rules are not met"):
        move(opened(ruled), back, tell=print, now=NOON)
    assert move(opened(ruled), Wish("rollback", NAME, "", "production"), tell=print, now=NOON).after == "1.0.0"
    with pytest.raises(GateError):
        promote(ruled, "1.2.0", "production")  # forth again is a promotion


def test_rules_that_cannot_be_read_stop_a_promotion_and_no_rollback(ruled: GitRepo) -> None:
    ruled.commit({"llmops.yaml": "environments: [staging, production]\n"})
    for version in ("1.0.0", "1.1.0"):
        promote(ruled, version, "production")
    ruled.commit({"llmops.yaml": "environments: {production: {form: staging}}\n"})
    ruled.write({"llmops.yaml": "environments: [production]\n"})
    with pytest.raises(GateError, match=r"the rules of production cannot be read: llmops.yaml at main \(.*form"):
        promote(ruled, "1.0.0", "production")
    told: list[str] = []
    assert move(opened(ruled), Wish("rollback", NAME, "", "production"), tell=told.append).after == "1.0.0"
    assert told[0].startswith("the rules of production are not known, and a rollback goes on: llmops.yaml at main (")


def test_signed_fails_closed(ruled: GitRepo) -> None:
    ruled.commit({"llmops.yaml": "environments: {production: {signed: true}}\n"})
    with pytest.raises(GateError, match=r"rule 'signed' of llmops\.yaml at main"):
        promote(ruled, "1.0.0", "production")


def test_rules_are_those_of_the_default_branch(ruled: GitRepo) -> None:
    ruled.git("checkout", "-q", "-b", "topic")
    ruled.commit({"llmops.yaml": "environments: [staging, production]\n"})
    assert read_rules(opened(ruled), "production").asked.from_ == "staging"
    ruled.git("branch", "-D", "main")
    rules = read_rules(opened(ruled), "production")  # there is nothing else to read, and no remote
    assert rules.place.startswith("llmops.yaml at HEAD (") and not rules.asked.from_ and not rules.unknown
    ruled.git("remote", "add", "origin", "../nowhere.git")
    assert "the branch main" in read_rules(opened(ruled), "production").unknown


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("{production: {soak: 1h}}", "production: soak needs a from"),
        ("{production: {from: stagin}, staging: {}}", "production: from names 'stagin', which is none of"),
        ("{a: {from: b}, b: {from: a}}", "a: from leads back to a"),
        ("{production: {soak: soon, from: staging}, staging: {}}", "must be a length of time, such as"),
        ("{production: {eval: true}}", "environments.production.eval: must be 'pass'"),
        ("{production: {sgned: true}}", "environments.production.sgned: unknown key \\(did you mean 'signed'"),
        ("[staging, 1]", "environments: must be"),
    ],
)
def test_rules_that_nobody_can_meet_are_told(repo: GitRepo, rules: str, said: str) -> None:
    repo.commit({"llmops.yaml": f"environments: {rules}\n"})
    with pytest.raises(FileError, match=said):
        opened(repo)


@pytest.mark.parametrize(
    ("trailer", "why"),
    [
        ("run-1 pass", ""),
        ("run-1 pass; cites=1.0 (n 9); suite rag | run-2 pass", ""),
        ("run-1 pass | run-2 inconclusive; x=1 (n 1)", "run run-2 says inconclusive"),
        ("run-1 fail; suite pass", "run run-1 says fail"),
        ("run-1 pass | ", "a verdict cannot be read"),
        ("run-1 passed", "a verdict cannot be read"),
        ("", "no evaluation is recorded in its tag"),
    ],
)
def test_every_suite_must_have_passed(trailer: str, why: str) -> None:
    assert not_passed(trailer) == why


def test_all_or_nothing(ruled: GitRepo) -> None:
    released(ruled, "0.1.0", name="triage")
    with pytest.raises(InputError, match="nothing is live on staging"):
        move_all(opened(ruled), Wishes("promote", "production", everything=True), tell=print)
    done = move_all(opened(ruled), Wishes("promote", "staging", everything=True, reason="all of it"), tell=print)
    assert [(one.name, one.before, one.after, one.changed) for one in done.moves] == [
        ("rag-answer", "", "1.1.0", True),
        ("triage", "", "0.1.0", True),
    ]
    assert ruled.git("rev-list", "--count", "llmops/staging") == "1"
    with pytest.raises(GateError, match="production: 4 rules are not met"):
        move_all(opened(ruled), Wishes("promote", "production", everything=True), tell=print)
    assert ruled.git("branch", "--list", "llmops/production") == ""
    again = move_all(opened(ruled), Wishes("promote", "staging", everything=True), tell=print)
    assert [one.already for one in again.moves] == [True, True] and not again.commit
