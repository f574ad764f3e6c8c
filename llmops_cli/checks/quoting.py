"""Text of a model inside a reason: short, on one line, no control characters."""


def quoted(text: str, limit: int = 80) -> str:
    """The text in quotes, its middle left out beyond `limit` characters.

    What cannot be printed is escaped; backslashes are not doubled, or nobody would know their own pattern again.
    """
    if len(text) > limit:
        text = f"{text[: limit - limit // 3]} … {text[len(text) - limit // 3 :]}"
    return "'" + "".join(c if c.isprintable() else repr(c)[1:-1] for c in text) + "'"


def shortened(text: str, limit: int = 200) -> str:
    """One line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
