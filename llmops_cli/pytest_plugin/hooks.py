"""What pytest calls. This is loaded into every run of pytest in its environment, so it costs next to nothing.

Everything else is imported when the first suite is collected.
"""

from __future__ import annotations  # names that older releases of pytest do not have

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llmops_cli.pytest_plugin.place import (
    AGAINST,
    BUDGET,
    DEALT_BY,
    NO_CACHE,
    REPEATS,
    SAID,
    pointed_at,
    project_of_suite,
)

if TYPE_CHECKING:
    from llmops_cli.pytest_plugin.items import SuiteFile

_SAID = "llmops_said"
_HELP = {
    AGAINST: "Compare suites with the merge base of HEAD and this branch or commit.",
    REPEATS: "Ask every case of a suite this often at first.",
    BUDGET: "Stop before more than this many US dollars are spent, by all suites together.",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options, and settings of the same meaning for the configuration file."""
    group = parser.getgroup("llmops", "llmops: suites of prompts as tests")
    for name, metavar in ((AGAINST, "REF"), (REPEATS, "N"), (BUDGET, "USD")):
        group.addoption("--" + name.replace("_", "-"), dest=name, default=None, metavar=metavar, help=_HELP[name])
        parser.addini(name, _HELP[name], default="")
    text = "Neither read nor write the cache of answers."
    group.addoption("--llmops-no-cache", dest=NO_CACHE, action="store_true", default=None, help=text)
    parser.addini(NO_CACHE, text, type="bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SuiteFile | None:
    """The suite in a file that pytest was pointed at; every other file is left alone."""
    if file_path.suffix not in (".yaml", ".yml") or not pointed_at(file_path, parent.config):
        return None
    root = project_of_suite(file_path)
    if root is None:
        return None
    from llmops_cli.pytest_plugin.items import SuiteFile

    return SuiteFile.of(parent, file_path, root)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker of pytest-xdist must know how the items are dealt out: those of a suite belong together."""
    node.workerinput[DEALT_BY] = node.config.option.dist


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands on what it has to say."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_SAID] = session.config.stash.get(SAID, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker has to say; one that crashed says nothing."""
    said = getattr(node, "workeroutput", {}).get(_SAID, [])
    node.config.stash.setdefault(SAID, []).extend(said)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What every measured gate said, in a line."""
    said = config.stash.get(SAID, [])
    if said:
        terminalreporter.section("llmops")
        for line in said:
            terminalreporter.write_line(line)
