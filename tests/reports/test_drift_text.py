"""What is said of drift: true alone, with figures, and safe wherever it is shown."""

from llmops_cli.evals.drift import Answer, MetricDrift, SuiteDrift
from llmops_cli.reports.drift_text import drift_markdown, headline, lines_of, rows_of
from llmops_cli.stats.interval import Interval

EVIL = "@all <img src=x> | `x` ](http://evil.example) \x1b[31m"


def found(answer: Answer, *metrics: MetricDrift, reasons: tuple[str, ...] = ()) -> SuiteDrift:
    """The answer for one suite."""
    return SuiteDrift(
        "rag", "rag-answer", "3.1.0", "production", answer, reasons, metrics, "run-1", False,
        ("gpt-5-2026-04-01",), ("gpt-5-2026-10-01",), "run-2", "state/drift/run-2.json", 44, 0.12,
    )  # fmt: skip


FELL = MetricDrift(
    "cites", "drifted", 0.95, 0.8, 44, 43, -0.15, Interval(-0.27, -0.02, 0.95, "Newcombe"), 0.01, 0.02, 0.12
)
COST = MetricDrift("cost_usd", "", 0.003, 0.004, 44, 44, 0.001)


def test_the_headline_is_true_alone() -> None:
    what = "rag: rag-answer@3.1.0 (production)"
    assert headline(found("drifted", FELL, COST)) == (
        f"drifted: {what} answers worse than when it was released: cites -15.0 pp [-27.0, -2.0] pp"
    )
    assert headline(found("stable", COST)) == (
        f"stable: {what} answers as when it was released, as far as 44 cases show"
    )
    assert headline(found("cannot tell", reasons=("the golden set changed",))) == (
        f"cannot tell: {what}: the golden set changed"
    )
    assert headline(found("cannot tell")) == f"cannot tell: {what}: no check was measured then and now"


def test_rows_and_lines_say_how_much_and_by_what() -> None:
    drifted = found("drifted", FELL, COST)
    assert rows_of(drifted) == [
        ["cites", "95.0 % (n 44)", "80.0 % (n 43)", "-15.0 pp [-27.0, -2.0] pp", "0.0200", "12.0 pp", "drifted"],
        ["cost_usd", "$0.0030 (n 44)", "$0.0040 (n 44)", "+$0.0010", "-", "-", "not tested"],
    ]
    assert lines_of(drifted) == [
        "compared with the scores in its tag (run-1); p is two-sided, after Holm over all checks",
        "answered then by gpt-5-2026-04-01, now by gpt-5-2026-10-01",
        "44 cases asked anew, $0.1200; the answers: llmops eval report state/drift/run-2.json",
    ]
    assert lines_of(found("cannot tell", reasons=("x",))) == []


def test_markdown_puts_first_what_needs_somebody() -> None:
    text = drift_markdown([found("stable", COST), found("cannot tell", reasons=("why",)), found("drifted", FELL)])
    places = [text.index(words) for words in ("> [!CAUTION]", "> [!WARNING]", "**stable")]
    assert places == sorted(places)
    assert text.startswith("> [!CAUTION]\n> **drifted: rag: ")


def test_foreign_text_stays_text() -> None:
    said = SuiteDrift(
        "s", "p", "1.0.0", EVIL, "drifted", (EVIL,), (FELL,), EVIL, False, (EVIL,), (EVIL + "2",), EVIL, EVIL, 1
    )
    text = drift_markdown([said])
    for piece in ("<img", "@all", "](http", "\x1b"):
        assert piece not in text
    assert len(text.split("\n")) == len(drift_markdown([found("drifted", FELL)]).split("\n")) + 1  # one note more
