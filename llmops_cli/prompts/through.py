"""Which partials a change came through, so that a message can send a person to the file that was edited."""

from collections.abc import Iterable, Mapping

from llmops_cli.prompts.partials import Piece
from llmops_cli.prompts.prompt import Prompt

_OWN = ""


def changed_partials(before: Iterable[Piece], after: Iterable[Piece]) -> tuple[str, ...]:
    """The paths of the partials that both sides include, and that are not the same on both; in order of `after`."""
    old, new = _by_path(before), _by_path(after)
    return tuple(path for path, texts in new.items() if path != _OWN and path in old and old[path] != texts)


def through(before: Prompt, after: Prompt) -> str:
    """` through PATHS` where all that changed to the model are these partials; `, also through PATHS`; or nothing."""
    paths = changed_partials(_pieces(before), _pieces(after))
    if not paths:
        return ""
    return (" through " if _same_besides(before, after) else ", also through ") + ", ".join(paths)


def place_in_partial(before: Prompt, after: Prompt) -> tuple[str, int] | None:
    """The first partial that changed, and its first line that did; None where the prompt file itself changed."""
    paths = changed_partials(_pieces(before), _pieces(after))
    if not paths or not _same_besides(before, after):
        return None
    old, new = (
        [line for piece in _pieces(prompt) if piece.path == paths[0] for line in _numbered(piece)]
        for prompt in (before, after)
    )
    differing = (number for (number, line), (_, was) in zip(new, old, strict=False) if line != was)
    return paths[0], next(differing, new[min(len(old), len(new) - 1)][0])


def _numbered(piece: Piece) -> list[tuple[int, str]]:
    return list(enumerate(piece.text.split("\n"), piece.line))


def _same_besides(before: Prompt, after: Prompt) -> bool:
    """Whether nothing that the model sees differs but what partials say."""
    rest = [{key: value for key, value in prompt.contract().items() if key != "messages"} for prompt in (before, after)]
    return rest[0] == rest[1] and _own(before) == _own(after)


def _pieces(prompt: Prompt) -> list[Piece]:
    return [piece for of_message in prompt.pieces for piece in of_message]


def _own(prompt: Prompt) -> list[list[str]]:
    """What the prompt file itself says in every message, less what it includes."""
    return [
        [message.role, *(piece.text for piece in pieces if piece.path == _OWN)]
        for message, pieces in zip(prompt.messages, prompt.pieces, strict=bool(prompt.pieces))
    ]


def _by_path(pieces: Iterable[Piece]) -> Mapping[str, set[tuple[int, str]]]:
    """However often a partial is included, it is one text."""
    found: dict[str, set[tuple[int, str]]] = {}
    for piece in pieces:
        found.setdefault(piece.path, set()).add((piece.line, piece.text))
    return found
