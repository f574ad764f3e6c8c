"""A real regression as its report shows it: two solvers of 330 recorded problems, from the command to the click."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from llmops_cli.cli.main import main
from tests.conftest import GitRepo
from tests.journeys.test_math_regression import switch


def test_the_regression_of_330_problems(math_repo: GitRepo, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    switch(math_repo, "175b_finetuning")
    assert main(["eval", "run", "--against", "main"]) == 1
    path = tmp_path / "report.html"
    assert main(["eval", "report", "--format", "html", "-o", str(path)]) == 1
    page: Page = request.getfixturevalue("open_page")(path)
    expect(page.locator("h1")).to_contain_text("math: the gate FAILED against main")
    expect(page.locator(".count")).to_have_text("330 cases, the worst first")
    chips = dict(re.findall(r"([a-z ]+) (\d+)", page.locator(".filters .chips").inner_text().replace("\n", " ")))
    assert {name.strip(): int(count) for name, count in chips.items()} == {
        "all": 330, "regressed": 53, "improved": 36, "flaky": 0, "unmeasured": 0, "not passing": 221, "new": 0
    }  # fmt: skip

    page.locator(".filters").get_by_role("button", name="improved").click()
    expect(page.locator(".count")).to_have_text("36 of 330 cases")
    assert {text.split(" ", 1)[1] for text in page.locator(".view td.checks").all_inner_texts()} == {"fail → pass"}
    page.locator(".filters").get_by_role("button", name="regressed").click()
    expect(page.locator(".count")).to_have_text("53 of 330 cases")
    page.locator(".view tbody tr[data-place='0']").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert page.url.endswith("#case=p4&suite=math")
    before, after = dialog.locator("figure").all()
    expect(before.locator("del").first).to_be_visible()
    expect(after.locator("ins").first).to_be_visible()
    assert "A: 20" in before.inner_text() and "A: 43" in after.inner_text()
    expect(dialog.locator("table").first).to_contain_text("43 is not 20")
    expect(dialog.get_by_role("row", name="came from")).to_have_text("came froma recordinga recording")
    expect(page.get_by_text("6b_verification").first).to_be_attached()  # of the prompt, which changed
    dialog.get_by_label("mark the words that differ").uncheck()
    expect(dialog.locator("ins")).to_have_count(0)
    dialog.get_by_role("button", name="close").click()
    expect(dialog).to_be_hidden()
