"""The hooks of .pre-commit-hooks.yaml, as pre-commit itself installs and runs them."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig

import pytest

from tests.action.job import ROOT
from tests.action.project import PROMPT
from tests.conftest import GitRepo
from tests.journeys.team import MakeRepo


@pytest.fixture
def hooks(make_repo: MakeRepo, package_index: None) -> GitRepo:
    """This source tree as a repository of one commit, without what llmops needs: that is where the tests have it."""
    repo = make_repo("llmops")
    for name in ("llmops_cli", "prompts", "evals"):
        shutil.copytree(ROOT / name, repo.path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, repo.path / name)
    pyproject = (repo.path / "pyproject.toml").read_text()
    bare = re.sub(r"^dependencies = \[.*?^\]$", "dependencies = []", pyproject, flags=re.MULTILINE | re.DOTALL)
    assert bare != pyproject
    repo.commit({"pyproject.toml": bare})
    return repo


def pre_commit(project: GitRepo, *arguments: str, **variables: str) -> tuple[int, str]:
    """What pre-commit says."""
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=project.path,
        env={**os.environ, "PRE_COMMIT_HOME": str(project.path.parent / "pre-commit"), **variables},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_all_hooks_pass_object_and_stay_out_of_other_commits(hooks: GitRepo, repo: GitRepo) -> None:
    subprocess.run([sys.executable, "-m", "llmops_cli", "init", str(repo.path)], check=True, capture_output=True)
    rev = hooks.git("rev-parse", "HEAD")
    repo.commit(
        {
            ".pre-commit-config.yaml": f"repos:\n  - repo: {hooks.path}\n    rev: {rev}\n    hooks:\n"
            "      - id: llmops-prompt-check\n      - id: llmops-golden-lint\n"
            "      - id: llmops-prompt-codegen\n        args: [-o, src/wrappers.py]\n"
        }
    )
    written = ["prompt", "codegen", "-o", "src/wrappers.py"]
    subprocess.run([sys.executable, "-m", "llmops_cli", *written], cwd=repo.path, check=True, capture_output=True)
    repo.git("add", "-A")
    code, said = pre_commit(repo, "install-hooks")
    assert code == 0, said
    needed = {"PYTHONPATH": sysconfig.get_path("purelib")}
    code, said = pre_commit(repo, "run", "--all-files", **needed)
    assert code == 0 and said.count("Passed") == 3, said
    subprocess.run([sys.executable, "-m", "llmops_cli", "prompt", "release"], cwd=repo.path, check=True)
    prompt, golden = repo.path / PROMPT, repo.path / "evals/golden/ticket-summary.jsonl"
    prompt.write_text(prompt.read_text().replace("at most 10", "at most 8").replace("20000", "19000"))
    golden.write_text(golden.read_text() + golden.read_text().splitlines(keepends=True)[0])
    repo.git("add", "-A")
    code, said = pre_commit(repo, "run", **needed)
    assert code == 1 and said.count("Failed") == 3, said
    assert "needs-bump" in said and "ticket-summary.jsonl" in said
    subprocess.run([sys.executable, "-m", "llmops_cli", *written], cwd=repo.path, check=True, capture_output=True)
    repo.commit()
    repo.write({"src/prompts.py": "pass\n"})
    repo.git("add", "-A")
    code, said = pre_commit(repo, "run", **needed)
    assert code == 0 and said.count("no files to check") == 2, said
