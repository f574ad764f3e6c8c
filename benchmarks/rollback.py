"""Measure how long a running service serves the version that somebody rolls back from.

    python -m benchmarks.rollback [--rollbacks 50] [--versions 10000] [--prompts 20] [--poll 5]

A bare repository behind git's own http-backend on the loopback, a service in a process of its own that polls it with
the default interval and asks for its prompt all the time, and `llmops rollback` as a process of its own, at moments
that have nothing to do with the poll. Of each rollback: seconds of the command, the push and the remote's part of it
included; seconds from its start, and from its end, until the service serves the version before. Then the local part
alone (`--no-push`), and the CPU of it, which tells more where other work keeps the machine busy. The limits are ten
seconds, and one for the local part. And what `import llmops_cli.runtime` costs, over bare Python.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.startup_and_registry import environment, release_all, timed
from llmops_cli.config import load_config
from llmops_cli.prompts.environment import Wish, move
from llmops_cli.prompts.registry import open_registry
from tests.git_server import GitServer

NAME = "prompt-00"
LOCAL_LIMIT_S, SERVED_LIMIT_S = 1.0, 10.0
SERVICE = f"""
import json, sys, time
from llmops_cli.runtime import Prompts
address, cache, poll_s = sys.argv[1:]
served = ""
with Prompts(address, cache_dir=cache, **({{"poll_s": float(poll_s)}} if poll_s else {{}})) as prompts:
    while True:
        prompt = prompts.get("{NAME}")
        if prompt.version != served:
            served = prompt.version
            print(json.dumps([served, time.monotonic()]), flush=True)
        time.sleep(0.002)
"""


class Service:
    """The process that serves, and the moment at which it served each version last began to."""

    def __init__(self, address: str, cache: Path, poll_s: str) -> None:
        command = [sys.executable, "-c", SERVICE, address, str(cache), poll_s]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(cache))
        self._news = threading.Condition()
        self._served = ("", 0.0)
        threading.Thread(target=self._listen, daemon=True).start()

    def when(self, version: str, timeout_s: float = 60) -> float:
        """The moment from which on this version was served; waits for it."""
        with self._news:
            if not self._news.wait_for(lambda: self._served[0] == version, timeout_s):
                raise SystemExit(f"{version} is not served after {timeout_s:g} s, but {self._served[0] or 'nothing'}")
            return self._served[1]

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._news:
                version, moment = json.loads(line)
                self._served = (version, moment)
                self._news.notify_all()


def build(folder: Path, options: argparse.Namespace) -> tuple[Path, list[str]]:
    """A clone of a bare repository, with as many versions of one prompt promoted as are to be rolled back."""
    clone = folder / "clone"
    latest = release_all(clone, options.versions, options.prompts)[NAME]
    newest = int(latest.split(".")[1])
    if newest < options.rollbacks:
        raise SystemExit(f"{options.rollbacks} rollbacks need more versions than the {newest + 1} of {NAME}")
    subprocess.run(["git", "clone", "-q", "--bare", str(clone), str(folder / "prompts.git")], check=True)
    subprocess.run(["git", "remote", "add", "origin", str(folder / "prompts.git")], cwd=clone, check=True)
    versions = [f"1.{minor}.0" for minor in range(newest - options.rollbacks, newest + 1)]
    for version in versions:
        move(open_registry(load_config(clone)), Wish("promote", NAME, version, "production"), tell=print)
    return clone, versions


def roll_back(clone: Path, service: Service, versions: Sequence[str], pause_s: float) -> list[tuple[float, float]]:
    """Of each rollback the seconds of the command, and from its start until the service served the version before."""
    seconds: list[tuple[float, float]] = []
    for version in reversed(versions[:-1]):
        time.sleep(random.uniform(0, pause_s))
        start = time.monotonic()
        llmops(clone, "rollback", NAME, "--reason", "measured")
        end = time.monotonic()
        seconds.append((end - start, service.when(version) - start))
    return seconds


def roll_back_here(clone: Path, versions: Sequence[str], runs: int = 10) -> list[tuple[float, float]]:
    """Seconds and CPU of rollbacks that are recorded in this clone only."""
    seconds: list[tuple[float, float]] = []
    for run in range(runs):
        start, before = time.monotonic(), cpu_of_children()
        llmops(clone, "rollback", NAME, versions[1 + run % 2], "--no-push")
        seconds.append((time.monotonic() - start, cpu_of_children() - before))
    return seconds


def llmops(clone: Path, *arguments: str) -> None:
    """A command that must succeed, as a process of its own."""
    command = [sys.executable, "-m", "llmops_cli", *arguments]
    subprocess.run(command, cwd=clone, check=True, capture_output=True, env=environment(clone))


def cpu_of_children() -> float:
    """CPU seconds of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def import_s(folder: Path, runs: int = 9) -> tuple[float, float]:
    """Seconds, and CPU, that importing the runtime adds to a process that does nothing else; medians."""
    medians: list[tuple[float, float]] = []
    for program in ("pass", "import llmops_cli.runtime"):
        seconds, cpu = timed([sys.executable, "-c", program], folder, runs)
        medians.append((statistics.median(seconds), cpu))
    return medians[1][0] - medians[0][0], medians[1][1] - medians[0][1]


def row(shown: str, seconds: Sequence[float], limit_s: float | None = None) -> str:
    """One line of the table, and what it may be at most."""
    ranked = sorted(seconds)
    p50, p95 = (ranked[min(len(ranked) - 1, int(share * len(ranked)))] for share in (0.5, 0.95))
    limit = f"{limit_s:7.1f}" if limit_s else ""
    return f"{shown:<44} {p50:7.2f} {p95:7.2f} {ranked[-1]:7.2f} {limit}"


def main() -> int:
    """Build, measure, print; 1 when a rollback took longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rollbacks", type=int, default=50)
    parser.add_argument("--versions", type=int, default=10_000)
    parser.add_argument("--prompts", type=int, default=20)
    parser.add_argument("--poll", default="", help="seconds between polls, instead of the runtime's own")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="llmops-bench-") as name:
        folder = Path(name)
        clone, versions = build(folder, options)
        with GitServer(folder, token="") as server:
            service = Service(f"{server.url}/prompts.git", folder / "cache", options.poll)
            try:
                service.when(versions[-1])
                rollbacks = roll_back(clone, service, versions, float(options.poll or 5))
            finally:
                service.end()
        here = roll_back_here(clone, versions)
        seconds, cpu_s = import_s(folder)
    served = [until for _, until in rollbacks]
    shown = f"{options.poll} s" if options.poll else "5 s, the default"
    print(f"{len(served)} rollbacks among {options.versions:,} versions of {options.prompts} prompts, poll {shown}")
    print(f"{'seconds':<44} {'p50':>7} {'p95':>7} {'p100':>7} {'limit':>7}")
    print(row("from its start until the service serves it", served, SERVED_LIMIT_S))
    print(row("from its end until the service serves it", [max(0.0, until - own) for own, until in rollbacks]))
    print(row("llmops rollback, its push included", [own for own, _ in rollbacks]))
    print(row("the local part: llmops rollback --no-push", [own for own, _ in here], LOCAL_LIMIT_S))
    print(row("its CPU, git's included", [cpu for _, cpu in here]))
    print(f"import llmops_cli.runtime: {1000 * seconds:.0f} ms over bare Python ({1000 * cpu_s:.0f} ms CPU)")
    slow = max(served) > SERVED_LIMIT_S or statistics.median(own for own, _ in here) > LOCAL_LIMIT_S
    print("too slow" if slow else "ok")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
