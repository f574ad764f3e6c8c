"""A registry of 10,000 released versions: how long the shell waits for llmops, and for gto on the same repositories.

    python -m benchmarks.registry_at_scale [--versions 10000] [--prompts 10 500] [--runs 5] [--gto-limit 300] [--no-gto]

Both shapes are built with git fast-import (real digests, annotated tags, two environments). Every command is a process
of its own; walls are medians after a run that warms up, CPU seconds contain git's. gto is installed into an environment
of its own, and skipped with a sentence where that cannot be done; a command of gto's that is not done after the limit
is stopped, and counts as that long. Ratios are of one run: the same machine, minutes apart.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.startup_and_registry import environment, release_all, timed

LIMIT_S = {"list": 0.5, "show": 0.5, "log": 0.5, "release": 1.0, "rollback": 1.0}
WANTED_RATIO = 50
GTO = "gto>=1.10,<1.11"
LLMOPS = [sys.executable, "-m", "llmops_cli"]


def install_gto(folder: Path) -> Path | None:
    """gto's program in an environment of its own; None, with a sentence, where it cannot be had."""
    python = folder / "gto" / "bin" / "python"
    steps = [
        [sys.executable, "-m", "venv", str(folder / "gto")],
        [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", GTO],
    ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"gto is not compared: {(done.stderr.strip() or done.stdout).splitlines()[-1]}")
            return None
    return python.with_name("gto")


def once(command: Sequence[str], folder: Path, limit: float) -> tuple[float, bool]:
    """Wall seconds of one run, and whether it ended by itself."""
    start = time.perf_counter()
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment(folder), timeout=limit)
    except subprocess.TimeoutExpired:
        return time.perf_counter() - start, False
    return time.perf_counter() - start, True


def reading(folder: Path, version: str, runs: int) -> dict[str, tuple[float, float]]:
    """Wall and CPU seconds of the commands that read."""
    commands = {
        "list": ["prompt", "list"],
        "show": ["prompt", "show", f"prompt-00@{version}"],
        "log": ["prompt", "log", "prompt-00"],
    }
    found: dict[str, tuple[float, float]] = {}
    for name, arguments in commands.items():
        seconds, cpu = timed([*LLMOPS, *arguments], folder, runs)
        found[name] = statistics.median(seconds), cpu
    return found


def writing(folder: Path, version: str, runs: int) -> dict[str, tuple[float, float]]:
    """Wall seconds of one more release, and of a rollback after a promotion; no remote, so its local part alone."""
    path = folder / "prompts" / "prompt-00.yaml"
    major, minor, _ = (int(part) for part in version.split("."))
    walls: dict[str, list[float]] = {"release": [], "rollback": []}
    for number in range(1, runs + 2):
        wanted = f"{major}.{minor}.{number}"
        lines = [f"version: {wanted}" if line.startswith("version:") else line for line in path.read_text().split("\n")]
        path.write_text("\n".join(lines) + f"  In its {number}. wording.\n")
        subprocess.run(["git", "commit", "-qam", wanted], cwd=folder, check=True)
        walls["release"].append(once([*LLMOPS, "prompt", "release", "prompt-00"], folder, 60)[0])
        promoted = [*LLMOPS, "promote", "prompt-00", wanted, "--env", "production"]
        subprocess.run(promoted, cwd=folder, check=True, capture_output=True, env=environment(folder))
        walls["rollback"].append(once([*LLMOPS, "rollback", "prompt-00"], folder, 60)[0])
    return {name: (statistics.median(seconds[1:]), 0.0) for name, seconds in walls.items()}


def gto_compared(gto: Path, folder: Path, ours: dict[str, tuple[float, float]], limit: float) -> bool:
    """Print gto's seconds beside ours; whether every ratio is large enough."""
    pairs = [
        ("list", ["show"]),
        ("show", ["show", "prompt-00"]),
        ("log", ["history", "prompt-00"]),
        ("release", ["register", "prompt-00", "--version", "v999.0.0"]),
    ]
    enough = True
    # gto registers one version a commit, and HEAD is the commit of our last release
    subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "for gto"], cwd=folder, check=True)
    for name, arguments in pairs:
        seconds, done = once([str(gto), *arguments], folder, limit)
        ratio = seconds / ours[name][0]
        enough &= ratio >= WANTED_RATIO
        mark = "" if done else "more than "
        print(f"| `gto {' '.join(arguments)}` | {mark}{seconds:.1f} | | {mark}{ratio:.0f} x ours ({name}) |")
    return enough


def main() -> int:
    """Build, measure, print; 1 when a command of ours is slower than its limit, or gto is not slow enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", type=int, default=10_000)
    parser.add_argument("--prompts", type=int, nargs="+", default=[10, 500])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--gto-limit", type=float, default=300.0, metavar="SECONDS")
    parser.add_argument("--no-gto", action="store_true")
    options = parser.parse_args()
    well = True
    with tempfile.TemporaryDirectory(prefix="llmops-bench-") as name:
        gto = None if options.no_gto else install_gto(Path(name))
        for prompts in options.prompts:
            folder = Path(name) / f"of-{prompts}"
            latest = release_all(folder, options.versions, prompts)["prompt-00"]
            for place in ("staging", "production"):
                promote = [*LLMOPS, "promote", "--all", "--env", place]
                subprocess.run(promote, cwd=folder, check=True, capture_output=True, env=environment(folder))
            ours = reading(folder, latest, options.runs) | writing(folder, latest, options.runs)
            print(f"\n{options.versions:,} released versions over {prompts} prompts\n")
            print("| command | wall s | CPU s | limit, or ratio |\n|---|---|---|---|")
            for command, (wall, cpu) in ours.items():
                well &= wall <= LIMIT_S[command]
                print(f"| `llmops` {command} | {wall:.2f} | {f'{cpu:.2f}' if cpu else ''} | {LIMIT_S[command]} s |")
            if gto is not None:
                well &= gto_compared(gto, folder, ours, options.gto_limit)
    print("\nall within their limits" if well else "\nNOT all within their limits")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
