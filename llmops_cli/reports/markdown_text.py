"""Text of others within GitHub's markdown: it stays text, whatever it is made of.

Two readers have to be disarmed: the parser of markdown, and what GitHub does to the words it has made, where `@name`
notifies people, and `#1`, `GH-1`, ids of commits and addresses become links. A backslash stops the first only; an
invisible space (U+200B) within such a word stops the second.
"""

import re

from llmops_cli.reports.visible import one_line, visible

_BREAK = "\u200b"
_MOST = 4_000
# each with the place where the invisible space goes
_REFERENCES = re.compile(r"@(?=\w)|#(?=\d)|GH-(?=\d)|:(?=//)|www(?=\.)|(?:mailto|xmpp):", re.IGNORECASE)
_COMMIT = re.compile(r"(?<![0-9a-z])[0-9a-f]{7,}(?![0-9a-z])", re.IGNORECASE)


def cell(text: str, limit: int = 2_000) -> str:
    """Text for one line of markdown: no table, HTML, mention, reference, link, image or emphasis comes out of it."""
    flat = _COMMIT.sub(lambda match: _BREAK.join(re.findall(".{1,6}", match.group())), one_line(text, limit))
    flat = _REFERENCES.sub(lambda match: match.group() + _BREAK, flat)
    escaped = re.sub(r"([\\`*_{}\[\]()#|~!$])", r"\\\1", flat)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str, limit: int = 2_000) -> str:
    """Text as code within a line of its own: more backticks around it than are in it."""
    flat = one_line(text, limit)
    if not flat:
        return "(empty)"
    marks = "`" * (1 + max((len(run) for run in re.findall("`+", flat)), default=0))
    padding = " " if "`" in (flat[0], flat[-1]) else ""
    return f"{marks}{padding}{flat}{padding}{marks}"


def code_cell(text: str, limit: int = 200) -> str:
    """Text as code within a cell of a table, where a bar has to be escaped, and a backslash before one is not."""
    return code(re.sub(r"\\(?=[\\|])|\\\Z", "\\\\" + _BREAK, one_line(text, limit)), limit * 2).replace("|", "\\|")


def fence(text: str, *, language: str = "text", most: int = _MOST) -> list[str]:
    """Text in a code fence longer than any run of backticks within it; of more than `most` characters the beginning."""
    safe = visible(text)
    if len(safe) > most:
        safe = safe[:most] + f"\n[{len(safe) - most} more characters]"
    longest = max((len(run) for run in re.findall(r"`+", safe)), default=0)
    marks = "`" * max(3, longest + 1)
    return [f"{marks}{language}", *safe.split("\n"), marks]
