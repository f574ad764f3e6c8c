"""One sentence that two prompts share is changed: both are bumped, measured, released and served with it."""

import json
from typing import Any

import pytest

from tests.conftest import GitRepo
from tests.journeys.project import SUITE, project
from tests.journeys.team import Shell

PARTIAL = "prompts/partials/safety.md"
NESTED = "shared/tone.txt"
INCLUDE = 'Add.\n  {% include "partials/safety.md" %}'
CASES = 20
RECORDED = SUITE.replace("cases:", "target: {recorded: recordings/adder.jsonl}\ncases:")


def recording(**wrong: int) -> str:
    rows = [
        {"prompt": f"adder@1.0.{patch}", "case": f"sum-{i}", "output": "?" if i < lost else str(i + i * 7 % 11)}
        for patch, lost in ((0, 0), (1, wrong["of_the_next"]))
        for i in range(CASES)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def shared(repo: GitRepo, shell: Shell) -> GitRepo:
    """adder and other include a partial that includes another; plain does not. All are released as 1.0.0."""
    files = project(CASES, suite=RECORDED, words=INCLUDE)
    adder = str(files["prompts/adder.yaml"])
    repo.commit(
        {
            **files,
            "prompts/other.yaml": adder.replace("name: adder", "name: other"),
            "prompts/plain.yaml": adder.replace("name: adder", "name: plain").replace(INCLUDE, "Add."),
            PARTIAL: 'Be kind.\nHarm nobody.\n{% include "../../shared/tone.txt" %}\n',
            NESTED: "Be brief.\n",
            "evals/recordings/adder.jsonl": recording(of_the_next=8),
        }
    )
    shell.done(repo, "prompt", "release")
    repo.git("switch", "-q", "-c", "topic")
    return repo


def test_a_changed_partial_changes_all_that_include_it(shared: GitRepo, shell: Shell) -> None:
    assert shell(shared, "prompt", "used-by", NESTED).out == "adder\nother\n"
    shared.commit({PARTIAL: 'Be kind.\nHarm no one.\n{% include "../../shared/tone.txt" %}\n'})
    said = shell(shared, "prompt", "check", "--against", "main")
    assert said.code == 1
    assert [line.split(" since ")[0] for line in said.out.splitlines()] == [
        f"prompts/{name}.yaml:2: needs-bump: {name}: changed through {PARTIAL}" for name in ("adder", "other")
    ]
    assert f"~ message 1 (user) through {PARTIAL}\n" in shell(shared, "prompt", "diff", "adder").out

    # the gate sees another prompt than the base has, though the file of the prompt is the same
    assert "bump first: llmops prompt bump adder" in shell(shared, "eval", "run", "--against", "main").err
    bumped = shell(shared, "prompt", "bump", "--all")
    assert [line for line in bumped.out.splitlines() if "->" in line] == [
        "adder 1.0.0 -> 1.0.1",
        "other 1.0.0 -> 1.0.1",
    ]
    shared.commit(message="bumped")
    shell.done(shared, "prompt", "check", "--against", "main")

    gate = shell(shared, "eval", "run", "--against", "main", "--json")
    run: dict[str, Any] = json.loads(gate.out)["runs"][0]
    assert (gate.code, run["unchanged"], run["verdict"]["status"]) == (1, False, "fail")
    assert "Harm nobody." in str(run["baseline"]["contract"]) and "Harm no one." in str(run["candidate"]["contract"])
    assert (run["candidate"]["path"], run["candidate"]["line"]) == (PARTIAL, 2)


def test_a_release_holds_the_partials_that_head_holds(shared: GitRepo, shell: Shell) -> None:
    shared.write({NESTED: "Be very brief.\n"})
    refused = shell(shared, "prompt", "release", "adder")
    assert (refused.code, f"error: {NESTED}: the file differs from HEAD" in refused.err) == (2, True)
    shared.git("rm", "-q", "--cached", NESTED)
    shared.git("commit", "-q", "-m", "not here")
    said = shell(shared, "prompt", "release", "adder")
    assert (said.code, f"there is no file {NESTED}" in said.err) == (2, True)
    shell.done(shared, "prompt", "bump", "adder", "other")
    shared.commit()
    shell.done(shared, "prompt", "release")

    shell.done(shared, "promote", "adder", "1.0.1", "--env", "production")
    shared.commit({NESTED: "Anything else.\n"})
    live = json.loads(shell(shared, "prompt", "show", "adder@production", "--json").out)
    assert "Be very brief." in live["messages"][0]["content"]
    assert live["parts"] == [PARTIAL, NESTED]


def test_two_branches_that_change_two_partials_are_one_version_of_two_contents(shared: GitRepo, shell: Shell) -> None:
    """Both take 1.0.1; git merges the file of the prompt, which is the same on both sides, without a word."""
    for branch, change in (
        ("one", {NESTED: "Be short.\n"}),
        ("two", {PARTIAL: 'Kind.\n{% include "../../shared/tone.txt" %}'}),
    ):
        shared.git("switch", "-q", "-c", branch, "main")
        shared.write(dict(change))
        shell.done(shared, "prompt", "bump", "--all")
        shared.commit(message=branch)
    shared.git("switch", "-q", "main")
    shared.git("merge", "-q", "--no-ff", "one", "-m", "one")
    shared.git("merge", "-q", "--no-ff", "two", "-m", "two")
    said = shell(shared, "prompt", "release")
    assert (said.code, said.err.count("silent-merge")) == (4, 2)
