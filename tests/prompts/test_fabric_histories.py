"""The histories of eight prompts as people really wrote them, imported version by version."""

import json
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from llmops_cli.files.json_value import canonical
from llmops_cli.prompts.diff import diff_prompts
from llmops_cli.prompts.level import needed_level
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.version import Level, Version
from tests.prompts.making import load


def _histories(folder: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in (folder / "history.jsonl").read_text().splitlines():
        row = json.loads(line)
        found[row["pattern"]].append(row["text"])
    return found


def _prompt(name: str, text: str, version: Version) -> Prompt:
    data = {"name": name, "version": str(version), "template_format": "jinja", "template": text}
    return load(canonical(data), name=name)


def test_every_change_of_a_text_needs_a_version_and_nothing_else_does(shared_data: Callable[[str], Path]) -> None:
    histories = _histories(shared_data("fabric_prompts"))
    assert len(histories) == 8
    steps: list[tuple[str, Level]] = []
    for name, texts in histories.items():
        version = Version(1, 0, 0)
        before = _prompt(name, texts[0], version)
        for text in texts[1:]:
            after = _prompt(name, text, version)
            needed = needed_level(before, after)
            assert (
                (needed.level == Level.NONE) == (before.digest == after.digest) == (before.messages == after.messages)
            )
            version = version.bump(needed.level)
            steps.append((name, needed.level))
            before = _prompt(name, text, version)
        again = _prompt(name, texts[-1], version.bump(Level.PATCH))
        assert needed_level(before, again).level == Level.NONE
    assert len(steps) == 62
    assert Level.NONE not in {level for _, level in steps}, "every text of a history differs from the one before"


def test_both_texts_of_every_step_can_be_read_from_its_diff(shared_data: Callable[[str], Path]) -> None:
    for name, texts in _histories(shared_data("fabric_prompts")).items():
        prompts = [_prompt(name, text, Version(1, index, 0)) for index, text in enumerate(texts)]
        for before, after in pairwise(prompts):
            (message,) = diff_prompts(before, after).messages
            assert "".join(each.text for each in message.segments if each.kind != "added") == before.messages[0].content
            assert (
                "".join(each.text for each in message.segments if each.kind != "removed") == after.messages[0].content
            )


def test_the_one_prompt_with_a_variable_says_so(shared_data: Callable[[str], Path]) -> None:
    texts = _histories(shared_data("fabric_prompts"))["write_essay"]
    with_variable = [text for text in texts if "{{author_name}}" in text]
    assert len(with_variable) == 2
    without = next(text for text in texts if text not in with_variable)
    before, after = (_prompt("write_essay", text, Version(1, 0, 0)) for text in (without, with_variable[0]))
    assert list(after.variables) == ["author_name"]
    assert needed_level(before, after).level == Level.MAJOR
