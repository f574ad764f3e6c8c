"""Text of a model inside a reason: short, on one line, no control characters."""


def quoted(text: str, limit: int = 80) -> str:
    """The text in quotes with everything unprintable escaped, its middle left out beyond `limit` characters."""
    if len(text) > limit:
        text = f"{text[: limit - limit // 3]} … {text[len(text) - limit // 3 :]}"
    return repr(text)


def shortened(text: str, limit: int = 200) -> str:
    """One line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
