"""The real gto beside us: we read what it writes as it reads it, and it reads what we write.

LLMOPS_TEST_GTO names its program; `make test-external` installs it into an environment of its own.
"""

import json
import os
import subprocess

import pytest

from llmops_cli.prompts.marking import Order, mark
from tests.conftest import GitRepo
from tests.journeys.team import prompt
from tests.prompts.registered import opened, released

PROGRAM = os.environ.get("LLMOPS_TEST_GTO", "")
NAME = "rag-answer"
pytestmark = pytest.mark.skipif(not PROGRAM, reason="LLMOPS_TEST_GTO does not name gto's program")


def gto(repo: GitRepo, *arguments: str) -> str:
    command = [PROGRAM, *arguments]
    done = subprocess.run(command, cwd=repo.path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def state(repo: GitRepo) -> dict[str, object]:
    shown = json.loads(gto(repo, "show", "--json"))[NAME]
    return {"latest": shown["version"], **shown["stage"]}


def ours(repo: GitRepo, *stages: str) -> dict[str, object]:
    registry = opened(repo)
    latest = registry.latest(NAME)
    live = {stage: registry.live(stage).get(NAME) for stage in stages}
    return {
        "latest": f"v{latest.version}" if latest else None,
        **{stage: f"v{one.version}" for stage, one in live.items() if one},
    }


def test_we_read_what_gto_writes(repo: GitRepo) -> None:
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        repo.commit({f"prompts/{NAME}.yaml": prompt(version, f"Words of {version}.")})
        gto(repo, "register", NAME, "--version", f"v{version}")
    gto(repo, "assign", NAME, "--version", "v1.0.0", "--stage", "prod")
    gto(repo, "assign", NAME, "--version", "v1.0.0", "--stage", "staging")
    assert state(repo) == ours(repo, "prod", "staging") == {"latest": "v1.2.0", "prod": "v1.0.0", "staging": "v1.0.0"}
    gto(repo, "deprecate", NAME, "v1.2.0")
    gto(repo, "deprecate", NAME, "v1.0.0", "staging")
    assert state(repo) == ours(repo, "prod", "staging") == {"latest": "v1.1.0", "prod": "v1.0.0"}
    gto(repo, "deprecate", NAME)
    said = opened(repo).mark(NAME)
    assert said is not None and said.kind == "deprecated"


def test_gto_reads_what_we_write(repo: GitRepo) -> None:
    released(repo, "1.0.0", "1.1.0", "2.0.0")
    mark(opened(repo), Order("yanked", NAME, "2.0.0", "cites nothing"))
    mark(opened(repo), Order("deprecated", NAME, "1.0.0", "slow"))
    assert state(repo) == {"latest": "v1.1.0"} == ours(repo)
