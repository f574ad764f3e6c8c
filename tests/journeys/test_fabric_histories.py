"""Eight real prompts that lived as text files, with every text they ever had: each becomes a release of its date."""

import itertools
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from llmops_cli.prompts.version import Version
from tests.conftest import GitRepo
from tests.journeys.team import Shell


def history(path: Path) -> list[dict[str, str]]:
    """Every text of every prompt with its name and date, oldest first."""
    rows: list[dict[str, str]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return sorted(rows, key=moment)


def moment(row: dict[str, str]) -> datetime:
    """When a text was written."""
    return datetime.fromisoformat(row["date"])


def test_a_history_of_texts_becomes_a_history_of_releases(
    repo: GitRepo, shell: Shell, shared_data: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = history(shared_data("fabric_prompts") / "history.jsonl")
    texts: dict[str, list[str]] = {}
    steps: dict[str, list[str]] = {}
    for number, row in enumerate(rows):
        name, text = row["pattern"], row["text"]
        repo.write({f"patterns/{name}/system.md": text})
        syntax = ["--template-format", "jinja"] if name == "write_essay" else []
        shell.done(repo, "import", "text", f"patterns/{name}/system.md", "--name", name, *syntax)
        if number % 25 == 24:
            said = shell(repo, "prompt", "check", "--json")
            known = name in texts
            assert [(one["rule"], one["prompt"]) for one in json.loads(said.out)["findings"]] == (
                [("needs-bump", name)] if known else []
            )
        shell.done(repo, "prompt", "bump", name)
        repo.commit(message=row["subject"] or "change")
        monkeypatch.setenv("GIT_COMMITTER_DATE", row["date"])
        (done,) = json.loads(shell.done(repo, "prompt", "release", name, "--json").out)["released"]
        shell.done(repo, "promote", name, done["version"], "--env", "production")
        monkeypatch.delenv("GIT_COMMITTER_DATE")
        texts.setdefault(name, []).append(text)
        steps.setdefault(name, []).append(done["version"])

    assert len(rows) == 70 == len(repo.git("tag").splitlines()) and len(texts) == 8
    shell.done(repo, "verify")
    for version, text in zip(steps["write_essay"], texts["write_essay"], strict=True):
        assert shell.done(repo, "prompt", "export", f"write_essay@{version}", "--format", "text").out == text
    dates = {name: [row["date"] for row in rows if row["pattern"] == name] for name in texts}
    entries = json.loads(shell.done(repo, "prompt", "log", "summarize", "--json").out)["versions"]
    assert [datetime.fromisoformat(entry["date"]) for entry in reversed(entries)] == [
        datetime.fromisoformat(date) for date in dates["summarize"]
    ]

    live: dict[str, str] = {}
    latest = {name: iter(versions) for name, versions in steps.items()}
    for number, row in enumerate(rows):
        live[row["pattern"]] = next(latest[row["pattern"]])
        if number + 1 < len(rows) and moment(rows[number + 1]) == moment(row):
            continue  # more than one text changed in this second
        said = json.loads(shell.done(repo, "env", "at", row["date"], "production", "--json").out)
        assert said["environments"][0]["live"] == live

    levels = {
        name: [str(Version.parse(b).level_from(Version.parse(a))) for a, b in itertools.pairwise(of_one)]
        for name, of_one in steps.items()
    }
    # write_essay is the only one that ever asked its callers for something: {{author_name}}, from its ninth text on
    assert levels.pop("write_essay") == ["patch"] * 7 + ["major", "patch"]
    assert {level for of_one in levels.values() for level in of_one} == {"patch"}
