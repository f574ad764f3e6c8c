"""What was live when, and what two environments, or two moments, serve differently."""

import json

import pytest

from tests.conftest import GitRepo
from tests.journeys.team import MakeRepo, Shell, prompt

QUESTION = "  question: {type: string}"
PERSONA = QUESTION + "\n  persona: {type: string}"


@pytest.fixture
def days(make_repo: MakeRepo, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> GitRepo:
    """On the first of November at noon rag-answer 1.0.0 goes to both places, then a day each: 1.1.0, 2.0.0, back."""
    ann = make_repo("ann")
    for version, words, variables in (
        ("1.0.0", "Answer.", QUESTION),
        ("1.1.0", "Answer briefly.", QUESTION),
        ("2.0.0", "Answer as $persona.", PERSONA),
    ):
        ann.commit({"prompts/rag-answer.yaml": prompt(version, words, variables=variables)}, version)
        shell.done(ann, "prompt", "release")
    steps = [
        ("1.0.0", "production"), ("1.0.0", "staging"), ("1.1.0", "production"), ("2.0.0", "production"),
        ("1.1.0", "production"),
    ]  # fmt: skip
    for (version, place), day in zip(steps, (1, 1, 2, 3, 4), strict=True):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"2026-11-{day:02}T12:00:00+01:00")
        shell.done(ann, "promote", "rag-answer", version, "--env", place)
    return ann


def live_at(shell: Shell, repo: GitRepo, *words: str) -> list[tuple[str, dict[str, str]]]:
    found = json.loads(shell.done(repo, "env", "at", *words, "--json").out)["environments"]
    return [(one["name"], one["live"]) for one in found]


def test_what_was_live_then(days: GitRepo, shell: Shell) -> None:
    for when, version in (
        ("2026-11-01T10:59:59Z", ""),
        ("2026-11-01T11:00:00Z", "1.0.0"),
        ("2026-11-02T11:59+01:00", "1.0.0"),
        ("2026-11-02T12:00+01:00", "1.1.0"),
        ("2026-11-04", "2.0.0"),
        ("2026-11-05", "1.1.0"),
        ("99999d ago", ""),
        ("now", "1.1.0"),
    ):
        wanted = {"rag-answer": version} if version else {}
        assert live_at(shell, days, when, "production") == [("production", wanted)], when
    assert live_at(shell, days, "2026-11-04", "", "rag-answer") == [
        ("staging", {"rag-answer": "1.0.0"}),
        ("production", {"rag-answer": "2.0.0"}),
    ]
    said = shell.done(days, "env", "at", "2026-11-04T00:00Z", "production")
    assert said.err == "at 2026-11-04T00:00:00Z\n"
    assert said.out.split("\n")[1].split() == [
        "production", "rag-answer", "2.0.0", days.git("rev-parse", "--short=7", "llmops/production~1"),
        "2026-11-03T11:00:00Z",
    ]  # fmt: skip
    said = shell.done(days, "env", "at", "2026-10-01", "production")
    assert said.err.endswith("nothing was live on production then\n")
    for bad in ("yesterday", "2026-13-01", "-1h ago", "1y ago", ""):
        said = shell(days, "env", "at", "--", bad)
        assert said.code == 2 and "is no time" in said.err, bad


def test_clocks_that_ran_backwards_are_told(days: GitRepo, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-11-02T18:00:00Z")  # after the commit of the fourth
    shell.done(days, "promote", "rag-answer", "2.0.0", "--env", "production")
    assert live_at(shell, days, "2026-11-02T20:00Z", "production") == [("production", {"rag-answer": "1.1.0"})]
    said = shell.done(days, "env", "at", "2026-11-04T11:00Z", "production", "--json")
    assert json.loads(said.out)["environments"][0]["live"] == {"rag-answer": "2.0.0"}
    assert "production: 1 commit up to then with a date before an earlier one's" in said.err


def test_a_log_that_is_cut_off_answers_nothing(days: GitRepo, make_repo: MakeRepo, shell: Shell) -> None:
    clone = make_repo("clone")
    clone.git("remote", "add", "origin", f"file://{days.path}")
    clone.git("fetch", "-q", "--depth=2", "origin", "+refs/heads/*:refs/remotes/origin/*")
    assert live_at(shell, clone, "2026-11-04", "production") == [("production", {"rag-answer": "2.0.0"})]
    said = shell(clone, "env", "at", "2026-11-02", "production")
    assert said.code == 3 and "does not reach back to" in said.err and "git fetch --unshallow" in said.err


def test_two_sides(days: GitRepo, shell: Shell) -> None:
    days.commit({"prompts/triage.yaml": prompt("0.1.0", "Sort.", name="triage")}, "triage")
    shell.done(days, "prompt", "release", "triage")
    shell.done(days, "promote", "triage", "0.1.0", "--env", "staging")
    said = shell.done(days, "env", "diff", "production@2026-11-03T12:00Z", "staging")
    assert [line.split() for line in said.out.splitlines()[1:]] == [
        ["rag-answer", "2.0.0", "1.0.0", "major"],
        ["triage", "-", "0.1.0", "added"],
    ]
    assert "rag-answer: callers must heed: variable 'persona'" in said.err
    said = shell.done(days, "env", "diff", "production", "staging", "rag-answer", "--text")
    assert "rag-answer@1.1.0 -> rag-answer@1.0.0" in said.out and "[- briefly-]" in said.out
    document = json.loads(shell.done(days, "env", "diff", "staging", "production", "--json").out)
    assert document["a"]["environment"] == "staging" and len(document["b"]["commit"]) == 40
    assert [(one["name"], one["kind"], one["level"], one["notices"]) for one in document["prompts"]] == [
        ("rag-answer", "changed", "patch", []),
        ("triage", "removed", "", []),
    ]
    assert "both serve the same" in shell.done(days, "env", "diff", "production", "production@now").err
    assert shell(days, "env", "diff", "production", "nowhere").code == 2
    assert shell(days, "env", "diff", "production", "staging", "rag-anser").code == 2


def test_what_was_edited_by_hand_differs_under_the_same_number(days: GitRepo, shell: Shell) -> None:
    shell.done(days, "promote", "rag-answer", "1.1.0", "--env", "staging")
    days.git("worktree", "add", "-q", "../live", "llmops/staging")
    other = GitRepo(days.path.parent / "live")
    other.commit({"prompts/rag-answer.yaml": prompt("1.1.0", "Answer by hand.")}, "hot fix")
    said = shell.done(days, "env", "diff", "production", "staging")
    assert said.out.splitlines()[1].split() == ["rag-answer", "1.1.0", "1.1.0", "patch"]
    other.commit({"prompts/rag-answer.yaml": "version: 1.1.0\nname: [\n"}, "broken")
    said = shell.done(days, "env", "diff", "production", "staging")
    assert "rag-answer could not be compared: prompts/rag-answer.yaml at staging (" in said.err
