"""An environment that somebody froze: who is refused, who is not, and what everybody is told."""

import json

from tests.journeys.team import MakeRepo, Shell, live, refs, team


def test_frozen_and_unfrozen(make_repo: MakeRepo, shell: Shell) -> None:
    both = team(make_repo, shell, live=("1.0.0", "1.1.0"))
    said = shell.done(both.ann, "env", "freeze", "production", "--reason", "audit\nuntil Monday")
    assert said.out.startswith("production is frozen since ") and "by Ann Example" in said.out
    assert both.remote.git("show", "llmops/production:frozen") == "audit until Monday"

    before = refs(both.remote)
    said = shell(both.bob, "promote", "rag-answer", "1.2.0", "--env", "production")
    assert said.code == 1 and refs(both.remote) == before
    assert "production: it is frozen since " in said.err and "by Ann Example (reason: audit until Monday)" in said.err
    assert "run: llmops env unfreeze production" in said.err
    shell.done(both.bob, "promote", "rag-answer", "1.2.0", "--env", "staging")

    said = shell.done(both.bob, "rollback", "rag-answer")
    assert "(reason: audit until Monday); a rollback goes on" in said.err and live(both.remote) == "1.0.0"
    assert "production is frozen since " in shell.done(both.bob, "env", "list").err
    listed = json.loads(shell.done(both.bob, "env", "list", "--json").out)["environments"]
    assert {one["name"]: (one["frozen"] or {}).get("who") for one in listed} == {
        "staging": None,
        "production": "Ann Example",
    }
    again = json.loads(shell.done(both.bob, "env", "freeze", "production", "--reason", "too", "--json").out)
    assert (again["changed"], again["frozen"]["reason"]) == (False, "audit until Monday")
    shell.done(both.bob, "verify")

    said = shell.done(both.bob, "env", "unfreeze", "production", "--reason", "done")
    assert said.out.startswith("production is not frozen (") and said.out.endswith(", pushed)\n")
    shell.done(both.ann, "promote", "rag-answer", "1.2.0", "--env", "production")
    assert live(both.remote) == "1.2.0"
    log = json.loads(shell.done(both.ann, "env", "log", "production", "--json").out)["moves"]
    assert [(one["action"], one["prompt"], one["who"], one["reason"]) for one in log[:4]] == [
        ("promote", "rag-answer", "Ann Example", ""),
        ("unfreeze", "", "Bob Example", "done"),
        ("rollback", "rag-answer", "Bob Example", ""),
        ("freeze", "", "Ann Example", "audit until Monday"),
    ]
    shell.done(both.ann, "verify")
    shell.done(both.ann, "rollback", "rag-answer")
    assert live(both.remote) == "1.0.0", "the log of a prompt is not in the way of freezing"


def test_a_freeze_needs_a_reason(make_repo: MakeRepo, shell: Shell) -> None:
    ann = team(make_repo, shell, live=()).ann
    said = shell(ann, "env", "freeze", "staging", "--reason", " \n")
    assert said.code == 2 and "the reason is empty" in said.err
    assert shell.done(ann, "env", "unfreeze", "staging").out == "staging is not frozen already\n"
    shell.done(ann, "env", "freeze", "staging", "--reason", "not yet")  # before anything was ever promoted
    assert shell(ann, "promote", "rag-answer", "1.0.0", "--env", "staging").code == 1
    assert shell.done(ann, "env", "freeze", "staging", "--reason", "x").out.endswith("(reason: not yet) already\n")


def test_a_freeze_that_comes_between_is_heeded(make_repo: MakeRepo, shell: Shell) -> None:
    """A hook on the remote lets Ann's freeze in while Bob's push waits."""
    both = team(make_repo, shell)
    shell.done(both.ann, "env", "freeze", "production", "--reason", "stop", "--no-push")
    first = both.ann.git("rev-parse", "llmops/production")
    both.ann.git("push", "-q", "origin", f"{first}:refs/heads/parked")
    hook = both.remote.path / "hooks" / "pre-receive"
    once = both.remote.path / "once"
    hook.write_text(
        f"#!/bin/sh\n[ -e {once} ] && exit 0\ntouch {once}\n"
        f"unset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/llmops/production {first}\n"
    )
    hook.chmod(0o755)
    said = shell(both.bob, "promote", "rag-answer", "1.1.0", "--env", "production")
    assert said.code == 1
    assert "meanwhile production was frozen by Ann Example (reason: stop)" in said.err
    assert "production: it is frozen since " in said.err
    assert both.remote.git("rev-parse", "llmops/production") == first


def test_what_somebody_froze_by_hand_thaws_and_what_is_no_prompt_is_not_live(make_repo: MakeRepo, shell: Shell) -> None:
    ann = team(make_repo, shell, live=("1.0.0",)).ann
    ann.git("checkout", "-q", "-b", "hand", "llmops/production")
    ann.commit({"frozen/why.txt": "by hand", "prompts/No Name.yaml": "version: 1.0.0\n"}, "by hand")
    ann.git("push", "-q", "origin", "hand:llmops/production")
    ann.git("checkout", "-q", "main")
    assert shell(ann, "promote", "rag-answer", "1.1.0", "--env", "production").code == 1
    shell.done(ann, "env", "unfreeze", "production")
    assert "log-disagrees" not in shell(ann, "verify").out
    assert "stray-file" in shell(ann, "verify").out and "No Name" not in shell.done(ann, "env", "list").out
    assert shell.done(ann, "promote", "--all", "--from", "production", "--env", "staging").out.count("->") == 1
