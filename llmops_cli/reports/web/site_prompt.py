"""The page of one prompt: what is live since when, its scores over versions, its versions, what changed, its moves."""

from collections.abc import Sequence
from itertools import groupby, pairwise

from llmops_cli.evals.figures import amount, many
from llmops_cli.evals.release_scores import ReleaseScore
from llmops_cli.prompts.chronicle import PromptChronicle
from llmops_cli.prompts.diff import diff_prompts
from llmops_cli.prompts.level import needed_level
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.released_texts import ReleasedText
from llmops_cli.reports.prompt_text import Piece, diff_pieces, message_pieces
from llmops_cli.reports.visible import one_line
from llmops_cli.reports.web.markup import Child, Html, element, join
from llmops_cli.reports.web.site_parts import came_by, day, moves_table, state, verdict
from llmops_cli.reports.web.site_scores import Series, Tagged, all_series, tagged
from llmops_cli.reports.web.tables import scrolling, table
from llmops_cli.reports.web.trend import interval_of, trend

_MOST_TEXTS = 60  # releases whose text and change stand in the page
_MOST_CHARACTERS = 40_000  # of one text or change
_MOST_COMPARED = 300_000  # characters of both sides together; comparing takes time with the square of a change
_MOST_METRICS = 12
Part = Html | str | None
_ELEMENTS = {"red": "del", "red strike": "del", "green": "ins", "bold": "strong"}
_CLASSES = {"dim": "soft", "yellow": "changed"}


def prompt_page(each: PromptChronicle) -> Html:
    """Everything about one prompt."""
    releases = tagged(each)
    series = all_series(releases)[:_MOST_METRICS]
    scores = _trends(releases, series), _versions(each, releases, series)
    return join(_head(each), _live(each), scores, _changes(each), _moves(each))


def _head(each: PromptChronicle) -> Html:
    prompt, row = each.prompt, each.overview
    facts: dict[str, Child] = {"state": state(row.state), "newest release": row.released or "none"}
    if prompt is not None:
        facts |= {"owner": one_line(prompt.owner), "model": one_line(prompt.model)}
        facts |= {"variables": ", ".join(prompt.variables), "digest": element("code", prompt.digest)}
    terms = (join(element("dt", name), element("dd", value)) for name, value in facts.items() if value)
    return join(
        element("h1", each.name),
        element("p", one_line(prompt.description)) if prompt and prompt.description else None,
        element("p", one_line(row.problem), class_="bad") if row.problem else None,
        element("dl", terms, class_="facts"),
    )


def _live(each: PromptChronicle) -> Html:
    columns = ["environment", "version", "since", "who", "reason", "text"]
    rows = ([one.environment, _version_link(one.version, each), *came_by(one)] for one in each.served)
    return _section("live", "Live", table("live", columns, rows) if each.served else element("p", "nowhere"))


def _version_link(version: str, each: PromptChronicle) -> Child:
    known = any(str(text.release.version) == version for text in each.releases)
    return element("a", version, href=f"#v{version}") if known else version


def _trends(releases: Sequence[Tagged], series: Sequence[Series]) -> Html | None:
    if not series:
        return None
    figures = (
        element(
            "figure",
            element("figcaption", one.name),
            scrolling(one.name, trend(one.metric, [each.point(one) for each in releases])),
        )
        for one in series
    )
    words = (
        "As measured when each version was released: a dot with its 95 % interval, over as many cases as it says. "
        "Versions that nobody measured leave a gap. Only versions measured on one golden set can be compared."
    )
    return _section(
        "scores",
        "Scores over versions",
        join(element("p", words, class_="soft"), element("div", figures, class_="trends")),
    )


def _versions(each: PromptChronicle, releases: Sequence[Tagged], series: Sequence[Series]) -> Html:
    if not each.releases:
        return _section("versions", "Versions", element("p", "nothing is released yet"))
    rows = (
        _version_row(text, scores, series, _live_on(each, scores.version))
        for text, scores in zip(reversed(each.releases), reversed(releases), strict=True)
    )
    columns = ["version", "date", "who", "level", "digest", "live on", "verdict", *(one.name for one in series)]
    return _section("versions", "Versions", table("versions", columns, rows))


