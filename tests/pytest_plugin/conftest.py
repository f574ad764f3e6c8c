"""pytest run by pytest: real projects in real repositories, the plugin as an installation would load it."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree

import pytest

from tests.conftest import ROOT

PLUGIN = "llmops_cli.pytest_plugin.hooks"
ALONE = ("-p", PLUGIN)  # in a process of its own, where `outside` has it load no other plugin: each costs its import
_OUTSIDE = ("CI", "BUILD_NUMBER", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT")
QUIET = ("-p", "no:cacheprovider", "-W", "ignore::pytest.PytestDeprecationWarning", "-o", "asyncio_mode=auto")


@dataclass(frozen=True)
class Ran:
    """What a run of pytest came to: `outcomes` by node id, from its JUnit file."""

    code: int
    out: str
    suites: ElementTree.Element

    @property
    def outcomes(self) -> dict[str, str]:
        """`passed`, `failed`, `error`, `xfailed` or `skipped` by `SUITE::NAME`."""
        found = {}
        for case in self.suites.iter("testcase"):
            suite = case.get("classname", "").partition("evals.")[2].replace(".yaml", "", 1)
            found[f"{suite}::{case.get('name')}"] = _outcome(case)
        return found

    @property
    def counts(self) -> Counter[str]:
        """How many of each outcome."""
        return Counter(self.outcomes.values())

    def message(self, name: str) -> str:
        """What one item says, as its JUnit entry has it."""
        (case,) = [case for case in self.suites.iter("testcase") if case.get("name") == name]
        return " ".join(str(each.get("message")) for each in case if each.tag != "properties")

    def properties(self, name: str) -> dict[str, str]:
        """The properties of one item."""
        (case,) = [case for case in self.suites.iter("testcase") if case.get("name") == name]
        return {str(each.get("name")): str(each.get("value")) for each in case.iter("property")}


def _outcome(case: ElementTree.Element) -> str:
    tags = {each.tag: each for each in case}
    if "failure" in tags:
        return "failed"
    if "error" in tags:
        return "error"
    if "skipped" in tags:
        return "xfailed" if tags["skipped"].get("type") == "pytest.xfail" else "skipped"
    return "passed"


Run = Callable[..., Ran]


@pytest.fixture
def run_pytest(tmp_path: Path) -> Run:
    """`run_pytest(folder, "evals", "-k", "refund")`: pytest in a process of its own.

    One inside of this process forgets afterwards what it has imported, and so breaks litellm and importlib.metadata for
    every test that follows.
    """

    def run(folder: Path, *arguments: str, env: Mapping[str, str] = MappingProxyType({})) -> Ran:
        junit = tmp_path / "junit.xml"
        junit.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", *ALONE, *QUIET, f"--junitxml={junit}", *arguments]
        done = subprocess.run(command, cwd=folder, env=outside(env), capture_output=True, text=True, check=False)
        return _ran(done.returncode, done.stdout + done.stderr, junit)

    return run


def outside(env: Mapping[str, str]) -> dict[str, str]:
    """The environment for a pytest in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in _OUTSIDE}
    paths = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH", "")]))
    return {**kept, "PYTHONPATH": paths, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **env}


def _ran(code: int, out: str, junit: Path) -> Ran:
    found = ElementTree.parse(junit).getroot() if junit.exists() else ElementTree.Element("testsuites")
    return Ran(code, out, found)
