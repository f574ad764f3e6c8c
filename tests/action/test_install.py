"""What is installed: the commit of the action, with dependencies by hash; run unchanged, once."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.action.hub import Hub
from tests.action.job import ROOT
from tests.action.project import changed, first_project, gate

LOCKED = ROOT / ".github/action/requirements.txt"


@pytest.mark.usefixtures("package_index")
def test_the_action_installs_itself_and_measures(hub: Hub) -> None:
    first_project(hub)
    job = gate(hub, hub.open(7, changed(hub)), install="action")
    assert (job.status, job.outputs["verdict"]) == ("success", "pass"), job.log.text
    installed = job.temp / "llmops" / "venv"
    assert [path.name for path in Path(job.path[0]).iterdir()] == ["llmops"]  # no python, no pip of ours
    (metadata,) = installed.glob("lib/python3*/site-packages/llmops_cli-*.dist-info/direct_url.json")
    assert ROOT.name in metadata.read_text()


def test_other_jobs_install_llmops_alone(hub: Hub) -> None:
    first_project(hub)
    job = hub.job(hub.push())
    job.run({"steps": [{"uses": f"your-org/llmops/.github/action/install@{'0' * 40}"}, {"run": "llmops --version"}]})
    assert job.status == "success" and "llmops 0." in job.log.text


def test_what_cannot_be_installed_is_3(hub: Hub) -> None:
    first_project(hub)
    job = gate(hub, hub.open(7, changed(hub)), install="nothing.of.that.name @ file:///nowhere")
    assert (job.status, job.outputs["verdict"], job.outputs["exit-code"]) == ("failure", "invalid", "3")
    assert "Measure" not in job.ran


def locked(path: Path = LOCKED) -> dict[str, Version]:
    """The name and version of every locked package; of several the newest."""
    found: dict[str, Version] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", path.read_text(encoding="utf-8"), re.MULTILINE):
        found[name] = max(Version(version), found.get(name, Version("0")))
    return found


def test_the_lock_fits_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(text) for text in [*project["dependencies"], *project["optional-dependencies"]["redis"]]]
    versions = locked()
    assert [
        str(one) for one in wanted if not one.specifier.contains(versions.get(re.sub(r"[._]", "-", one.name), "0"))
    ] == [], "run: make lock"


@pytest.mark.parametrize("name", ["requirements.txt", "tools.txt"])
def test_every_locked_package_has_hashes_and_nothing_says_where_it_comes_from(name: str) -> None:
    text = (ROOT / ".github/action" / name).read_text(encoding="utf-8")
    assert re.findall(r"://|--(?:index|extra|find)\S*", text) == []
    packages = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(packages) > 3 and all("--hash=sha256:" in one for one in packages)


def test_the_tools_can_build_llmops() -> None:
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    versions = locked(ROOT / ".github/action/tools.txt")
    assert all(one.specifier.contains(versions[one.name]) for one in map(Requirement, needs))
