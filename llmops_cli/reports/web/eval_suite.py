"""One run as a part of the page: verdict, figures, cases, prompt, and whatever else a reader may want to know."""

from collections.abc import Sequence
from dataclasses import dataclass

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.figures import amount
from llmops_cli.evals.run import Run
from llmops_cli.prompts.diff import Segment, word_diff
from llmops_cli.reports.case_standing import CaseStanding
from llmops_cli.reports.eval_view import CaseView, EvalView
from llmops_cli.reports.plain import case_blocks
from llmops_cli.reports.visible import excerpt, one_line
from llmops_cli.reports.web.eval_cases import base_name
from llmops_cli.reports.web.eval_figures import alone_table, compared_table
from llmops_cli.reports.web.markup import Child, Html, element, join
from llmops_cli.reports.web.prompt_changes import prompt_section, segments
from llmops_cli.reports.web.tables import table

_MOST_STATIC = 3_000  # characters of an answer that is shown without script
_LEGEND = (
    "Dots with whiskers: the mean of a side with its 95 % interval, hollow for the earlier one. Dashed lines: floors, "
    "ceilings, and how far a metric may move."
)


@dataclass(frozen=True, slots=True)
class Suite:
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


def suite_part(one: Suite, most: int) -> Html:
    """The whole part; of a text of the prompt it holds at most `most` characters."""
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


def _figures(one: Suite) -> Html:
    view, analysis = one.view, one.analysis
    if not view.rows:
        return one.section("Figures", element("p", "Nothing was measured.", class_="soft"))
    if analysis.comparison is None:
        return one.section("Figures", alone_table(analysis, view.rows))
    tables = [compared_table(analysis, view.rows, analysis.comparison, base=base_name(one.run))]
    if analysis.anchor is not None and view.anchor_rows:
        title = one_line(view.anchor_title)
        tables.append(compared_table(analysis, view.anchor_rows, analysis.anchor, base="anchor", title=title))
    legend = element("p", _LEGEND, class_="soft legend")
    return one.section("Figures", tables, legend)


def _cases(one: Suite) -> Html:
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
    before, after = (_beginning(text) for text in (case.before, case.after))
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


def _beginning(text: str) -> str:
    """The beginning of a long answer, with its line ends."""
    left_out = len(text) - _MOST_STATIC
    return text if left_out <= 0 else f"{text[:_MOST_STATIC]} [{left_out:,} more characters]"


def _answer(title: str, parts: Sequence[Segment]) -> Html:
    return element("figure", element("figcaption", title), segments(parts, 2 * _MOST_STATIC))


def _prompt(one: Suite, most: int) -> Html:
    title = "Prompt" if one.run.baseline is None else "What changed of the prompt"
    return one.section(title, prompt_section(one.run.baseline, one.run.candidate, most=most))


def _about(one: Suite) -> Html:
    """Everything else that a reader may want to know of the run."""
    run, view = one.run, one.view
    parts: list[Child] = []
    if run.accepted:
        parts.append(one.section("Accepted drops", _accepted(one)))
    if run.judged_by:
        parts.append(one.section("Judges", _judges(one)))
    if notes := [note for note in map(one_line, view.notes) if note]:
        parts.append(one.section("Notes", element("ul", (element("li", note) for note in notes))))
    facts = " · ".join(one_line(fact) for fact in view.facts)
    made = f"{view.footer} · {run.created_at} by llmops {run.llmops_version}"
    gone = one_line(", ".join(run.removed_cases))
    parts.append(
        one.section(
            "This run",
            element("p", facts) if facts else None,
            element("p", one_line(made), class_="soft"),
            element("p", "Reproduce: ", element("code", one_line(view.command))),
            element("p", f"Removed cases: {gone}") if gone else None,
        )
    )
    return join(parts)


def _accepted(one: Suite) -> Html:
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
        for record in one.run.accepted
    ]
    return table(
        f"accepted drops of {one.name}",
        heads,
        [[one_line(cell) for cell in row] for row in rows],
        style="figures values",
    )


def _judges(one: Suite) -> Html:
    run = one.run
    rows = [
        (check, who, run.uncalibrated.get(check, "nothing speaks against it" if check in run.judges else "–"))
        for check, who in run.judged_by.items()
    ]
    heads = ("check", "measured by", "held against people")
    return table(
        f"judges of {one.name}", heads, [[one_line(cell) for cell in row] for row in rows], style="figures values"
    )
