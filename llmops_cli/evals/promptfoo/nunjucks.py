"""Nunjucks, as far as it renders the same here: plain variables, places in objects, three filters, `if` and `for`.

promptfoo renders prompts, variables and the values of its `assert` entries with Nunjucks; our jinja is near it, not the
same. What is not known to render the same is refused by name.
"""

import math
import re
from collections.abc import Mapping

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.template import TemplateError, parse_template

FILTERS = ("upper", "lower", "trim")

_NAME = r"[A-Za-z_]\w*"
_PLACE = rf"{_NAME}(?:\s*\.\s*{_NAME}|\s*\[\s*(?:\d+|'[^'\\]*'|\"[^\"\\]*\")\s*\])*"
_EXPRESSION = re.compile(rf"\s*({_PLACE})((?:\s*\|\s*(?:{'|'.join(FILTERS)})(?:\(\))?)*)\s*\Z", re.ASCII)
_STEP = re.compile(rf"\s*\.\s*({_NAME})|\s*\[\s*(?:(\d+)|'([^'\\]*)'|\"([^\"\\]*)\")\s*\]", re.ASCII)
_TAG = re.compile(r"\{\{-?(?P<print>.*?)-?\}\}|\{%-?(?P<block>.*?)-?%\}|\{#.*?#\}", re.DOTALL)
_LITERAL = r"(?:'[^'\\]*'|\"[^\"\\]*\")"
_BLOCK = re.compile(
    rf"(?:(?:if|elif)\s+(?:not\s+)?(?P<test>{_PLACE})(?:\s*[!=]=\s*{_LITERAL})?"
    rf"|for\s+{_NAME}\s+in\s+(?P<list>{_PLACE})|else|endif|endfor)\Z",
    re.ASCII,
)
_OPEN = re.compile(r"\{\{|\{%|\{#")
_RESERVED = {"env", "loop", "self", "super", "caller", "range", "cycler", "joiner", "true", "false", "none", "null"}


def holds_template(text: str) -> bool:
    """Whether Nunjucks would do anything with the text."""
    return bool(_OPEN.search(text))


def jinja_of(text: str) -> tuple[str, frozenset[str], bool]:
    """A prompt's text for our jinja, the variables it mentions, and whether it reaches into objects.

    Raises LeftOutError that names what would not render the same.
    """
    reaches = False

    def translated(match: re.Match[str]) -> str:
        nonlocal reaches
        source = match[0]
        for group in ("print", "block"):
            if match[group] is None or (group == "print" and re.fullmatch(rf"\s*{_LITERAL}\s*", match[group])):
                continue
            places = _places(match[group], group)
            made = match[group]
            for place in places:
                reaches = reaches or place != _bracketed(place) or "[" in place
                made = made.replace(place, _bracketed(place))
            return source.replace(match[group], re.sub(r"\b(upper|lower|trim)\(\)", r"\1", made))
        return source

    made = _TAG.sub(translated, text)
    _refuse_open(text)
    try:
        template = parse_template(made, "jinja")
    except TemplateError as error:
        raise LeftOutError(f"this template does not render the same here: {error.message}", "template") from None
    return made, template.names, reaches


def rendered(text: str, values: Mapping[str, Json]) -> str:
    """The text with its variables filled in as Nunjucks does: what is not defined becomes empty.

    Raises LeftOutError for conditions, loops, and filters other than upper, lower and trim.
    """

    def filled(match: re.Match[str]) -> str:
        if match["block"] is not None:
            raise LeftOutError(f"the value holds {match[0]}, which is only known when promptfoo renders it", "template")
        if match["print"] is None:
            return ""
        expression = _expression(match["print"])
        shown = text_of(_lookup(expression[1], values))
        for name in re.findall("|".join(FILTERS), expression[2]):
            shown = {"upper": shown.upper, "lower": shown.lower, "trim": shown.strip}[name]()
        return shown

    _refuse_open(text)
    return _TAG.sub(filled, text)


def text_of(value: Json) -> str:
    """A value as JavaScript writes it into a text. Raises LeftOutError for objects, which it does not write out."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ",".join(text_of(item) for item in value)
    if isinstance(value, dict):
        raise LeftOutError("an object stands where a text is wanted; promptfoo would write [object Object]", "template")
    return number_text(value)


def number_text(value: int | float) -> str:
    """A number as JavaScript writes it: whole ones without a point, 21 digits before an exponent."""
    if isinstance(value, int) and abs(value) < 2**53:
        return str(value)
    number = float(value)
    if number == math.trunc(number) and abs(number) < 1e21:
        return str(int(number))
    shown = repr(number)
    mantissa, _, exponent = shown.partition("e")
    if not exponent:
        return shown
    if -6 <= int(exponent) < 0:
        digits = mantissa.replace(".", "").replace("-", "")
        return "-" * (number < 0) + "0." + "0" * (-int(exponent) - 1) + digits
    return f"{mantissa}e{int(exponent):+d}"


def _expression(source: str) -> re.Match[str]:
    match = _EXPRESSION.match(source)
    name = re.match(_NAME, match[1]) if match else None
    if not match or not name or name[0] in _RESERVED or name[0].startswith("_"):
        raise LeftOutError(f"{{{{{source}}}}} is not known to render the same here", "template")
    return match


def _places(source: str, group: str) -> list[str]:
    """The variables, perhaps with places in them, that a tag mentions. Raises LeftOutError."""
    if group == "print":
        return [_expression(source)[1]]
    match = _BLOCK.match(source.strip())
    if not match:
        raise LeftOutError(f"{{%{source}%}} is not known to render the same here", "template")
    place = match["test"] or match["list"]
    if place and re.split(r"\W", place)[0] in _RESERVED:
        raise LeftOutError(f"{{%{source}%}} is not known to render the same here", "template")
    return [place] if place else []


def _bracketed(place: str) -> str:
    """`doc.title` as `doc['title']`: our templates reach no attributes."""
    return re.sub(rf"\s*\.\s*({_NAME})", r"['\1']", place)


def _lookup(place: str, values: Mapping[str, Json]) -> Json:
    name = re.match(_NAME, place)
    assert name is not None
    found: Json = values.get(name[0])
    for step in _STEP.finditer(place, name.end()):
        key = step[1] or step[3] or step[4] or ""
        if step[2] is not None:
            found = found[int(step[2])] if isinstance(found, list) and int(step[2]) < len(found) else None
        else:
            found = found.get(key) if isinstance(found, dict) else None
    return found


def _refuse_open(text: str) -> None:
    rest = _OPEN.search(_TAG.sub("", text))
    if rest:
        raise LeftOutError(f"a {rest[0]} is never closed", "template")
