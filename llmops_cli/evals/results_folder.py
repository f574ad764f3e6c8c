"""What one command measured, as a folder that a job hands on: outcome.json, and the stored runs below runs/.

It is written whatever happened: where nothing could be measured it says why, and before the end it says that the end
was not reached. Somebody else's folder is read by `results_reading`.
"""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from llmops_cli import __version__
from llmops_cli.config import load_config
from llmops_cli.errors import InputError, LlmopsError, MeasureError
from llmops_cli.evals.run_store import RunStore
from llmops_cli.evals.session import Outcome, SessionOptions
from llmops_cli.files.atomic import write_atomic
from llmops_cli.files.shape import FileShape

OUTCOME_FILE = "outcome.json"
CHECK_FILE = "check.json"
RUNS = "runs"
FORMAT: Literal["llmops.outcome/1"] = "llmops.outcome/1"


class StoppedRecord(FileShape):
    """Why something was not measured, as the person who started it was told."""

    message: str
    hint: str = ""
    exit_code: int


class OutcomeRecord(FileShape):
    """What a command came to. `command` are the words that do it again; unknown commits are empty."""

    format: Literal["llmops.outcome/1"] = FORMAT
    exit_code: int
    runs: list[str] = Field(default_factory=list)  # ids
    stopped: list[StoppedRecord] = Field(default_factory=list)
    command: list[str] = Field(default_factory=list)
    against: str = ""
    base_commit: str = ""
    head_commit: str = ""
    created_at: str  # RFC 3339, UTC
    llmops_version: str


class ResultsFolder:
    """The folder of one `eval run` with these options, in the repository around `project` (any folder of it)."""

    def __init__(self, path: Path, options: SessionOptions, *, project: Path) -> None:
        self.path, self.options, self.project = path, options, project

    def begin(self) -> None:
        """Say that the command has not ended: what is killed must not leave the verdict of the one before.

        Raises InputError when the folder cannot be written to.
        """
        self.write(Outcome((), (MeasureError("the command did not come to its end", hint="look at its log"),)))

    def write(self, outcome: Outcome) -> None:
        """Write what came of it, the runs first. Raises InputError."""
        store = RunStore(self.path / RUNS)
        base = next((one.run.baseline_commit for one in outcome.analyses if one.run.baseline_commit), "")
        try:
            ids = [store.copy(analysis.run).stem for analysis in outcome.analyses]
            record = OutcomeRecord(
                exit_code=outcome.exit_code,
                runs=ids,
                stopped=[_stopped(error) for error in outcome.stopped],
                command=command_words(self.options, base),
                against=self.options.against or "",
                base_commit=base,
                head_commit=_head(self.project),
                created_at=datetime.now(UTC).isoformat(timespec="seconds"),
                llmops_version=__version__,
            )
            text = json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=False)
            write_atomic(self.path / OUTCOME_FILE, text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise InputError(f"the results could not be written to {self.path}: {error.strerror}") from None


def command_words(options: SessionOptions, base_commit: str = "") -> list[str]:
    """The words that run this again, with the base as a commit where it is known: a branch moves on."""
    words = ["llmops", "eval", "run", *options.suites]
    against = base_commit[:12] or options.against
    words += ["--against", against] if against else []
    words += ["--anchor", options.anchor] if options.anchor else []
    words += ["--noninferior"] if options.noninferior else []
    words += ["--repeats", str(options.repeats)] if options.repeats else []
    return words + (["--allow-removed"] if options.allow_removed else [])


def _head(project: Path) -> str:
    """The commit that is checked out; empty where git does not say, which is no reason to hide the rest."""
    with suppress(LlmopsError):
        repo = load_config(project, on_broken=lambda _: None).find_repo()
        return (repo.head() if repo else None) or ""
    return ""


def _stopped(error: LlmopsError) -> StoppedRecord:
    return StoppedRecord(message=error.message, hint=error.hint, exit_code=error.exit_code)
