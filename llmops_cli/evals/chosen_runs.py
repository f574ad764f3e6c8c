"""Which stored runs a person means, and what belongs to them that is no run: why something was not measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from llmops_cli.errors import InputError, MeasureError
from llmops_cli.evals.analysis import Analysis, analyse
from llmops_cli.evals.results_folder import OUTCOME_FILE, RUNS, StoppedRecord
from llmops_cli.evals.results_reading import read_results
from llmops_cli.evals.run_id import suite_of
from llmops_cli.evals.run_store import RunStore, read_run
from llmops_cli.evals.session import code_of


@dataclass(frozen=True, slots=True)
class Chosen:
    """Runs that were decided, and why others were not made, in the order they were named."""

    analyses: tuple[Analysis, ...]
    stopped: tuple[StoppedRecord, ...] = ()

    @property
    def exit_code(self) -> int:
        """That of a command which had decided all of them: what is missing is never a pass."""
        return code_of(self.analyses, [one.exit_code for one in self.stopped])


def chosen_runs(store: RunStore, names: Sequence[str]) -> Chosen:
    """Runs by id, the beginning of it, file or `latest`, and all those of folders, oldest first; each file once.

    A folder is one of runs, one with such a folder `runs` in it, or one of results, which also knows what was not
    measured. Raises InputError for a name that means nothing, or a file that is no run; MeasureError for results
    without any run, which would look like a report that has nothing to object to.
    """
    analyses: dict[Path, Analysis] = {}
    stopped: list[StoppedRecord] = []
    for name in names:
        folder = Path(name)
        if (folder / OUTCOME_FILE).is_file():
            results = read_results(folder)
            stopped += results.outcome.stopped
            analyses |= {(folder / RUNS / one.run.id).resolve(): one for one in results.analyses}
            continue
        for path in _files(folder) if folder.is_dir() else [store.path_of(name)]:
            key = path.with_suffix("").resolve()
            if key not in analyses:
                analyses[key] = analyse(read_run(path))
    if not analyses:
        reasons = "; ".join(one.message for one in stopped)
        raise MeasureError(f"nothing was measured, so there is no report: {reasons}", hint="llmops eval run")
    return Chosen(tuple(analyses.values()), tuple(stopped))


def newest_of_each_suite(store: RunStore) -> list[str]:
    """The id of the newest run of every suite, oldest first, as ids tell: `TIME-SUITE-INPUTS`; nothing is read."""
    newest = {suite: name for name in store.ids() if (suite := suite_of(name))}
    return sorted(newest.values())


def _files(folder: Path) -> list[Path]:
    """The files of all runs of a folder, or of its folder `runs`. Raises InputError where there is none."""
    inner = folder / RUNS
    store = RunStore(inner if inner.is_dir() else folder)
    if not (ids := store.ids()):
        raise InputError(f"{folder} holds no runs", hint="name a run, a file, or a folder such as .llmops/runs")
    return [store.path_of(name) for name in ids]
