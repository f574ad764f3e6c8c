"""Results of a command by hand, as the comment gets them."""

from pathlib import Path

from llmops_cli.errors import LlmopsError
from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.results_folder import ResultsFolder
from llmops_cli.evals.results_reading import Results, read_results
from llmops_cli.evals.session import Outcome, SessionOptions

OPTIONS = SessionOptions(against="main")


def kept(folder: Path, *analyses: Analysis, stopped: tuple[LlmopsError, ...] = (), check: str = "") -> Path:
    """The folder that `eval run --results` leaves of these; with `check` as what `prompt check --json` printed."""
    ResultsFolder(folder, OPTIONS, project=folder.parent).write(Outcome(analyses, stopped))
    if check:
        (folder / "check.json").write_text(check, encoding="utf-8")
    return folder


def results(folder: Path, *analyses: Analysis, stopped: tuple[LlmopsError, ...] = (), check: str = "") -> Results:
    """The same, read again."""
    return read_results(kept(folder, *analyses, stopped=stopped, check=check))
