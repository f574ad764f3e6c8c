"""A team whose main says what production asks for: whose word counts, and what many prompts at once mean."""

import json
from pathlib import Path

from tests.conftest import GitRepo
from tests.journeys.team import MakeRepo, Shell, Team, live, prompt, refs, release, team
from tests.signing_keys import allowed, sign_with, ssh_key

RULES = "environments: {staging: {}, production: {from: staging}}\n"


def ruled(make_repo: MakeRepo, shell: Shell) -> Team:
    """Nothing is live yet; main asks for staging before production."""
    both = team(make_repo, shell, live=())
    both.ann.commit({"llmops.yaml": RULES}, "rules")
    both.ann.git("push", "-q", "origin", "main")
    return both


def lift(repo: GitRepo) -> None:
    """Somebody's working tree and branch say that there are no rules."""
    repo.git("checkout", "-q", "-B", "topic")
    repo.commit({"llmops.yaml": "environments: [staging, production]\nmain: topic\n"}, "no rules")
    repo.git("branch", "-f", "main", "topic")


def test_the_remote_s_main_counts_and_is_fetched(make_repo: MakeRepo, shell: Shell) -> None:
    both = ruled(make_repo, shell)
    bob = both.bob
    lift(bob)
    commit = both.ann.git("rev-parse", "--short=7", "main")
    assert bob.git("cat-file", "-t", commit, check=False) == "", "bob has never heard of the rules"
    for noted in (True, False):
        if not noted:  # as in the checkout of a CI job
            bob.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
        said = shell(bob, "promote", "rag-answer", "1.0.0", "--env", "production")
        assert said.code == 1 and "it is not live on staging" in said.err
        assert f"(rule 'from' of llmops.yaml at main ({commit}))" in said.err
    assert bob.git("symbolic-ref", "refs/remotes/origin/HEAD") == "refs/remotes/origin/main"
    assert "refs/heads/llmops/production" not in refs(both.remote)

    # what was recorded here alone is live nowhere
    shell.done(bob, "promote", "rag-answer", "1.0.0", "--env", "staging", "--no-push")
    assert shell(bob, "promote", "rag-answer", "1.0.0", "--env", "production").code == 1
    shell.done(both.ann, "promote", "rag-answer", "1.0.0", "--env", "staging")
    shell.done(bob, "promote", "rag-answer", "1.0.0", "--env", "production")
    assert live(both.remote) == "1.0.0"


def test_what_is_only_here_never_travels_with_a_push(make_repo: MakeRepo, shell: Shell) -> None:
    """Staging was moved here alone, so here 1.2.0 met the rules of production; on the remote it does not."""
    both = ruled(make_repo, shell)
    shell.done(both.ann, "promote", "rag-answer", "1.0.0", "--env", "staging")
    for environment in ("staging", "production"):
        shell.done(both.bob, "promote", "rag-answer", "1.2.0", "--env", environment, "--no-push")
    said = shell(both.bob, "promote", "rag-answer", "1.2.0", "--env", "production")
    assert said.code == 1 and "it is not live on staging, which serves 1.0.0" in said.err
    said = shell.done(both.bob, "env", "freeze", "production", "--reason", "audit")
    assert "the local branch llmops/production was left alone: it has commits of its own" in said.err
    assert both.remote.git("ls-tree", "-r", "--name-only", "llmops/production") == "frozen"

    # and it is not live already because it is so here
    said = shell.done(both.bob, "promote", "rag-answer", "1.2.0", "--env", "staging")
    assert said.out.startswith("staging: rag-answer 1.0.0 -> 1.2.0") and live(both.remote, "staging") == "1.2.0"


def test_a_default_branch_that_was_renamed_still_rules(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell, live=())
    both.ann.git("branch", "-m", "trunk")
    both.ann.commit({"llmops.yaml": RULES}, "rules")
    both.ann.git("push", "-q", "origin", "trunk")
    both.remote.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    assert both.bob.git("symbolic-ref", "refs/remotes/origin/HEAD") == "refs/remotes/origin/main"
    said = shell(both.bob, "promote", "rag-answer", "1.0.0", "--env", "production")
    assert said.code == 1 and "(rule 'from' of llmops.yaml at trunk (" in said.err


