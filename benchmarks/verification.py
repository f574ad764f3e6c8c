"""How long `llmops verify` takes of a registry of many released versions.

    python -m benchmarks.verification [--versions 10000] [--signed 200] [--runs 3]

`--versions` over 10 prompts and over 500, the newest of each live on two environments: every file is read from its
commit and parsed, its digest recomputed, its merge looked up, and environments and tags compared. Then `--signed`
releases with SSH signatures: the first verification asks git of each, the next ones know. Medians of fresh processes.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.startup_and_registry import environment, release_all, timed
from llmops_cli.config import load_config
from llmops_cli.prompts.environment import move_all
from llmops_cli.prompts.registry import open_registry
from llmops_cli.prompts.wish import Target, Wishes

LIMIT_S = 20.0
COMMAND = [sys.executable, "-m", "llmops_cli", "verify"]


def build(folder: Path, versions: int, prompts: int) -> None:
    """Released versions, the newest of each prompt live on two environments."""
    newest = tuple(Target(name, version) for name, version in release_all(folder, versions, prompts).items())
    for place in ("staging", "production"):
        move_all(open_registry(load_config(folder)), Wishes("promote", place, newest), tell=print)


def sign(folder: Path, key: Path) -> None:
    """Make every tag anew, signed by a key that main names."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (folder / "signers").write_text(f"bench@example.org {key.with_suffix('.pub').read_text()}")
    (folder / "llmops.yaml").write_text("signing: {allowed_signers: signers, required: true}\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "who may sign")
    for name, value in (("gpg.format", "ssh"), ("user.signingKey", str(key))):
        git(folder, "config", name, value)
    for release in open_registry(load_config(folder)).releases():
        git(folder, "tag", "-f", "-s", "-m", release.message(), release.tag, release.commit)


def git(folder: Path, *arguments: str) -> None:
    """Run git, and be quiet about it."""
    subprocess.run(["git", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def row(shown: str, seconds: list[float], cpu: float) -> float:
    """Print one line; returns the median."""
    median = statistics.median(seconds)
    print(f"| {shown} | {median:.1f} | {min(seconds):.1f} | {max(seconds):.1f} | {cpu:.1f} |")
    return median


def main() -> int:
    """Build, measure, print; 1 when a verification of unsigned releases is slower than its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", type=int, default=10_000)
    parser.add_argument("--signed", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print("| `llmops verify` of | median s | min | max | CPU s |\n|---|---|---|---|---|")
    slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="llmops-bench-") as name:
        for prompts in (10, 500):
            folder = Path(name) / f"over-{prompts}"
            build(folder, options.versions, prompts)
            shown = f"{options.versions:,} releases over {prompts} prompts"
            slowest = max(slowest, row(shown, *timed(COMMAND, folder, options.runs)))
        if options.signed and shutil.which("ssh-keygen"):
            folder = Path(name) / "signed"
            release_all(folder, options.signed, 10)
            sign(folder, Path(name) / "key")
            start = time.perf_counter()
            subprocess.run(COMMAND, cwd=folder, check=True, capture_output=True, env=environment(folder))
            first = time.perf_counter() - start
            print(f"| {options.signed:,} signed releases, for the first time | {first:.1f} | | | |")
            row(f"{options.signed:,} signed releases, again", *timed(COMMAND, folder, options.runs))
    print(
        f"slowest of unsigned ones: {slowest:.1f} s, limit {LIMIT_S:g} s: {'too slow' if slowest > LIMIT_S else 'ok'}"
    )
    return 1 if slowest > LIMIT_S else 0


if __name__ == "__main__":
    sys.exit(main())
