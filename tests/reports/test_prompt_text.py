"""A prompt and a difference as text: what is shown, what is left out, and nothing that a terminal would obey."""

import pytest

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.diff import diff_prompts
from llmops_cli.prompts.level import needed_level
from llmops_cli.reports.prompt_text import diff_pieces, message_pieces, plain, prompt_pieces
from tests.prompts.making import make


def shown(before: dict[str, Json], after: dict[str, Json], *, marks: bool = True) -> str:
    one, other = make(**before), make(**after)  # type: ignore[arg-type]
    return plain(diff_pieces(diff_prompts(one, other), needed_level(one, other), marks=marks))


def test_long_unchanged_stretches_are_cut_around_the_changes() -> None:
    lines = [f"line {number}" for number in range(30)]
    changed = [*lines]
    changed[10], changed[12], changed[25] = "Line 10", "Line 12", "Line 25"
    text = shown({"template": "\n".join(lines)}, {"template": "\n".join(changed)})
    body = text.split("(user)\n")[1].split("\n\nneeds")[0].split("\n")
    assert body == [
        "...", "line 8", "line 9", "[-line-]{+Line+} 10", "line 11", "[-line-]{+Line+} 12", "line 13", "line 14", "...",
        "line 23", "line 24", "[-line-]{+Line+} 25", "line 26", "line 27", "...",
    ]  # fmt: skip


def test_every_kind_of_change_has_its_sign() -> None:
    text = shown(
        {"template": "$x $y", "model": "m", "params": {"a": 1}, "tools": [{"name": "t"}], "owner": "us"},
        {
            "messages": [{"role": "system", "content": "Hi."}, {"role": "user", "content": "$x"}],
            "variables": {"x": {"max_length": 5}, "z": {"default": ""}},
            "params": {"b": [1, None]},
            "output": {"format": "json"},
            "owner": "them",
        },
    )
    assert text.split("\n") == [
        "p@1.0.0 -> p@1.0.0",
        "- model: m",
        "- params.a: 1",
        "+ params.b: [1,null]",
        '- tools.t: {"name":"t"}',
        "~ output.format: text -> json",
        "~ variable x",
        "  + max_length: 5",
        "- variable y: type string",
        '+ variable z: type string, default ""',
        "~ message 1 (user -> system)",
        "[-$x $y-]{+Hi.+}",
        "+ message 2 (user)",
        "{+$x+}",
        "not seen by the model",
        "~ owner: us -> them",
        "",
        "needs at least major",
        "  major  variable 'y' was removed",
        "  major  variable 'x' was narrowed: max_length 5",
        "  major  the output was text and is now json",
        "  major  tool 't' was removed",
        "  minor  the optional variable 'z' was added",
        "  minor  the model changed from m to none",
        "  minor  params.a was removed",
        "  minor  params.b was added",
        "  minor  messages were added, removed or changed their role",
        "",
    ]


def test_without_marks_words_are_told_by_style_alone() -> None:
    one, other = make("a $x"), make("b $x")
    pieces = diff_pieces(diff_prompts(one, other), needed_level(one, other), marks=False)
    assert ("a", "red strike") in pieces
    assert ("b", "green") in pieces


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x9b31m", "\u202e", "a\rb", "\x00"])
def test_nothing_reaches_the_terminal_that_it_would_obey(hostile: str) -> None:
    prompt = make(
        f"$x {hostile}", description=hostile, owner=hostile, params={"a": hostile}, metadata={hostile: hostile}
    )
    texts = [
        plain(prompt_pieces(prompt)),
        plain(message_pieces(prompt.messages)),
        shown({}, {"template": f"$x {hostile}", "params": {"a": hostile}, "metadata": {hostile: 1}}),
    ]
    for text in texts:
        assert hostile not in text


def test_long_values_are_cut_to_one_line() -> None:
    text = plain(prompt_pieces(make(params={"stop": "x\ny" * 100})))
    line = next(line for line in text.split("\n") if "params" in line)
    assert line.endswith("…")
    assert len(line) < 130