def test_an_environment_that_is_gone_approves_nothing(make_repo: MakeRepo, shell: Shell) -> None:
    both = ruled(make_repo, shell)
    shell.done(both.ann, "promote", "rag-answer", "1.0.0", "--env", "staging")
    both.bob.git("fetch", "-q")
    both.remote.git("branch", "-D", "llmops/staging")
    said = shell(both.bob, "promote", "rag-answer", "1.0.0", "--env", "production")
    assert said.code == 1 and "it is not live on staging" in said.err
    said = shell(both.bob, "promote", "--all", "--env", "production")
    assert said.code == 2 and "nothing is live on staging, so there is nothing to promote" in said.err


def test_a_way_back_to_what_was_never_live_there_is_a_promotion(make_repo: MakeRepo, shell: Shell) -> None:
    both = ruled(make_repo, shell)
    for version, place in (("1.0.0", "staging"), ("1.0.0", "production"), ("1.1.0", "staging")):
        shell.done(both.ann, "promote", "rag-answer", version, "--env", place)
    both.bob.git("fetch", "-q")
    shell.done(both.ann, "promote", "rag-answer", "1.2.0", "--env", "staging")
    said = shell(both.bob, "rollback", "rag-answer", "1.1.0")
    assert said.code == 1 and "it is not live on staging, which serves 1.2.0" in said.err
    shell.done(both.bob, "rollback", "rag-answer", "1.2.0")
    shell.done(both.bob, "rollback", "rag-answer", "1.0.0")
    assert live(both.remote) == "1.0.0"


def test_a_dry_run_tells_what_every_rule_finds(make_repo: MakeRepo, shell: Shell) -> None:
    both = ruled(make_repo, shell)
    said = shell(both.bob, "promote", "rag-answer", "1.0.0", "--env", "production", "--dry-run")
    assert said.code == 1 and said.out == "would move production: rag-answer nothing -> 1.0.0\n"
    assert "NOT met: rag-answer 1.0.0: from: it is not live on staging (run: llmops promote" in said.err
    said = shell(both.bob, "promote", "rag-answer", "1.0.0", "--env", "production", "--dry-run", "--json")
    document = json.loads(said.out)
    assert (said.code, document["changed"], document["rules"][0]["met"]) == (1, False, False)
    shell.done(both.ann, "promote", "rag-answer", "1.0.0", "--env", "staging")
    said = shell.done(both.bob, "promote", "rag-answer", "1.0.0", "--env", "production", "--dry-run")
    assert said.err == "met: rag-answer 1.0.0: from: it is live on staging\n"
    assert "refs/heads/llmops/production" not in refs(both.remote)


def test_a_broken_main_stops_promotions_and_no_rollback(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell)
    both.ann.commit({"llmops.yaml": "environments: {production: {form: staging}}\n"}, "a bad day")
    both.ann.git("push", "-q", "origin", "main")
    said = shell(both.bob, "promote", "rag-answer", "1.0.0", "--env", "production")
    assert said.code == 1 and "the rules of production cannot be read: llmops.yaml at main (" in said.err
    said = shell.done(both.bob, "rollback", "rag-answer")
    assert "the rules of production are not known, and a rollback goes on: llmops.yaml at main (" in said.err
    assert live(both.remote) == "1.1.0"


def test_rules_of_another_project_in_the_repository(make_repo: MakeRepo, shell: Shell) -> None:
    ann = make_repo("ann")
    ann.commit({"app/llmops.yaml": RULES, "app/prompts/rag-answer.yaml": prompt("1.0.0"), "other/x": "x"})
    app = GitRepo(ann.path / "app")
    shell.done(app, "prompt", "release")
    assert "it is not live on staging" in shell(app, "promote", "rag-answer", "1.0.0", "--env", "production").err
    said = shell(ann, "promote", "rag-answer", "1.0.0", "--env", "production")
    assert said.code == 1 and "its rules stand in app/llmops.yaml" in said.err and "promote it in app" in said.err
    # a folder that calls itself a project does not become one
    ann.write({"app/deep/llmops.yaml": "environments: [production]\n"})
    said = shell(GitRepo(ann.path / "app" / "deep"), "promote", "rag-answer", "1.0.0", "--env", "production")
    assert said.code == 1 and "(rule 'from' of app/llmops.yaml at main (" in said.err


