"""Measuring one suite for its items: what `eval run` does with one suite, or some of its cases without a verdict."""

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.config import load_config
from llmops_cli.errors import InputError, Interrupted
from llmops_cli.evals.analysis import Analysis, policy_from_json
from llmops_cli.evals.case_verdict import CaseVerdict, case_verdicts
from llmops_cli.evals.run import Result, Run
from llmops_cli.evals.session import Session, SessionOptions
from llmops_cli.evals.some_cases import measure_cases
from llmops_cli.pytest_plugin.place import AGAINST, BUDGET, NO_CACHE, REPEATS, SAID
from llmops_cli.reports.eval_view import view_of
from llmops_cli.reports.visible import one_line

_SPENT = pytest.StashKey[float]()


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured suite. `analysis` is None where the gate was not asked; `cases` are those that were."""

    run: Run
    cases: Mapping[str, CaseVerdict]
    analysis: Analysis | None = None

    @property
    def gated(self) -> Analysis:
        """What the gate said. Only for a suite that was measured as a whole."""
        assert self.analysis is not None
        return self.analysis


def flags(config: pytest.Config) -> SessionOptions:
    """The options of this run of pytest, from the command line or the configuration file. Raises InputError."""
    no_cache = config.getoption(NO_CACHE)
    return SessionOptions(
        against=_option(config, AGAINST),
        repeats=_number(config, REPEATS, int, 1, 50),
        budget_usd=_number(config, BUDGET, float, 0, float("inf")),
        use_cache=not (config.getini(NO_CACHE) if no_cache is None else no_cache),
    )


def measure(config: pytest.Config, root: Path, suite: str, cases: Collection[str] | None) -> Measured:
    """Measure a suite and let its gate decide, or look at these cases alone.

    A whole run is stored, as that of `eval run` is. Raises LlmopsError when nothing could be measured, and
    KeyboardInterrupt on Ctrl-C.
    """
    options = replace(flags(config), suites=(suite,), progress=_Spoken(config))
    if options.budget_usd is not None:  # one budget for all suites
        options = replace(options, budget_usd=max(0.0, options.budget_usd - config.stash.get(_SPENT, 0.0)))
    with warnings.catch_warnings(), Session(load_config(root), options) as session:
        # what other packages warn of while they are imported is no fault of a test, also not under -W error
        warnings.simplefilter("ignore")
        try:
            return _whole(config, session) if cases is None else _part(session, cases)
        except Interrupted:
            raise KeyboardInterrupt from None
        finally:
            config.stash[_SPENT] = config.stash.get(_SPENT, 0.0) + session.desk.spent_usd
            _say(config, *(f"{suite}: {warning}" for warning in session.warnings))


def _whole(config: pytest.Config, session: Session) -> Measured:
    outcome = session.run()
    for error in outcome.stopped:
        raise error
    (analysis,) = outcome.analyses
    _say(config, f"{view_of(analysis).headline} (run {analysis.run.id})")
    run = analysis.run
    return Measured(run, case_verdicts(run, analysis.policy, analysis.verdict), analysis)


def _part(session: Session, cases: Collection[str]) -> Measured:
    run = measure_cases(session, cases)
    return Measured(run, case_verdicts(run, policy_from_json(run.policy), None))


def _say(config: pytest.Config, *lines: str) -> None:
    config.stash.setdefault(SAID, []).extend(one_line(line) for line in lines)


def _option(config: pytest.Config, name: str) -> str | None:
    """What the command line says, else the configuration file; None where neither says anything."""
    given: str | None = config.getoption(name)
    return given if given is not None else str(config.getini(name)).strip() or None


def _number(config: pytest.Config, name: str, kind: type, least: float, most: float) -> Any:
    said = _option(config, name)
    if said is None:
        return None
    try:
        number = kind(said)
    except ValueError:
        number = None
    if number is None or not least <= number <= most:
        bounds = f"{least} to {most}" if most < float("inf") else f"{least} or more"
        raise InputError(f"{name} is {said!r}", hint=f"a number, {bounds}")
    return number


class _Spoken:
    """Follows `evals.runner.Progress`: what a person should know now goes past pytest's capturing."""

    def __init__(self, config: pytest.Config) -> None:
        self._plugins = config.pluginmanager

    def start(self, total: int) -> None:
        """Nothing is drawn: pytest draws."""

    def advance(self, result: Result) -> None:
        """Nothing is drawn."""

    def note(self, text: str) -> None:
        """A line on the terminal; workers of pytest-xdist have none."""
        capture = self._plugins.getplugin("capturemanager")
        reporter = self._plugins.getplugin("terminalreporter")
        if capture is not None and reporter is not None:
            with capture.global_and_fixture_disabled():
                reporter.write_line(f"llmops: {one_line(text)}")
