"""promptfoo's tests as cases of a golden set: variables expanded and rendered, entries of `assert` as checks."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from llmops_cli.checks.catalogue import check_class
from llmops_cli.evals.case import Case
from llmops_cli.evals.promptfoo.asked import Entry, listed
from llmops_cli.evals.promptfoo.config import (
    Config,
    Entries,
    Source,
    file_value,
    mapping,
    merged_test,
    parsed,
    vars_of,
)  # fmt: skip
from llmops_cli.evals.promptfoo.nunjucks import holds_template, rendered, text_of
from llmops_cli.evals.promptfoo.remarks import remarks
from llmops_cli.evals.promptfoo.sets import SET, Tell, either_of, name_of, set_of
from llmops_cli.files.json_value import Json, canonical, digest
from llmops_cli.prompts.formats.naming import unused
from llmops_cli.prompts.formats.note import LeftOutError

MAX_CASES: Final = 100_000
SCORE: Final = "test-score"  # the metric of tests that have a threshold
_KNOWN: Final = {"description", "vars", "assert", "threshold", "options", "metadata"}
_FORM_ONLY: Final = {"disableVarExpansion", "disableDefaultAsserts"}
_SHAPES_OUTPUT: Final = {"transform", "postprocess", "transformVars"}


@dataclass
class Cases:
    """What became of the tests: rows of the golden set, the checks of all cases, and the metrics that must hold."""

    rows: list[Entries] = field(default_factory=list)
    checks: list[Entry] = field(default_factory=list)
    gated: dict[str, None] = field(default_factory=dict)  # in the order they come

    @property
    def variables(self) -> dict[str, list[Json]]:
        """Every variable with its values, in the order they come."""
        found: dict[str, list[Json]] = {}
        for row in self.rows:
            for name, value in mapping(row["vars"]).items():
                found.setdefault(name, []).append(value)
        return found


def cases_of(config: Config, source: Source) -> Cases:
    """The cases of all tests; what cannot be carried over is told in the source's notes. Raises FileError."""
    return _Maker(config, source).cases()


