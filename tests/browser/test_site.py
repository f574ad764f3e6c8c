"""The pages over a registry in a real browser, as files in a folder: found by typing, followed by links, never more."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from llmops_cli.evals.release_scores import ReleaseScore, ReleaseScores
from llmops_cli.prompts.chronicle import read_chronicle
from llmops_cli.prompts.environment import Wish, move
from llmops_cli.prompts.release import release
from llmops_cli.reports.site_folder import write_site
from llmops_cli.reports.web.site import Site, site_pages
from tests.conftest import GitRepo
from tests.prompts.registered import opened, prompt

Open = Callable[..., Page]
EVIL = "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script></script></style>"


def released(repo: GitRepo, name: str, version: str, yes: int | None = None, *, words: str = "") -> None:
    """Release one version, with the scores of one check in its tag."""
    text = prompt(version, words or f"Words of {version}.", name=name)
    repo.commit({f"prompts/{name}.yaml": text}, "change")
    metrics = {"cites": ReleaseScore((yes or 0) / 40, 40, yes=yes)}
    said = ReleaseScores("run-1", "pass", metrics, "s", "00").line() if yes is not None else ""
    release(opened(repo), [name], eval_summary=lambda _: said)


@pytest.fixture
def site(repo: GitRepo, tmp_path: Path) -> Path:
    """Three prompts, one of them with three releases, one gone, one hostile in every text it can be."""
    released(repo, "rag-answer", "1.0.0", 36)
    released(repo, "rag-answer", "1.1.0")
    released(repo, "rag-answer", "1.2.0", 38)
    released(repo, "judges/old", "0.1.0")
    repo.git("rm", "-q", "prompts/judges/old.yaml")
    repo.user = EVIL.replace("\n", " ").replace("<", "").replace(">", "")
    released(repo, "evil", "1.0.0", words=EVIL + " $question")
    text = (repo.path / "prompts/evil.yaml").read_text().replace("search-team", '"' + EVIL + '"')
    repo.commit({"prompts/evil.yaml": text}, EVIL)
    for name, version in (("rag-answer", "1.2.0"), ("evil", "1.0.0")):
        move(opened(repo), Wish("promote", name, version, "production", reason=EVIL), tell=print)
    folder = tmp_path / "site"
    write_site(folder, site_pages(Site(read_chronicle(opened(repo)), "Our prompts", (EVIL,))))
    return folder


def test_prompts_are_found_by_typing(site: Path, open_page: Open) -> None:
    page = open_page(site / "index.html", site=site)
    rows = page.locator("#prompts tr:visible")
    expect(rows).to_have_count(3)
    page.get_by_role("searchbox").fill("RAG 1.2.0")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("1 of 3")
    page.get_by_role("searchbox").fill("nothing is called so")
    expect(page.get_by_text("No prompt is like that.")).to_be_visible()
    page.get_by_role("searchbox").fill("")
    page.get_by_label("state").select_option("deleted")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("judges/old")
    page.get_by_label("state").select_option("")
    page.get_by_label("live").select_option("live on production")
    expect(rows).to_have_count(2)


def test_links_lead_from_the_index_to_a_version_and_back(site: Path, open_page: Open) -> None:
    page = open_page(site / "index.html", site=site)
    page.get_by_role("link", name="rag-answer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("rag-answer")
    change = page.locator("[id='v1.1.0']")
    expect(change).to_be_hidden()
    page.get_by_role("link", name="1.1.0").click()
    expect(change).to_be_visible()
    expect(change.locator("ins").first).to_have_text("1")
    page.get_by_role("link", name="Environments").click()
    page.get_by_role("table").first.get_by_role("link", name="rag-answer").click()
    page.get_by_role("link", name="Prompts").click()
    page.get_by_role("link", name="judges/old").click()
    page.get_by_role("link", name="Environments").click()
    assert page.url == (site / "environments.html").as_uri()


def test_a_dot_says_what_it_is_under_the_mouse_and_the_table_says_it_to_all(site: Path, open_page: Open) -> None:
    page = open_page(site / "prompts/rag-answer.html", site=site)
    points = page.locator(".point")
    expect(points).to_have_count(2)
    said = points.nth(1).locator(".said")
    expect(said).to_be_hidden()
    points.nth(1).locator(".dot").hover()
    expect(said).to_be_visible()
    expect(said).to_contain_text("1.2.0: 95.0 % (n 40), 95 % between 83.5 % and 98.6 %")
    page.mouse.move(0, 0)
    expect(said).to_be_hidden()
    row = page.get_by_role("region", name="versions").get_by_role("row").nth(1)
    expect(row).to_contain_text("95.0 % (n 40)83.5 % to 98.6 %")
    assert page.locator(".point[tabindex]").count() == 0  # hundreds of dots would stand in the way of the Tab key


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_its_window(site: Path, open_page: Open, width: int, dark: bool) -> None:
    for path in ("index.html", "environments.html", "prompts/rag-answer.html", "prompts/evil.html"):
        page = open_page(site / path, site=site, width=width, dark=dark)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(21, 24, 27)") == dark


def test_foreign_text_is_text(site: Path, open_page: Open) -> None:
    for path in ("index.html", "environments.html", "prompts/evil.html"):
        page = open_page(site / path, site=site)
        for summary in page.locator("summary").all():
            if summary.is_visible():
                summary.click()
        expect(page.locator("main")).to_contain_text("<img src=x onerror=")
        expect(page.locator("img")).to_have_count(0)


def test_without_javascript_everything_is_there_but_the_search(site: Path, open_page: Open) -> None:
    page = open_page(site / "index.html", site=site, javascript=False)
    expect(page.locator("#prompts tr:visible")).to_have_count(3)
    expect(page.locator("#controls")).to_be_hidden()
