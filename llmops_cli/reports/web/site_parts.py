"""What the pages of a site share: where they lie, links between them, tables, and the words for states and moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from llmops_cli.prompts.chronicle import Served
from llmops_cli.prompts.moves import Move
from llmops_cli.prompts.overview import State
from llmops_cli.reports.visible import one_line
from llmops_cli.reports.web.markup import Child, Html, element, join
from llmops_cli.reports.web.tables import table

INDEX = "index.html"
ENVIRONMENTS = "environments.html"
PROMPTS = "prompts/"
STATES: tuple[str, ...] = get_args(State)
_COLOURS = {"released": "good", "modified": "open", "unreleased": "open", "deleted": "bad", "broken": "bad"}
_MEANINGS = {
    "released": "the file is the released version",
    "modified": "the file differs from the release that has its version",
    "unreleased": "the version in the file has no release yet",
    "deleted": "there is no file any more",
    "broken": "the file cannot be loaded",
}
_MOST_MOVES = 1_000
_LONG = 24  # characters; what is longer gets room for several words a line


@dataclass(frozen=True, slots=True)
class Place:
    """A page by its path in the site."""

    path: str

    @classmethod
    def of_prompt(cls, name: str) -> "Place":
        """The page of a prompt whose name is valid."""
        return cls(f"{PROMPTS}{name}.html")

    def to(self, path: str) -> str:
        """The address of another page, from here."""
        return "../" * self.path.count("/") + path


def prompt_link(place: Place, name: str, *, version: str = "") -> Html:
    """A link to the page of a prompt, or to one of its versions there."""
    address = place.to(Place.of_prompt(name).path) + (f"#v{version}" if version else "")
    return element("a", version or name, href=address)


def state(name: str) -> Html:
    """The state of a prompt as a coloured word."""
    return element("span", name, class_=f"status {_COLOURS.get(name, '')}", title=_MEANINGS.get(name, ""))


def verdict(word: str) -> Html:
    """The verdict on a release as a coloured word; it is one of four."""
    return element("span", word, class_=f"status {word}")


def day(date: str) -> Html | None:
    """The day of an RFC 3339 time; the whole of it is shown when it is pointed at."""
    return element("time", date[:10], title=date, class_="day") if date else None


def minute(date: str) -> Html | None:
    """Day and time of an RFC 3339 time: of an incident the day alone says too little."""
    return element("time", date[:16].replace("T", " "), title=date, class_="day") if date else None


def moves_table(moves: Sequence[Move], *, link: Place | None = None, names: frozenset[str] = frozenset()) -> Html:
    """Moves of one environment, newest first. With `link`, the page it stands on, each says which prompt it moved."""
    columns = ["when", *(["prompt"] if link else []), "action", "from", "to", "who", "reason", "commit"]
    rows = (_move_row(move, link, names) for move in moves[:_MOST_MOVES])
    more = len(moves) - _MOST_MOVES
    told = element("p", f"{more:,} older ones: llmops env log", class_="soft") if more > 0 else None
    name = f"moves on {moves[0].environment}" if moves else "moves"
    return join(table(name, columns, rows), told)


def _move_row(move: Move, link: Place | None, names: frozenset[str]) -> list[Child]:
    subject: list[Child] = []
    if link is not None:
        subject = [prompt_link(link, move.prompt) if move.prompt in names else one_line(move.prompt, 200)]
    action = element("span", move.action, class_="status bad") if move.action == "rollback" else move.action
    said = [one_line(text, 200) for text in (move.before or "-", move.after or "-", move.who)]
    return [minute(move.date), *subject, action, *said, _reason(move), element("code", move.commit[:7])]


def _reason(move: Move) -> Html:
    return element("span", one_line(move.reason, 500), class_="words" if len(move.reason) > _LONG else None)


def came_by(served: Served) -> list[Child]:
    """Since when, by whom and why a version is live, and whether it is the released text."""
    move = served.move
    exact = element("span", "as released") if served.as_released else element("span", "not as released", class_="bad")
    if move is None:
        return [element("span", "the log does not say", class_="soft"), "", "", exact]
    return [minute(move.date), one_line(move.who, 200), _reason(move), exact]
