"""A suite as pytest sees it: a file with an item for each case, and one for the gate."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from llmops_cli.config import load_config
from llmops_cli.errors import InputError, LlmopsError
from llmops_cli.evals.suite import load_suite
from llmops_cli.pytest_plugin.measuring import Measured, flags, measure
from llmops_cli.pytest_plugin.place import DEALT_BY
from llmops_cli.pytest_plugin.words import NotPassed, case_properties, case_words, gate_properties, gate_words, told
from llmops_cli.reports.visible import one_line

_GATE = "gate"
_TOGETHER = "loadfile"  # loadscope would tear at a `::` in the id of a case


class SuiteFile(pytest.File):
    """A suite. It is measured once, when the first of its items is to run, and as far as the chosen items need it."""

    root: Path
    outcome: Measured | LlmopsError | None = None

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path, root: Path) -> "SuiteFile":
        """The suite in a file of the project at `root`."""
        found: SuiteFile = cls.from_parent(parent, path=path)
        found.root = root
        return found

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each case of the golden set, then the gate. Speaks to nobody."""
        _refuse_tearing_apart(self.config)
        flags(self.config)  # one that cannot be is told before anything is run
        suite = load_suite(load_config(self.root).files(), self.in_project)
        for case in suite.golden.cases:
            yield CaseItem.of(self, case.id)
        yield GateItem.from_parent(self, name=_GATE)

    @property
    def in_project(self) -> str:
        """Its path below the root of the project, POSIX."""
        return self.path.relative_to(self.root).as_posix()

    def measured(self) -> Measured:
        """What came of measuring it. Raises the LlmopsError that kept it from being measured, KeyboardInterrupt."""
        if self.outcome is None:
            items = [item for item in self.session.items if item.parent is self]
            whole = any(isinstance(item, GateItem) for item in items)
            cases = None if whole else {item.case for item in items if isinstance(item, CaseItem)}
            try:
                self.outcome = measure(self.config, self.root, self.in_project, cases)
            except LlmopsError as error:
                self.outcome = error
        if isinstance(self.outcome, LlmopsError):
            raise self.outcome
        return self.outcome

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Why it cannot be collected, in words."""
        return told(excinfo.value) or super().repr_failure(excinfo)


class _SuiteItem(pytest.Item):
    """What the items of a suite have in common."""

    def measured(self) -> Measured:
        """What came of measuring the suite. In the setup of an item, where what cannot be measured is an error."""
        assert isinstance(self.parent, SuiteFile)
        try:
            return self.parent.measured()
        except LlmopsError as error:
            raise pytest.fail.Exception(str(told(error)), pytrace=False) from None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The words of a failure; a traceback only for what is a bug of ours."""
        return told(excinfo.value) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands, and what it is called."""
        return self.path, 0, f"{self.path.stem}: {self.name}"


class CaseItem(_SuiteItem):
    """One case of the golden set (docs/reference/pytest.md says when it passes)."""

    case: str

    @classmethod
    def of(cls, parent: SuiteFile, case: str) -> "CaseItem":
        """The item of a case; one that is called as the gate is gets another name."""
        item: CaseItem = cls.from_parent(parent, name=one_line(case) if case != _GATE else f"{case} (case)")
        item.case = case
        return item

    def setup(self) -> None:
        """Have the suite measured. What could not be measured is an error, and no failure."""
        measured = self.measured()
        if measured.run.unchanged:
            _skip(f"unchanged against {measured.run.against}: nothing was run")
        verdict = measured.cases[self.case]
        self.user_properties += case_properties(measured.run, verdict, stored=measured.analysis is not None)
        if verdict.kind == "unmeasured":
            pytest.fail(case_words(measured.run, verdict)[1], pytrace=False)

    def runtest(self) -> None:
        """Pass, or say why not."""
        measured = self.measured()
        verdict = measured.cases[self.case]
        match verdict.kind:
            case "pass":
                return
            case "unasked":
                _skip(verdict.reason)
            case "known" | "tolerated":
                pytest.xfail(verdict.reason)
        raise NotPassed(*case_words(measured.run, verdict))  # also what would be excused, under --runxfail


class GateItem(_SuiteItem):
    """The gate over all cases of a suite."""

    def setup(self) -> None:
        """Have the suite measured. What could not be decided is an error, and no failure."""
        analysis = self.measured().gated
        self.user_properties += gate_properties(analysis)
        if analysis.exit_code not in (0, 1):
            pytest.fail(gate_words(analysis)[1], pytrace=False)

    def runtest(self) -> None:
        """Pass when the gate lets the change pass."""
        analysis = self.measured().gated
        if analysis.exit_code:
            raise NotPassed(*gate_words(analysis))


def _skip(reason: str) -> NoReturn:
    raise pytest.skip.Exception(reason, _use_item_location=True)


def _refuse_tearing_apart(config: pytest.Config) -> None:
    """Where pytest-xdist deals single items to its workers, each of them would measure the whole suite for its gate."""
    dealt_by = getattr(config, "workerinput", {DEALT_BY: _TOGETHER})[DEALT_BY]
    if dealt_by != _TOGETHER:
        raise InputError(
            f"a suite is measured as a whole, and --dist {dealt_by} of pytest-xdist tears it apart",
            hint=f"say --dist {_TOGETHER}, or leave the suites out of this run",
        )
