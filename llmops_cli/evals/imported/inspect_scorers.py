"""Scorers of inspect as checks, where there is one that says the same or nearly the same."""

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from llmops_cli.evals.imported.material import Entry
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.note import LeftOutError

# what inspect strips from both ends of answer and target: ASCII punctuation and white space
_STRIPPED: Final = string.whitespace + string.punctuation
_EDGE: Final = r"[\s!-/:-@\[-`{-~]*"
_PATTERNS: Final = {
    "begin": (rf"\A{_EDGE}(?:", ")"),
    "end": ("(?:", rf"){_EDGE}\Z"),
    "any": ("(?:", ")"),
    "exact": (rf"\A{_EDGE}(?:", rf"){_EDGE}\Z"),
}


@dataclass(frozen=True, slots=True)
class Scorer:
    """A scorer in our words: a check of the suite, or a pattern around the targets that becomes a check of each case.

    `deviation` is how the check differs, empty where it does not.
    """

    name: str
    check: Entry | None = None
    pattern: tuple[str, str] | None = None
    deviation: str = ""

    def own_check(self, targets: Sequence[str]) -> Entry | None:
        """The check of one case, None when the suite's does. Raises LeftOutError when the targets say nothing."""
        if self.pattern is None:
            return None
        stripped = [target.strip(_STRIPPED) for target in targets]
        if not all(stripped):
            raise LeftOutError("a target of punctuation alone, which is in every answer")
        before, after = self.pattern
        value = before + "|".join(re.escape(target) for target in stripped) + after
        return {"name": self.name, "type": "regex", "value": value}


def scorer_of(name: str, options: Mapping[str, Json]) -> Scorer:
    """A scorer as inspect's log names it. Raises LeftOutError when there is no check like it."""
    plain = name.rpartition("/")[2]
    folded = options.get("ignore_case") is not False
    if plain == "includes":
        return Scorer(plain, {"name": plain, "type": "icontains-any" if folded else "contains-any"})
    if plain == "match" and options.get("numeric") is True:
        text = "compares the last number of the answer, wherever match looks for it, and one target only"
        return Scorer(plain, {"name": plain, "type": "numeric"}, deviation=text)
    if plain == "match":
        location = str(options.get("location") or "end")
        if location not in _PATTERNS:
            raise LeftOutError(f"its location {location!r} is not known")
        before, after = _PATTERNS[location]
        return Scorer(plain, pattern=("(?i)" + before if folded else before, after))
    if plain == "exact":
        text = "exact also folds case, drops articles and punctuation, and takes any of several targets"
        return Scorer(plain, {"name": plain, "type": "equals"}, deviation=text)
    if plain.startswith("model_graded"):
        raise LeftOutError("it asks a model with inspect's own instructions; a judge takes its place")
    raise LeftOutError("there is no check like it")
