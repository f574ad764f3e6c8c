"""Results on disk as they arrive: one line of JSON each. In memory stays what decides; what was said is read back."""

import contextlib
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from llmops_cli.errors import InputError
from llmops_cli.evals.run import LoggedResult, Result, Role
from llmops_cli.files.json_value import parse_whole_json
from llmops_cli.files.shape import shape_of


class ResultLog:
    """The results of one run, in a file that only ever grows. `count` lines are in it."""

    def __init__(self, path: Path, *, run_id: str = "") -> None:
        """Begin an empty file. Raises OSError, FileExistsError when somebody else has begun it."""
        self.path = path
        self.run_id = run_id
        self.count = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream: FileIO | None = FileIO(path, "x")
        self._end = 0

    def keep(self, role: Role, result: Result) -> Result:
        """Write a result; returns it without what was said, which `full` brings back.

        Raises OSError; then nothing of it is in the file, and the next one may be tried.
        """
        assert self._stream is not None, "the log is closed"
        line = line_of(role, result)
        try:
            _write(self._stream, line)
        except OSError:
            with contextlib.suppress(OSError):  # a disk that is full can still be cut
                self._stream.truncate(self._end)
            self._stream.seek(self._end)
            raise
        at, self._end, self.count = self._end, self._end + len(line), self.count + 1
        return result.without_words(at)

    def full(self, result: Result) -> Result:
        """The result as it was kept. Raises InputError when it cannot be read back."""
        if result.at is None:
            return result
        try:
            with self.path.open("rb") as stream:
                stream.seek(result.at)
                line = stream.readline()
        except OSError as error:
            raise InputError(f"the results of this run cannot be read from {self.path}: {error.strerror}") from None
        return result_of(line, self.path)[1]

    def close(self) -> None:
        """End writing; reading goes on. Safe to call twice."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def discard(self) -> None:
        """Take the file away: the run it was to be of did not come to its end."""
        self.close()
        with contextlib.suppress(OSError):
            self.path.unlink()

    def moved(self, path: Path) -> None:
        """Close the file and give it its final name, in one step. Raises OSError."""
        self.close()
        self.path.replace(path)
        self.path = path


def line_of(role: Role, result: Result) -> bytes:
    """A result as a line of the log."""
    return LoggedResult(role=role, **dict(result)).model_dump_json(exclude_defaults=True).encode() + b"\n"


def result_of(line: bytes, path: Path) -> tuple[Role, Result]:
    """The other way round; `path` is where the line stands. Raises InputError."""
    logged = _logged(line, path)
    return logged.role, Result(**logged.of_result())


def _write(stream: FileIO, data: bytes) -> None:
    while data:
        data = data[stream.write(data) :]


def read_log(path: Path) -> Iterator[tuple[Role, Result]]:
    """Every result in the file with its role, in the order it arrived. Raises OSError, InputError."""
    with path.open("rb") as stream:
        for line in stream:
            yield result_of(line, path)


def _logged(line: bytes, path: Path) -> LoggedResult:
    try:
        return shape_of(LoggedResult, parse_whole_json(line.decode()), path=str(path))
    except ValueError as error:
        raise InputError(f"{path} holds a line that is no result: {error}", hint="run the suite again") from None
