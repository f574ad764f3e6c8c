"""What changed between two prompts: fields, variables, and messages down to the word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.files.json_value import Json, parse_json
from llmops_cli.files.json_value import canonical as text_of
from llmops_cli.prompts.diff import Change, Segment, diff_prompts, word_diff
from tests.prompts.making import make

TEXTS = st.text(alphabet="ab .\n\r$é", max_size=60)
TOOLS: list[Json] = [{"name": "a", "description": "x"}, {"name": "b"}]


def marked(before: str, after: str) -> str:
    signs = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
    return "".join(f"{signs[each.kind][0]}{each.text}{signs[each.kind][1]}" for each in word_diff(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", ""),
        ("same", "same", "same"),
        ("", "new", "{+new+}"),
        ("gone", "", "[-gone-]"),
        ("a short answer", "a long answer", "a [-short-]{+long+} answer"),
        ("Use one two words.", "Use three four words.", "Use [-one two-]{+three four+} words."),
        ("End.", "End!", "End[-.-]{+!+}"),
        ("one\ntwo\nthree\n", "one\nthree\n", "one\n[-two\n-]three\n"),
        ("one\nthree\n", "one\ntwo\nthree\n", "one\n{+two\n+}three\n"),
        ("cat sat\nkept\ndog ran\n", "cat sits\nkept\ndog runs\n", "cat [-sat-]{+sits+}\nkept\ndog [-ran-]{+runs+}\n"),
        ("naïve café", "naïve bar", "naïve [-café-]{+bar+}"),
    ],
)
def test_words_that_changed(before: str, after: str, expected: str) -> None:
    assert marked(before, after) == expected


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_back(before: str, after: str) -> None:
    segments = word_diff(before, after)
    assert "".join(each.text for each in segments if each.kind != "added") == before
    assert "".join(each.text for each in segments if each.kind != "removed") == after
    assert all(each.text for each in segments)
    assert (before == after) == all(each.kind == "same" for each in segments)


def test_a_huge_rewrite_is_shown_as_a_whole_and_soon() -> None:
    before, after = "a b " * 20_000, "b c " * 20_000
    assert word_diff(before, after) == (
        Segment("removed", before[:-1]),
        Segment("added", after[:-1]),
        Segment("same", " "),
    )


def test_fields() -> None:
    before = make(
        model="m", params={"temperature": 0, "stop": ["a"], "extra": {"x": 1}}, description="d", metadata={"t": 1}
    )
    after = make(
        model="n", params={"temperature": 0.5, "top_p": 1, "extra": {"x": True}}, owner="us", metadata={"t": 2}
    )
    assert diff_prompts(before, after).fields == (
        Change("model", "changed", "m", "n"),
        Change("params.extra.x", "changed", 1, True),
        Change("params.stop", "removed", ["a"], None),
        Change("params.temperature", "changed", 0, 0.5),
        Change("params.top_p", "added", None, 1),
        Change("description", "removed", "d", "", seen=False),
        Change("owner", "added", "", "us", seen=False),
        Change("metadata.t", "changed", 1, 2, seen=False),
    )


def test_tools_are_compared_by_name() -> None:
    after: list[Json] = [{"name": "c"}, {"name": "a", "description": "y"}]
    assert diff_prompts(make(tools=TOOLS), make(tools=after)).fields == (
        Change("tools.a.description", "changed", "x", "y"),
        Change("tools.b", "removed", {"name": "b"}, None),
        Change("tools.c", "added", None, {"name": "c"}),
    )
    assert diff_prompts(make(tools=TOOLS), make(tools=TOOLS[::-1])).fields == (
        Change("tools", "changed", ["a", "b"], ["b", "a"]),
    )


def test_output_schemas_are_compared_by_key() -> None:
    before = make(output={"format": "json", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}})
    after = make(output={"format": "json", "schema": {"type": "object", "properties": {"a": {"type": "integer"}}}})
    assert diff_prompts(before, after).fields == (
        Change("output.schema.properties.a.type", "changed", "string", "integer"),
    )
    assert [change.field for change in diff_prompts(make(), after).fields] == ["output.format", "output.schema"]


def test_variables() -> None:
    before = make("$a $b", variables={"a": {"max_length": 5}, "b": {"description": "x"}, "c": {}})
    after = make(
        "$a $b", variables={"a": {"max_length": 9, "default": ""}, "b": {"description": "y"}, "d": {"default": "z"}}
    )
    changes = {each.name: each for each in diff_prompts(before, after).variables}
    assert {name: each.kind for name, each in changes.items()} == {
        "a": "changed", "b": "changed", "c": "removed", "d": "added",
    }  # fmt: skip
    assert changes["a"].properties == (
        Change("max_length", "changed", 5, 9),
        Change("default", "added", None, ""),
    )
    assert changes["b"].properties == (Change("description", "changed", "x", "y", seen=False),)
    assert changes["d"].properties == (Change("type", "added", None, "string"), Change("default", "added", None, "z"))


def _chat(*messages: tuple[str, str]) -> list[Json]:
    return [{"role": role, "content": content} for role, content in messages]


def test_messages_that_came_went_and_changed() -> None:
    before = make(messages=_chat(("system", "Be kind."), ("user", "One"), ("assistant", "Two"), ("user", "$x")))
    after = make(messages=_chat(("system", "Be brief."), ("user", "One"), ("user", "$x"), ("user", "More $x")))
    found = diff_prompts(before, after).messages
    assert [(each.kind, each.role_before, each.role, each.position_before, each.position) for each in found] == [
        ("changed", "system", "system", 0, 0),
        ("removed", "assistant", "", 2, None),
        ("added", "", "user", None, 3),
    ]
    assert found[0].segments == (
        Segment("same", "Be "), Segment("removed", "kind"), Segment("added", "brief"), Segment("same", "."),
    )  # fmt: skip


def test_a_changed_role_is_a_changed_message() -> None:
    found = diff_prompts(make(messages=_chat(("system", "$x"))), make(messages=_chat(("user", "$x")))).messages
    assert [(each.kind, each.role_before, each.role) for each in found] == [("changed", "system", "user")]


CHANGES: list[dict[str, Json]] = [
    {}, {"model": "m"}, {"params": {"a": 1}}, {"params": {"a": True}}, {"params": {"a": 1.0}}, {"template": "Say $x!"},
    {"tools": TOOLS}, {"tools": TOOLS[::-1]}, {"output": {"format": "json"}},
    {"output": {"format": "json", "schema": {"a": 1}}}, {"output": {"format": "json", "schema": {"a": None}}},
    {"variables": {"x": {"default": ""}}}, {"variables": {"x": {"enum": ["a", "b"]}}},
    {"variables": {"x": {"enum": ["b", "a"]}}}, {"variables": {"x": {}, "y": {"default": "a"}}},
    {"messages": _chat(("system", "Say $x."))}, {"messages": _chat(("user", "Say $x."), ("user", "b"))},
]  # fmt: skip


@pytest.mark.parametrize("before", CHANGES)
@pytest.mark.parametrize("after", CHANGES)
def test_a_digest_differs_exactly_where_a_seen_change_is_shown(before: dict[str, Json], after: dict[str, Json]) -> None:
    diff = diff_prompts(make(**before), make(**after))  # type: ignore[arg-type]
    shown = [change for change in diff.fields if change.seen] + [*diff.variables, *diff.messages]
    assert diff.same_digest == (not shown) == (before == after and text_of(before) == text_of(after))
    assert diff.empty == diff.same_digest


def test_unseen_changes_leave_the_digest_alone() -> None:
    diff = diff_prompts(make(), make(description="x"))
    assert diff.same_digest
    assert not diff.empty


def test_a_diff_is_data() -> None:
    diff = diff_prompts(make(model="m"), make("Say $y.", version="1.1.0", model="n"))
    data = diff.as_json()
    assert parse_json(text_of(data)) == data
    assert data["before"] == {"reference": "p@1.0.0", "digest": diff.digest_before}
    assert data["fields"] == [{"field": "model", "kind": "changed", "before": "m", "after": "n", "seen": True}]
    assert data["messages"][0]["segments"][1] == {"kind": "removed", "text": "x"}  # type: ignore[index,call-overload]


def test_long_texts_with_many_empty_lines_are_compared_at_once() -> None:
    """Where every line but the empty ones changed, looking for the longest match among those never ended."""
    before, after = ("".join(f"{word} {number}\n\n" for number in range(20_000)) for word in ("alpha", "beta"))
    segments = word_diff(before, after)
    assert "".join(one.text for one in segments if one.kind != "added") == before
    assert "".join(one.text for one in segments if one.kind != "removed") == after


def test_lines_that_are_all_alike_but_in_another_order_are_shown_as_a_whole_and_soon() -> None:
    # twenty seconds of comparing, were it done: every line stands seventy times on the other side
    before = "".join(f"{number * 7 % 3_000}\n" for number in range(210_000))
    after = "".join(f"{number * 11 % 3_000 + 1}\n" for number in range(210_000))
    segments = word_diff(before, after)
    assert [(one.kind, len(one.text)) for one in segments] == [
        ("removed", len(before) - 1), ("added", len(after) - 1), ("same", 1)
    ]  # fmt: skip


def test_a_word_in_a_long_changed_line_is_found() -> None:
    line = " ".join(f"word{number % 300}" for number in range(1_500))
    changed = line.replace("word7 ", "other ", 1)
    assert [one for one in word_diff(line, changed) if one.kind != "same"] == [
        Segment("removed", "word7"),
        Segment("added", "other"),
    ]
