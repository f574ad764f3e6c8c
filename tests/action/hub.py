"""A repository on GitHub as its jobs see it: a bare remote with merge refs of pull requests, its events, its artifacts.

Stand-ins for the actions of others are here too: they copy folders, and check out as actions/checkout does.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from tests.action.expression import Optional
from tests.action.job import ROOT, Job, StandInError
from tests.conftest import GitRepo

REPOSITORY = "acme/assistant"


@dataclass
class Pull:
    """A pull request as it stands: its number, its branch, where it comes from, who opened it."""

    number: int
    branch: str
    head: str
    head_repository: str = REPOSITORY
    author: str = "ann"


@dataclass
class Hub:
    """The remote (`bare`), a clone to work in (`work`), and what jobs leave: caches and artifacts, by run."""

    bare: GitRepo
    work: GitRepo
    folder: Path
    api_url: str = "http://127.0.0.1:9"  # nobody is there
    server_url: str = "https://github.example"
    caches: dict[str, Path] = field(default_factory=dict)
    artifacts: dict[str, dict[str, Path]] = field(default_factory=dict)
    _runs: int = 0

    def push_main(self, files: Mapping[str, str | bytes], message: str = "change") -> str:
        """Commit on main and push; the commit."""
        self.work.git("switch", "-q", "-C", "main", *(["origin/main"] if self._has_main() else []))
        commit = self.work.commit(dict(files), message)
        self.work.git("push", "-q", "origin", "main")
        return commit

    def open(self, number: int, files: Mapping[str, str | bytes], *, branch: str = "change", **more: str) -> Pull:
        """Open a pull request from main, or push another commit to it; its merge ref is made anew, as GitHub does."""
        known = self.work.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False)
        self.work.git("switch", "-q", *([branch] if known else ["-c", branch, "origin/main"]))
        head = self.work.commit(dict(files), f"a change of {branch}")
        self.merge_again(number, branch)
        return Pull(number, branch, head, **more)

    def merge_again(self, number: int, branch: str) -> None:
        """Make refs/pull/N/merge anew, from the branch and main as they are."""
        self.work.git("fetch", "-q", "origin")
        self.work.git("switch", "-q", "--detach", "origin/main")
        self.work.git("merge", "-q", "--no-ff", "-m", f"Merge {branch} into main", branch)
        merged = self.work.git("rev-parse", "HEAD")
        self.work.git(
            "push", "-q", "-f", "origin", f"{branch}:refs/pull/{number}/head", f"{merged}:refs/pull/{number}/merge"
        )

    def pull_request(self, pull: Pull, *, event_name: str = "pull_request") -> dict[str, Any]:
        """The `github` context of a job for a pull request."""
        merge = self.bare.git("rev-parse", f"refs/pull/{pull.number}/merge")
        event = {
            "number": pull.number,
            "pull_request": {
                "number": pull.number,
                "head": {"sha": pull.head, "ref": pull.branch, "repo": {"full_name": pull.head_repository}},
                "base": {"ref": "main", "sha": self.bare.git("rev-parse", "main"), "repo": {"full_name": REPOSITORY}},
                "user": {"login": pull.author},
            },
        }
        ref = f"refs/pull/{pull.number}/merge"
        return self._github(event_name, event, ref=ref, sha=merge, base_ref="main", head_ref=pull.branch)

    def push(self) -> dict[str, Any]:
        """The `github` context of a job for a push to main."""
        return self._github("push", {}, ref="refs/heads/main", sha=self.bare.git("rev-parse", "main"))

    def merge_group(self, sha: str, base: str) -> dict[str, Any]:
        """The `github` context of a job for an entry of the merge queue, which stands on a ref of its own."""
        ref = f"refs/heads/gh-readonly-queue/main/pr-7-{base}"
        self.bare.git("update-ref", ref, sha)
        event = {"merge_group": {"base_sha": base, "head_sha": sha, "base_ref": "refs/heads/main", "head_ref": ref}}
        return self._github("merge_group", event, ref=ref, sha=sha)

    def workflow_run(self, pull: Pull, run_id: str, *, conclusion: str = "success") -> dict[str, Any]:
        """The `github` context of the job that follows another workflow; it runs for main."""
        owner = pull.head_repository.split("/")[0]
        event = {
            "workflow_run": {
                "id": int(run_id),
                "run_attempt": 1,
                "html_url": f"{self.server_url}/{REPOSITORY}/actions/runs/{run_id}",
                "event": "pull_request",
                "conclusion": conclusion,
                "head_sha": pull.head,
                "head_branch": pull.branch,
                "head_repository": {"id": 11, "full_name": pull.head_repository, "owner": {"login": owner}},
                "pull_requests": [],  # empty for forks
            }
        }
        return self._github("workflow_run", event, ref="refs/heads/main", sha=self.bare.git("rev-parse", "main"))

    def job(self, github: dict[str, Any], **given: str) -> Job:
        """A fresh machine for a job, with llmops on its PATH; `given` are inputs for our action besides."""
        folder = Path(tempfile.mkdtemp(prefix="job-", dir=self.folder))
        return Job(
            folder, github, self._stand_ins(github), [str(llmops_on_path(self.folder))], {"install": "none"} | given
        )

    def _has_main(self) -> bool:
        self.work.git("fetch", "-q", "origin")
        return bool(self.work.git("rev-parse", "--verify", "--quiet", "refs/remotes/origin/main", check=False))

    def _github(self, event_name: str, event: dict[str, Any], *, ref: str, sha: str, **refs: str) -> dict[str, Any]:
        self._runs += 1
        about = {"full_name": REPOSITORY, "default_branch": "main", "owner": {"login": "acme"}, "name": "assistant"}
        return {
            "event_name": event_name,
            "event": _optional({**event, "repository": about}),
            "repository": REPOSITORY,
            "ref": ref,
            "sha": sha,
            "base_ref": refs.get("base_ref", ""),
            "head_ref": refs.get("head_ref", ""),
            "run_id": str(9000 + self._runs),
            "run_attempt": "1",
            "actor": "ann",
            "token": "ghs_test",
            "api_url": self.api_url,
            "server_url": self.server_url,
        }

    def _stand_ins(self, github: Mapping[str, Any]) -> dict[str, Callable[[Job, Mapping[str, str]], Mapping[str, str]]]:
        return {
            "actions/checkout": self._checkout,
            "actions/setup-python": _setup_python,
            "actions/cache/restore": self._restore,
            "actions/cache/save": self._save,
            "actions/upload-artifact": self._upload,
            "actions/download-artifact": self._download,
        }

    def _checkout(self, job: Job, inputs: Mapping[str, str]) -> Mapping[str, str]:
        repo = GitRepo(job.workspace)
        repo.git("init", "-q")
        repo.git("remote", "add", "origin", f"file://{self.bare.path}")
        depth = int(inputs.get("fetch-depth", "1"))
        ref, sha = job.github["ref"], job.github["sha"]
        local = ref.replace("refs/heads/", "refs/remotes/origin/").replace("refs/pull/", "refs/remotes/pull/")
        if not depth:
            repo.git("fetch", "-q", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*")
        repo.git("fetch", "-q", "--no-tags", *([f"--depth={depth}"] if depth else []), "origin", f"+{sha}:{local}")
        if ref.startswith("refs/heads/"):
            repo.git("checkout", "-q", "-B", ref.removeprefix("refs/heads/"), local)
        else:
            repo.git("checkout", "-q", local)
        return {}

    def _restore(self, job: Job, inputs: Mapping[str, str]) -> Mapping[str, str]:
        wanted = [inputs["key"], *inputs.get("restore-keys", "").split()]
        found = [key for start in wanted for key in reversed(self.caches) if key.startswith(start)]
        if found:
            shutil.copytree(self.caches[found[0]], inputs["path"], dirs_exist_ok=True)
        return {"cache-hit": str(bool(found)).lower()}

    def _save(self, job: Job, inputs: Mapping[str, str]) -> Mapping[str, str]:
        if Path(inputs["path"]).is_dir():
            kept = self.folder / "caches" / inputs["key"]
            shutil.copytree(inputs["path"], kept)
            self.caches[inputs["key"]] = kept
        return {}

    def _upload(self, job: Job, inputs: Mapping[str, str]) -> Mapping[str, str]:
        kept = self.folder / "artifacts" / job.github["run_id"] / inputs["name"]
        shutil.copytree(inputs["path"], kept, dirs_exist_ok=inputs.get("overwrite") == "true")
        self.artifacts.setdefault(job.github["run_id"], {})[inputs["name"]] = kept
        return {}

    def _download(self, job: Job, inputs: Mapping[str, str]) -> Mapping[str, str]:
        run_id = inputs.get("run-id", job.github["run_id"])
        if run_id != job.github["run_id"] and not inputs.get("github-token"):
            raise StandInError("the artifacts of another run need a token")
        for name, kept in self.artifacts.get(run_id, {}).items():
            if fnmatch(name, inputs["pattern"]):
                below = "" if inputs.get("merge-multiple") == "true" else name
                shutil.copytree(kept, Path(inputs["path"]) / below, dirs_exist_ok=True, symlinks=True)
        return {}


def _setup_python(job: Job, inputs: Mapping[str, str]) -> Mapping[str, str]:
    """The Python of the tests without what is installed beside it; the job keeps its own."""
    assert inputs["update-environment"] == "false"
    return {"python-path": getattr(sys, "_base_executable", sys.executable)}


def llmops_on_path(folder: Path) -> Path:
    """A folder for the PATH that holds the `llmops` of this source tree, and nothing else."""
    here = folder / "bin"
    here.mkdir(exist_ok=True)
    program = here / "llmops"
    program.write_text(
        f"#!{sys.executable} -I\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from llmops_cli.cli.main import entry\nentry()\n"
    )
    program.chmod(0o755)
    return here


def _optional(value: Any) -> Any:
    if isinstance(value, dict):
        return Optional({key: _optional(each) for key, each in value.items()})
    return value


def make_hub(folder: Path) -> Hub:
    """An empty repository on the hub."""
    bare, work = folder / "assistant.git", folder / "work"
    for arguments in (["init", "-q", "--bare", str(bare)], ["clone", "-q", str(bare), str(work)]):
        subprocess.run(["git", *arguments], check=True, capture_output=True, env=os.environ)
    return Hub(GitRepo(bare), GitRepo(work), folder)
