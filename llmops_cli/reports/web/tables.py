"""Tables as all pages have them: with a name, and scrolling by themselves where they are wider than the page."""

from collections.abc import Iterable, Sequence

from llmops_cli.reports.web.markup import Child, Html, element


def table(name: str, columns: Sequence[str], rows: Iterable[Sequence[Child]], *, style: str = "figures") -> Html:
    """Rows of cells below the names of their columns. `name` is for those who cannot see where it stands."""
    body = element("tbody", (element("tr", (element("td", cell) for cell in row)) for row in rows))
    return scrolling(name, element("table", heads(columns), body, class_=style))


def heads(columns: Iterable[str]) -> Html:
    """The head of a table."""
    return element("thead", element("tr", (element("th", column, scope="col") for column in columns)))


def scrolling(name: str, wide: Html) -> Html:
    """A table or picture that may be wider than the page: it scrolls by itself, also with the keyboard."""
    return element("div", wide, class_="scroll", tabindex=0, role="region", aria_label=name)
