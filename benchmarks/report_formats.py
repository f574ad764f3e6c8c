"""How long reports of stored runs take, and how much memory: among many runs, and of a large one in every format.

    python -m benchmarks.report_formats [--runs 1000] [--cases 10000] [--words 150]

Every command is a process of its own. Figures that were seen stand in benchmarks/FIGURES.md.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from llmops_cli.evals.analysis import decided, evidence_of, policy_as_json
from llmops_cli.evals.policy import Policy, Rule, Tolerance
from llmops_cli.evals.run import CaseRecord, Result, Role, Run, ScoreRecord, Side
from llmops_cli.evals.run_store import RunStore
from llmops_cli.reports.formats import FORMATS

POLICY = Policy({"right": Rule("right", 0.5, Tolerance(0.02, False))})
ROOT = Path(__file__).resolve().parent.parent


def side(role: Role, cases: int, words: int) -> Side:
    """Two scores a case; one case in thirteen of the candidate is wrong."""
    results = []
    for number in range(cases):
        right = role == "baseline" or number % 13 > 0
        scores = {
            "right": ScoreRecord(status="scored", value=float(right), passed=right, reason="compared by hand"),
            "short": ScoreRecord(status="scored", value=1.0, passed=True),
        }
        output = f"case {number}: " + "word " * words
        results.append(
            Result(case=f"case-{number}", repeat=0, output=output, latency_ms=5.0, cost_usd=0.001, scores=scores)
        )
    version = "1.0.0" if role == "baseline" else "1.0.1"
    return Side(
        role=role, prompt="answerer", version=version, digest=f"sha256:{role}", model="openai/scripted",
        commit="c" * 40, dirty=False, path="prompts/answerer.yaml", line=7, results=results,
    )  # fmt: skip


def large_run(run_id: str, cases: int, words: int) -> Run:
    """A run of both sides with its verdict."""
    run = Run(
        id=run_id, suite="answerer", suite_path="evals/answerer.yaml", created_at="2026-11-21T12:00:00Z",
        llmops_version="0", repeats=1, repeatable=True, against="main", baseline_commit="b" * 40,
        cases=[CaseRecord(id=f"case-{n}", vars={"question": f"What of {n}?"}) for n in range(cases)],
        candidate=side("candidate", cases, words), baseline=side("baseline", cases, words),
        policy=policy_as_json(POLICY),
    )  # fmt: skip
    return decided(run, evidence_of(run, POLICY))[0]


def measured(folder: Path, *arguments: str) -> tuple[float, float, float]:
    """Seconds and peak memory (MB) of one command, and how much it wrote (MB)."""
    target = folder / "report"
    command = [sys.executable, "-m", "llmops_cli", "eval", "report", *arguments, "-o", str(target)]
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    assert process.returncode == 1, process.stderr.read().decode() if process.stderr else ""
    return seconds, usage.ru_maxrss / 1024, target.stat().st_size / 1e6


def show(what: str, found: tuple[float, float, float]) -> None:
    print(f"{what:<28} {found[0]:>8.2f} {found[1]:>8.0f} {found[2]:>8.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--words", type=int, default=150)
    options = parser.parse_args()
    print(f"{'':<28} {'seconds':>8} {'peak MB':>8} {'wrote MB':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = large_run("x", 50, options.words)
        for count in (1, options.runs):
            store = RunStore(folder / ".llmops/runs")
            for number in range(len(store.ids()), count):
                suite = f"suite-{number % 5}"
                run_id = f"20261120T{number:06}Z-{suite}-abcdef"
                store.save(small.model_copy(update={"id": run_id, "suite": suite}))
            show(f"latest of {count:,}", measured(folder, "latest", "--format", "json"))
        show(f"each suite of {options.runs:,}", measured(folder, "--each-suite", "--format", "json"))
        show(f"all {options.runs:,} as junit", measured(folder, ".llmops/runs", "--format", "junit"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        RunStore(folder / ".llmops/runs").save(
            large_run("20261121T120000Z-answerer-abcdef", options.cases, options.words)
        )
        for known in FORMATS:
            show(f"{options.cases:,} x 2 as {known}", measured(folder, "--format", known))


if __name__ == "__main__":
    main()
