"""The verdicts in an `Llmops-Eval` trailer: one for every suite that measured a release, each text with its run first.

RUN VERDICT; ... | RUN VERDICT; ...
"""

import re

BETWEEN_SUITES = " | "
_HEAD = re.compile(r"(?P<run>[A-Za-z0-9][A-Za-z0-9._-]{0,199}) (?P<verdict>pass|fail|inconclusive|invalid)\Z")


def run_and_verdict(text: str) -> tuple[str, str] | None:
    """Of the text of one suite the id of its run and the verdict; None when it does not begin with them."""
    match = _HEAD.match(text.partition("; ")[0])
    return (match["run"], match["verdict"]) if match else None


def not_passed(trailer: str) -> str:
    """Why not every suite of a release passed, empty when each did. Nothing measured is not a pass."""
    if not trailer.strip():
        return "no evaluation is recorded in its tag"
    read = [run_and_verdict(text) for text in trailer.split(BETWEEN_SUITES)]
    others = [f"run {one[0]} says {one[1]}" if one else "a verdict cannot be read" for one in read]
    return "; ".join(text for one, text in zip(read, others, strict=True) if one is None or one[1] != "pass")
