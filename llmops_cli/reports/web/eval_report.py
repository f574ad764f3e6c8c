"""Runs as one HTML file that opens offline: verdicts, figures with their intervals, and every case of both sides."""

from collections.abc import Iterator, Sequence

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.figures import many
from llmops_cli.evals.results_folder import StoppedRecord
from llmops_cli.reports.case_standing import standings
from llmops_cli.reports.eval_view import view_of
from llmops_cli.reports.visible import one_line
from llmops_cli.reports.web.eval_cases import Texts, details_of, index_of
from llmops_cli.reports.web.eval_suite import Suite, suite_part
from llmops_cli.reports.web.markup import Child, Html, element, join
from llmops_cli.reports.web.page import json_block, page
from llmops_cli.reports.web.tables import heads, scrolling

MOST_TEXT = 20_000  # characters of one text in the page
MOST_PAGE = 60_000_000  # characters of all cases together: browsers open that, of much more they give up
_LEAST_TEXT = 500
_ASSETS = ("eval_report.css", "dom.js", "word_diff.js", "case_list.js", "case_view.js", "eval_report.js")


def html_report(
    analyses: Sequence[Analysis],
    *,
    stopped: Sequence[StoppedRecord] = (),
    worst: int = 5,
    most_text: int = MOST_TEXT,
    most_page: int = MOST_PAGE,
) -> str:
    """The page. `worst` cases stand in it for readers without script; of a text at most `most_text` characters do.

    `stopped` is why other runs were not made; it stands first.
    All cases of all runs are in it; where they come to more than `most_page` characters, texts are cut shorter. Raises
    InputError when the log of a run cannot be read.
    """
    alone = len(analyses) == 1 and not stopped
    suites = [
        Suite(number, name, analysis, view_of(analysis, most_cases=worst), standings(analysis), alone)
        for number, (name, analysis) in enumerate(zip(_names(analyses), analyses, strict=True))
    ]
    most, blocks = _blocks(suites, most_text, most_page)
    main = [_unmeasured(stopped)] if stopped else []
    main += [_overview(suites, "h2" if stopped else "h1")] if len(suites) > 1 else []
    main += [suite_part(one, most) for one in suites]
    nav = [element("a", one.name, href=f"#suite-{one.number}") for one in suites] if len(suites) > 1 else None
    return page(_title(suites, stopped), main=(main, blocks), nav=nav, footer=_footer(most), assets=_ASSETS)


def _names(analyses: Sequence[Analysis]) -> list[str]:
    """The suites by name; one that was run several times is told apart by a number."""
    seen: dict[str, int] = {}
    names = []
    for analysis in analyses:
        suite = analysis.run.suite
        seen[suite] = seen.get(suite, 0) + 1
        names.append(suite if seen[suite] == 1 else f"{suite} ({seen[suite]})")
    return names


def _title(suites: Sequence[Suite], stopped: Sequence[StoppedRecord]) -> str:
    if stopped:
        return (
            f"not all was measured: {_counted(suites)} · eval report"
            if suites
            else "nothing was measured · eval report"
        )
    if len(suites) == 1:
        return one_line(f"{suites[0].word}: {suites[0].name} · eval report", 120)
    return f"{_counted(suites)} · eval report"


def _blocks(suites: Sequence[Suite], most: int, most_page: int) -> tuple[int, list[Html]]:
    """The data of all cases, and the length that their texts were cut to."""
    while True:
        blocks = [block for one in suites for block in _data(one, Texts(most))]
        if most <= _LEAST_TEXT or sum(len(block.source) for block in blocks) <= most_page:
            return most, blocks
        most = max(_LEAST_TEXT, most // 4)


def _data(one: Suite, texts: Texts) -> Iterator[Html]:
    if one.view.unchanged:
        return
    yield json_block(f"index-{one.number}", index_of(one.analysis, one.cases, name=one.name))
    for place, details in enumerate(details_of(one.run, one.cases, texts)):
        yield json_block(f"case-{one.number}-{place}", details)


def _unmeasured(stopped: Sequence[StoppedRecord]) -> Html:
    """Why runs are missing; one that is not here cannot have passed."""
    banner = element(
        "header",
        element("p", "not measured", class_="word"),
        element("h1", f"{many(len(stopped), 'reason')} why not everything was measured", class_="headline"),
        class_="banner invalid",
    )
    reasons = (
        element(
            "li", one_line(f"{one.message} ({one.hint})" if one.hint else one.message), f"; exit code {one.exit_code}"
        )
        for one in stopped
    )
    return element("article", banner, element("ul", reasons), class_="suite")


def _overview(suites: Sequence[Suite], heading: str) -> Html:
    """All suites of the page, a line each."""
    head = heads(("suite", "verdict", "what the gate says"))
    rows = [
        element(
            "tr",
            element("th", element("a", one.name, href=f"#suite-{one.number}"), scope="row"),
            element("td", element("span", one.word, class_=f"status {one.word}")),
            element("td", one_line(one.view.headline).removeprefix(f"{one_line(one.run.suite)}: ")),
        )
        for one in suites
    ]
    overview = element("table", head, element("tbody", rows), class_="figures overview")
    return join(element(heading, _counted(suites)), scrolling("all suites", overview))


def _counted(suites: Sequence[Suite]) -> str:
    """How many suites came to what, the worst first: `3 suites: 1 fail, 2 pass`."""
    words = [one.word for one in suites]
    counts = [f"{words.count(word)} {word}" for word in ("fail", "invalid", "inconclusive", "pass", "unchanged")]
    return f"{many(len(suites), 'suite')}: {', '.join(said for said in counts if not said.startswith('0 '))}"


def _footer(most: int) -> Child:
    """What holds for the whole page."""
    return element(
        "p",
        f"One file, nothing in it comes from elsewhere. Texts longer than {most:,} characters are cut, and say so; ",
        element("code", "llmops eval report --format jsonl"),
        " has them whole.",
    )