def test_all_of_staging_in_one_commit(make_repo: MakeRepo, shell: Shell) -> None:
    both = ruled(make_repo, shell)
    for name in ("summary", "triage"):
        release(both.ann, shell, "0.1.0", f"Words of {name}.", name=name)
    both.ann.git("push", "-q", "--tags", "origin", "main")
    for version in ("1.0.0", "1.1.0"):
        targets = [f"rag-answer@{version}", "triage@0.1.0", "summary@latest"]
        shell.done(both.ann, "promote", *targets, "--env", "staging")
        said = shell.done(both.bob, "promote", "--all", "--env", "production", "--reason", "weekly", "--json")
    document = json.loads(said.out)
    assert document["moves"] == [
        {"name": "rag-answer", "from": "1.0.0", "to": "1.1.0", "changed": True},
        {"name": "summary", "from": "0.1.0", "to": "0.1.0", "changed": False},
        {"name": "triage", "from": "0.1.0", "to": "0.1.0", "changed": False},
    ]
    assert both.remote.git("rev-list", "--count", "llmops/production") == "2"
    first = both.remote.git("log", "-1", "--format=%B", "llmops/production~1").splitlines()
    assert first[0] == "production: 3 prompts promoted" and first[3] == "production: summary (new) -> 0.1.0"
    assert first.count("Llmops-Reason: weekly") == 1 and first.count("Llmops-To: 0.1.0") == 2
    tags = both.remote.git("tag").splitlines()
    assert {"summary@v0.1.0", "triage@v0.1.0", "rag-answer@v1.1.0"} <= set(tags)
    shell.done(both.bob, "verify")

    release(both.ann, shell, "0.2.0", "More words.", name="triage")
    shell.done(both.ann, "promote", "triage@0.2.0", "--env", "staging")
    shell.done(both.bob, "promote", "triage", "0.2.0", "--env", "production")
    assert shell.done(both.bob, "rollback", "triage").out.startswith("production: triage 0.2.0 -> 0.1.0 (")
    assert [live(both.remote, name=name) for name in ("rag-answer", "summary", "triage")] == ["1.1.0", "0.1.0", "0.1.0"]
    shell.done(both.bob, "rollback", "rag-answer")  # out of the commit that moved three
    assert [live(both.remote, name=name) for name in ("rag-answer", "summary")] == ["1.0.0", "0.1.0"]
    both.ann.git("fetch", "-q")
    log = json.loads(shell.done(both.ann, "env", "log", "production", "summary", "--json").out)["moves"]
    assert [(one["from"], one["to"], one["reason"]) for one in log] == [("", "0.1.0", "weekly")]


def between(remote: GitRepo, commit: str) -> None:
    """Once, while a push waits, the commit becomes production's."""
    hook, once = remote.path / "hooks" / "pre-receive", remote.path / "once"
    once.unlink(missing_ok=True)
    hook.write_text(
        f"#!/bin/sh\n[ -e {once} ] && exit 0\ntouch {once}\n"
        f"unset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/llmops/production {commit}\n"
    )
    hook.chmod(0o755)


