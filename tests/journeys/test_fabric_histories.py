"""Eight real prompts with every text they ever had: each change needs a bump, and nothing else does."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

from llmops_cli.prompts.version import Version
from tests.conftest import GitRepo
from tests.journeys.team import Shell

FILE = """\
# imported, round {round}
name: {name}
version: {version}
template_format: jinja
template: {text}
"""
LONGEST = 16


def histories(path: Path) -> dict[str, list[str]]:
    """Prompt -> its texts, oldest first."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.setdefault(row["pattern"], []).append(row["text"])
    return found


def test_every_text_needs_its_own_version(repo: GitRepo, shell: Shell, shared_data: Callable[[str], Path]) -> None:
    texts = histories(shared_data("fabric_prompts") / "history.jsonl")
    assert len(texts) == 8 and max(map(len, texts.values())) == LONGEST
    versions = dict.fromkeys(texts, "1.0.0")
    steps: dict[str, list[str]] = {name: ["1.0.0"] for name in texts}
    for turn in range(LONGEST):
        changed = [name for name, history in texts.items() if 0 < turn < len(history)]
        repo.write(
            {
                f"prompts/{name}.yaml": FILE.format(
                    round=turn,  # a comment that changes every time, and never counts
                    name=name,
                    version=versions[name],
                    text=json.dumps(history[min(turn, len(history) - 1)], ensure_ascii=False),
                )
                for name, history in texts.items()
            }
        )
        said = shell(repo, "prompt", "check", "--json")
        findings = json.loads(said.out)["findings"]
        assert [finding["prompt"] for finding in findings] == sorted(changed)
        assert {finding["rule"] for finding in findings} <= {"needs-bump"}
        assert said.code == (1 if changed else 0)
        for name in changed:
            shell.done(repo, "prompt", "bump", name)
            text = (repo.path / f"prompts/{name}.yaml").read_text(encoding="utf-8")
            versions[name] = text.split("version: ")[1].split("\n")[0]
            steps[name].append(versions[name])
        shell.done(repo, "prompt", "check")
        repo.commit(message=f"round {turn}")
        released = json.loads(shell.done(repo, "prompt", "release", "--json").out)
        assert [one["name"] for one in released["released"]] == (sorted(changed) if turn else sorted(texts))
        assert len(released["already"]) == len(texts) - len(released["released"])

    assert {name: len(of_one) for name, of_one in steps.items()} == {
        name: len(history) for name, history in texts.items()
    }
    assert len(repo.git("tag").splitlines()) == sum(map(len, texts.values())) == 70
    levels = {
        name: [str(Version.parse(b).level_from(Version.parse(a))) for a, b in itertools.pairwise(of_one)]
        for name, of_one in steps.items()
    }
    # write_essay is the only one that ever asked its callers for something: {{author_name}}, from its ninth text on
    assert levels.pop("write_essay") == ["patch"] * 7 + ["major", "patch"]
    assert {level for of_one in levels.values() for level in of_one} == {"patch"}
