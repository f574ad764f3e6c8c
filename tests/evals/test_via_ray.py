"""The executor that needs Ray, where Ray is not."""

import subprocess
import sys

import pytest

from llmops_cli.cli.main import main
from tests.conftest import ROOT, GitRepo
from tests.journeys.project import project


def test_without_ray_one_is_told_what_to_install(repo: GitRepo) -> None:
    repo.commit(project(2))
    program = (
        "import sys; sys.modules['ray'] = None; from llmops_cli.cli.main import main;"
        "sys.exit(main(['eval', 'run', '--executor', 'ray']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=repo.path, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "--executor ray needs the package ray" in done.stderr and "pip install 'llmops-cli[ray]'" in done.stderr
    assert not (repo.path / ".llmops").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--executor", "slurm"], "there is no executor 'slurm'"),
        (["--workers", "2"], "add --executor ray"),
        (["--executor", "ray", "--workers", "0"], "--workers"),
    ],
)
def test_flags_that_do_not_fit(
    repo: GitRepo,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    told: str,
) -> None:
    repo.commit(project(2))
    monkeypatch.chdir(repo.path)
    assert main(["eval", "run", *words]) == 2
    assert told in capsys.readouterr().err
