"""Of two lists of annotations one that GitHub shows."""

import subprocess
import sys
from pathlib import Path

from tests.action.job import ROOT


def shown(folder: Path, *lists: list[str]) -> list[str]:
    names = []
    for number, lines in enumerate(lists):
        names.append(folder / f"{number}.txt")
        names[-1].write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    program = [sys.executable, str(ROOT / ".github/action/ten_of_a_kind.py"), *map(str, names)]
    printed = subprocess.run(program, capture_output=True, check=True).stdout.decode("utf-8")
    return [line for line in printed.split("\n") if line]


def errors(who: str, count: int) -> list[str]:
    return [f"::error file=p.yaml,line=1,title={who}::{number}" for number in range(count)]


def test_few_are_all_shown_the_gate_first(tmp_path: Path) -> None:
    gate, versions = errors("gate", 2), errors("versions", 1)
    assert shown(tmp_path, gate, versions) == [gate[0], versions[0], gate[1]]
    assert shown(tmp_path, [], []) == []


def test_of_many_both_lists_have_some_and_the_rest_is_counted(tmp_path: Path) -> None:
    gate = [*errors("gate", 9), "::error::7 more of this kind, which the report shows"]
    versions = [*errors("versions", 9), "::error file=p.yaml,title=versions::4 more, which the report shows"]
    found = shown(tmp_path, gate, [*versions, "::warning::one"])
    assert (
        found[:9] == [line for pair in zip(errors("gate", 5), errors("versions", 5), strict=True) for line in pair][:9]
    )
    assert found[9:] == [f"::error::{4 + 7 + 5 + 4} more of this kind, which the report shows", "::warning::one"]


def test_other_lines_are_no_annotations_and_words_are_kept(tmp_path: Path) -> None:
    lines = ["::add-mask::x", "words", "::error title=a%3A b::says 5 more, which %0A::error::y \u2028"]
    assert shown(tmp_path, lines, []) == [lines[2]]
