"""A registry as a folder of pages: an index, a page for each prompt, and one for the environments. Plain links only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llmops_cli.errors import InputError
from llmops_cli.evals.figures import amount, many
from llmops_cli.evals.policy import MEASURED
from llmops_cli.prompts.chronicle import Chronicle, PromptChronicle
from llmops_cli.prompts.reference import check_name
from llmops_cli.reports.visible import one_line
from llmops_cli.reports.web.markup import Child, Html, element, join
from llmops_cli.reports.web.page import page
from llmops_cli.reports.web.site_environments import environments_page
from llmops_cli.reports.web.site_parts import ENVIRONMENTS, INDEX, STATES, Place, prompt_link, state, verdict
from llmops_cli.reports.web.site_prompt import prompt_page
from llmops_cli.reports.web.site_scores import all_series, tagged
from llmops_cli.reports.web.svg import trend_line
from llmops_cli.reports.web.tables import heads, scrolling

_SPARK = 30  # releases in the small picture of the index


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages are made from. `notes` are sentences about what could not be read."""

    chronicle: Chronicle
    title: str
    notes: Sequence[str] = ()


def site_pages(site: Site) -> Iterator[tuple[str, str]]:
    """Path (relative, POSIX) and text of every page, the index last: it leads only to what is there.

    The same `site` gives the same pages. A prompt whose name no file of ours can have stands in the index alone.
    """
    for each in site.chronicle.prompts:
        if has_page(each.name):
            place = Place.of_prompt(each.name)
            yield place.path, _page(site, place, prompt_page(each), title=each.name)
    place = Place(ENVIRONMENTS)
    names = frozenset(each.name for each in site.chronicle.prompts if has_page(each.name))
    yield ENVIRONMENTS, _page(site, place, environments_page(site.chronicle, place, names), title="Environments")
    yield INDEX, _page(site, Place(INDEX), _index(site), title="", script=True)


def has_page(name: str) -> bool:
    """Whether a prompt of this name has a page: a branch may hold files whose names no prompt can have."""
    try:
        check_name(name)
    except InputError:
        return False
    return True


def _page(site: Site, place: Place, main: Child, *, title: str, script: bool = False) -> str:
    links = [(INDEX, "Prompts"), (ENVIRONMENTS, "Environments")]
    nav = [
        element("a", words, href=place.to(path), aria_current="page" if path == place.path else None)
        for path, words in links
    ]
    full = f"{title} · {site.title}" if title else site.title
    return page(full, main=main, nav=nav, assets=["site.css", *(["site.js"] if script else [])])


def _index(site: Site) -> Html:
    prompts, environments = site.chronicle.prompts, [each.environment.name for each in site.chronicle.environments]
    releases = sum(len(each.releases) for each in prompts)
    facts = [many(len(prompts), "prompt"), many(releases, "released version")]
    facts += [f"{len(each.served)} live on {each.environment.name}" for each in site.chronicle.environments]
    if newest := max(_dates(site.chronicle), default=""):
        facts.append(f"last release or move {newest[:10]}")
    return join(
        element("h1", site.title),
        element("p", " · ".join(facts), class_="soft"),
        _notes(site.notes),
        _controls(environments, len(prompts)) if prompts else element("p", "There are no prompts here yet."),
        _table(prompts, environments) if prompts else None,
    )


def _dates(chronicle: Chronicle) -> Iterator[str]:
    for each in chronicle.prompts:
        yield from (text.release.date for text in each.releases)
    for environment in chronicle.environments:
        yield from (move.date for move in environment.moves)


def _notes(notes: Sequence[str]) -> Html | None:
    if not notes:
        return None
    lines = element("ul", (element("li", one_line(note)) for note in notes))
    return element("details", element("summary", f"{many(len(notes), 'note')} on what could not be read"), lines)


def _controls(environments: Sequence[str], count: int) -> Html:
    """The search; hidden until the script is there that makes it work."""
    states = [element("option", "any state", value=""), *(element("option", one, value=one) for one in STATES)]
    places = [
        element("option", "live or not", value=""),
        *(element("option", f"live on {name}", value=index) for index, name in enumerate(environments)),
    ]
    return element(
        "div",
        element("label", element("span", "find"), element("input", type_="search", id="find", autocomplete="off")),
        element("label", element("span", "state"), element("select", states, id="state")),
        element("label", element("span", "live"), element("select", places, id="live")),
        element("output", f"{count} of {count}", id="shown", aria_live="polite", class_="soft"),
        class_="controls",
        role="search",
        hidden=True,
        id="controls",
    )


def _table(prompts: Sequence[PromptChronicle], environments: Sequence[str]) -> Html:
    head = heads(["prompt", "owner", "newest release", "state", *environments, "scores"])
    rows = (_row(each, environments) for each in prompts)
    return join(
        scrolling("prompts", element("table", head, element("tbody", rows, id="prompts"), class_="figures prompts")),
        element("p", "No prompt is like that.", id="none", hidden=True),
    )


def _row(each: PromptChronicle, environments: Sequence[str]) -> Html:
    prompt, row = each.prompt, each.overview
    live = {served.environment: served for served in each.served}
    known = next((text.release for text in each.releases if str(text.release.version) == row.released), None)
    newest = join(str(known.version), element("span", known.date[:10], class_="below")) if known else "-"
    description = one_line(prompt.description if prompt else row.problem, 240)
    name = prompt_link(Place(INDEX), each.name) if has_page(each.name) else element("span", each.name)
    cells: list[Child] = [one_line(prompt.owner, 80) if prompt else "", newest, state(row.state)]
    cells += [live[name].version if name in live else element("span", "-", class_="soft") for name in environments]
    cells.append(_scores(each))
    return element(
        "tr",
        element("th", name, element("span", description, class_="below") if description else None, scope="row"),
        (element("td", cell) for cell in cells),
        data_state=row.state,
        data_live=" ".join(str(index) for index, place in enumerate(environments) if place in live),
    )


def _scores(each: PromptChronicle) -> Html:
    """The verdict on the newest release that was measured, and its first check over the last releases."""
    releases = tagged(each)
    newest = next((one for one in reversed(releases) if one.scores), None)
    if newest is None:
        return element("span", "none", class_="soft")
    of = "" if newest.version == each.overview.released else f" ({newest.version})"
    checks = [one for one in all_series([newest]) if one.metric not in MEASURED]
    if not checks:
        return element("span", verdict(newest.verdict), of)
    points = [one.point(checks[0]) for one in releases[-_SPARK:]]
    golden = newest.point(checks[0]).golden
    values = [point.score.mean if point.score and point.golden == golden else None for point in points]
    mean = newest.point(checks[0]).score
    said = f"{checks[0].name} {amount(checks[0].metric, mean.mean if mean else None)}{of}"
    label = f"{checks[0].name} over the last {len(values)} releases, as far as measured on the same golden set"
    return element(
        "div",
        trend_line(values, label, size=(90.0, 24.0)),
        element("span", verdict(newest.verdict), " ", element("span", said, class_="soft")),
        class_="scores",
    )
