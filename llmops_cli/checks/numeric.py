"""The check of a final number, and what counts as a number in text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import Field

from llmops_cli.checks.check import CheckContext, Failed, FilledText, Score, Scored
from llmops_cli.checks.expected import ReferenceShape
from llmops_cli.checks.quoting import quoted
from llmops_cli.files.json_value import Json

# thousands: comma, apostrophes, underscore, no-break, narrow and thin space
_SEPARATOR = "[,'’_\u00a0\u202f\u2009]"
_RUN = re.compile(
    rf"\d+(?:{_SEPARATOR}\d+)*(?P<points>(?:\.\d+)*)(?P<exponent>[eE][-+]?\d{{1,3}}(?![\d.]))?|(?<!\.)\.\d+"
)
_GROUPED = re.compile(
    rf"\d{{1,3}}(?P<mark>{_SEPARATOR})\d{{3}}(?:(?P=mark)\d{{3}})*\Z|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}\Z"
)
_WORD_BEFORE = re.compile(r"[A-Za-z_]+\Z")
_CODES = frozenset(["AUD", "CAD", "CHF", "CNY", "EUR", "GBP", "INR", "JPY", "RS", "USD"])
_SIGNS = "-+−–"
_CURRENCY = "$€£¥₹"


class Numeric(ReferenceShape):
    """Scores 1 when the last number of the output equals the last number of the case's `expected`, else 0.

    With `after: "A:"` only what follows the last `A:` counts; an output without it scores 0, an `expected` without it
    counts whole. With `tolerance: 0.01` the two may differ by that much. Values are compared: 1,000 is 1000.0.

    A number may have a sign, a currency mark, thousands separators (`,` `'` `_` or a no-break space, before exactly
    three digits), a decimal point, an exponent, any unit or full stop after it; 3/4 is a fraction, 50 % is 50. Digits
    of a word (gpt-4, H2O) and chains such as 1.2.3 are no numbers. A decimal comma is not read: 3,14 ends with 14.
    An output without a number scores 0; an `expected` without one cannot be measured.
    """

    type: Literal["numeric"]
    after: FilledText = ""
    tolerance: int | float = Field(default=0, ge=0)

    def score(self, context: CheckContext) -> Score:
        wanted = self._wanted(context)
        if isinstance(wanted, Failed):
            return wanted
        text = context.output
        if self.after:
            _, mark, text = text.rpartition(self.after)
            if not mark:
                return Scored(0, f"{quoted(self.after)} is not in {quoted(context.output)}")
        found = last_number(text)
        if found is None:
            return Scored(0, f"no number in {quoted(text)}")
        if found == wanted or abs(found - wanted) <= Decimal(str(self.tolerance)):
            return Scored(1, f"{_shown(found)} is {_shown(wanted)}")
        return Scored(0, f"{_shown(found)} is not {_shown(wanted)}")

    def _wanted(self, context: CheckContext) -> Decimal | Failed:
        value = self.wanted(context)
        if isinstance(value, Failed):
            return value
        if isinstance(value, str) and self.after in value:
            value = value.rpartition(self.after)[2] if self.after else value
        number = _as_number(value)
        return number if number is not None else Failed(f"no number in `expected`: {quoted(str(value))}")


def last_number(text: str) -> Decimal | None:
    """The last number in a text, None when there is none."""
    text = text.replace("{,}", ",").replace("\\,", ",")  # LaTeX
    before: _Number | None = None
    last: _Number | None = None
    for number in _numbers(text):
        before, last = last, number
    if last is None:
        return None
    if before is not None and _is_fraction(text, before, last):
        return before.value / last.value
    return last.value


@dataclass(frozen=True, slots=True)
class _Number:
    start: int
    end: int
    value: Decimal


def _numbers(text: str) -> Iterator[_Number]:
    for match in _RUN.finditer(text):
        if match["points"] and match["points"].count(".") > 1:
            continue  # a version, an address or a date
        start = match.start()
        while start and text[start - 1] in _CURRENCY:
            start -= 1
        sign = _sign(text, start, is_money=start < match.start())
        if sign is None:
            continue
        whole = match.group()
        run = whole[: len(whole) - len((match["points"] or "") + (match["exponent"] or ""))]
        if not run.isdigit() and not whole.startswith("."):
            if _GROUPED.match(run):
                digits = re.sub(_SEPARATOR, "", run)
            else:  # a list written without spaces: the last of it
                digits, sign = re.split(_SEPARATOR, run)[-1], 1
            whole = digits + whole[len(run) :]
        value = Decimal(whole)  # copy_negate, because arithmetic would round it to 28 digits
        yield _Number(match.start(), match.end(), value.copy_negate() if sign < 0 else value)


def _sign(text: str, start: int, *, is_money: bool) -> int | None:
    """1 or -1 by what stands before position `start`; None when the digits are part of a word."""
    word = None if is_money else _WORD_BEFORE.search(text, max(0, start - 8), start)
    if word is not None:
        return 1 if word.group().upper() in _CODES else None
    if not start or text[start - 1] not in _SIGNS:
        return 1
    beyond = text[start - 2] if start > 1 else " "
    if beyond.isascii() and (beyond.isalpha() or beyond == "_") and text[start - 1] == "-" and text[start].isdigit():
        return None  # gpt-4
    between = beyond.isalnum() or beyond in ")]}%_" or beyond in _SIGNS
    return -1 if text[start - 1] != "+" and not between else 1


def _is_fraction(text: str, above: _Number, below: _Number) -> bool:
    """Whether the two stand as 3/4, and not as part of 24/12/2024."""
    if text[above.end : below.start] != "/" or not below.value:
        return False
    return text[above.start - 1 : above.start] != "/" and text[below.end : below.end + 1] != "/"


def _as_number(value: Json) -> Decimal | None:
    if isinstance(value, str):
        return last_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() else None


def _shown(number: Decimal) -> str:
    text = f"{number.normalize():f}" if abs(number.adjusted()) < 20 else f"{number:.6g}"
    return text if len(text) <= 40 else text[:39] + "…"