def _live_on(each: PromptChronicle, version: str) -> list[str]:
    return [one.environment for one in each.served if one.version == version]


def _version_row(text: ReleasedText, scores: Tagged, series: Sequence[Series], live: Sequence[str]) -> list[Child]:
    release = text.release
    none = element("span", "-", class_="soft")
    cells: list[Child] = [
        element("a", str(release.version), href=f"#v{release.version}"),
        day(release.date),
        one_line(release.who, 200),
        one_line(release.level, 20),
        element("code", release.digest.removeprefix("sha256:")[:12], title=release.digest),
        ", ".join(live),
        element("span", verdict(scores.verdict), title=scores.runs) if scores.verdict else none,
    ]
    return [*cells, *(_score_cell(one.metric, scores.score(one)) for one in series)]


def _score_cell(metric: str, score: ReleaseScore | None) -> Html:
    """A score and below it its interval, which the picture shows only to those who can point."""
    if score is None:
        return element("span", "-", class_="soft")
    ends = interval_of(metric, score)
    between = (
        element("span", f"{amount(metric, ends[0])} to {amount(metric, ends[1])}", class_="below") if ends else None
    )
    return element("span", f"{amount(metric, score.mean)} (n {score.n})", between, class_="num")


def _changes(each: PromptChronicle) -> Html | None:
    """What every release changed, and its text, newest first."""
    if not each.releases:
        return None
    steps = list(reversed([(None, each.releases[0]), *pairwise(each.releases)]))
    shown = [_change(before, after, index) for index, (before, after) in enumerate(steps)]
    return _section("changes", "What changed", join(shown))


def _change(before: ReleasedText | None, after: ReleasedText, index: int) -> Html:
    """One release; the newest (`index` 0) is unfolded."""
    version = str(after.release.version)
    title = f"{version}" if before is None else f"{version}, after {before.release.version}"
    if index >= _MOST_TEXTS:
        body: Part | list[Part] = element(
            "p", "see: ", element("code", f"llmops prompt show {after.release.reference}")
        )
    elif after.prompt is None:
        body = element("p", one_line(after.problem), class_="bad")
    else:
        body = [_diff(before, after), _text(after.prompt)]
    # the id is inside, so that a link to it unfolds it
    inside = element("div", body, id=f"v{version}")
    return element("details", element("summary", title), inside, class_="version", open=not index)


def _diff(before: ReleasedText | None, after: ReleasedText) -> Html:
    if before is None:
        return element("p", "the first release", class_="soft")
    if before.prompt is None or after.prompt is None:
        return element("p", f"{before.release.version} cannot be read, so nothing can be compared", class_="bad")
    if sum(len(one.content) for prompt in (before.prompt, after.prompt) for one in prompt.messages) > _MOST_COMPARED:
        command = f"llmops prompt diff {before.release.reference} {after.release.reference}"
        return element("p", "too long to be compared here: ", element("code", command))
    diff = diff_prompts(before.prompt, after.prompt)
    return _pieces(diff_pieces(diff, needed_level(before.prompt, after.prompt), marks=False)[1:], "diff")


def _text(prompt: Prompt) -> Html:
    return element("details", element("summary", "the whole text"), _pieces(message_pieces(prompt.messages), "text"))


def _pieces(pieces: Sequence[Piece], style: str) -> Html:
    """Styled pieces of text as markup, up to a limit."""
    left, children = _MOST_CHARACTERS, list[Part]()
    for words, look in pieces:
        shown = words[:left]
        left -= len(shown)
        children.append(element(_ELEMENTS.get(look, "span"), shown, class_=_CLASSES.get(look)) if look else shown)
        if left <= 0:
            break
    total = sum(len(words) for words, _ in pieces)
    more = total - _MOST_CHARACTERS
    told = element("p", f"{many(more, 'more character')}", class_="soft") if more > 0 else None
    return join(element("pre", children, class_=style), told)


def _moves(each: PromptChronicle) -> Html | None:
    if not each.moves:
        return None
    of_environments = groupby(each.moves, key=lambda move: move.environment)
    tables = [(element("h3", environment), moves_table(list(own))) for environment, own in of_environments]
    return _section("moves", "Moves", join(tables))


def _section(id_: str, title: str, body: Html) -> Html:
    return element("section", element("h2", title), body, id=id_)