class _Maker:
    def __init__(self, config: Config, source: Source) -> None:
        self.config, self.source = config, source
        self.made = Cases()
        self.ids: Counter[str] = Counter()
        self.shared: set[int] = set()  # entries of defaultTest that are checks of the suite

    def cases(self) -> Cases:
        self._share()
        for where, test in self.config.tests:
            self._options(where, test)
            both = merged_test(self.config.default, test)
            for values in self._combinations(where, test, both):
                self._case(where, test, both, values)
                if len(self.made.rows) > MAX_CASES:
                    raise LeftOutError(f"expands to more than {MAX_CASES:,} cases")
        return self.made

    def _share(self) -> None:
        """Make what defaultTest wants of every test, and always in the same words, checks of the suite."""
        tests = [merged_test(self.config.default, test) for _, test in self.config.tests]
        apart = _SHAPES_OUTPUT | {"disableDefaultAsserts"}
        if any("threshold" in test or apart & mapping(test["options"]).keys() for test in tests):
            return
        for index, entry in enumerate(listed(self.config.default.get("assert"))):
            if not isinstance(entry, dict) or entry.get("type") == SET or holds_template(canonical(entry)):
                continue
            self.shared.add(index)
            self._add(entry, {}, f"defaultTest.assert[{index}]", self.made.checks, set())

    def _options(self, where: str, test: Mapping[str, Json]) -> None:
        for place, part in (("defaultTest", self.config.default), (where, test)):
            for key in part:
                if key not in _KNOWN:
                    self.source.leave_out(f"{place}.{key}", "this key of a test has no counterpart")
            for key in mapping(part.get("options")):
                if key not in _FORM_ONLY | _SHAPES_OUTPUT:
                    self.source.leave_out(f"{place}.options.{key}", "this option has no counterpart")

    def _combinations(self, where: str, test: Mapping[str, Json], both: Mapping[str, Json]) -> Iterator[Entries]:
        """The variables of each case of a test: lists of texts are combined with one another, as promptfoo does."""
        values = {
            **vars_of(self.config.default.get("vars"), self.source, "defaultTest"),
            **vars_of(test.get("vars"), self.source, where),
        }
        expand = mapping(both["options"]).get("disableVarExpansion") is not True
        combined: list[Entries] = [{}]
        for name, value in values.items():
            several: list[Json] = [value]
            if expand and isinstance(value, list) and value and isinstance(value[0], str):
                several = value
            elif expand and isinstance(value, str) and value.startswith("file://"):
                several = ["file://" + path for path in self.source.matching(value)]
            combined = [{**one, name: choice} for one in combined for choice in several]
            if len(combined) > MAX_CASES:
                raise LeftOutError(f"{where}: expands to more than {MAX_CASES:,} cases")
        for one in combined:
            try:
                yield self._settled(one)
            except LeftOutError as error:
                self.source.notes.append(error.note(f"{where}.vars"))

    def _settled(self, values: Entries) -> Entries:
        """Files read, one line end at the end dropped, variables within variables filled in."""
        read: Entries = {}
        for name, value in values.items():
            found = file_value(value, self.source) if isinstance(value, str) and value.startswith("file://") else value
            read[name] = re.sub(r"\n\Z", "", found) if isinstance(found, str) else "" if found is None else found
        return {
            name: rendered(value, read) if isinstance(value, str) and holds_template(value) else value
            for name, value in read.items()
        }

    def _case(self, where: str, test: Entries, both: Entries, values: Entries) -> None:
        checks: list[Entry] = []
        names = {str(check["name"]) for check in self.made.checks}
        default = (
            [] if mapping(both["options"]).get("disableDefaultAsserts") else listed(self.config.default.get("assert"))
        )
        entries = [
            *((f"defaultTest.assert[{i}]", entry) for i, entry in enumerate(default) if i not in self.shared),
            *((f"{where}.assert[{i}]", entry) for i, entry in enumerate(listed(test.get("assert")))),
        ]
        shaped = sorted(_SHAPES_OUTPUT & mapping(both["options"]).keys())
        if shaped:
            self.source.leave_out(
                where, f"{', '.join(shaped)} changes what is judged, so the checks of this test are left out", "options"
            )
            entries = []
        if "threshold" in both and entries:
            self._scored(where, [entry for _, entry in entries], both["threshold"], values, checks)
            entries = []
        for place, entry in entries:
            self._add(entry, values, place, checks, names)
        row: Entries = {"id": self._id(test, values), "vars": values}
        tags = self._tags(mapping(both["metadata"]))
        row |= {"tags": tags} if tags else {}
        row |= {"checks": list(checks)} if checks else {}
        self.made.rows.append(row)

    def _scored(self, where: str, entries: list[Json], threshold: Json, values: Entries, checks: list[Entry]) -> None:
        """All entries of a test that has a threshold, as one check set."""
        try:
            check = set_of(listed(self._read(entries)), threshold, values, name=SCORE, tell=self._teller(where))
        except LeftOutError as error:
            self.source.notes.append(error.note(f"{where}.assert"))
            return
        self._remark(f"{where}.assert", check)
        checks.append({**check, "binary": True})
        self.made.gated.setdefault(SCORE)

    def _add(self, entry: Json, values: Entries, where: str, checks: list[Entry], names: set[str]) -> None:
        """One entry, or one set, as a check; a metric's name is unique within its case."""
        if not isinstance(entry, dict):
            self.source.leave_out(where, "an entry is a mapping with a type")
            return
        free = entry.get("weight") == 0 and entry.get("type") != SET  # a set of weight 0 decides there as well
        try:
            read = mapping(self._read(entry))
            name = unused(name_of(read, values) + "-ungated" * free, names)
            check = either_of(read, values, name=name, tell=self._teller(where))
        except LeftOutError as error:
            self.source.notes.append(error.note(where))
            return
        names.add(name)
        if free:
            self.source.differs(
                where, "weight 0 always passes there; here it is measured, and decides nothing", "weight-zero"
            )
        elif entry.get("weight", 1) != 1:
            self.source.differs(where, "a weight moves only promptfoo's score; here the check is a metric")
        self._remark(where, check)
        checks.append(check if free else _counting(check))
        if not free:
            self.made.gated.setdefault(name)

    def _remark(self, where: str, check: Entry) -> None:
        for deviation, text in remarks(check):
            self.source.differs(where, text, deviation)

    def _teller(self, where: str) -> Tell:
        def tell(error: LeftOutError, index: int) -> None:
            self.source.notes.append(error.note(f"{where}.assert[{index}]"))

        return tell

    def _read(self, value: Json) -> Json:
        """An entry, or several, with the files that their values name. Raises LeftOutError for programs, FileError."""
        if isinstance(value, list):
            return [self._read(item) for item in value]
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("assert"), list):
            return {**value, "assert": self._read(value["assert"])}
        named = value.get("value")
        if not isinstance(named, str) or not named.startswith("file://"):
            return value
        if re.search(r"\.(js|cjs|mjs|ts|py|rb)(:\w+)?\Z", named):
            raise LeftOutError(f"{named} is a program, which is not run", "code")
        text = self.source.text(named)
        data = parsed(text, named) if named.lower().endswith((".json", ".yaml", ".yml")) else text.strip()
        return {**value, "value": data}

    def _id(self, test: Mapping[str, Json], values: Entries) -> str:
        """The description where it can be one, else a hash of the variables; numbered where it is taken."""
        description = test.get("description")
        wanted = " ".join(description.split()) if isinstance(description, str) else ""
        try:
            Case(id=wanted)
        except ValueError:
            wanted = digest(values)[7:19]
        self.ids[wanted] += 1
        return wanted if self.ids[wanted] == 1 else f"{wanted} #{self.ids[wanted]}"

    def _tags(self, metadata: Mapping[str, Json]) -> list[Json]:
        tags: list[Json] = []
        for key, value in metadata.items():
            for item in listed(value):
                try:
                    tags.append("-".join(f"{key}:{text_of(item)}".split()))
                except LeftOutError:
                    self.source.leave_out(f"metadata.{key}", "an object cannot be a tag")
        return tags


def _counting(check: Entry) -> Entry:
    """The check with a score of 1 where it passes and else 0, so that a floor of 1 wants every case to pass."""
    if check["type"] == "check-set":
        return {**check, "binary": True}
    found = check_class(str(check["type"]).removeprefix("not-"))
    if found is None or not found.graded or check["type"] == "judge":  # the labels of a rubric are 1 and 0
        return check
    return {"name": check["name"], "type": "check-set", "binary": True, "checks": [check]}
