"""The report of a run as people use it: read, filtered, opened case by case, with the mouse and with the keyboard."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from llmops_cli.evals.run import ContextRecord, Run
from llmops_cli.reports.web.eval_report import html_report
from tests.evals.runs import binary, run_of
from tests.reports import views

Open = Callable[..., Page]


def rows(page: Page) -> list[str]:
    """The ids of the cases in the rows that are drawn."""
    return page.locator(".view tbody td.id").all_inner_texts()


def test_the_keyboard_alone_leads_through_the_cases(open_page: Open) -> None:
    page = open_page(html_report([views.failed()]))
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("what is c1")
    expect(page.locator(".count")).to_have_text("11 of 20 cases")  # c1 and c10 to c19
    page.keyboard.press("Tab")
    expect(page.locator(".view tr[data-place='0']")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".view tr[data-place='9']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading", level=2)).to_be_focused()
    expect(page.get_by_role("dialog")).to_contain_text("10 of 11 in the list")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("dialog")).to_contain_text("9 of 11 in the list")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(".view tr[data-place='8']")).to_be_focused()
    assert page.url.endswith("#suite-0")


def test_a_filter_by_check_and_tag_counts_what_it_shows(open_page: Open) -> None:
    run = run_of({"right": binary(6, 10), "short": binary(9, 10)}, {"right": binary(10, 10), "short": binary(10, 10)})
    tagged = [case.model_copy(update={"tags": ["even" if i % 2 == 0 else "odd"]}) for i, case in enumerate(run.cases)]
    page = open_page(html_report([views.analysis_of(run.model_copy(update={"cases": tagged}), against_main=True)]))
    page.get_by_label("only this check").select_option("short")
    page.locator(".filters").get_by_role("button", name="regressed").click()
    assert rows(page) == ["c9"]
    page.get_by_label("only this check").select_option("any check")
    assert rows(page) == ["c6", "c7", "c8", "c9"]
    page.get_by_label("only this tag").select_option("odd")
    expect(page.get_by_role("status").first).to_have_text("2 of 10 cases")
    assert rows(page) == ["c7", "c9"]
    expect(page.locator(".filters").get_by_role("button", name="all")).to_contain_text("5")


def test_a_new_case_is_new_for_every_check(open_page: Open) -> None:
    after = {"right": binary(3, 3), "short": binary(3, 3)}
    page = open_page(html_report([views.analysis_of(run_of(after, {"right": binary(2, 2)}), against_main=True)]))
    page.get_by_label("only this check").select_option("short")
    page.locator(".filters").get_by_role("button", name="new").click()
    assert rows(page) == ["c2"]


def test_a_link_opens_its_case_whatever_is_filtered(open_page: Open) -> None:
    page = open_page(html_report([views.failed(), views.alone()]), "#case=c8&suite=s%20(2)")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("c8")
    assert dialog.locator("figure").count() == 1  # the second suite has no base
    page.keyboard.press("Escape")
    page.locator(".filters").get_by_role("button", name="improved").first.click()
    page.evaluate("location.hash = '#case=c4'")
    expect(dialog).to_contain_text("critical")
    expect(page.locator(".filters").get_by_role("button", name="all").first).to_have_attribute(
        "aria-pressed", "true", timeout=5_000
    )


@pytest.mark.parametrize("address", ["#case=nobody", "#case=%E0%A4%A", "#case=", "#suite-0", "#<img src=x>"])
def test_an_address_that_leads_nowhere_does_nothing(open_page: Open, address: str) -> None:
    page = open_page(html_report([views.failed()]), address)
    expect(page.locator(".count")).to_have_text("20 cases, the worst first")
    expect(page.get_by_role("dialog")).to_be_hidden()


def several_repeats() -> Run:
    """Three repeats of two cases, in which the sides disagree with themselves."""
    after = {"a": [1.0, 0.0, 1.0], "b": [1.0, None, 1.0]}
    run = run_of({"right": after}, {"right": {"a": [1.0] * 3, "b": [1.0] * 3}}, repeats=3)
    for result in run.candidate.results:
        object.__setattr__(result, "contexts", [ContextRecord(id="doc-1", text="retrieved words")])
        object.__setattr__(result, "judge_replies", {"right": ["<verdict>no</verdict>"]})
        object.__setattr__(result, "cached", result.repeat == 0)
        object.__setattr__(result, "answered_at", "" if result.repeat == 2 else "2026-11-21T12:00:00Z")
        object.__setattr__(result, "request", "f00d")
    return run


def test_repeats_replies_contexts_and_provenance(open_page: Open) -> None:
    page = open_page(html_report([views.analysis_of(several_repeats(), against_main=True)]), "#case=a")
    dialog = page.get_by_role("dialog")
    repeats = dialog.get_by_role("group", name="repeats").get_by_role("button")
    assert repeats.all_inner_texts() == ["1: pass → pass", "2: pass → fail", "3: pass → pass"]
    expect(repeats.nth(1)).to_have_attribute("aria-pressed", "true")  # the one that tells
    expect(dialog.get_by_text("<verdict>no</verdict>")).to_be_visible()
    dialog.get_by_text("doc-1").click()
    expect(dialog.get_by_text("retrieved words")).to_be_visible()
    expect(dialog.get_by_role("row", name="came from")).to_contain_text("asked in this run")
    repeats.nth(0).click()
    expect(repeats.nth(0)).to_be_focused()
    expect(dialog.get_by_role("row", name="came from")).to_contain_text("the cache")
    expect(dialog.get_by_role("row", name="request")).to_contain_text("f00d")
    repeats.nth(2).click()
    expect(dialog.get_by_role("row", name="came from")).to_contain_text("a recording")


def test_a_case_is_copied_as_a_line_of_a_golden_set(open_page: Open) -> None:
    page = open_page(html_report([views.failed()]), "#case=c4")
    page.get_by_role("dialog").get_by_role("button", name="copy as golden case").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("copied")
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").focus()
    page.keyboard.press("Control+V")
    line = json.loads(page.get_by_role("searchbox").input_value())
    assert line == {"id": "c4", "vars": {"question": "What is c4?"}, "critical": True}


def test_the_link_of_a_case_is_copied_whole(open_page: Open) -> None:
    page = open_page(html_report([views.failed()]), "#case=c4")
    page.get_by_role("dialog").get_by_role("link", name="copy link").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("copied")
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_role("searchbox")).to_have_value(re.compile("^file:///.*#case=c4&suite=s$"))


def test_without_script_the_verdict_the_figures_and_the_worst_cases_are_there(open_page: Open) -> None:
    page = open_page(html_report([views.failed()], worst=3), javascript=False)
    expect(page.get_by_role("heading", level=1)).to_contain_text("the gate FAILED against main")
    expect(page.locator("svg").first).to_be_visible()
    assert page.locator(".static summary b").all_inner_texts() == ["c4", "c0", "c1"]
    page.locator(".static summary").first.click()
    expect(page.locator(".static ins").first).to_be_visible()
    expect(page.locator(".cases")).to_be_hidden()


def test_colours_follow_the_system_until_somebody_chooses(open_page: Open) -> None:
    def ground(page: Page) -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = (open_page(html_report([views.passed()]), dark=dark) for dark in (False, True))
    assert ground(light) == "rgb(251, 250, 247)" and ground(dark) == "rgb(21, 24, 27)"
    dark.get_by_role("radio", name="light").check(force=True)
    light.get_by_role("radio", name="dark").check(force=True)
    assert ground(light) == "rgb(21, 24, 27)" and ground(dark) == "rgb(251, 250, 247)"


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_wider_than_the_window(open_page: Open, width: int) -> None:
    page = open_page(html_report([views.failed()]), "#case=c4", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= width


def test_words_without_a_space_are_no_wider_than_the_window_either(open_page: Open) -> None:
    long = "x" * 3_000
    run = run_of({"right": binary(1, 2)}, {"right": binary(2, 2)}, clusters={"c0": long})
    sides = {role: side.model_copy(update={"prompt": long}) for role, side in run if role in ("candidate", "baseline")}
    run = run.model_copy(update={"suite": long, "notes": [long], "removed_cases": [long], **sides})
    page = open_page(html_report([views.analysis_of(run, against_main=True)]), "#case=c0", width=400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    dialog = page.get_by_role("dialog")
    assert dialog.evaluate("dialog => dialog.scrollWidth") <= 400
    expect(dialog.locator("> p").first).to_have_attribute("tabindex", "0")  # what is too high scrolls


def test_who_cannot_see_is_told_what_there_is(open_page: Open) -> None:
    page = open_page(html_report([views.failed()]))
    grid = page.get_by_role("grid", name="cases of s")
    expect(grid).to_have_attribute("aria-rowcount", "21")
    expect(grid.get_by_role("row").nth(1)).to_have_attribute("aria-rowindex", "2")
    expect(page.get_by_role("img", name=re.compile("^base 95.0 %.*this change 70.0 %.*floor 50.0 %"))).to_be_visible()
    for landmark in ("banner", "main", "contentinfo"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="skip to the content")).to_be_focused()


def test_the_figures_lead_to_the_cases_that_they_count(open_page: Open) -> None:
    after = {"right": binary(6, 10), "short": binary(9, 10)}
    run = run_of(after, {"right": binary(10, 10), "short": binary(10, 10) | {"c0": [0.0]}})
    page = open_page(html_report([views.analysis_of(run, against_main=True)]))
    page.get_by_role("button", name="1 improved on short: show them").click()
    assert rows(page) == ["c0"]
    expect(page.locator(".view tr[data-place='0']")).to_be_focused()
    expect(page.get_by_label("only this check")).to_have_value("1")
    page.get_by_role("button", name="4 regressed on right: show them").click()
    assert rows(page) == ["c6", "c7", "c8", "c9"]


def test_the_keys_work_on_where_a_focused_row_was_scrolled_away(open_page: Open) -> None:
    values = {f"c{number}": [1.0] for number in range(300)}
    page = open_page(html_report([views.analysis_of(run_of({"right": values}, {"right": values}), against_main=True)]))
    page.locator(".view tr[data-place='0']").focus()
    page.locator(".view").evaluate("view => { view.scrollTop = 5000 }")
    expect(page.locator(".view tr[data-place='150']")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".view tr[data-place='1']")).to_be_focused()
    expect(page.locator(".view tr[data-place='1']")).to_be_in_viewport()


def test_a_long_text_is_scrolled_by_keyboard_and_a_short_one_is_no_stop(open_page: Open) -> None:
    run = run_of({"right": binary(1, 2)}, {"right": binary(2, 2)})
    run.candidate.results[1].scores["right"] = (
        run.candidate.results[1].scores["right"].model_copy(update={"reason": "why not\n" * 200})
    )
    page = open_page(html_report([views.analysis_of(run, against_main=True)]), "#case=c1")
    reasons = page.get_by_role("dialog").locator("td pre")
    expect(reasons.nth(1)).to_have_attribute("tabindex", "0")
    assert reasons.nth(0).get_attribute("tabindex") is None
    reasons.nth(1).focus()
    page.keyboard.press("End")
    page.wait_for_function("document.querySelectorAll('td pre')[1].scrollTop > 0")


def test_a_case_says_what_junit_says_of_it(open_page: Open) -> None:
    page = open_page(html_report([views.failed()]), "#case=c4")
    dialog = page.get_by_role("dialog")
    said = "fail · right: does not pass, and passed at the base; the case is critical"
    expect(dialog).to_contain_text(f"Verdict on this case: {said}")
    page.evaluate("location.hash = '#case=c6'")
    expect(dialog).to_contain_text("Verdict on this case: pass · right: passes")


@pytest.mark.parametrize("word", ["candidate", "scored", "recording", "this change", "pass →"])
def test_words_of_the_page_are_found_in_no_case(open_page: Open, word: str) -> None:
    page = open_page(html_report([views.failed()]))
    page.get_by_role("searchbox").fill(word)
    expect(page.locator(".count")).to_have_text("0 of 20 cases")
