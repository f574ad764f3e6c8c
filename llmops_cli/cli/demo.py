"""placeholder"""

from pathlib import Path


def play(keep: Path | None) -> None: ...
