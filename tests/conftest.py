"""What every test may use: a clean environment, real git repositories with a ticking clock, recorded data."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# how long one example takes says something of the machine, not of the code
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Own HOME and git identity, no keys, no inherited git variables, no colour settings."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("GIT_", "LLMOPS_", "OPENAI_", "ANTHROPIC_", "LITELLM_")) and name != "LLMOPS_TEST_DATA":
            monkeypatch.delenv(name)
    for name in ("GITHUB_ACTIONS", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ann Example\n\temail = ann@example.org\n[init]\n\tdefaultBranch = main\n"
        "[commit]\n\tgpgsign = false\n[advice]\n\tdetachedHead = false\n"
    )
    yield


class GitRepo:
    """A real repository on disk. Every commit and tag is one minute after the one before, without sleeping."""

    def __init__(self, path: Path, *, user: str = "Ann Example") -> None:
        self.path = path
        self.user = user
        self._clock = 1_750_000_000

    def git(self, *arguments: str, check: bool = True) -> str:
        """Run git here and return its stdout without the last newline."""
        self._clock += 60
        email = self.user.split()[0].lower() + "@example.org"
        variables = {
            **os.environ,
            "GIT_AUTHOR_DATE": f"{self._clock} +0000",
            "GIT_COMMITTER_DATE": f"{self._clock} +0000",
            "GIT_AUTHOR_NAME": self.user,
            "GIT_AUTHOR_EMAIL": email,
            "GIT_COMMITTER_NAME": self.user,
            "GIT_COMMITTER_EMAIL": email,
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=variables, capture_output=True, text=True, check=False
        )
        if check and done.returncode:
            raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
        return done.stdout.rstrip("\n")

    def write(self, files: dict[str, str | bytes]) -> None:
        """Write files (text gets LF as given) below the repository."""
        for name, content in files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, files: dict[str, str | bytes] | None = None, message: str = "change") -> str:
        """Write files, commit everything, and return the commit's id."""
        self.write(files or {})
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def make_repo(tmp_path: Path) -> Callable[..., GitRepo]:
    """Make a repository: `make_repo("name")`, `make_repo("bob", clone_of=path, user="Bob Example")`, `bare=True`."""

    def make(
        name: str = "repo", *, clone_of: Path | None = None, bare: bool = False, user: str = "Ann Example"
    ) -> GitRepo:
        path = tmp_path / name
        if clone_of is not None:
            subprocess.run(["git", "clone", "-q", str(clone_of), str(path)], check=True, capture_output=True)
        else:
            path.mkdir(parents=True)
            subprocess.run(["git", "init", "-q", *(["--bare"] if bare else []), str(path)], check=True)
        repo = GitRepo(path, user=user)
        if not bare:
            repo.git("config", "user.name", user)
            repo.git("config", "user.email", user.split()[0].lower() + "@example.org")
        return repo

    return make


@pytest.fixture
def repo(make_repo: Callable[..., GitRepo]) -> GitRepo:
    """An empty repository on branch main."""
    return make_repo("repo")


@pytest.fixture
def shared_data() -> Callable[[str], Path]:
    """The path of a recorded data set; skips the test where the data is not at hand."""

    def find(name: str) -> Path:
        folder = Path(os.environ.get("LLMOPS_TEST_DATA") or ROOT.parent / "shared" / "data")
        if not (folder / name).exists():
            pytest.skip(f"recorded data {name!r} is not here (set LLMOPS_TEST_DATA)")
        return folder / name

    return find
