"""Prints the annotations in these files as one list that GitHub shows: no more than ten of a kind.

All steps of an action are one step there, and what is beyond its tenth error or warning vanishes without a word. So the
files take turns, and the last annotation of a kind counts those that are left out.
"""

import re
import sys
from itertools import chain, zip_longest
from pathlib import Path

MOST = 10
COUNTS = re.compile(r"(?:::|^)(\d+) more(?: of this kind)?, which the report shows$")


def count(line: str) -> int:
    """For how many annotations a line stands."""
    found = COUNTS.search(line)
    return int(found[1]) if found else 1


def few(kind: str, lines: list[str]) -> list[str]:
    """Those of a kind; a line without properties counts others already, and comes last."""
    found = [line for line in lines if line.startswith((f"::{kind} ", f"::{kind}::"))]
    found.sort(key=lambda line: line.startswith(f"::{kind}::"))
    if len(found) <= MOST:
        return found
    left = sum(count(line) for line in found[MOST - 1 :])
    return [*found[: MOST - 1], f"::{kind}::{left} more of this kind, which the report shows"]


# split at line feeds alone, as the runner reads: other ends of lines may stand in a text
files = [Path(name).read_text("utf-8").split("\n") for name in sys.argv[1:]]
turns = [line for line in chain.from_iterable(zip_longest(*files)) if line]
shown = [line for kind in ("error", "warning", "notice") for line in few(kind, turns)]
sys.stdout.buffer.write("".join(f"{line}\n" for line in shown).encode())