def test_a_race_on_one_of_many_moves_none(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell)
    release(both.ann, shell, "0.1.0", "Words.", name="triage")
    both.ann.git("push", "-q", "--tags", "origin", "main")
    both.bob.git("pull", "-q", "--tags", "origin", "main")
    shell.done(both.ann, "rollback", "rag-answer", "--no-push", "--reason", "first")
    first = both.ann.git("rev-parse", "llmops/production")
    both.ann.git("push", "-q", "origin", f"{first}:refs/heads/parked")
    between(both.remote, first)
    said = shell(both.bob, "promote", "rag-answer@1.0.0", "triage@0.1.0", "--env", "production")
    assert said.code == 4 and "was moved 1.2.0 -> 1.1.0 by Ann Example (reason: first) meanwhile" in said.err
    assert both.remote.git("rev-parse", "llmops/production") == first

    # and on another prompt both go through
    both.ann.git("fetch", "-q")
    shell.done(both.ann, "promote", "triage@0.1.0", "--env", "production", "--no-push")
    second = both.ann.git("rev-parse", "llmops/production")
    both.ann.git("push", "-q", "origin", f"{second}:refs/heads/parked")
    between(both.remote, second)
    said = shell.done(both.bob, "promote", "rag-answer@1.2.0", "--env", "production")
    assert "meanwhile production: triage was moved nothing -> 0.1.0 by Ann Example; trying again" in said.err
    assert [live(both.remote, name=name) for name in ("rag-answer", "triage")] == ["1.2.0", "0.1.0"]


def test_what_cannot_be_meant(make_repo: MakeRepo, shell: Shell) -> None:
    ann = team(make_repo, shell, live=("1.0.0", "1.1.0")).ann
    before = refs(ann)
    for words, said in (
        (("rag-answer",), "rag-answer: the version is missing"),
        ((), "nothing to promote is named"),
        (("--all", "rag-answer@1.0.0"), "--all and prompts by name exclude each other"),
        (("rag-answer", ""), "rag-answer: the version is empty"),
        (("rag-answer@1.2.0", "rag-answer@1.0.0"), "rag-answer is named twice"),
        (("rag-answer", "1.2.0", "1.0.0"), "the version is missing"),
        (("--all", "--from", "stagin"), "there is no environment 'stagin'"),
        (("rag-answer@1.2.0", "rag-anser@1.0.0"), "did you mean 'rag-answer'?"),
    ):
        found = shell(ann, "promote", *words, "--env", "production")
        assert found.code == 2 and said in found.err, found.err
    assert shell(ann, "promote", "rag-answer@1.2.0").code == 2
    assert refs(ann) == before


def test_only_what_is_signed_by_somebody_who_may(make_repo: MakeRepo, shell: Shell, tmp_path: Path) -> None:
    ann = make_repo("ann")
    keys = {who: ssh_key(tmp_path, who) for who in ("ann", "mallory")}
    rules = "environments: {staging: {}, production: {signed: true}}\nsigning: {allowed_signers: signers}\n"
    ann.commit({"llmops.yaml": rules, "signers": allowed(ann=keys["ann"])})
    for version, key in (("1.0.0", None), ("1.1.0", keys["mallory"]), ("1.2.0", keys["ann"])):
        if key:
            sign_with(ann, key)
        release(ann, shell, version, f"Words of {version}.")
        shell.done(ann, "promote", "rag-answer", version, "--env", "staging")
    for version, why in (("1.0.0", "it is not signed"), ("1.1.0", "signed")):
        said = shell(ann, "promote", "rag-answer", version, "--env", "production")
        assert said.code == 1 and why in said.err and "(rule 'signed' of llmops.yaml at main (" in said.err
    planned = shell.done(ann, "promote", "rag-answer", "1.2.0", "--env", "production", "--dry-run").err
    assert planned == "met: rag-answer 1.2.0: signed: signed by ann@example.org\n"
    shell.done(ann, "promote", "rag-answer", "1.2.0", "--env", "production")

    # what was live before the rule was made does not come back without a signature
    ann.commit({"llmops.yaml": rules.replace("staging: {}", "staging: {signed: true}")})
    said = shell(ann, "rollback", "rag-answer", "--env", "staging")
    assert said.code == 1 and "rag-answer 1.1.0: " in said.err and live(ann, "staging") == "1.2.0"
    # and nobody names himself in a working tree
    ann.write({"signers": allowed(mallory=keys["mallory"]), "llmops.yaml": "environments: [staging, production]\n"})
    assert shell(ann, "rollback", "rag-answer", "--env", "staging").code == 1
