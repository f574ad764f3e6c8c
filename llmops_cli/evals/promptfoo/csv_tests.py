"""promptfoo's tests in CSV, and its short form of an `assert` entry (`contains-any: a, b`, `levenshtein(3): x`)."""

import csv
import io
import re
from typing import Final

from llmops_cli.errors import FileError, Problem
from llmops_cli.evals.promptfoo.asked import comma_separated
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.note import LeftOutError, Note

TYPES: Final = (
    "agent-rubric", "answer-relevance", "bleu", "classifier", "contains", "contains-all", "contains-any",
    "contains-html", "contains-json", "contains-sql", "contains-xml", "context-faithfulness", "context-recall",
    "context-relevance", "conversation-relevance", "cost", "equals", "factuality", "finish-reason", "g-eval", "gleu",
    "guardrails", "icontains", "icontains-all", "icontains-any", "is-html", "is-json", "is-refusal", "is-sql",
    "is-valid-function-call", "is-valid-openai-function-call", "is-valid-openai-tools-call", "is-xml", "javascript",
    "latency", "levenshtein", "llm-rubric", "meteor", "model-graded-closedqa", "model-graded-factuality", "moderation",
    "perplexity", "perplexity-score", "pi", "python", "regex", "rouge-n", "ruby", "search-rubric", "similar",
    "similar:cosine", "similar:dot", "similar:euclidean", "skill-used", "starts-with", "tool-call-f1", "webhook",
    "word-count",
)  # fmt: skip
_SHORT = re.compile(rf"(not-)?({'|'.join(TYPES)})(?:\((\d+(?:\.\d+)?)\))?(?::([\s\S]*))?\Z", re.ASCII)
_WITH_THRESHOLD = {
    "answer-relevance", "classifier", "context-faithfulness", "context-recall", "context-relevance", "cost", "latency",
    "levenshtein", "perplexity-score", "perplexity", "rouge-n", "similar", "starts-with",
}  # fmt: skip
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)


def entry_of(text: str) -> dict[str, Json]:
    """The `assert` entry that a cell stands for; what is in no known form is what the output must equal.

    A type without a threshold gets the one promptfoo gives it in CSV: .75, and .8 for `similar`.
    """
    for prefix, kind in (("javascript:", "javascript"), ("fn:", "javascript"), ("eval:", "javascript"),
                         ("grade:", "llm-rubric"), ("llm-rubric:", "llm-rubric"), ("python:", "python")):  # fmt: skip
        if text.startswith(prefix):
            return {"type": kind, "value": text.removeprefix(prefix)}
    if text.startswith("file://"):
        return {"type": "python" if ".py" in text else "javascript", "value": text}
    match = _SHORT.match(text)
    if not match:
        return {"type": "equals", "value": text}
    inverse, base, number, value = match.groups()
    entry: dict[str, Json] = {"type": (inverse or "") + base}
    if base in ("contains-all", "contains-any", "icontains-all", "icontains-any"):
        entry["value"] = comma_separated(value) if value else value
    elif value is not None:
        entry["value"] = value if base in ("contains-json", "is-json") else value.strip()
    if base in _WITH_THRESHOLD:
        entry["threshold"] = float(number) if number else 0.8 if base == "similar" else 0.75
    return entry


def csv_tests(text: str, *, path: str, notes: list[Note]) -> list[dict[str, Json]]:
    """The rows as tests in promptfoo's own shape; what has no place in that is told in `notes`. Raises FileError."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise FileError([Problem(path, reader.line_num, "", f"not valid CSV: {error}")]) from None
    if not rows:
        return []
    names = [name.strip() for name in rows[0][1]]
    tests: list[dict[str, Json]] = []
    for line, cells in rows[1:]:
        if len(cells) != len(names):
            raise FileError([Problem(path, line, "", f"has {len(cells)} columns, not {len(names)}")])
        tests.append(_Row(f"{path}:{line}", notes).test(dict(zip(names, cells, strict=True))))
    return tests


class _Row:
    """One row on its way to a test."""

    def __init__(self, where: str, notes: list[Note]) -> None:
        self.where, self.notes = where, notes
        self.vars: dict[str, Json] = {}
        self.asserts: list[Json] = []
        self.test_keys: dict[str, Json] = {}
        self.metadata: dict[str, Json] = {}
        self.options: dict[str, Json] = {}
        self.thresholds: dict[int, float] = {}
        self.metric = ""

    def test(self, cells: dict[str, str]) -> dict[str, Json]:
        """The test. Keys that begin with two underscores are promptfoo's own, every other one is a variable."""
        for name, cell in cells.items():
            if name.startswith("__"):
                self._special(name, cell)
            else:
                self.vars[name] = cell
        for index, entry in enumerate(self.asserts):
            assert isinstance(entry, dict)
            entry |= {"metric": self.metric} if self.metric else {}
            entry |= {"threshold": self.thresholds[index]} if index in self.thresholds else {}
        more: dict[str, Json] = {"metadata": self.metadata} if self.metadata else {}
        more |= {"options": self.options} if self.options else {}
        return {"vars": self.vars, "assert": self.asserts, **self.test_keys, **more}

    def _special(self, name: str, cell: str) -> None:
        config = re.fullmatch(r"__config:__expected(\d*):threshold", name)
        if name.startswith("__expected"):
            if cell.strip():
                self._expected(name, cell.strip())
        elif name == "__metric":
            self.metric = cell.strip()
        elif name == "__threshold" and _NUMBER.match(cell.strip()):
            self.test_keys["threshold"] = float(cell)
        elif name in ("__description", "__providerOutput"):
            self.test_keys |= {name[2:]: cell} if cell else {}
        elif name.startswith("__metadata:"):
            self._metadata(name.removeprefix("__metadata:"), cell)
        elif config and _NUMBER.match(cell.strip()):
            self.thresholds[int(config[1] or 1) - 1] = float(cell)
        elif name in ("__prefix", "__suffix"):
            self.options |= {name[2:]: cell} if cell else {}
        elif cell.strip():
            self._leave_out(name, "this cell has no counterpart")

    def _expected(self, name: str, cell: str) -> None:
        try:
            self.asserts.append(entry_of(cell))
        except LeftOutError as error:
            self.asserts.append({"type": cell.split(":")[0], "value": ""})  # keeps its place, and is told there
            self._leave_out(name, str(error))

    def _metadata(self, key: str, cell: str) -> None:
        if not cell.strip():
            return
        parts: list[Json] = [part.strip().replace("\\,", ",") for part in re.split(r"(?<!\\),", cell)]
        self.metadata[key.removesuffix("[]")] = parts if key.endswith("[]") else cell

    def _leave_out(self, name: str, why: str) -> None:
        self.notes.append(Note("left out", f"{self.where}: {name}", why))
