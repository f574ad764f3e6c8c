"""Text from models, files and git made safe to look at: control and direction characters are shown, not obeyed."""

import re

# C0 without tab and newline, DEL, C1, line separators, bidirectional marks, overrides and isolates, lone surrogates
# (which no file or terminal could take)
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)


def visible(text: str) -> str:
    """The text with hidden control characters written as escapes (`\\x1b`, `\\u202e`); tabs and newlines stay."""
    return _HIDDEN.sub(lambda match: repr(match.group())[1:-1], text)


def inert(text: str) -> str:
    """Text of which a GitHub runner takes nothing for a command: no line begins with `::`, and `##[` stands nowhere."""
    return _COMMAND.sub(lambda match: f"{match[1]}:\u200b:", text).replace("##[", "#\u200b#[")


def one_line(text: str, limit: int = 2_000) -> str:
    """The text on one line of at most `limit` characters, cut with an ellipsis: what it quotes cannot add a line."""
    flat = " ".join(visible(text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def excerpt(text: str, limit: int = 280) -> str:
    """The text on one line; a long one keeps its beginning and its end, where answers usually stand."""
    flat = " ".join(visible(text).split())
    if len(flat) <= limit:
        return flat
    tail = limit // 3
    return f"{flat[: limit - tail - 3]} … {flat[-tail:]}"
