"""A shard on disk, one file: a line that says what was measured, then a line for every result, suite after suite.

It is no run, and lies where no reader of runs looks. It may come from another machine, so it is read strictly.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from pydantic import Field

from llmops_cli.errors import InputError
from llmops_cli.evals.result_log import line_of, result_of
from llmops_cli.evals.run import Counts, Result, Role, Run
from llmops_cli.evals.shard import MOST_SHARDS, Shard
from llmops_cli.files.atomic import write_atomic
from llmops_cli.files.json_value import parse_json
from llmops_cli.files.shape import FileShape, shape_of

FORMAT: Literal["llmops.shard/1"] = "llmops.shard/1"
MOST_HEAD_BYTES = 4_000_000
MOST_RESULT_BYTES = 64_000_000
_PATTERN = "shard-*-of-*.jsonl"

Word = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")]
Amount = Annotated[int, Field(ge=0, le=10**12)]


class ShardOptions(FileShape):
    """The flags of the command that decide what is measured, and by which bar; as they were said."""

    suites: list[Word] = Field(default_factory=list)
    against: Word | None = None
    anchor: Word | None = None
    noninferior: bool = False
    repeats: Annotated[int, Field(ge=1, le=50)] | None = None
    allow_removed: bool = False


class ShardCounts(FileShape):
    """`Counts` as another machine states them."""

    trials: Amount = 0
    paid_calls: Amount = 0
    cached_calls: Amount = 0
    cost_usd: Annotated[float, Field(ge=0, le=1e12)] | None = 0.0


class ShardedSuite(FileShape):
    """What was measured of one suite: `results` lines of the file, of `cases` of its `cases_in_all` cases."""

    suite: Word
    path: Word
    inputs: Word  # digest of everything the candidate is measured with
    sides: dict[Role, Word]  # digest of each side's prompt
    unchanged: bool = False
    repeats: Amount
    cases: Amount
    cases_in_all: Amount
    results: Amount
    unanswered: Amount = 0
    counts: ShardCounts = Field(default_factory=ShardCounts)


class ShardHead(FileShape):
    """The first line of the file."""

    format: Literal["llmops.shard/1"] = FORMAT
    shard: Annotated[int, Field(ge=1, le=MOST_SHARDS)]
    of: Annotated[int, Field(ge=1, le=MOST_SHARDS)]
    llmops_version: Word
    created_at: Word  # RFC 3339, UTC
    options: ShardOptions
    base_commit: Word = ""
    suites: list[ShardedSuite]

    @property
    def name(self) -> Shard:
        return Shard(self.shard, self.of)


def write_shard(folder: Path, head: ShardHead, runs: Sequence[Run]) -> Path:
    """Write what was measured, the results of each suite's run; returns where. Raises OSError."""
    path = folder / f"shard-{head.shard}-of-{head.of}.jsonl"
    write_atomic(path, _pieces(head, runs))
    return path


def _pieces(head: ShardHead, runs: Sequence[Run]) -> Iterator[bytes]:
    yield head.model_dump_json().encode() + b"\n"
    for run in runs:
        for side in run.sides:
            for result in side.results:
                yield line_of(side.role, run.full(result))


@dataclass(frozen=True, slots=True)
class ShardFile:
    """A shard that was found, its first line read."""

    path: Path
    head: ShardHead

    def __str__(self) -> str:
        return f"shard {self.head.name} ({self.path})"

    def results(self, suite: ShardedSuite) -> Iterator[tuple[Role, Result]]:
        """The results of one of its suites, as they stand there. Raises InputError."""
        before = self.head.suites[: self.head.suites.index(suite)]
        try:
            with self.path.open("rb") as stream:
                _line(stream, MOST_HEAD_BYTES, self.path)
                for _ in range(sum(one.results for one in before)):
                    _line(stream, MOST_RESULT_BYTES, self.path)
                for _ in range(suite.results):
                    yield result_of(_line(stream, MOST_RESULT_BYTES, self.path), self.path)
        except OSError as error:
            raise _unreadable(self.path, error) from None


def find_shards(folders: Iterable[Path]) -> list[ShardFile]:
    """Every shard in these folders and in theirs, or of these files, read as far as its first line.

    Raises InputError for a folder that is not there, and for a file that is no shard or does not end where it should.
    """
    found: list[Path] = []
    for folder in folders:
        if folder.is_file():
            found.append(folder)
        elif folder.is_dir():
            found += sorted(path for path in folder.rglob(_PATTERN) if path.is_file())
        else:
            raise InputError(f"there is no folder {folder}", hint="llmops eval run --shard 1/4 makes a first shard")
    return [_read(path) for path in dict.fromkeys(path.resolve() for path in found)]


def _read(path: Path) -> ShardFile:
    try:
        with path.open("rb") as stream:
            head = _head(_line(stream, MOST_HEAD_BYTES, path), path)
            for _ in range(sum(suite.results for suite in head.suites)):
                _line(stream, MOST_RESULT_BYTES, path)
            if stream.read(1):
                raise InputError(f"{path} holds more than its first line says", hint="measure that shard again")
    except OSError as error:
        raise _unreadable(path, error) from None
    return ShardFile(path, head)


def _head(line: bytes, path: Path) -> ShardHead:
    try:
        data = parse_json(line.decode())
    except ValueError as error:
        raise InputError(f"{path} is no shard: {error}") from None
    found = data.get("format") if isinstance(data, dict) else None
    if found != FORMAT:
        raise InputError(f"{path} has format {str(found)[:100]!r}; this llmops reads {FORMAT}", hint="update llmops")
    head = shape_of(ShardHead, data, path=str(path))
    if head.shard > head.of:
        raise InputError(f"{path} calls itself shard {head.name}")
    return head


def _line(stream: BinaryIO, most: int, path: Path) -> bytes:
    line = stream.readline(most + 1)
    if len(line) > most:
        raise InputError(f"{path} holds a line of more than {most:,} bytes, so it is no shard of ours")
    if not line.endswith(b"\n"):
        raise InputError(f"{path} is cut off", hint="measure that shard again, or fetch the file again")
    return line


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path} cannot be read: {error.strerror}")


def counts_of(suite: ShardedSuite) -> Counts:
    """What its results cost."""
    return Counts(**dict(suite.counts))
