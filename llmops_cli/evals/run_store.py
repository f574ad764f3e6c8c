"""Runs on disk below `.llmops/runs/`: ID.json says what a run was, and ID.results.jsonl holds its results.

The results are written as they arrive, the other file once, at the end: a run is there when it is whole.
"""

import contextlib
import itertools
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from llmops_cli.errors import InputError
from llmops_cli.evals.result_log import ResultLog, read_log
from llmops_cli.evals.run import Result, Role, Run, Side
from llmops_cli.files.atomic import write_atomic
from llmops_cli.files.json_value import Json, parse_whole_json, read_text
from llmops_cli.files.shape import shape_of

_HEAD = ".json"
_RESULTS = ".results.jsonl"
_PARTIAL = ".partial"
_ABANDONED_S = 86_400.0
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


class RunStore:
    """The runs of one project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open_log(self, run_id: str) -> ResultLog:
        """Where the results of a run go while it is made.

        Its `run_id` is free, and taken by this: `ID-2` where another run of that second has this one. Raises OSError.
        """
        self._sweep()
        for number in itertools.count(1):
            name = run_id if number == 1 else f"{run_id}-{number}"
            try:
                log = ResultLog(self.folder / f".{name}{_PARTIAL}", run_id=name)
            except FileExistsError:
                continue
            # looked for after the file of that name was made: whoever had it before has given the result its name
            if not any((self.folder / f"{name}{ending}").exists() for ending in (_HEAD, _RESULTS)):
                return log
            log.discard()
        raise AssertionError("numbers do not end")

    def save(self, run: Run) -> Path:
        """Write the run; returns where. Raises OSError."""
        log = run.log if isinstance(run.log, ResultLog) else self.open_log(run.id)
        for side in run.sides:
            for result in side.results:
                if result.at is None:  # what could not be written when it arrived, or of a run that was never logged
                    log.keep(side.role, run.full(result))
        return self._finish(run, log)

    def copy(self, run: Run) -> Path:
        """Write the run here too, whole; where it was kept it stays. Returns where. Raises OSError."""
        log = self.open_log(run.id)
        for side in run.sides:
            for result in side.results:
                log.keep(side.role, run.full(result))
        return self._finish(run, log)

    def _finish(self, run: Run, log: ResultLog) -> Path:
        """Give the results their name, and write what the run was beside them."""
        path = self.folder / f"{log.run_id}{_HEAD}"
        log.moved(self.folder / f"{log.run_id}{_RESULTS}")
        head = run.model_dump(mode="json", exclude=cast(dict[str, Any], {side.role: {"results"} for side in run.sides}))
        head |= {"id": log.run_id, "results": log.count}
        write_atomic(path, json.dumps(head, indent=1, ensure_ascii=False).encode())
        return path

    def _sweep(self) -> None:
        """Take away what runs have left that were killed more than a day ago."""
        for path in self.folder.glob(f".*{_PARTIAL}"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - _ABANDONED_S:
                    path.unlink()

    def ids(self) -> list[str]:
        """All run ids, oldest first (ids begin with the time)."""
        return sorted(path.stem for path in self.folder.glob("*.json")) if self.folder.is_dir() else []

    def load(self, name: str) -> Run:
        """A run by id, by the beginning of its id, by file path, or `latest`.

        Raises InputError when there is none or several fit, FileError when the file is not a run of a known format.
        """
        return read_run(self.path_of(name))

    def path_of(self, name: str) -> Path:
        """The file of a run, named as for `load`. Raises InputError when there is none or several fit."""
        if name.endswith(_HEAD) and Path(name).is_file():
            return Path(name)
        ids = self.ids()
        fitting = (
            ids[-1:] if name == "latest" else [i for i in ids if i == name] or [i for i in ids if i.startswith(name)]
        )
        if not fitting or not (name == "latest" or _ID.match(name)):
            hint = f"the newest are: {', '.join(ids[-3:])}" if ids else "llmops eval run makes one"
            missing = "there is no stored run yet" if not ids else f"there is no run {name!r}"
            raise InputError(missing, hint=hint)
        if len(fitting) > 1:
            raise InputError(f"{len(fitting)} runs begin with {name!r}", hint=", ".join(fitting[:5]))
        return self.folder / f"{fitting[0]}{_HEAD}"

    def measured(self, digest: str, *, limit: int = 50) -> list[Run]:
        """The newest run of every suite whose candidate had this prompt digest, by suite; of the last `limit` runs."""
        found: dict[str, Run] = {}
        for name in reversed(self.ids()[-limit:]):
            path = self.folder / f"{name}.json"
            if digest in path.read_text(encoding="utf-8"):
                run = read_run(path)
                if run.candidate.digest == digest and not run.unchanged:
                    found.setdefault(run.suite, run)
        return [found[suite] for suite in sorted(found)]

    def comparisons(self, baseline: str, candidate: str, *, limit: int = 50) -> Iterator[Run]:
        """The newest run of every suite that compared these two prompt digests, among the last `limit` runs."""
        seen: set[str] = set()
        for name in reversed(self.ids()[-limit:]):
            path = self.folder / f"{name}.json"
            text = path.read_text(encoding="utf-8")
            if candidate not in text or baseline not in text:
                continue
            run = read_run(path)
            sides = (run.baseline.digest if run.baseline else "", run.candidate.digest)
            if sides == (baseline, candidate) and not run.unchanged and run.suite not in seen:
                seen.add(run.suite)
                yield run


def read_run(path: Path) -> Run:
    """The run in `ID.json`, with the results beside it. Raises InputError when it is not one of a known format."""
    text = read_text(path)
    try:
        data = parse_whole_json(text)
    except ValueError as error:
        raise InputError(f"{path} is not a run: {error}") from None
    found = data.get("format") if isinstance(data, dict) else None
    if not isinstance(data, dict) or found != "llmops.run/1":
        raise InputError(f"{path} has format {found!r}; this llmops reads llmops.run/1", hint="update llmops")
    count = data.pop("results", 0)
    run = shape_of(Run, data, path=str(path))
    run = _with_results(run, path.with_suffix(_RESULTS), count) if count else run
    if stray := {result.case for result in run.candidate.results} - {case.id for case in run.cases}:
        raise InputError(f"{path}: the candidate answers case {min(stray)!r}, which the run does not have")
    return run


def _with_results(run: Run, path: Path, count: Json) -> Run:
    """The run with the results that lie beside it. Raises InputError when they are not all there."""
    results: dict[Role, list[Result]] = {side.role: [] for side in run.sides}
    try:
        for role, result in read_log(path):
            results.setdefault(role, []).append(result)
    except OSError as error:
        raise InputError(
            f"the results of run {run.id} cannot be read from {path}: {error.strerror}",
            hint="the two files of a run belong together",
        ) from None
    found = sum(len(of_side) for of_side in results.values())
    if found != count:
        raise InputError(f"{path} holds {found} results, and run {run.id} has {count}", hint="run the suite again")
    order = {case.id: index for index, case in enumerate(run.cases)}
    sides: dict[str, Side] = {
        side.role: side.model_copy(
            update={"results": sorted(results[side.role], key=lambda one: (one.repeat, order.get(one.case, 0)))}
        )
        for side in run.sides
    }
    return run.model_copy(update=sides)
