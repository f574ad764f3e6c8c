"""How long the static site of a large registry takes.

    python -m benchmarks.site [--versions 2000] [--prompts 200] [--keep DIR]

Builds a repository (see startup_and_registry.py) in which nine releases of ten carry scores, every one was promoted to
staging and every second one to production; and runs `llmops report site` in a process of its own: into an empty folder,
and once more with nothing changed.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.startup_and_registry import environment, release_all
from llmops_cli.config import load_config
from llmops_cli.evals.release_scores import ReleaseScore, ReleaseScores
from llmops_cli.prompts.registry import open_registry
from llmops_cli.vcs.trailers import with_trailers

LIMIT_S = 10.0


def scores(number: int) -> str:
    """What the tag of the n-th release says of its evaluation."""
    if (number + number // 200) % 10 == 3:
        return ""
    yes, golden = 180 + number * 7 % 19, "7f3a9c0d1e2b4455" if number < 1200 else "0011223344556677"
    metrics = {
        "cites": ReleaseScore(yes / 200, 200, yes=yes),
        "grounded": ReleaseScore(0.8 + number * 13 % 17 / 100, 200, error=0.0121),
        "cost_usd": ReleaseScore(0.0031 + number % 7 / 10_000, 200, error=0.00004),
    }
    return ReleaseScores(f"20261101T{number:06}Z-rag", "pass", metrics, "rag", golden).line()


def promote_all(folder: Path) -> None:
    """The branches of two environments, a commit for each move, as `llmops promote` writes them."""
    registry = open_registry(load_config(folder))
    releases = sorted(registry.releases(), key=lambda release: release.date)
    assert registry.repo is not None
    blobs = registry.repo.object_ids([f"{release.commit}:{release.path}" for release in releases])
    stream: list[bytes] = []
    for name, step in (("staging", 1), ("production", 2)):
        live: dict[str, str] = {}
        for number in range(0, len(releases), step):
            release = releases[number]
            trailers = {
                "Llmops-Action": "promote",
                "Llmops-Prompt": release.name,
                "Llmops-From": live.get(release.name, ""),
                "Llmops-To": str(release.version),
                "Llmops-Digest": release.digest,
                "Llmops-Reason": "measured well",
                "Llmops-Commit": release.commit,
            }
            message = with_trailers(f"promote {release.reference} to {name}", trailers).encode()
            when = f"Bench <bench@example.org> {1_710_000_000 + number * 60} +0000"
            stream += [
                f"commit refs/heads/llmops/{name}\ncommitter {when}\ndata {len(message)}\n".encode() + message,
                f"\nM 100644 {blobs[number]} prompts/{release.name}.yaml\n\n".encode(),
            ]
            live[release.name] = str(release.version)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=b"".join(stream), check=True)


def measured(command: list[str], folder: Path) -> tuple[float, float]:
    """Wall seconds of one process, and CPU seconds of it and its gits."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment(folder))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Build, measure, print; 1 when the first build is slower than its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", type=int, default=2000)
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="leave repository and site in this new folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="llmops-bench-") as name:
        top = options.keep or Path(name)
        folder, site = top / "repo", top / "site"
        release_all(folder, options.versions, options.prompts, scores)
        promote_all(folder)
        command = [sys.executable, "-m", "llmops_cli", "report", "site", str(site)]
        measured([sys.executable, "-m", "llmops_cli", "--help"], folder)  # compiled, as an installed package is
        first = measured(command, folder)
        again = measured(command, folder)
        pages = list(site.rglob("*.html"))
        size = sum(path.stat().st_size for path in pages) / 1e6
        print(f"{options.prompts} prompts, {options.versions} released versions: {len(pages)} pages, {size:.1f} MB")
        print(f"first build {first[0]:.2f} s (CPU {first[1]:.2f} s), limit {LIMIT_S:g} s")
        print(f"again with nothing changed {again[0]:.2f} s (CPU {again[1]:.2f} s)")
    return 1 if first[0] > LIMIT_S else 0


if __name__ == "__main__":
    sys.exit(main())
