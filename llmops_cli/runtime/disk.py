"""What outlives the process: of every prompt in use the last version that was served, and the environment as it came.

    FOLDER/PLACE/NAME.CONTRACT.json     the last known good of one prompt; PLACE stands for remote and environment
    FOLDER/PLACE/environment.json       the environment as of the last fetch, for prompts that nobody asked for so far

Any number of processes may write here at once: a file is replaced as a whole, and what is read is checked like what a
remote sends. Applications that declare other contracts, or ask for signatures, may hold on to other versions, so each
has files of its own; after a change those of the others are read, the latest first.
"""

import contextlib
import hashlib
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from llmops_cli.errors import ServeError
from llmops_cli.files.atomic import write_atomic
from llmops_cli.runtime.snapshot import Snapshot, read_snapshot

LOG = logging.getLogger("llmops.runtime")


class Disk:
    """The files of one remote and environment below a folder; without a folder nothing is kept."""

    def __init__(self, folder: Path | None, *, remote: str, environment: str) -> None:
        self._folder = folder / _hash(f"{remote}\n{environment}") if folder else None
        self._environment = environment
        self._told = False
        self.shown = str(folder) if folder else "no folder (pass cache_dir=...)"

    def keep(self, name: str, snapshot: Snapshot, *, contract: str) -> None:
        """Keep one prompt: `snapshot` holds its files."""
        if self._folder is not None:
            self._write(self._own(self._folder, name, contract), snapshot)

    def keep_all(self, snapshot: Snapshot) -> None:
        """Keep the environment as it came."""
        if self._folder is not None:
            self._write(self._folder / "environment.json", snapshot)

    def confirm(self, names: Iterable[tuple[str, str]]) -> None:
        """What was kept of these (name and contract) is still live: the age of the files says so."""
        for name, contract in names if self._folder else ():
            with contextlib.suppress(OSError):
                os.utime(self._own(Path(str(self._folder)), name, contract))

    def read(self, name: str, *, contract: str) -> Iterator[Snapshot | ServeError]:
        """What may hold the prompt, the most fitting first; for a file that cannot be used the error says why."""
        if self._folder is None:
            return
        own = self._own(self._folder, name, contract)
        for path in (own, *_others(own, name), self._folder / "environment.json"):
            try:
                snapshot = read_snapshot(path.read_bytes(), label=str(path))
            except FileNotFoundError:
                continue
            except OSError as error:
                yield ServeError(f"{path}: {error.strerror}")
            except ServeError as error:
                yield error
            else:
                if snapshot.environment != self._environment:
                    yield ServeError(f"{path} is of {snapshot.environment}")
                    continue
                yield Snapshot(snapshot.environment, snapshot.commit, _modified(path), snapshot.files)

    def _own(self, folder: Path, name: str, contract: str) -> Path:
        return folder / f"{_plain(name)}.{_hash(contract)}.json"

    def _write(self, path: Path, snapshot: Snapshot) -> None:
        """A disk that cannot be written is warned of once, and is no reason to stop."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomic(path, snapshot.to_bytes())
        except OSError as error:
            if not self._told:
                LOG.warning("what is served cannot be kept on disk: %s: %s", path, error.strerror)
            self._told = True


def _plain(name: str) -> str:
    """A name as part of a file name; no name holds a dot, so nothing after one can be part of another's."""
    return name.replace("/", "+")


def _others(own: Path, name: str) -> list[Path]:
    """What was kept of a prompt for other contracts, the latest first; nothing in a folder that cannot be read."""
    try:
        found = set(own.parent.glob(f"{_plain(name)}.*.json")) - {own}
    except OSError:
        return []
    return sorted(found, key=_modified, reverse=True)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
