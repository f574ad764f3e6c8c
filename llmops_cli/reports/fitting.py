"""Text that must not be longer than a place takes: made of pieces, of which the least important are left out first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

KEEP = 0  # the rank of what is never left out


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines of a text. The larger its `rank`, the sooner it goes; `what` names it where it is missing.

    Neighbours with the same `fold` stand together in one <details> whose summary is that text, which must be our own
    words: nothing in it is escaped.
    """

    rank: int
    lines: tuple[str, ...]
    what: str = ""
    fold: str = ""


def fitted(
    pieces: Sequence[Piece],
    limit: int,
    *,
    size: Callable[[str], int],
    missing: Callable[[Sequence[str]], Sequence[str]],
) -> str:
    """The pieces as one text whose `size` is at most `limit`, unless those of rank KEEP alone are larger.

    Left out is the largest rank first, of one rank the last first. `missing` makes lines of what was left out, which
    are put at the end.
    """
    text = _text(pieces)
    if size(text) <= limit:
        return text
    order = sorted(range(len(pieces)), key=lambda at: (-pieces[at].rank, -at))
    droppable = [at for at in order if pieces[at].rank > KEEP]
    low, high = 1, len(droppable)  # the fewest to leave out, found by halving: sizes of thousands of pieces take time
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if size(_without(pieces, droppable[:middle], missing)) <= limit else (middle + 1, high)
        )
    return _without(pieces, droppable[:low], missing)


def _without(pieces: Sequence[Piece], dropped: Sequence[int], missing: Callable[[Sequence[str]], Sequence[str]]) -> str:
    gone = set(dropped)
    kept = [piece for at, piece in enumerate(pieces) if at not in gone]
    what = list(dict.fromkeys(piece.what for at, piece in enumerate(pieces) if at in gone and piece.what))
    return _text([*kept, Piece(KEEP, tuple(missing(what)))] if what else kept)


def _text(pieces: Iterable[Piece]) -> str:
    return "\n".join(line for lines in _folded(pieces) for line in lines) + "\n"


def _folded(pieces: Iterable[Piece]) -> Iterator[tuple[str, ...]]:
    for fold, together in groupby(pieces, key=lambda piece: piece.fold):
        if fold:
            yield ("<details>", f"<summary>{fold}</summary>", "")
        yield from (piece.lines for piece in together)
        if fold:
            yield ("", "</details>", "")
