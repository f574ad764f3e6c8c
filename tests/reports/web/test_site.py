"""The pages over a registry: what stands in them, where they lead, and foreign text that stays text."""

import re
from pathlib import PurePosixPath

import pytest

from llmops_cli.evals.release_scores import ReleaseScore, ReleaseScores, write_scores
from llmops_cli.prompts.chronicle import read_chronicle
from llmops_cli.prompts.environment import Wish, move
from llmops_cli.prompts.release import release
from llmops_cli.reports.web.site import Site, site_pages
from tests.conftest import GitRepo
from tests.prompts.registered import opened, prompt
from tests.reports.web.reading import Seen, seen

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202e\x1b[31m&amp;\"'"


def scores(yes: int, *, golden: str = "7f3a9c0d1e2b4455", verdict: str = "pass") -> str:
    """What a tag says of one yes-or-no metric and a price."""
    metrics = {"cites": ReleaseScore(yes / 40, 40, yes=yes), "cost_usd": ReleaseScore(0.003, 40, error=0.0001)}
    return ReleaseScores(f"run-{yes}", verdict, metrics, "rag", golden).line()


def released(repo: GitRepo, version: str, said: str = "", *, name: str = "rag-answer", words: str = "") -> None:
    """Commit and release one version, with these scores in its tag."""
    repo.commit({f"prompts/{name}.yaml": prompt(version, words or f"Words of {version}.", name=name)}, f"{name}")
    release(opened(repo), [name], eval_summary=lambda _: said)


def pages_of(repo: GitRepo, *notes: str) -> dict[str, str]:
    """All pages of the site as it would be now."""
    return dict(site_pages(Site(read_chronicle(opened(repo)), "Our prompts", notes)))


def words(page: Seen) -> str:
    """All text of a page."""
    return " ".join(text for element, text in page.texts if element not in ("style", "script"))


def check_links(pages: dict[str, str]) -> int:
    """Every link leads to a page that is there, and to an element of it; returns how many there are."""
    parsed = {path: seen(text) for path, text in pages.items()}
    ids = {path: {attributes.get("id") for _, attributes in page.elements} for path, page in parsed.items()}
    count = 0
    for path, page in parsed.items():
        for attributes in page.all("a"):
            address, _, fragment = str(attributes["href"]).partition("#")
            target = path
            if address:
                parts: list[str] = []
                for part in (PurePosixPath(path).parent / address).parts:
                    parts = parts[:-1] if part == ".." else [*parts, part]
                target = "/".join(parts)
            assert target in pages, (path, address)
            assert not fragment or fragment in ids[target], (path, address, fragment)
            count += 1
    return count


def test_a_site_tells_the_whole_story(repo: GitRepo) -> None:
    released(repo, "1.0.0", scores(36))
    released(repo, "1.1.0")
    released(repo, "1.2.0", scores(38, golden="0011223344556677", verdict="fail"))
    released(repo, "0.1.0", name="judges/polite")
    for version, reason in (("1.0.0", "first"), ("1.2.0", "measured")):
        move(opened(repo), Wish("promote", "rag-answer", version, "production", reason=reason), tell=print)
    pages = pages_of(repo)
    assert list(pages) == ["prompts/judges/polite.html", "prompts/rag-answer.html", "environments.html", "index.html"]
    assert check_links(pages) > 20

    index = words(seen(pages["index.html"]))
    assert "2 prompts" in index
    assert "4 released versions" in index
    assert "1 live on production" in index
    assert "cites 95.0 %" in index
    assert "search-team" in index

    page = seen(pages["prompts/rag-answer.html"])
    text = words(page)
    for expected in ("95.0 % (n 40)", "90.0 % (n 40)", "$0.0030 (n 40)", "measured", "as released", "run-38"):
        assert expected in text or any(expected in str(attributes) for _, attributes in page.elements), expected
    assert (page.inside("del"), page.inside("ins")) == (["1", "0"], ["2", "1"])  # 1.1.0 to 1.2.0, then 1.0.0 to 1.1.0
    points = [each["aria-label"] for each in page.all("g") if each.get("class") == "point"]
    assert points[0].startswith("1.0.0: 90.0 % (n 40), 95 % between 76.9 % and 96.0 % · 20")
    assert points[1].startswith("1.2.0: 95.0 % (n 40), 95 % between 83.5 % and 98.6 % · 20")
    assert len(points) == 4  # two metrics
    assert not [line for line in page.all("line") if line.get("class") == "trend"]  # 1.1.0 is a gap
    assert text.count("from 1.2.0 on measured with another golden set") == 2

    environments = words(seen(pages["environments.html"]))
    assert "nothing was ever promoted there" in environments  # staging
    assert "1 prompt live, 2 moves" in environments


def test_the_same_registry_gives_the_same_pages(repo: GitRepo) -> None:
    released(repo, "1.0.0", scores(36))
    move(opened(repo), Wish("promote", "rag-answer", "1.0.0", "production"), tell=print)
    assert pages_of(repo) == pages_of(repo)


def test_a_registry_without_releases_prereleases_and_deleted_prompts(repo: GitRepo) -> None:
    repo.commit({"README.md": "nothing yet"})
    pages = pages_of(repo)
    assert list(pages) == ["environments.html", "index.html"]
    assert "There are no prompts here yet." in words(seen(pages["index.html"]))
    repo.commit({"prompts/fresh.yaml": prompt("0.1.0", name="fresh")})
    fresh = words(seen(pages_of(repo)["prompts/fresh.html"]))
    assert "nothing is released yet" in fresh
    assert "unreleased" in fresh
    released(repo, "1.0.0-rc.1", name="gone")
    repo.git("rm", "-q", "prompts/gone.yaml")
    repo.commit({"prompts/bad.yaml": "version: [\n"}, "gone")
    pages = pages_of(repo)
    assert check_links(pages)
    assert "deleted" in words(seen(pages["prompts/gone.html"]))
    assert "1.0.0-rc.1" in words(seen(pages["index.html"]))
    assert "prompts/bad.yaml:" in words(seen(pages["prompts/bad.html"]))


def test_foreign_text_stays_text(repo: GitRepo) -> None:
    released(repo, "1.0.0", words="Harmless.")
    repo.git("config", "user.name", "Eve <script>alert(3)</script>")
    words_of_eve = "</pre></script><script>alert(4)</script><!-- $question"
    repo.user = 'Eve "x" onload=alert(5)'
    repo.commit({"prompts/rag-answer.yaml": prompt("1.1.0", words_of_eve).replace("search-team", repr(EVIL)[1:-1])})
    release(opened(repo), ["rag-answer"], eval_summary=lambda _: f"run-1 pass; {EVIL}=1.0 (n 3); suite {EVIL}")
    move(opened(repo), Wish("promote", "rag-answer", "1.1.0", "production", reason=EVIL), tell=print)
    blob = repo.git("hash-object", "-w", "prompts/rag-answer.yaml")
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{blob},prompts/<img src=x>.yaml")
    commit = repo.git("commit-tree", repo.git("write-tree"), "-m", EVIL)
    repo.git("update-ref", "refs/heads/llmops/<svg/onload=alert(6)>", commit)
    repo.git("reset", "-q", "--hard")
    pages = pages_of(repo, EVIL)
    assert check_links(pages)
    assert list(pages) == ["prompts/rag-answer.html", "environments.html", "index.html"]
    for path, text in pages.items():
        page = seen(text)
        names = {name for name, _ in page.elements}
        assert names.isdisjoint({"img", "iframe", "object", "base", "form", "link"}), path
        assert len(page.all("script")) == (path == "index.html"), path
        assert page.comments == []
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")], path
        assert not re.search("[\u202e\x1b]", text), path
    assert "<img src=x>" not in words(seen(pages["index.html"])), "no prompt can have this name"
    assert "<svg/onload=alert(6)>" in words(seen(pages["environments.html"]))
    assert "alert(4)" in words(seen(pages["prompts/rag-answer.html"]))


def test_foreign_tags_are_passed_over(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    repo.git("tag", "rag-answer@v9.9.9")
    repo.git("tag", "-a", "-m", "not ours", "rag-answer@v8.8.8")
    repo.git("tag", "-a", "-m", "not ours", "v7")
    page = pages_of(repo)["prompts/rag-answer.html"]
    assert "9.9.9" not in page
    assert "8.8.8" not in page


@pytest.mark.parametrize("length", [70_000, 400_000])
def test_long_texts_are_cut_and_it_is_said(repo: GitRepo, length: int) -> None:
    released(repo, "1.0.0", words="short")
    released(repo, "1.1.0", words="x" * length)
    page = pages_of(repo)["prompts/rag-answer.html"]
    assert len(page) < 150_000
    assert " more characters" in page
    assert ("too long to be compared here" in page) == (length > 300_000)


def test_suites_are_told_apart(repo: GitRepo) -> None:
    safety = {"m": ReleaseScore(0.5, 10, yes=5), "cost_usd": ReleaseScore(0.1, 10)}
    both = [
        ReleaseScores("run-1", "pass", {"m": ReleaseScore(0.9, 10, yes=9)}, "quality"),
        ReleaseScores("run-2", "fail", safety, "safety"),
    ]
    released(repo, "1.0.0", write_scores(both))
    pages = pages_of(repo)
    page = seen(pages["prompts/rag-answer.html"])
    assert page.inside("figcaption") == ["quality: m", "safety: m", "safety: cost_usd"]
    assert ("90.0 % (n 10)" in words(page), "50.0 % (n 10)" in words(page)) == (True, True)
    assert "fail" in words(seen(pages["index.html"]))  # the worst of them


def test_the_index_draws_only_what_can_be_compared(repo: GitRepo) -> None:
    for version, yes, golden in (("1.0.0", 30, "aa"), ("1.1.0", 36, "bb"), ("1.2.0", 38, "bb"), ("1.3.0", 0, "")):
        released(repo, version, scores(yes, golden=golden) if golden else "")
    page = seen(pages_of(repo)["index.html"])
    assert len(page.all("circle")) == 2
    assert "cites 95.0 % (1.2.0)" in words(page)


def test_the_moves_of_a_prompt_stand_environment_by_environment_with_their_time(repo: GitRepo) -> None:
    released(repo, "1.0.0")
    released(repo, "1.1.0")
    for version, place in (("1.0.0", "staging"), ("1.0.0", "production"), ("1.1.0", "staging")):
        move(opened(repo), Wish("promote", "rag-answer", version, place), tell=print)
    page = seen(pages_of(repo)["prompts/rag-answer.html"])
    moves = words(page).partition("Moves")[2]
    assert re.findall(r"staging|production|promote +\S+ +\S+", moves) == [
        "staging", "promote 1.0.0 1.1.0", "promote - 1.0.0", "production", "promote - 1.0.0"
    ]  # fmt: skip
    assert len(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", moves)) == 3


def test_scores_that_are_all_the_same_claim_no_certainty(repo: GitRepo) -> None:
    metrics = {
        "all": ReleaseScore(1.0, 50, error=0.0),
        "counted": ReleaseScore(1.0, 50, yes=50),
        "input_tokens": ReleaseScore(246.0, 50, error=0.0),
    }
    released(repo, "1.0.0", ReleaseScores("run-1", "pass", metrics, "rag", "aa").line())
    points = [str(each["aria-label"]) for each in seen(pages_of(repo)["prompts/rag-answer.html"]).all("g")]
    told = [point.split(" · ")[0] for point in points]
    assert told == [
        "1.0.0: 100.0 % (n 50)",
        "1.0.0: 100.0 % (n 50), 95 % between 92.9 % and 100.0 %",
        "1.0.0: 246 (n 50), 95 % between 246 and 246",
    ]
