"""Runs as one HTML file that opens offline: verdicts, figures with their intervals, and every case of both sides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.figures import amount, many
from llmops_cli.evals.run import AcceptedRecord, Run
from llmops_cli.prompts.diff import Segment, word_diff
from llmops_cli.reports.case_standing import CaseStanding, standings
from llmops_cli.reports.eval_view import CaseView, EvalView, view_of
from llmops_cli.reports.plain import case_blocks
from llmops_cli.reports.visible import excerpt, one_line
from llmops_cli.reports.web.eval_cases import Texts, base_name, details_of, index_of
from llmops_cli.reports.web.eval_figures import alone_table, compared_table
from llmops_cli.reports.web.markup import Child, Html, element, join
from llmops_cli.reports.web.page import json_block, page
from llmops_cli.reports.web.prompt_changes import prompt_section, segments

MOST_TEXT = 20_000  # characters of one text in the page
MOST_PAGE = 60_000_000  # characters of all cases together: browsers open that, of much more they give up
_LEAST_TEXT = 500
_MOST_STATIC = 3_000  # characters of an answer that is shown without script
_ASSETS = ("eval_report.css", "dom.js", "word_diff.js", "case_list.js", "case_view.js", "eval_report.js")
_LEGEND = (
    "Dots with whiskers: the mean of a side with its 95 % interval, hollow for the earlier one. Dashed lines: floors, "
    "ceilings, and how far a metric may move."
)


@dataclass(frozen=True, slots=True)
class _Suite:
    """One run with what its part of the page is made of. `name` is its own among all of the page."""

    number: int
    name: str
    analysis: Analysis
    view: EvalView
    cases: Sequence[CaseStanding]
    alone: bool  # the only one of the page

    @property
    def run(self) -> Run:
        return self.analysis.run

    @property
    def word(self) -> str:
        """The verdict in a word; it is also the class of its colour."""
        return "unchanged" if self.view.unchanged else self.view.status.value

    def section(self, title: str, *body: Child) -> Html:
        """A part of the suite below a heading, which is one level below the suite's."""
        return element("section", element("h2" if self.alone else "h3", title, class_="part-title"), body)


def html_report(analyses: Sequence[Analysis], *, worst: int = 5, most_text: int = MOST_TEXT) -> str:
    """The page. `worst` cases stand in it for readers without script; of a text at most `most_text` characters do.

    All cases of all runs are in it; where they are more than `MOST_PAGE` characters, texts are cut shorter. Raises
    InputError when the log of a run cannot be read.
    """
    suites = [
        _Suite(number, name, analysis, view_of(analysis, most_cases=worst), standings(analysis), len(analyses) == 1)
        for number, (name, analysis) in enumerate(zip(_names(analyses), analyses, strict=True))
    ]
    most, blocks = _blocks(suites, most_text)
    main = [*([_overview(suites)] if len(suites) != 1 else []), *(_suite(one, most) for one in suites)]
    nav = [element("a", one.name, href=f"#suite-{one.number}") for one in suites] if len(suites) > 1 else None
    return page(_title(suites), main=(main, blocks), nav=nav, footer=_footer(most), assets=_ASSETS)


def _names(analyses: Sequence[Analysis]) -> list[str]:
    """The suites by name; one that was run several times is told apart by a number."""
    seen: dict[str, int] = {}
    names = []
    for analysis in analyses:
        suite = analysis.run.suite
        seen[suite] = seen.get(suite, 0) + 1
        names.append(suite if seen[suite] == 1 else f"{suite} ({seen[suite]})")
    return names


def _title(suites: Sequence[_Suite]) -> str:
    if len(suites) == 1:
        return one_line(f"{suites[0].word}: {suites[0].name} · eval report", 120)
    return f"{_counted(suites)} · eval report"


