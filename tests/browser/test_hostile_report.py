"""A run in which everybody says the worst, and a very large one, in a browser. What is not in the tests, the fixture
holds: no request, no error, nothing that ran."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from llmops_cli.reports.visible import visible
from llmops_cli.reports.web.eval_report import html_report
from tests.evals.runs import run_of
from tests.prompts.making import make
from tests.reports import views
from tests.reports.hostile import WORDS, hostile

Open = Callable[..., Page]

TAGS_OF_A_CASE = {
    "DIALOG", "DIV", "SECTION", "P", "H2", "H3", "SPAN", "B", "BUTTON", "A", "PRE", "DL", "DT", "DD", "LABEL", "INPUT",
    "FIGURE", "FIGCAPTION", "INS", "DEL", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "DETAILS", "SUMMARY", "CODE",
}  # fmt: skip


def test_every_hostile_case_can_be_opened_and_stays_text(open_page: Open) -> None:
    page = open_page(html_report([hostile()], worst=50))
    total = page.evaluate("JSON.parse(document.getElementById('index-0').textContent).cases.length")
    page.locator(".view tr[data-place='0']").click()
    dialog = page.locator("dialog")
    for place in range(total):
        expect(dialog).to_contain_text(f"{place + 1} of {total} in the list")
        names = page.evaluate("[...new Set([...document.querySelectorAll('dialog, dialog *')].map(e => e.tagName))]")
        assert set(names) <= TAGS_OF_A_CASE
        assert page.evaluate("[...document.querySelectorAll('dialog a')].every(a => a.protocol === 'file:')")
        assert page.evaluate(
            "!/[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]/"
            ".test(document.body.innerText)"
        )
        dialog.get_by_role("button", name="next").click(force=True)


@pytest.mark.parametrize("name", ["script", "end-of-data", "bidi", "ansi", "separators", "comment", "fence"])
def test_a_hostile_answer_is_shown_letter_by_letter(open_page: Open, name: str) -> None:
    page = open_page(html_report([hostile(long=False)]))
    page.evaluate("id => { location.hash = '#case=' + encodeURIComponent(id) }", f"{name} {WORDS[name][:200]}".strip())
    shown = page.locator("dialog figure").nth(1).locator("pre").evaluate("element => element.textContent")
    assert shown == visible(WORDS[name])


def test_a_line_of_a_million_characters_is_cut_and_says_so(open_page: Open) -> None:
    page = open_page(html_report([hostile()]))
    page.get_by_role("searchbox").fill("ab ab ab ab")
    expect(page.locator(".count")).to_have_text("1 of 34 cases")
    page.locator(".view tr[data-place='0']").click()
    answers = page.locator("dialog figure pre")
    expect(answers.nth(1)).to_contain_text("[980,000 characters are left out here]")
    assert len(answers.nth(1).inner_text()) < 21_000
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= 1280
    expect(page.locator("dialog").get_by_role("button", name="copy as golden case")).to_be_disabled()


def test_a_hostile_prompt_is_compared_as_text(open_page: Open) -> None:
    words = "".join(text for name, text in WORDS.items() if name in ("script", "end-of-data", "img", "bidi", "comment"))
    before, after = (make(messages=[{"role": "user", "content": words + more}]) for more in (" one", " two"))
    analysis = views.passed()
    assert analysis.run.baseline is not None
    sides = {
        "baseline": analysis.run.baseline.model_copy(update={"contract": before.contract(), "digest": before.digest}),
        "candidate": analysis.run.candidate.model_copy(update={"contract": after.contract(), "digest": after.digest}),
    }
    page = open_page(html_report([views.analysis_of(analysis.run.model_copy(update=sides), against_main=True)]))
    expect(page.locator("figure del")).to_have_text("one")
    expect(page.locator("figure ins")).to_have_text("two")
    expect(page.locator("figure pre")).to_contain_text("</script><script>window.pwned = true</script>")


def test_with_five_thousand_cases_few_rows_are_in_the_page(open_page: Open) -> None:
    count = 5_000
    values = {f"case-{number}": [float(number % 9 != 0)] for number in range(count)}
    page = open_page(html_report([views.analysis_of(run_of({"right": values}, {"right": values}), against_main=True)]))
    expect(page.locator(".count")).to_have_text("5,000 cases, the worst first")
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "5001")
    most = 0
    for place in (0, 1_700, 3_333, 4_999):
        page.locator(".view").evaluate("(view, place) => { view.scrollTop = place * 34 }", place)
        expect(page.locator(f".view tr[data-place='{place}']")).to_be_visible()
        most = max(most, page.locator(".view tbody tr").count())
    assert most < 80
    page.get_by_role("searchbox").fill("case-4998")
    expect(page.locator(".count")).to_have_text("1 of 5,000 cases")
    page.locator(".view tr[data-place='0']").click()
    expect(page.get_by_role("dialog").get_by_role("heading", level=2)).to_have_text("case-4998")
    assert page.evaluate("document.querySelectorAll('*').length") < 5_000 + 700  # a block of data is one element


def test_not_even_the_script_of_the_page_can_make_markup_of_text(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(html_report([views.passed()]), encoding="utf-8")
    page = chromium.new_page(offline=True)
    page.goto(path.as_uri())
    refused = page.evaluate(
        "try { document.createElement('div').innerHTML = '<b>x</b>'; 'done' } catch (error) { error.name }"
    )
    page.close()
    assert refused == "TypeError"


def test_half_of_a_character_pair_is_shown_as_such(open_page: Open) -> None:
    run = run_of({"right": {"a\ud800": [0.0]}}, {"right": {"a\ud800": [1.0]}})
    page = open_page(html_report([views.analysis_of(run, against_main=True)]))
    page.locator(".view tr[data-place='0']").click()
    expect(page.get_by_role("dialog").get_by_role("heading", level=2)).to_have_text("a\\ud800")
    assert page.url.endswith("#suite-0")  # no address can hold it


@pytest.mark.parametrize("name", ["constructor", "__proto__", "toString"])
def test_a_check_may_have_the_name_of_something_in_every_object(open_page: Open, name: str) -> None:
    """One that only this change has: the base must not seem to have it."""
    right = {"a": [1.0], "b": [1.0]}
    run = run_of({"right": right, name: {"a": [0.0]}}, {"right": right})
    page = open_page(html_report([views.analysis_of(run, against_main=True)]), "#case=a")
    row = page.get_by_role("dialog").get_by_role("row", name=name)
    assert row.get_by_role("cell").all_inner_texts() == ["–", "fail\nby hand"]
