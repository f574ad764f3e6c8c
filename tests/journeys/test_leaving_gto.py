"""A team whose stages GTO's tags kept promotes with llmops for the first time, and goes back."""

import json

from tests.journeys.team import MakeRepo, Shell, live, prompt

NAME = "rag-answer"


def test_a_branch_that_begins_with_a_stage(make_repo: MakeRepo, shell: Shell) -> None:
    """GTO numbered the tags of one prompt; of all that the stage served the log speaks."""
    remote = make_repo("remote.git", bare=True)
    ann = make_repo("ann", clone_of=remote.path)
    for name, version, tag in ((NAME, "1.0.0", "v1.0.0"), ("other", "2.0.0", "v2.0.0#1")):
        ann.commit({f"prompts/{name}.yaml": prompt(version, name=name)}, name)
        ann.git("tag", "-a", "-m", f"Registering artifact {name} version v{version}", f"{name}@{tag}")
        ann.git("tag", "-a", "-m", f"Assigning stage production to artifact {name}", f"{name}#production#1")
    ann.git("push", "-q", "--tags", "origin", "main")

    ann.commit({f"prompts/{NAME}.yaml": prompt("1.1.0", "Ours.")}, "ours")
    ann.commit({"prompts/other.yaml": prompt("2.1.0", "Ours.", name="other")}, "ours")
    ann.git("push", "-q", "origin", "main")
    shell.done(ann, "prompt", "release", "--push")
    shell.done(ann, "prompt", "release", "--push")  # what is there already, GTO's too, is there already
    shell.done(ann, "promote", NAME, "1.1.0", "--env", "production")
    log = json.loads(shell.done(ann, "env", "log", "production", "--json").out)["moves"]
    assert [(one["prompt"], one["from"], one["to"]) for one in log] == [
        (NAME, "1.0.0", "1.1.0"),
        ("other", "", "2.0.0"),
    ]
    said = shell(ann, "verify")
    assert said.code == 0 and "error" not in said.out, said.out

    assert "1.1.0 -> 1.0.0" in shell.done(ann, "rollback", NAME).out
    ann.git("tag", "-d", "other@v2.0.0#1")
    shell.done(ann, "promote", "other", "2.0.0", "--env", "staging")  # it is fetched by its number
    assert live(remote, "staging", "other") == "2.0.0"
    assert [live(remote, name=name) for name in (NAME, "other")] == ["1.0.0", "2.0.0"]
    said = shell(ann, "verify")
    assert said.code == 0 and "error" not in said.out, said.out
