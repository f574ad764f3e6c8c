"""Workflow commands: the runner sees the ones that are meant, and no other."""

import re

from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.reports.annotation import Annotation, Level, of_runs
from llmops_cli.reports.workflow_commands import MOST, workflow_commands
from tests.reports.hostile import WORDS, hostile
from tests.reports.views import failed, passed


def commands(output: str) -> list[tuple[str, dict[str, str], str]]:
    """What a runner finds in a log: name, properties and data of every command.

    A line that begins with `::` (after white space) is one, up to the next `::`; so is `##[name]` wherever it stands
    in a line that is not one already.
    """
    found = []
    for line in re.split("\r\n|\n|\r", output):
        if line.strip().startswith("::"):
            head, _, data = line.strip()[2:].partition("::")
            name, _, rest = head.partition(" ")
            pairs = dict(pair.split("=", 1) for pair in rest.split(",") if pair)
            found.append((name, {key: _plain(value, ":,") for key, value in pairs.items()}, _plain(data, "")))
        assert "##[" not in line
    return found


def _plain(text: str, also: str) -> str:
    for char in f"\r\n{also}":
        text = text.replace(f"%{ord(char):02X}", char)
    return text.replace("%25", "%")


def note(text: str, *, level: Level = "error", path: str = "p.yaml", title: str = "t") -> Annotation:
    return Annotation("floor", level, title, text, path, 3, (text,))


def test_findings_point_at_the_file() -> None:
    first, *_ = commands(workflow_commands(of_runs([failed()])))
    name, properties, data = first
    assert (name, properties) == ("error", {"file": "evals/s.yaml", "line": "1", "title": "s: regression"})
    assert data.startswith("fail: right fell from 95.0 % to 70.0 % (-25.0 pp")


def test_nothing_to_object_to_is_no_line() -> None:
    assert workflow_commands(of_runs([passed()])) == ""


def test_at_most_ten_of_a_kind_and_the_tenth_counts_the_rest() -> None:
    many = [note(str(n), title=f"t{n}") for n in range(25)]
    many += [note(f"again {n}", title="t24") for n in range(5)]
    many += [note(str(n), level="notice", path=f"{n}.yaml") for n in range(MOST)]
    found = commands(workflow_commands(many))
    assert [name for name, _, _ in found] == ["error"] * MOST + ["notice"] * MOST
    assert found[MOST - 1] == ("error", {}, "21 more of this kind, which the report shows")
    assert [data for _, _, data in found[MOST:]] == [str(n) for n in range(MOST)]


def test_what_stands_at_one_place_is_told_three_times_at_most() -> None:
    found = commands(workflow_commands([note(str(n)) for n in range(9)]))
    place = {"file": "p.yaml", "line": "3", "title": "t"}
    assert found == [("error", place, "0"), ("error", place, "1"), ("error", place, "7 more, which the report shows")]
    assert len(commands(workflow_commands([note(str(n)) for n in range(3)]))) == 3


def test_a_file_as_a_whole_has_no_line() -> None:
    one = Annotation("empty", "warning", "t", "x", "a,b:c%.jsonl", 0, ())
    assert commands(workflow_commands([one])) == [("warning", {"file": "a,b:c%.jsonl", "title": "t"}, "x")]


def test_hostile_words_issue_no_command() -> None:
    found = commands(workflow_commands(of_runs([hostile()])))
    assert {name for name, _, _ in found} == {"error", "warning"}
    assert len(found) <= 3 * MOST


@given(st.text() | st.sampled_from(list(WORDS.values())), st.text(), st.text())
def test_one_annotation_is_one_command_whatever_it_says(text: str, path: str, title: str) -> None:
    output = workflow_commands([note(text, path=path, title=title)])
    assert output.count("\n") == 1
    ((name, properties, _),) = commands(output)
    assert name == "error" and properties.keys() <= {"file", "line", "title"}