def _blocks(suites: Sequence[_Suite], most: int) -> tuple[int, list[Html]]:
    """The data of all cases, and the length that their texts were cut to."""
    while True:
        blocks = [block for one in suites for block in _data(one, Texts(most))]
        if most <= _LEAST_TEXT or sum(len(block.source) for block in blocks) <= MOST_PAGE:
            return most, blocks
        most = max(_LEAST_TEXT, most // 4)


def _data(one: _Suite, texts: Texts) -> Iterator[Html]:
    if one.view.unchanged:
        return
    yield json_block(f"index-{one.number}", index_of(one.analysis, one.cases, name=one.name))
    for place, details in enumerate(details_of(one.run, one.cases, texts)):
        yield json_block(f"case-{one.number}-{place}", details)


def _overview(suites: Sequence[_Suite]) -> Html:
    """All suites of the page, a line each."""
    head = element("tr", (element("th", words, scope="col") for words in ("suite", "verdict", "what the gate says")))
    rows = [
        element(
            "tr",
            element("th", element("a", one.name, href=f"#suite-{one.number}"), scope="row"),
            element("td", element("span", one.word, class_=f"status {one.word}")),
            element("td", one_line(one.view.headline).removeprefix(f"{one_line(one.run.suite)}: ")),
        )
        for one in suites
    ]
    table = element("table", element("thead", head), element("tbody", rows), class_="figures overview")
    return join(element("h1", _counted(suites)), element("div", table, class_="scroll", tabindex="0"))


def _counted(suites: Sequence[_Suite]) -> str:
    """How many suites came to what, the worst first: `3 suites: 1 fail, 2 pass`."""
    words = [one.word for one in suites]
    counts = [f"{words.count(word)} {word}" for word in ("fail", "invalid", "inconclusive", "pass", "unchanged")]
    return f"{many(len(suites), 'suite')}: {', '.join(said for said in counts if not said.startswith('0 '))}"


def _suite(one: _Suite, most: int) -> Html:
    view = one.view
    banner = element(
        "header",
        element("p", one.word, class_="word"),
        element("h1" if one.alone else "h2", one_line(view.headline), class_="headline"),
        element("p", one_line(view.subject), class_="soft"),
        class_=f"banner {one.word}",
    )
    findings = element("ul", (element("li", one_line(said)) for said in view.listed)) if view.listed else None
    parts = [] if view.unchanged else [_figures(one), _cases(one)]
    return element(
        "article", banner, findings, parts, _prompt(one, most), _about(one), class_="suite", id=f"suite-{one.number}"
    )


def _figures(one: _Suite) -> Html:
    view, analysis = one.view, one.analysis
    if not view.rows:
        return one.section("Figures", element("p", "Nothing was measured.", class_="soft"))
    if analysis.comparison is None:
        return one.section("Figures", alone_table(analysis, view.rows))
    tables = [compared_table(analysis, view.rows, analysis.comparison, title="", base=base_name(one.run))]
    if analysis.anchor is not None and view.anchor_rows:
        title = one_line(view.anchor_title)
        tables.append(compared_table(analysis, view.anchor_rows, analysis.anchor, title=title, base="anchor"))
    legend = element("p", _LEGEND, class_="soft legend")
    return one.section("Figures", tables, legend)


def _cases(one: _Suite) -> Html:
    """The place where the script puts all cases; without script the worst of them stand there."""
    static = [
        part
        for title, cases in case_blocks(one.view)
        for part in (element("h3", title), *(_static_case(case) for case in cases))
    ]
    total = one.view.regressed_total or one.view.failing_total
    nothing = "No case turned worse." if one.analysis.comparison else "No case fails a check that gates."
    note = element("p", "All cases are listed here where JavaScript may run.", class_="soft no-script")
    return one.section(
        "Cases",
        element("div", class_="cases", data_suite=one.number, hidden=True),
        element("div", static, None if total else element("p", nothing), note, class_="static"),
    )


def _static_case(case: CaseView) -> Html:
    before, after = (excerpt_of(text) for text in (case.before, case.after))
    if case.before == "(none)":
        answers: Child = _answer("this change", [Segment("same", after)])
    else:
        parts = word_diff(before, after)
        answers = (
            _answer("base", [part for part in parts if part.kind != "added"]),
            _answer("this change", [part for part in parts if part.kind != "removed"]),
        )
    return element(
        "details",
        element("summary", element("b", one_line(case.id)), " ", one_line(case.metrics), f" {one_line(case.tags)}"),
        element("p", excerpt(case.asked, _MOST_STATIC), class_="soft"),
        element("div", answers, class_="sides"),
        element("ul", (element("li", excerpt(said, _MOST_STATIC)) for said in case.said)),
    )


def excerpt_of(text: str) -> str:
    """The beginning of a long answer, with its line ends."""
    return (
        text if len(text) <= _MOST_STATIC else text[:_MOST_STATIC] + f" [{len(text) - _MOST_STATIC:,} more characters]"
    )


def _answer(title: str, parts: Sequence[Segment]) -> Html:
    return element("figure", element("figcaption", title), segments(parts, 2 * _MOST_STATIC))


def _prompt(one: _Suite, most: int) -> Html:
    title = "Prompt" if one.run.baseline is None else "What changed of the prompt"
    return one.section(title, prompt_section(one.run.baseline, one.run.candidate, most=most))


def _about(one: _Suite) -> Html:
    """Everything else that a reader may want to know of the run."""
    run, view = one.run, one.view
    parts: list[Child] = []
    if run.accepted:
        parts.append(one.section("Accepted drops", _accepted(run.accepted)))
    if run.judged_by:
        parts.append(one.section("Judges", _judges(run)))
    if view.notes:
        parts.append(one.section("Notes", element("ul", (element("li", one_line(note)) for note in view.notes))))
    facts = " · ".join(one_line(fact) for fact in view.facts)
    made = f"{one.run.created_at} by llmops {one.run.llmops_version}"
    parts.append(
        one.section(
            "This run",
            element("p", facts) if facts else None,
            element("p", one_line(f"{view.footer} · {made}"), class_="soft"),
            element("p", "Reproduce: ", element("code", one_line(view.command))),
            element("p", "Removed cases: ", one_line(", ".join(run.removed_cases), 2_000))
            if run.removed_cases
            else None,
        )
    )
    return join(parts)


def _accepted(records: Sequence[AcceptedRecord]) -> Html:
    heads = ("metric", "may drop", "measured against", "reason", "by", "date", "counts for")
    rows = [
        (
            f"{record.metric}[{record.tag}]" if record.tag else record.metric,
            amount(record.metric, record.drop),
            f"{record.since} ({record.side})",
            record.reason,
            record.by,
            record.date,
            ", ".join(n for n, so in (("base", record.for_baseline), ("anchor", record.for_anchor)) if so) or "nothing",
        )
        for record in records
    ]
    return _plain_table(heads, rows)


def _judges(run: Run) -> Html:
    rows = [
        (check, who, run.uncalibrated.get(check, "nothing speaks against it" if check in run.judges else "–"))
        for check, who in run.judged_by.items()
    ]
    return _plain_table(("check", "measured by", "held against people"), rows)


def _plain_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Html:
    head = element("tr", (element("th", words, scope="col") for words in heads))
    body = [element("tr", (element("td", one_line(cell)) for cell in row)) for row in rows]
    table = element("table", element("thead", head), element("tbody", body), class_="figures values")
    return element("div", table, class_="scroll", tabindex="0")


def _footer(most: int) -> Child:
    """What holds for the whole page."""
    return element(
        "p",
        f"One file, nothing in it comes from elsewhere. Texts longer than {most:,} characters are cut, and say so; ",
        element("code", "llmops eval report --format jsonl"),
        " has them whole.",
    )
