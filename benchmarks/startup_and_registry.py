"""How long the shell waits: start-up, and reading a registry of many released versions.

    python benchmarks/startup_and_registry.py [--versions 1000] [--prompts 20] [--runs 9] [--profile]

Builds a repository with git fast-import (real digests, annotated tags, two environments), times commands as medians of
fresh processes after one that warms the disk and compiles (as an installed package is compiled, also where
PYTHONDONTWRITEBYTECODE is set), and lists what heavy modules each of them loads.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from llmops_cli.config import load_config  # noqa: E402
from llmops_cli.prompts.environment import Wish, move  # noqa: E402
from llmops_cli.prompts.file import read_prompt  # noqa: E402
from llmops_cli.prompts.registry import open_registry  # noqa: E402
from llmops_cli.prompts.tag import Release  # noqa: E402
from llmops_cli.vcs.tree import WorkTree  # noqa: E402

HEAVY = ("git", "jinja2", "jsonschema", "litellm", "numpy", "openai", "pydantic", "rich", "ruamel", "scipy", "yaml")
LIMIT_S = 0.6  # `prompt list` with 1,000 released versions, Python's own start included
FILE = """\
name: {name}
version: {version}
model: openai/gpt-5-mini
params: {{temperature: 0}}
template_format: dollar
variables:
  question: {{type: string, min_length: 1}}
  context: {{type: string}}
template: |
  You are an assistant of the {name} team, in its {version} wording.
  Answer from the context only, and cite the passage you used.

  $context

  $question
"""


def build(folder: Path, versions: int, prompts: int) -> None:
    """A repository in which `versions` commits each release one version of one of the prompts, the last ones live."""
    latest = release_all(folder, versions, prompts)
    registry = open_registry(load_config(folder))
    for name, version in latest.items():
        for environment in ("staging", "production"):
            move(registry, Wish("promote", name, version, environment), tell=print)
            registry = open_registry(load_config(folder))


def release_all(
    folder: Path, versions: int, prompts: int, scores: Callable[[int], str] = lambda _: ""
) -> dict[str, str]:
    """Make the repository and return the newest version of each prompt. `scores`: figures of the n-th release."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    for key, value in (("user.name", "Bench"), ("user.email", "bench@example.org")):
        subprocess.run(["git", "config", key, value], cwd=folder, check=True)
    stream: list[bytes] = []
    latest: dict[str, str] = {}
    tree = WorkTree(folder)
    for number in range(versions):
        name, minor = f"prompt-{number % prompts:02}", number // prompts
        text = FILE.format(name=name, version=f"1.{minor}.0")
        path = f"prompts/{name}.yaml"
        prompt = read_prompt(text, tree, path, folder="prompts")
        mark = number + 1
        level = "minor" if minor else "first"
        release = Release(name, prompt.version, prompt.digest, "", path, level, scores(number))
        when = f"Bench <bench@example.org> {1_700_000_000 + number * 60} +0000"
        message = f"{name} 1.{minor}.0".encode()
        note = release.message().encode()
        stream += [
            f"commit refs/heads/main\nmark :{mark}\ncommitter {when}\ndata {len(message)}\n".encode() + message,
            f"\nM 100644 inline {path}\ndata {len(text.encode())}\n{text}\n".encode(),
            f"tag {release.tag}\nfrom :{mark}\ntagger {when}\ndata {len(note)}\n".encode() + note + b"\n",
        ]
        latest[name] = str(prompt.version)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=b"".join(stream), check=True)
    subprocess.run(["git", "reset", "-q", "--hard", "main"], cwd=folder, check=True)
    subprocess.run(["git", "pack-refs", "--all"], cwd=folder, check=True)
    return latest


def timed(command: Sequence[str], folder: Path, runs: int) -> tuple[list[float], float]:
    """Wall seconds of every run but the first, which only warms up; and CPU seconds of one, git's included."""
    seconds: list[float] = []
    for number in range(runs + 1):
        if number == 1:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment(folder))
        seconds.append(time.perf_counter() - start)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds[1:], (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / runs


def loaded(arguments: Sequence[str], folder: Path) -> list[str]:
    """The heavy modules that a command leaves behind in its process."""
    program = (
        "import sys\nfrom llmops_cli.cli.main import main\n"
        f"main({list(arguments)!r})\nprint(*sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, check=True, capture_output=True, text=True, env=environment(folder)
    )
    return done.stderr.strip().split("\n")[-1].split()


def environment(folder: Path) -> dict[str, str]:
    """The environment of every process that is measured."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(folder) + ".pyc"}


def row(shown: str, seconds: Sequence[float], cpu: float, python_s: float, heavy: Sequence[str]) -> str:
    """One line of the table."""
    median = statistics.median(seconds)
    figures = f"{median:9.3f} {min(seconds):7.3f} {max(seconds):7.3f} {cpu:7.3f} {median / python_s:9.1f}"
    return f"{shown:<36} {figures}  {', '.join(heavy) or 'none'}"


def main() -> int:
    """Build, measure, print; 1 when `prompt list` is slower than its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", type=int, default=1000)
    parser.add_argument("--prompts", type=int, default=20)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--profile", action="store_true", help="profile `prompt list` as well")
    options = parser.parse_args()
    python = [sys.executable, "-m", "llmops_cli"]
    commands: dict[str, list[str]] = {
        "llmops --help": ["--help"],
        "llmops prompt list": ["prompt", "list"],
        "llmops prompt log prompt-00": ["prompt", "log", "prompt-00"],
        "llmops prompt check": ["prompt", "check"],
        "llmops env list": ["env", "list"],
        "llmops env log production": ["env", "log", "production"],
        "llmops prompt show prompt-00@^1.3": ["prompt", "show", "prompt-00@^1.3"],
    }
    with tempfile.TemporaryDirectory(prefix="llmops-bench-") as name:
        folder = Path(name) / "repo"
        start = time.perf_counter()
        build(folder, options.versions, options.prompts)
        print(f"{options.versions} released versions of {options.prompts} prompts, built in", end=" ")
        print(f"{time.perf_counter() - start:.1f} s; medians of {options.runs} runs, wall")
        bare, bare_cpu = timed([sys.executable, "-c", "pass"], folder, options.runs)
        python_s = statistics.median(bare)
        print(f"{'command':<36} {'median s':>9} {'min':>7} {'max':>7} {'CPU s':>7} {'x python':>9}  heavy modules")
        print(row("python -c pass", bare, bare_cpu, python_s, []))
        medians: dict[str, float] = {}
        for shown, arguments in commands.items():
            seconds, cpu = timed([*python, *arguments], folder, options.runs)
            medians[shown] = statistics.median(seconds)
            print(row(shown, seconds, cpu, python_s, loaded(arguments, folder)))
        if options.profile:
            profile = [sys.executable, "-m", "cProfile", "-s", "cumulative", "-m", "llmops_cli", "prompt", "list"]
            shown = subprocess.run(
                profile, cwd=folder, capture_output=True, text=True, check=True, env=environment(folder)
            )
            print("\n".join(shown.stdout.split("\n")[:80]))
    slow = medians["llmops prompt list"] > LIMIT_S
    print(f"prompt list: {medians['llmops prompt list']:.3f} s, limit {LIMIT_S} s: {'too slow' if slow else 'ok'}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
